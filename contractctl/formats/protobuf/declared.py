"""Which fields of a message does a reader's own schema name? By number, too: the wire has no names."""

from collections.abc import Iterator, Mapping, Sequence

from contractctl.formats.protobuf.schema import Schema, parse
from contractctl.formats.protobuf.schema.types import Field, Message
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Place, Undecided


def declared(known: Schema, files: Sequence[File], names: Sequence[str]) -> Mapping[str, tuple[Place, ...] | Undecided]:
    """Where the schema names each `Message.field`. Raise ContractctlError where protoc, or the runtime, refuses it."""
    reader = parse(Source(tuple(files)), known.policy)
    return {name: _told(known, reader, name) for name in names}


def _told(known: Schema, reader: Schema, name: str) -> tuple[Place, ...] | Undecided:
    owner, _, own = name.rpartition(".")
    written = [message.by_name[own] for message in _messages(known, owner) if own in message.by_name]
    if not written:
        return Undecided(name, f"the version that events are written with has no '{name}'")
    messages = tuple(_messages(reader, owner))
    if not messages:
        return Undecided(name, f"no message of {reader.name} is called '{owner.rpartition('.')[2]}'")
    fields = (field for message in messages for field in message.fields if _is_one_of(field, written))
    return tuple(Place(*(reader.locate(field.at) or (reader.name, 1, 1))) for field in fields)


def _is_one_of(field: Field, written: Sequence[Field]) -> bool:
    """The same number in binary, or the same name in JSON, which takes both spellings."""
    names = {field.name, field.json_name}
    return any(field.number == one.number or not names.isdisjoint({one.name, one.json_name}) for one in written)


def _messages(schema: Schema, owner: str) -> Iterator[Message]:
    """Those of that name, in whatever package."""
    last = owner.rpartition(".")[2]
    for name in schema.names.messages:
        if name.rpartition(".")[2] == last:
            yield schema.message(name)

"""Which fields of an event does a reader's own schema name, by name or by alias? It never sees the others."""

from collections.abc import Iterator, Mapping, Sequence

from contractctl.formats.avro.schema import locate, parse_sound
from contractctl.formats.avro.schema.types import Field, Record, Schema, unqualified
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Place, Undecided


def declared(known: Schema, files: Sequence[File], names: Sequence[str]) -> Mapping[str, tuple[Place, ...] | Undecided]:
    """Where the schema names each `Record.field`. Raise ContractctlError where it is none that libraries take."""
    reader = parse_sound(Source(tuple(files)))
    return {name: _told(known, reader, name) for name in names}


def _told(known: Schema, reader: Schema, name: str) -> tuple[Place, ...] | Undecided:
    owner, _, own = name.rpartition(".")
    if not any(True for record in _records(known, owner) for _ in _named(record, own)):
        return Undecided(name, f"the version that events are written with has no '{name}'")
    records = tuple(_records(reader, owner))
    if not records:
        return Undecided(name, f"no record of {reader.source.name} is called '{unqualified(owner)}', by name or alias")
    fields = (field for record in records for field in _named(record, own))
    return tuple(Place(*found) for field in fields if (found := locate(reader, field.at)))


def _records(schema: Schema, owner: str) -> Iterator[Record]:
    """Those of that name, in whatever namespace."""
    for one in schema.names.values():
        if isinstance(one, Record) and unqualified(owner) in map(unqualified, (one.name, *one.aliases)):
            yield one


def _named(record: Record, own: str) -> Iterator[Field]:
    return (field for field in record.fields if own in (field.name, *field.aliases))

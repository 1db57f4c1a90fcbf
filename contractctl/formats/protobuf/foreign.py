"""What does a Protobuf reader make of bytes that were written in another format? And what does a writer write?"""

from collections.abc import Iterator

from contractctl.formats.protobuf import runtime
from contractctl.formats.protobuf.runtime import Refused
from contractctl.formats.protobuf.runtime.messages import NoMessageError, Writer
from contractctl.formats.protobuf.runtime.shown import sent_in_binary
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Message
from contractctl.model.verdict import Reply


def samples(schema: Schema) -> Iterator[tuple[bytes, str]]:
    """Messages as bytes, each with its readable form; none where it is not known which message is sent."""
    for one in _only(schema):
        try:
            made = next(Writer(schema).samples(one))
        except (NoMessageError, RecursionError):
            continue
        if _is_json(schema):
            text = runtime.write_json(schema.pool, made)
            yield text.encode(), text
        else:
            payload = bytes(made.SerializeToString())
            yield payload, sent_in_binary(runtime.text_of(made), payload)


def reply(schema: Schema, payload: bytes) -> Reply | None:
    """Why they are not messages of that schema; None where the reader accepts them."""
    for one in _only(schema):
        try:
            said = _read(schema, one, payload)
        except UnicodeDecodeError as error:
            return Reply(f"refused: {type(error).__name__}: {error}", runtime.executed_by())
        if isinstance(said, Refused):
            return Reply(f"refused: {said.why}", runtime.executed_by())
    return None


def _read(schema: Schema, message: Message, payload: bytes) -> object:
    if _is_json(schema):
        return runtime.read_json(schema.pool, message.name, payload.decode())
    return runtime.read_binary(schema.pool, message.name, payload)


def _only(schema: Schema) -> Iterator[Message]:
    """The message that is sent: the only one that no other contains."""
    names = [name for name in schema.names.messages if name.rpartition(".")[0] not in schema.names.messages]
    if len(names) == 1:
        yield schema.message(names[0])


def _is_json(schema: Schema) -> bool:
    return schema.policy.encodings == ("json",)

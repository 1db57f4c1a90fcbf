"""How do the real readers and writers see a schema? The only module that talks to the protobuf runtime."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool

_OURS = "google.protobuf."
"""Messages of protobuf itself, some of which have a JSON of their own."""


Message = Any
"""A message of a class that was made of descriptors: no type checker knows its fields."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What a reader said instead of a message."""

    why: str


def executed_by() -> str:
    """The name and version of whoever reads and writes here."""
    from google import protobuf

    return f"protobuf {protobuf.__version__}"


def new(pool: "DescriptorPool", name: str) -> Message:
    """An empty message of that full name."""
    from google.protobuf.message_factory import GetMessageClass

    return GetMessageClass(pool.FindMessageTypeByName(name))()


def read_binary(pool: "DescriptorPool", name: str, payload: bytes, *, lenient: bool = False) -> Message | Refused:
    """What a reader makes of bytes. A message without what is required is refused, as all readers but Python's do.

    lenient: that is not asked.
    """
    from google.protobuf.message import DecodeError

    message = new(pool, name)
    try:
        message.ParseFromString(payload)
    except DecodeError as error:
        return Refused(f"DecodeError: {_line(str(error))}")
    return message if lenient else _whole(message)


def _whole(message: Message) -> Message | Refused:
    if message.IsInitialized():
        return message
    lacking = ", ".join(f"'{field}'" for field in message.FindInitializationErrors())
    return Refused(f"required but missing: {lacking}")


def read_json(pool: "DescriptorPool", name: str, payload: str, *, lenient: bool = False) -> Message | Refused:
    """What a reader makes of JSON, with its default settings.

    lenient: unknown fields are ignored, and what is required may be missing.
    """
    from google.protobuf import json_format

    try:
        message = json_format.Parse(payload, new(pool, name), ignore_unknown_fields=lenient, descriptor_pool=pool)
    except (json_format.ParseError, ValueError, TypeError, OverflowError) as error:
        return Refused(f"{type(error).__name__}: {_line(str(error))}")
    return message if lenient else _whole(message)


def write_json(pool: "DescriptorPool", message: Message, *, original_names: bool = False) -> str:
    """A message as JSON on one line."""
    from google.protobuf import json_format

    return json_format.MessageToJson(
        message, indent=None, preserving_proto_field_name=original_names, descriptor_pool=pool, ensure_ascii=False
    )


def text_of(message: Message) -> str:
    """A message on one line as people write it; empty where nothing is set."""
    from google.protobuf import text_format

    try:
        return text_format.MessageToString(message, as_one_line=True, as_utf8=True)
    except UnicodeDecodeError:  # it makes map entries itself, and those refuse anything but text
        return _line(str(message))


def _line(said: str) -> str:
    return " ".join(said.split())


def packed(message: Message) -> Message:
    """A message in an Any."""
    from google.protobuf.any_pb2 import Any as Packed

    found = Packed()
    found.Pack(message)
    return found


def read_any(pool: "DescriptorPool", payload: str) -> Message | Refused:
    """What a reader makes of the JSON of an Any."""
    from google.protobuf import json_format
    from google.protobuf.any_pb2 import Any as Packed

    try:
        return json_format.Parse(payload, Packed(), descriptor_pool=pool)
    except (json_format.ParseError, ValueError, TypeError) as error:
        return Refused(f"{type(error).__name__}: {_line(str(error))}")


def plain(message: Message) -> dict[str, Any]:
    """What is set in a message, as JSON has it, under the names of the schema."""
    from google.protobuf import json_format

    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, descriptor_pool=message.DESCRIPTOR.file.pool
    )


def record(message: Message) -> dict[str, Any]:
    """A whole message for an expression: including zeros, and with large integers as numbers."""
    from google.protobuf import json_format

    found = json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        descriptor_pool=message.DESCRIPTOR.file.pool,
    )
    return _with_numbers(message.DESCRIPTOR, found)


def _with_numbers(descriptor: Any, found: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - as Message
    """JSON has whole numbers of 64 bits as text."""
    for field in descriptor.fields:
        value = found.get(field.name)
        if value is None or (field.message_type is not None and field.message_type.full_name.startswith(_OURS)):
            continue
        if field.cpp_type in {field.CPPTYPE_INT64, field.CPPTYPE_UINT64}:
            found[field.name] = [int(one) for one in value] if isinstance(value, list) else int(value)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for one in value if isinstance(value, list) else [value]:
                _with_numbers(field.message_type, one)
    return found


def put_json(message: Message, values: dict[str, Any]) -> None:
    """Set fields from what JSON has for them. Raise ContractctlError where a value does not fit."""
    from google.protobuf import json_format

    try:
        json_format.ParseDict(values, message, descriptor_pool=message.DESCRIPTOR.file.pool)
    except (json_format.ParseError, ValueError, TypeError, OverflowError) as error:
        raise ContractctlError(
            f"{', '.join(values)} of {message.DESCRIPTOR.full_name}: {_line(str(error))}",
            hint="fix the expression in the plan, or the event",
        ) from None

"""How do the real readers and writers see a schema? The one door to the protobuf runtime."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet
    from google.protobuf.descriptor_pool import DescriptorPool

WELL_KNOWN = (
    "any", "api", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type", "wrappers",
    "descriptor",
)  # fmt: skip
"""Files of google/protobuf/ that every runtime brings with it."""
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


def descriptor_set(content: bytes, name: str) -> "FileDescriptorSet":
    """Raise ContractctlError for bytes that are no FileDescriptorSet."""
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.message import DecodeError

    try:
        found = FileDescriptorSet.FromString(content)
    except DecodeError as error:
        raise ContractctlError(
            f"{name}: this is no whole FileDescriptorSet: {error}", hint="write it anew: protoc --descriptor_set_out"
        ) from None
    if not found.file:
        raise ContractctlError(f"{name}: there is no file in this FileDescriptorSet", hint="write it anew with protoc")
    return found


def split(content: bytes) -> dict[str, bytes]:
    """The files of a FileDescriptorSet that protoc made, by name."""
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    return {file.name: file.SerializeToString() for file in FileDescriptorSet.FromString(content).file}


def imports_of(content: bytes) -> list[str]:
    """What a serialized FileDescriptorProto imports."""
    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    return list(FileDescriptorProto.FromString(content).dependency)


def files_of(contents: Iterable[bytes], name: str) -> "list[FileDescriptorProto]":
    """Serialized FileDescriptorProtos, each after those that it imports."""
    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    return in_order([FileDescriptorProto.FromString(content) for content in contents], name)


def json_set(text: str, name: str) -> "FileDescriptorSet":
    """As descriptor_set(), from its JSON; what a later protoc may have added is passed over."""
    from google.protobuf import json_format
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    try:
        found = json_format.Parse(text.removeprefix("\ufeff"), FileDescriptorSet(), ignore_unknown_fields=True)
    except (json_format.ParseError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ContractctlError(
            f"{name}: this is no FileDescriptorSet in JSON: {said[:300]}", hint="write it anew with protoc"
        ) from None
    return descriptor_set(found.SerializeToString(), name)


def pool_of(files: Iterable["FileDescriptorProto"], name: str) -> "DescriptorPool":
    """A pool with those files, which come after what they depend on.

    Raise ContractctlError where one refers to what is not there, or contradicts itself.
    """
    from google.protobuf.descriptor_pool import DescriptorPool

    pool = DescriptorPool()
    for file in files:
        try:
            pool.AddSerializedFile(_bare(file))
        except (TypeError, ValueError) as error:
            said = " ".join(str(error).split()).removeprefix("Couldn't build proto file into descriptor pool: ")
            raise ContractctlError(
                f"{name}: '{file.name}' does not hold together: {said}", hint="write it anew with protoc"
            ) from None
    return pool


def _bare(file: "FileDescriptorProto") -> bytes:
    """A file as the runtime takes it: without what it does not look at, and with names that it can tell apart."""
    bare = type(file)()
    bare.CopyFrom(file)
    bare.ClearField("source_code_info")
    _part_json_names(bare.message_type)
    return bare.SerializeToString()


def _part_json_names(messages: "Iterable[DescriptorProto]") -> None:
    """proto2 allows two fields one name in JSON, and the runtime does not: the later ones keep their original names."""
    for message in messages:
        taken: set[str] = set()
        for field in message.field:
            if field.json_name in taken:
                field.json_name = f"{field.name} ({field.number})"
            taken.add(field.json_name)
        _part_json_names(message.nested_type)


def in_order(files: Iterable["FileDescriptorProto"], name: str) -> "list[FileDescriptorProto]":
    """The files, each after those that it imports; the well-known ones are added where they are needed.

    Raise ContractctlError where an import is missing, or leads back to where it came from.
    """
    known = {file.name: file for file in files}
    done: dict[str, FileDescriptorProto] = {}
    for start in list(known):
        way: list[str] = []
        pending = [(start, False)]
        while pending:
            one, left = pending.pop()
            if left:
                way.pop()
                done[one] = known[one]
            elif one in way:
                ring = " → ".join([*way[way.index(one) :], one])
                raise ContractctlError(f"{name}: imports go round in a ring: {ring}", hint="write it anew with protoc")
            elif one not in done:
                if one not in known:
                    known[one] = _well_known(one, name)
                way.append(one)
                pending.append((one, True))
                pending.extend((other, False) for other in known[one].dependency)
    return list(done.values())


def _well_known(wanted: str, name: str) -> "FileDescriptorProto":
    from importlib import import_module

    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    stem = wanted.removeprefix("google/protobuf/").removesuffix(".proto")
    if wanted != f"google/protobuf/{stem}.proto" or stem not in WELL_KNOWN:
        raise ContractctlError(
            f"{name}: '{wanted}' is imported and not in the set", hint="write it with protoc --include_imports"
        )
    module = import_module(f"google.protobuf.{stem}_pb2")
    return FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)


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
    return Refused(f"required and not there: {lacking}")


def read_json(pool: "DescriptorPool", name: str, payload: str, *, lenient: bool = False) -> Message | Refused:
    """What a reader makes of JSON, with the settings that it has when nobody changes them.

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

    return text_format.MessageToString(message, as_one_line=True, as_utf8=True)


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
    """A whole message for an expression: zeros and all, and large whole numbers as numbers."""
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
            hint="see to the expression in the plan, or to the event",
        ) from None

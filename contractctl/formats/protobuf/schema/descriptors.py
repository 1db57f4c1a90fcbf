"""How are descriptors read, and how do they become a pool? Sets of files, each after those that it imports."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet
    from google.protobuf.descriptor_pool import DescriptorPool

WELL_KNOWN = (
    "any",
    "api",
    "duration",
    "empty",
    "field_mask",
    "source_context",
    "struct",
    "timestamp",
    "type",
    "wrappers",
    "descriptor",
)
"""Files of google/protobuf/ that every runtime includes."""


def descriptor_set(content: bytes, name: str) -> "FileDescriptorSet":
    """Raise ContractctlError for bytes that are not a FileDescriptorSet."""
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.message import DecodeError

    try:
        found = FileDescriptorSet.FromString(content)
    except DecodeError as error:
        raise ContractctlError(
            f"{name}: this is not a complete FileDescriptorSet: {error}",
            hint="regenerate it: protoc --descriptor_set_out",
        ) from None
    if not found.file:
        raise ContractctlError(f"{name}: there is no file in this FileDescriptorSet", hint="regenerate it with protoc")
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
    """As descriptor_set(), from its JSON; what a later protoc may have added is ignored."""
    from google.protobuf import json_format
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    try:
        found = json_format.Parse(text.removeprefix("\ufeff"), FileDescriptorSet(), ignore_unknown_fields=True)
    except (json_format.ParseError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ContractctlError(
            f"{name}: this is not a FileDescriptorSet in JSON: {said[:300]}", hint="regenerate it with protoc"
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
                f"{name}: '{file.name}' is inconsistent: {said}", hint="regenerate it with protoc"
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
    """A name in JSON may be another field's, too, or its original name: protoc lets it pass, and the runtime does not.

    The later ones of several, and what is called as another field is originally, get names that no JSON has.
    """
    for message in messages:
        taken: set[str] = set()
        originals = {field.name for field in message.field}
        for field in message.field:
            if field.json_name in taken | (originals - {field.name}):
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
                raise ContractctlError(f"{name}: imports form a cycle: {ring}", hint="regenerate it with protoc")
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
            f"{name}: '{wanted}' is imported but not in the set", hint="write it with protoc --include_imports"
        )
    module = import_module(f"google.protobuf.{stem}_pb2")
    return FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)

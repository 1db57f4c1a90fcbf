"""What does a Protobuf schema say? Texts, or a FileDescriptorSet, become values that are read off real descriptors.

https://protobuf.dev/programming-guides/editions/. A pointer is a file's number and the path in its descriptor, as
SourceCodeInfo has it.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from contractctl.documents import decode
from contractctl.errors import ContractctlError
from contractctl.formats.protobuf.compiling.imports import STAND_INS
from contractctl.formats.protobuf.schema import descriptors, reading
from contractctl.formats.protobuf.schema.types import Enum, Message, Missing, Names, Service
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Pointer

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_MOST_BYTES = 128 * 1024 * 1024


def parse(source: Source, policy: Policy = Policy()) -> "Schema":
    """Read .proto files that import each other, or one FileDescriptorSet, binary or JSON.

    Beside .proto files, nothing else is read. Raise ContractctlError where protoc, or the runtime, refuses them.
    """
    for file in source.every:
        if len(file.content) > _MOST_BYTES:
            raise ContractctlError(
                f"{file.name}: {len(file.content):,} bytes are too many",
                hint=f"the most that is read is {_MOST_BYTES:,}",
            )
    protos = _protos(source.files)
    if protos:
        return _from_texts(protos, _protos(source.companions), policy)
    if len(source.files) > 1:
        raise ContractctlError(
            f"{source.name}: there is no .proto file with it", hint="give .proto files, or one FileDescriptorSet"
        )
    file = source.files[0]
    if file.data is not None or _CONTROL.search(file.text) or file.text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _from_set(file, policy)
    return _from_texts((file,), _protos(source.companions), policy)


def _protos(files: tuple[File, ...]) -> tuple[File, ...]:
    return tuple(file for file in files if file.name.lower().endswith(".proto"))


def _from_texts(files: tuple[File, ...], companions: tuple[File, ...], policy: Policy) -> "Schema":
    from contractctl.formats.protobuf.compiling.compiler import compile_

    for file in (*files, *companions):
        decode(file.content, file.name)
    compiled, given = compile_(files + companions)
    judged = {name: file for name, file in given.items() if file in files}
    return Schema(descriptors.files_of(compiled, files[0].name), judged, files[0].name, policy)


def _from_set(file: File, policy: Policy) -> "Schema":
    is_json = file.data is None and not _CONTROL.search(file.text)
    found = (
        descriptors.json_set(file.text, file.name) if is_json else descriptors.descriptor_set(file.content, file.name)
    )
    files = descriptors.in_order(found.file, file.name)
    given = {one.name: file for one in found.file if not one.name.startswith("google/protobuf/")}
    schema = Schema(files, given, file.name, policy)
    _ = schema.pool  # a set that was not just compiled is not yet known to be valid
    return schema


def locate(schema: "Schema", pointer: Pointer) -> tuple[str, int, int] | None:
    """File, line and column of a pointer that parse() handed out."""
    return schema.locate(pointer)


class Schema:
    """A whole version. Its content is read on demand: most of a large one never is."""

    def __init__(
        self, files: "list[FileDescriptorProto]", given: Mapping[str, File], name: str, policy: Policy
    ) -> None:
        self.files = files
        """Dependencies first."""
        self.given = given
        """The files that are judged, by the names that imports have for them."""
        self.name = name
        self.policy = policy
        self._numbers = {file.name: number for number, file in enumerate(files)}
        self._messages: dict[str, Message] = {}
        self._enums: dict[str, Enum] = {}

    @cached_property
    def pool(self) -> "DescriptorPool":
        """The runtime's own view of it."""
        return descriptors.pool_of(self.files, self.name)

    @cached_property
    def _index(self) -> reading.Index:
        return reading.index(self.files)

    @cached_property
    def judged(self) -> "Mapping[str, FileDescriptorProto]":
        """The given files, read, by their names."""
        return {file.name: file for file in self.files if file.name in self.given}

    @cached_property
    def names(self) -> Names:
        """What the given files define."""
        return reading.names(self._index, self.files, self.given)

    @cached_property
    def missing(self) -> Mapping[str, Missing]:
        """The types that no file defines, by their full names."""
        stand_ins = [file for file in self.files if file.name.startswith(STAND_INS)]
        if not stand_ins:
            return {}
        absent = [
            file.name
            for file in self.files
            if file.name not in self.given and any(name.startswith(STAND_INS) for name in file.dependency)
        ]
        packages = {file.name for file in stand_ins}
        owned = (one for one in self._index.messages.values() if one.file.name in packages)
        return {one.name: Missing(one.name, _likely(one.name, absent)) for one in owned}

    @cached_property
    def extensions(self) -> Mapping[str, tuple[reading.Extension, ...]]:
        """The extensions of the given files, by the message that they extend."""
        return reading.extensions(self._index, self.files)

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """The services of the given files, by full name."""
        return {one.name: one for one in reading.services(self.files, self.given)}

    @cached_property
    def contained(self) -> frozenset[str]:
        """The messages that fields and methods of the given files lead to."""
        fields = reading.types_of_fields(self._index, self.given)
        methods = (method for service in self.services.values() for method in service.methods.values())
        return frozenset({*fields, *(name for one in methods for name in (one.request, one.response))})

    @cached_property
    def custom_options(self) -> Mapping[str, bytes]:
        """Options of the given files that only their authors know the meaning of, by what has them."""
        return dict(reading.custom_options(self._index, self.files, self.given))

    def message(self, name: str) -> Message:
        """A message that is there, by its full name."""
        found = self._messages.get(name)
        if found is None:
            descriptor = self.pool.FindMessageTypeByName(name)
            found = reading.message(self._index.messages[name], descriptor, self.extensions.get(name, ()), self.pool)
            self._messages[name] = found
        return found

    def has_message(self, name: str) -> bool:
        return name in self._index.messages

    def enum(self, name: str) -> Enum:
        """An enum that is there, by its full name."""
        found = self._enums.get(name)
        if found is None:
            found = reading.enum(self._index.enums[name], self.pool.FindEnumTypeByName(name))
            self._enums[name] = found
        return found

    @property
    def is_edition(self) -> bool:
        """Whether its files are written in an edition: names are reserved without quotes there."""
        return any(file.syntax == "editions" for file in self.files if file.name in self.given)

    def package_of(self, name: str) -> str:
        """The package of a message or an enum."""
        owned = self._index.messages.get(name) or self._index.enums.get(name)
        return owned.file.package if owned else ""

    def is_outermost(self, name: str) -> bool:
        """Whether a message or an enum lies in no other."""
        owned = self._index.messages.get(name) or self._index.enums.get(name)
        return owned is not None and len(owned.at) == 3  # noqa: PLR2004 - file, kind and place

    def file_of(self, name: str) -> str:
        """The file that defines a message, an enum or a service."""
        owned = self._index.messages.get(name) or self._index.enums.get(name)
        return owned.file.name if owned else ""

    @cached_property
    def lacking(self) -> frozenset[str]:
        """The files that depend on a missing one, directly or not."""
        found: set[str] = set()
        for file in self.files:  # each comes after those that it imports
            if file.name.startswith(STAND_INS) or not found.isdisjoint(file.dependency):
                found.add(file.name)
        return frozenset(found)

    @cached_property
    def digests(self) -> Mapping[str, bytes]:
        """What each file and all that it imports mean: equal digests mean the same."""
        return dict(_digests(self.files))

    def locate(self, pointer: Pointer) -> tuple[str, int, int] | None:
        """The place of a pointer, or of the nearest thing around it where that is not known."""
        number, *path = (int(part) for part in pointer)
        proto = self.files[number]
        file = self.given.get(proto.name)
        if file is None:
            return None
        places = self._places(number)
        for length in range(len(path), -1, -1):
            span = places.get(tuple(path[:length]))
            if span is not None and length:
                from contractctl.formats.protobuf.compiling.complaints import column_of

                return file.name, span[0] + 1, column_of(file.text.removeprefix("\ufeff"), span[0], span[1]) + 1
        return file.name, 1, 1

    def _places(self, number: int) -> dict[tuple[int, ...], tuple[int, int]]:
        if not hasattr(self, "_located"):
            self._located: dict[int, dict[tuple[int, ...], tuple[int, int]]] = {}
        if number not in self._located:
            locations = self.files[number].source_code_info.location
            self._located[number] = {tuple(one.path): (one.span[0], one.span[1]) for one in locations}
        return self._located[number]


def _likely(name: str, absent: list[str]) -> str:
    """The file that should define a type: among several the ones in the folder that is called like its package."""
    folder = name.rpartition(".")[0].replace(".", "/")
    near = [f"'{file}'" for file in absent if file.rpartition("/")[0] == folder] or [f"'{file}'" for file in absent]
    return near[0] if len(near) == 1 else f"one of {', '.join(near)}"


def _digests(files: "list[FileDescriptorProto]") -> Iterator[tuple[str, bytes]]:
    from hashlib import sha256

    known: dict[str, bytes] = {}
    for file in files:
        bare = type(file)()
        bare.CopyFrom(file)
        bare.ClearField("source_code_info")
        digest = sha256(bare.SerializeToString(deterministic=True))
        for name in file.dependency:
            digest.update(known[name])
        known[file.name] = digest.digest()
        yield file.name, known[file.name]

"""Which files do the `$ref`s of an AsyncAPI document lead to? By path: schemas, messages, Avro and .proto files."""

from collections.abc import Collection, Iterator

from contractctl.formats.companions import Companions, Near, openapi, protobuf
from contractctl.model.contract import File

marks = openapi.marks


def needed(file: File, known: Collection[File], near: Near) -> Iterator[File]:
    """References are relative to the file's path; a .proto file imports others as it always does."""
    yield from _room(file).needed(file, known, near)


def mentions(file: File) -> frozenset[str]:
    """The names of the files that it refers to."""
    return _room(file).mentions(file)


def _room(file: File) -> Companions:
    return protobuf if file.name.lower().endswith(".proto") else openapi

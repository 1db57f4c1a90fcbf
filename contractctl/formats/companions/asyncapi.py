"""Which files do the `$ref`s of an AsyncAPI document lead to? By path: schemas, messages, Avro and .proto files."""

from collections.abc import Collection, Iterator

from contractctl.formats.companions import Near, openapi, protobuf
from contractctl.model.contract import File

marks = openapi.marks


def needed(file: File, known: Collection[File], near: Near) -> Iterator[File]:
    """References are relative to the file's path; a .proto file imports others as it always does."""
    yield from (protobuf if file.name.lower().endswith(".proto") else openapi).needed(file, known, near)

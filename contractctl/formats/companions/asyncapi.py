"""Which files does an AsyncAPI document need? Those of its `$ref`s, and what a payload's .avsc or .proto file needs."""

from collections.abc import Collection, Iterator

from contractctl.formats.companions import Near, avro, openapi, protobuf
from contractctl.model.contract import File


def needed(file: File, known: Collection[File], near: Near) -> Iterator[File]:
    """References are relative to the file; a .proto file imports and an Avro file names types, as they always do."""
    if _is_proto(file):
        yield from protobuf.needed(file, known, near)
        return
    yield from openapi.needed(file, known, near)
    if _is_avro(file):
        yield from avro.needed(file, known, near)


def marks(file: File) -> frozenset[str]:
    """Its name, and the types that an Avro file defines."""
    return openapi.marks(file) | avro.marks(file)


def mentions(file: File) -> frozenset[str]:
    """The names of the files that it refers to, and of the types that an Avro file does."""
    return protobuf.mentions(file) if _is_proto(file) else openapi.mentions(file) | avro.mentions(file)


def _is_proto(file: File) -> bool:
    return file.name.lower().endswith(".proto")


def _is_avro(file: File) -> bool:
    return file.name.lower().endswith(".avsc")

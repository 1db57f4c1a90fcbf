"""Which other files does a schema file need? Found by what its text says, without the libraries of its format."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol, cast

from contractctl.model.contract import File

if TYPE_CHECKING:
    from contractctl.formats.companions import asyncapi, avro, json_schema, openapi, protobuf

ROOMS: Mapping[str, str] = {
    "asyncapi": "asyncapi",
    "avro": "avro",
    "json-schema": "json_schema",
    "openapi": "openapi",
    "protobuf": "protobuf",
}
"""Formats whose files refer to others, and the modules here that know how."""


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """The files around a file, in a work tree or at a commit; their names are paths that lead to one another."""

    content: Callable[[str], bytes | None]
    """What lies at a path; None where nothing does, and for what lies outside."""
    listed: Callable[[], Sequence[str]]
    """The path of every file there is."""
    _read: dict[str, File | None] = field(default_factory=dict)

    def read(self, path: str) -> File | None:
        """The file at a path, read once."""
        if path not in self._read:
            content = self.content(path)
            self._read[path] = None if content is None else File.of(path, content)
        return self._read[path]


class Companions(Protocol):
    """What every module in this folder offers."""

    def needed(self, file: File, known: Collection[File], near: Near) -> Iterator[File]:
        """The files that this one refers to, `known` ones left out, and those that are not there."""

    def marks(self, file: File) -> frozenset[str]:
        """The words that others refer to this file by, where what it says is judged with them."""

    def mentions(self, file: File) -> frozenset[str]:
        """The words that this file refers to others by, whether they are there or not."""


if TYPE_CHECKING:
    _OFFERED: tuple[Companions, ...] = (asyncapi, avro, json_schema, openapi, protobuf)


def companions(format_name: str, file: File, near: Near) -> tuple[File, ...]:
    """Every file that this one refers to, and that they refer to in turn, by name; what is not there is left out."""
    return needed(format_name, (file,), near)


def needed(format_name: str, files: Collection[File], near: Near) -> tuple[File, ...]:
    """As companions() of several files, which do not count as their own."""
    room = _room(format_name)
    found = {file.name: file for file in files}
    pending = list(files) if room else []
    while room and pending:
        for other in room.needed(pending.pop(), tuple(found.values()), near):
            if other.name not in found:
                found[other.name] = other
                pending.append(other)
    own = {file.name for file in files}
    return tuple(found[name] for name in sorted(found) if name not in own)


def marks(format_name: str, file: File) -> frozenset[str]:
    """The words that others refer to this file by, where what it says is judged with them."""
    room = _room(format_name)
    return room.marks(file) if room else frozenset()


def mentions(format_name: str, file: File) -> frozenset[str]:
    """The words that this file refers to others by, whether they are there or not."""
    room = _room(format_name)
    return room.mentions(file) if room else frozenset()


def _room(format_name: str) -> Companions | None:
    if format_name not in ROOMS:
        return None
    return cast("Companions", import_module(f"{__name__}.{ROOMS[format_name]}"))


def by_distance(origin: str, paths: Collection[str]) -> list[str]:
    """Paths, the nearest to a file first: those that share most folders with it, then those that lie least deep."""
    here = PurePosixPath(origin).parent.parts
    return sorted(paths, key=lambda path: (*distance(here, path), path))


def distance(here: tuple[str, ...], path: str) -> tuple[int, int]:
    """How many folders to go up from here, and how many down."""
    there = PurePosixPath(path).parent.parts
    shared = next(
        (at for at, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), min(len(here), len(there))
    )
    return len(here) - shared, len(there) - shared

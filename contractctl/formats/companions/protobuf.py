"""Which files does a .proto file import?

https://protobuf.dev/reference/protobuf/proto3-spec/#import_statement.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from contractctl.formats.companions import Near, by_distance
from contractctl.model.contract import File

_IMPORT = re.compile(r"""\bimport\s+(?:(?:public|weak|option)\s+)?(["'])([^"'\n]+)\1""")
_KNOWN = "google/protobuf/"
"""Every compiler brings these along."""


def needed(file: File, known: Collection[File], near: Near) -> Iterator[File]:
    """An import is a path from a folder that the text does not name: one above the file, the nearest that fits."""
    names = {one.name for one in known}
    for match in _IMPORT.finditer(file.text):
        is_there = any(f"/{name}".endswith(f"/{match[2]}") for name in names)
        if not is_there and not match[2].startswith(_KNOWN):
            found = _found(file.name, match[2], near)
            if found is not None and found.name not in names:
                yield found


def _found(importer: str, wanted: str, near: Near) -> File | None:
    for folder in PurePosixPath(importer).parents:
        found = near.read(str(folder / wanted))
        if found is not None:
            return found
    elsewhere = [path for path in near.listed() if path.endswith(f"/{wanted}")]
    return near.read(by_distance(importer, elsewhere)[0]) if elsewhere else None


def marks(file: File) -> frozenset[str]:  # noqa: ARG001 - every module's marks takes a file
    """None: what a message of another file says is judged with that file."""
    return frozenset()


def mentions(file: File) -> frozenset[str]:
    """The names of the files that it imports."""
    return frozenset(match[2].rpartition("/")[2] for match in _IMPORT.finditer(file.text))

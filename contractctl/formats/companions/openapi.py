"""Which files do the `$ref`s of an OpenAPI document lead to? By path: nothing in it has a name of its own."""

from collections.abc import Collection, Iterator
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from contractctl.formats.companions import Near
from contractctl.formats.companions.json_schema import SCHEME, called, references
from contractctl.model.contract import File


def needed(file: File, known: Collection[File], near: Near) -> Iterator[File]:
    """References are relative to the file's path; nothing is fetched."""
    names = {one.name for one in known}
    for reference in dict.fromkeys(references(file.text)):
        if reference.startswith("/") or SCHEME.match(reference):
            continue
        found = near.read(normpath(join(dirname(file.name), unquote(reference))))
        if found is not None and found.name not in names:
            yield found


def marks(file: File) -> frozenset[str]:
    """Its name."""
    return frozenset({file.name.rpartition("/")[2]})


def mentions(file: File) -> frozenset[str]:
    """The names of the files that it refers to."""
    return frozenset(called(reference) for reference in references(file.text))

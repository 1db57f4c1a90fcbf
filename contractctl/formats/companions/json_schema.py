"""Which files do the `$ref`s of a JSON Schema lead to? By path, or by the `$id` that a file gives itself.

https://json-schema.org/draft/2020-12/json-schema-core#section-8.2.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urldefrag, urljoin

from contractctl.formats.companions import Near, by_distance
from contractctl.model.contract import File

_REFERENCE = re.compile(
    r"""\$(?:ref|dynamicRef|recursiveRef)["']?\s*:\s*(?!["']?#)(?:("(?:[^"\\]|\\.)*")|'([^'\n]*)'|([^\s"'{}\[\],]+))"""
)
"""In JSON and in YAML, to other files. One in an example counts, too: a file more is read, and none is misjudged."""
_ID_IN_YAML = re.compile(r"""^["']?\$?id["']?:[ \t]+["']?([^"'\s]+)""", re.MULTILINE)
_ENDINGS = (".json", ".yaml", ".yml")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_MOST_BYTES = 1_000_000
"""Larger files are not looked through for an `$id`."""


def needed(file: File, known: Collection[File], near: Near) -> Iterator[File]:
    """References are relative to the file's path, or to its `$id`; nothing is fetched."""
    names = {one.name for one in known}
    for reference in dict.fromkeys(references(file.text)):
        found = _by_path(file, reference, near) or _by_id(file, reference, near)
        if found is not None and found.name not in names:
            yield found


def marks(file: File) -> frozenset[str]:
    """Its name, and the last part of its `$id`."""
    own = _id(file) if len(file.text) <= _MOST_BYTES else None
    return frozenset({file.name.rpartition("/")[2], *([called(own)] if own else ())})


def mentions(file: File) -> frozenset[str]:
    """The last parts of its references."""
    return frozenset(called(reference) for reference in references(file.text))


def called(reference: str) -> str:
    """The last part of a path or of an address."""
    return unquote(reference.rstrip("/").rpartition("/")[2])


def references(text: str) -> Iterator[str]:
    """Without their fragments; those that stay inside the file are left out."""
    for quoted, single, bare in _REFERENCE.findall(text):
        try:
            reference = urldefrag(json.loads(quoted) if quoted else single or bare).url
        except ValueError:  # an escape that JSON does not know, an address with half a bracket
            continue
        if reference:
            yield reference


def _by_path(file: File, reference: str, near: Near) -> File | None:
    if reference.startswith("/") or SCHEME.match(reference):
        return None
    return near.read(normpath(join(dirname(file.name), unquote(reference))))


def _by_id(file: File, reference: str, near: Near) -> File | None:
    try:
        wanted = urljoin(_id(file) or "", reference)
    except ValueError:
        return None
    paths = [path for path in _index(near).get(wanted, ()) if path != file.name]
    return near.read(by_distance(file.name, paths)[0]) if paths else None


def _id(file: File) -> str | None:
    """What a file calls itself, in draft 4 by `id`."""
    if not file.name.lower().endswith(".json"):
        match = _ID_IN_YAML.search(file.text)
        return match[1].rstrip("#") if match else None
    try:
        value = json.loads(file.text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    own = value.get("$id", value.get("id")) if isinstance(value, dict) else None
    return own.rstrip("#") if isinstance(own, str) and own else None


@lru_cache(maxsize=4)
def _index(near: Near) -> Mapping[str, tuple[str, ...]]:
    """The `$id`s of all files, and the files that have them."""
    found: dict[str, list[str]] = {}
    for path in near.listed():
        content = near.content(path) if path.lower().endswith(_ENDINGS) else None
        is_likely = content is not None and len(content) <= _MOST_BYTES and b"id" in content
        own = _id(File.of(path, content)) if content is not None and is_likely else None
        if own:
            found.setdefault(own, []).append(path)
    return {own: tuple(paths) for own, paths in found.items()}

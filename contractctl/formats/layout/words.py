"""How does a file say what the one document says? References lead from where they are written."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from contractctl.documents import Json, Pointer
from contractctl.documents.splices import is_same
from contractctl.formats.description import as_object, reference
from contractctl.formats.json_schema.uris import pointer_of

Key = tuple[str, Pointer]
"""The path of a file, seen from the main one, and a place in it."""


@dataclass(frozen=True, slots=True)
class Words:
    """Where the parts of the one document are written."""

    homes: Mapping[Pointer, Key]
    """Of those that other files have."""
    main: str
    """The main file's path."""

    def moved(self, value: Json, path: str) -> Json:
        """A value of the one document as that file has to say it."""
        if isinstance(value, list):
            return [self.moved(one, path) for one in value]
        if not isinstance(value, dict):
            return value
        found = {key: self.moved(one, path) for key, one in value.items()}
        if isinstance(value.get("$ref"), str):
            found["$ref"] = self._reference(str(value["$ref"]), path)
        words = as_object(as_object(value.get("discriminator")).get("mapping"))
        for word, meant in words.items():
            if isinstance(meant, str):
                as_object(as_object(found["discriminator"])["mapping"])[word] = self._reference(meant, path)
        return found

    def _reference(self, written: str, path: str) -> str:
        """Where a reference inside the one document leads, seen from a file."""
        place = pointer_of(written[1:]) if written.startswith("#/") else None
        if place is None:
            return written
        lengths = range(len(place), 0, -1)
        length = next((length for length in lengths if place[:length] in self.homes), 0)
        there, start = self.homes[place[:length]] if length else (self.main, ())
        fragment = reference(*start, *place[length:])
        if there == path:
            return fragment
        relative = posixpath.relpath(there, posixpath.dirname(path) or ".")
        return relative if fragment == "#" else f"{relative}{fragment}"


def in_its_words(raw: Json, said: Json, wanted: Json) -> Json:
    """A value as an author would have it who wrote `raw`, which means `said`: only what is another is written out."""
    if is_same(said, wanted):
        return raw
    if isinstance(raw, list) and isinstance(said, list) and isinstance(wanted, list) and len(raw) == len(said):
        kept = min(len(said), len(wanted))
        words = [in_its_words(*three) for three in zip(raw[:kept], said[:kept], wanted[:kept], strict=True)]
        return [*words, *wanted[kept:]]
    if not (isinstance(raw, dict) and isinstance(said, dict) and isinstance(wanted, dict)):
        return wanted
    if isinstance(raw.get("traits"), list) or (isinstance(raw.get("$ref"), str) and "$ref" not in said):
        return wanted
    return {
        key: in_its_words(raw[key], said[key], one) if key in raw and key in said else one
        for key, one in wanted.items()
    }

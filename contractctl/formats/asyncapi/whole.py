"""What does a document say in one file, with its traits applied? And how does its author's text say another value?"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from contractctl.documents import Json
from contractctl.formats.asyncapi.document import Document, parse
from contractctl.formats.asyncapi.parts import Unresolved, resolved
from contractctl.formats.description import as_object, below, rewritten, value_of
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.layout.words import in_its_words
from contractctl.model.contract import File, Source

_DATA = frozenset({"examples", "example", "enum", "const", "default"})
"""What looks like a reference in there is none."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A version's document as one file: nothing in it is said elsewhere, or by a trait."""

    document: Document
    said: Document
    """As its author has it."""

    @property
    def value(self) -> dict[str, Json]:
        return as_object(self.document.root.value)

    def again(self, value: Json) -> Document:
        """The same with another value."""
        return _alone(self.said, value)

    def rewritten(self, wanted: Json) -> Source:
        """The author's files saying another value; what both say stays as it was written. Raise ContractctlError."""
        source, number = self.said.source, self.said.root.file
        file = source.every[number]
        raw = value_of(file)
        text = rewritten(file, raw, in_its_words(raw, self.value, wanted))
        files = (*source.files[:number], File(file.name, text), *source.files[number + 1 :])
        return Source(files, source.companions, source.folder)


def whole(document: Document) -> Whole:
    """Raise ContractctlError as parse() does."""
    return Whole(_alone(document, _written_out(document, document.root, frozenset())), document)


def _alone(document: Document, value: Json) -> Document:
    """A document of one file; the files of others stay beside it, for what a payload's own language imports."""
    source = document.source
    main = source.every[document.root.file]
    others = tuple(file for file in source.every if file is not main)
    made = Source((File(f"{main.name}.json", json.dumps(value)),), others, source.folder)
    return parse(made, document.schemas.policy)


def _written_out(document: Document, spot: Spot, inside: frozenset[object]) -> Json:
    """A value without traits, in which nothing refers to another file; a circle of files stays what it is."""
    value = spot.value
    if isinstance(value, list):
        return [_written_out(document, below(document, spot, number), inside) for number in range(len(value))]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and (spot.file != document.root.file or not reference.startswith("#")):
        try:
            there = resolved(document, spot)
        except Unresolved:
            return value
        if there.key in inside:
            raise _CircleError
        follow = partial(_written_out, document, there, inside | {there.key})
        return follow() if inside else _outside(follow, value)
    return {
        key: one if key in _DATA else _written_out(document, below(document, spot, key), inside)
        for key, one in value.items()
        if not (key == "traits" and isinstance(one, list))
    }


class _CircleError(Exception):
    """What another file says comes back to itself."""


def _outside(follow: Callable[[], Json], value: Json) -> Json:
    try:
        return follow()
    except _CircleError:
        return value

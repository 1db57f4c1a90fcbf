"""Where are the parts of a document? They are found by name, references followed."""

import posixpath
from collections.abc import Hashable, Iterator
from functools import partial

from contractctl.documents import Json
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.description import PLACEHOLDER, below, fields, items, refused, resolved, template
from contractctl.formats.json_schema.references import Unresolved
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Pointer

__all__ = [
    "PLACEHOLDER",
    "Unresolved",
    "at",
    "called",
    "child",
    "entries",
    "fields",
    "items",
    "resolved",
    "template",
    "text",
    "whole",
]


def child(document: Document, spot: Spot | None, *names: str) -> Spot | None:
    """The part at a path of names, references followed; None where there is none. Raise Unresolved."""
    for name in names:
        if spot is None or name not in fields(document, spot):
            return None
        spot = resolved(document, below(document, spot, name))
    return spot


def entries(document: Document, spot: Spot | None, name: str) -> Iterator[tuple[str, Spot]]:
    """Every entry of the map of that name, as it is written: references are not followed.

    Candidates of 2.0 had lists in the place of some maps, each entry with its `name` or none.
    """
    inner = child(document, spot, name)
    if inner is not None and isinstance(inner.value, list):
        for number, one in enumerate(inner.value):
            named = one.get("name") if isinstance(one, dict) else None
            yield str(named or number), below(document, inner, number)
    elif inner is not None:
        for key in fields(document, inner):
            yield key, below(document, inner, key)


def text(document: Document, spot: Spot | None, name: str) -> str | None:
    """A text field; None where it is missing or null."""
    value = fields(document, spot).get(name) if spot is not None else None
    if value is not None and not isinstance(value, str):
        assert spot is not None  # noqa: S101 - what is missing is None
        raise refused(document, below(document, spot, name), f"'{name}' is not a string", "put quotes around it")
    return value


def at(spot: Spot | None) -> Pointer | None:
    """Where a spot is, with its file, as a finding says it."""
    return None if spot is None else (spot.file, *spot.pointer)


def whole(document: Document, spot: Spot, above: frozenset[Hashable] = frozenset()) -> Json:
    """A value with what it refers to in place of each reference, unless that leads nowhere, or to what it stands in."""
    try:
        there = resolved(document, spot)
    except Unresolved:
        return spot.value
    if there.key in above:
        return spot.value
    inside = partial(whole, document, above=above | {there.key})
    if isinstance(there.value, dict):
        return {name: inside(below(document, there, name)) for name in there.value}
    if isinstance(there.value, list):
        return [inside(below(document, there, number)) for number in range(len(there.value))]
    return there.value


def called(spot: Spot) -> str:
    """The name of what is one of several: that of its place, or of its file where it is all of that."""
    return str(spot.pointer[-1]) if spot.pointer else posixpath.basename(spot.base).partition(".")[0]

"""What do the parts of a document refer to, in which file, and as what?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from contractctl.documents import Json, Pointer
from contractctl.formats.description import Description, as_object, below
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot

_MOST_REFERENCES = 16
_SCHEMAS = "schemas"
_IN_SCHEMAS = frozenset({"schema", "payload", "properties", _SCHEMAS})
_ONE = {
    "schema": _SCHEMAS,
    "payload": _SCHEMAS,
    "headers": _SCHEMAS,
    "requestBody": "requestBodies",
    "message": "messages",
    "reply": "replies",
    "correlationId": "correlationIds",
}
"""What has a name of its own."""
_SEVERAL = frozenset({"parameters", "responses", "headers", "examples", "links", "callbacks", "messages", "channels"})
_OTHER = "x-parts"


class Described(Description, Protocol):
    """One version's document, read."""

    @property
    def root(self) -> Spot:
        """The whole main file."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """A reference, and what it stands for."""

    target: Spot
    kind: str
    """Among which components that belongs."""


def links(document: Described, start: Spot, kind: str) -> Iterator[Link]:
    """Every reference in a part that is of some kind; what leads nowhere is left out."""
    pending = [start]
    while pending:
        spot = pending.pop()
        if isinstance(spot.value, list):
            pending += [below(document, spot, number) for number in reversed(range(len(spot.value)))]
        if not isinstance(spot.value, dict):
            continue
        pending += [below(document, spot, key) for key in reversed(spot.value)]
        target = led(document, spot)
        if target is not None:
            yield Link(target, _kind(spot.pointer[len(start.pointer) :], kind))
        yield from (Link(meant, _SCHEMAS) for _, meant in mapped(document, spot))


def led(document: Described, spot: Spot) -> Spot | None:
    """What a reference stands for at last, if that or what it names is in another file; None where it leads nowhere."""
    if not isinstance(as_object(spot.value).get("$ref"), str):
        return None
    try:
        first = last = refer(document.schemas, spot, "$ref")
        for _ in range(_MOST_REFERENCES):
            if not only_refers(last.value):
                break
            last = refer(document.schemas, last, "$ref")
    except Unresolved:
        return None
    found = first if first.file == last.file == document.root.file else last
    return found if found.file >= 0 else None


def only_refers(value: Json) -> bool:
    """Whether it is a reference and says nothing of its own."""
    return isinstance(value, dict) and value.keys() == {"$ref"} and isinstance(value["$ref"], str)


def mapped(document: Described, spot: Spot) -> Iterator[tuple[str, Spot]]:
    """https://spec.openapis.org/oas/v3.1.0#discriminator-object: words that mean a schema by a reference."""
    if spot.pointer[-1:] != ("discriminator",):
        return
    for word, written in as_object(as_object(spot.value).get("mapping")).items():
        if isinstance(written, str):
            target = led(document, replace(spot, value={"$ref": written}))
            if target is not None:
                yield word, target


def _kind(pointer: Pointer, kind: str) -> str:
    if kind == _SCHEMAS or not _IN_SCHEMAS.isdisjoint(pointer[:-1]):
        return _SCHEMAS
    if not pointer:
        return kind or _OTHER
    known = _ONE.get(str(pointer[-1]))
    if known is not None:
        return known
    holders = [str(step) for step in pointer[-2:-1] if step in _SEVERAL]
    return holders[0] if holders else _OTHER

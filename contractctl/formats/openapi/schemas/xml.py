"""Is a schema written as XML in the same way? https://spec.openapis.org/oas/v3.1.0#xml-object."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from contractctl.documents import Pointer
from contractctl.formats.description import as_object
from contractctl.formats.json_schema.dialects import SUBSCHEMAS, subschemas
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot, inside
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.shared import Shared
from contractctl.formats.openapi.schemas.recursion import IN_PLACE

_ROOT = "the outermost element"


@dataclass(frozen=True, slots=True)
class _Element:
    """All schemas that a version has for the same value."""

    parts: tuple[Spot, ...]
    said: frozenset[str]
    """What they say of XML."""
    inner: Mapping[Pointer, list[Spot]]
    """The schemas of what stands inside, by the keyword and the name that they stand under."""


def unlike(ends: tuple[Document, Spot | None], others: tuple[Document, Spot | None], shared: Shared) -> Iterator[str]:
    """The places in the values of two schemas that both versions have and write otherwise."""
    (document, left), (other, right) = ends, others
    if left is None or right is None:
        return
    if _named(left) != _named(right) and not any(map(_says_its_name, ((document, left), (other, right)))):
        yield _ROOT
    pending: list[tuple[Pointer, list[Spot], list[Spot]]] = [((), [left], [right])]
    met = set[object]()
    while pending:
        place, *both = pending.pop()
        one, another = _element(document, both[0]), _element(other, both[1])
        key = tuple(frozenset(part.key for part in element.parts) for element in (one, another))
        if key in met or _are_shared(one, another, shared):
            continue
        met.add(key)
        if one.said != another.said:
            yield "/".join(map(str, place))
        pending += [
            ((*place, *steps), some, another.inner[steps])
            for steps, some in one.inner.items()
            if steps in another.inner
        ]


def _element(document: Document, spots: list[Spot]) -> _Element:
    pending, met, parts = list(spots), set[object](), list[Spot]()
    said, inner = set[str](), defaultdict[Pointer, list[Spot]](list)
    while pending:
        spot = pending.pop()
        if spot.key in met or not isinstance(spot.value, dict):
            continue
        met.add(spot.key)
        if "$ref" in spot.value:
            with suppress(Unresolved):  # which is told elsewhere
                pending.append(refer(document.schemas, spot, "$ref"))
            if document.is_3_0:
                continue  # what stands beside it is ignored
        parts.append(spot)
        if isinstance(spot.value.get("xml"), dict):
            said.add(json.dumps(spot.value["xml"], sort_keys=True))
        for steps, _ in subschemas(spot.value, SUBSCHEMAS[spot.dialect]):
            one = inside(document.schemas, spot, *steps)
            if steps[0] in IN_PLACE:
                pending.append(one)
            else:
                inner[steps].append(one)
    return _Element(tuple(parts), frozenset(said), inner)


def _are_shared(one: _Element, another: _Element, shared: Shared) -> bool:
    """Whether both are the same part of both documents, which means the same."""
    return len(one.parts) == len(another.parts) and all(map(shared.holds, one.parts, another.parts))


def _named(schema: Spot) -> str | None:
    """The name of a component, which is that of the outermost element where nothing else is said."""
    reference = schema.keywords.get("$ref")
    return reference.rpartition("/")[2] if isinstance(reference, str) else None


def _says_its_name(end: tuple[Document, Spot]) -> bool:
    """Whether it is said: a difference in that is reported by itself."""
    document, schema = end
    return any("name" in as_object(part.keywords.get("xml")) for part in _element(document, [schema]).parts)

"""What do two documents have in common? Parts that say the same, and refer to nothing that differs, are not walked.

A unit is what has a name of its own: a component, a path, a webhook; a file as far as it has none of these.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from contractctl.documents import Json
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.json_schema.uris import joined, pointer_of, split
from contractctl.formats.openapi.document import Document

Unit = tuple[str, ...]
"""The URI of a file, and the way into it."""

_REFERENCE = re.compile(r'"((?:[^"\\]|\\.)*#/(?:[^"\\]|\\.)*|(?:[^"\\\s]|\\.)+\.(?:json|ya?ml)(?:#[^"\s]*)?)"')
"""Everything that looks like one, discriminators' mappings among it: too many do no harm."""
_NAMING = {"paths": 2, "webhooks": 2, "components": 3}


@dataclass(slots=True)
class Units:
    """A document in its units: what each says, and to which others it refers."""

    texts: dict[Unit, str] = field(default_factory=dict)
    references: dict[Unit, frozenset[Unit]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shared:
    """The units of two documents that mean the same in both."""

    units: frozenset[Unit]

    def holds(self, one: Spot, other: Spot) -> bool:
        """Whether two parts are the same unit, or the same place in one, and mean the same."""
        return one.pointer == other.pointer and one.base == other.base and self.has(unit_of(one.base, one.pointer))

    def has(self, unit: Unit) -> bool:
        return unit in self.units


def shared(one: Document, other: Document) -> Shared:
    """Compare two documents by what they say."""
    if one.dialect is not other.dialect:
        return Shared(frozenset())
    left, right = _units(one), _units(other)
    differing = {unit for unit, text in left.texts.items() if right.texts.get(unit) != text}
    differing |= right.texts.keys() - left.texts.keys()
    leaning: dict[Unit, list[Unit]] = {}
    for unit, targets in left.references.items():
        for target in targets:
            leaning.setdefault(target, []).append(unit)
            if target not in left.texts:  # what is missing may be something else in each
                differing.add(unit)
    pending = list(differing)
    while pending:
        for unit in leaning.get(pending.pop(), ()):
            if unit not in differing:
                differing.add(unit)
                pending.append(unit)
    return Shared(frozenset(left.texts.keys() - differing))


def unit_of(base: str, pointer: tuple[str | int, ...]) -> Unit:
    """The unit that a place belongs to."""
    depth = _NAMING.get(str(pointer[0]), 0) if pointer else 0
    return (base, *map(str, pointer[:depth])) if len(pointer) >= depth else (base,)


def _units(document: Document) -> Units:
    found = Units()
    for (number, _), resource in document.schemas.starts.items():
        base = document.schemas.paths[number]
        for unit, value in _cut(base, resource.value):
            text = json.dumps(value, ensure_ascii=False)
            found.texts[unit] = text
            found.references[unit] = frozenset(_targets(document, base, text))
    return found


def _cut(base: str, value: Json) -> Iterator[tuple[Unit, Json]]:
    if not isinstance(value, dict):
        yield (base,), value
        return
    rest = dict(value)
    for name, depth in _NAMING.items():
        inner = rest.pop(name, None)
        if not isinstance(inner, dict):
            if inner is not None:
                rest[name] = inner
            continue
        for key, part in inner.items():
            if depth == 2 or not isinstance(part, dict):  # noqa: PLR2004 - components have one level more
                yield (base, name, key), part
            else:
                yield from (((base, name, key, one), each) for one, each in part.items())
    # what describes the whole is no part of what others refer to
    yield (base,), {key: part for key, part in rest.items() if key not in {"info", "tags", "externalDocs"}}


def _targets(document: Document, base: str, text: str) -> Iterator[Unit]:
    for written in dict.fromkeys(_REFERENCE.findall(text)):
        uri, fragment = split(json.loads(f'"{written}"'))
        pointer = pointer_of(fragment)
        resource = document.schemas.resources.get(joined(base, uri)) if uri else None
        yield unit_of(resource.base if resource else joined(base, uri), pointer or ())

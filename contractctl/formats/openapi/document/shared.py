"""What do two documents have in common? Parts that say the same, and refer to nothing that differs, are not walked.

A unit is what has a name of its own: a component, a path, a webhook; a file as far as it has none of these. Units are
compared as the bytes that marshal makes of them, which tells 1, 1.0 and true apart and is much faster than any walk.
"""

import marshal
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from contractctl.documents import Json
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.json_schema.uris import joined, pointer_of, split
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.words import heirs, mapped

Unit = tuple[str, ...]
"""The URI of a file, and the way into it."""

_OLDEST = 0
"""The form of marshal in which equal values have equal bytes: later ones tell shared texts apart from copies."""
_REFERENCE = re.compile(rb"u\x04\x00\x00\x00\$refu(....)", re.DOTALL)
"""A key `$ref`, and the length of the text below it."""
_DYNAMIC = (b"u\x0b\x00\x00\x00$dynamicRef", b"u\x0d\x00\x00\x00$recursiveRef")
"""Keys of references that are no `$ref`."""
_MAPPING = b"u\x07\x00\x00\x00mapping"
_DISCRIMINATOR = b"u\x0d\x00\x00\x00discriminator"
WORDS = ("readOnly", "writeOnly", "not", "if")
"""Keywords that most documents do not have, and that ask much where they stand."""
_NAMING = {"paths": 2, "webhooks": 2, "components": 3}
_MAPS = frozenset(
    {"properties", "patternProperties", "dependentSchemas", "dependencies", "definitions", "$defs", "mapping"}
)
"""Below these, a name is anybody's."""
_DESCRIBING = frozenset({"info", "tags", "externalDocs", "openapi"})
"""What describes a whole document is not part of what others refer to."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The units of two documents that mean the same in both."""

    units: frozenset[Unit]
    document: Document | None = None
    """One of the two: where its references lead."""
    worded: frozenset[Unit] = frozenset()
    """Those that say the same in both, though what they refer to may differ."""
    words: frozenset[str] = frozenset(WORDS)
    """Those of WORDS that stand somewhere in one of them; all, where nobody has looked."""
    known: dict[Hashable, bool] = field(default_factory=dict)
    """Which parts are alike: who of the two calls does not matter."""

    def holds(self, one: Spot, other: Spot) -> bool:
        """Whether two parts are the same unit, or the same place in one, and mean the same."""
        return one.pointer == other.pointer and one.base == other.base and self.has(unit_of(one.base, one.pointer))

    def has(self, unit: Unit) -> bool:
        return unit in self.units

    def alike(self, one: Spot, other: Spot, name: str, form: type[list[Json] | dict[str, Json]]) -> bool:
        """Whether two parts have the same below a name, of that form, or nothing; and it means the same in both."""
        if self.document is None or one.base != other.base:
            return False
        key = frozenset((id(one.value), id(other.value))), name  # the documents live longer than what is known of them
        if key not in self.known:
            left, right = (spot.value.get(name) if isinstance(spot.value, dict) else None for spot in (one, other))
            said = told(left)
            is_one_place = one.pointer == other.pointer and unit_of(one.base, one.pointer) in self.worded
            self.known[key] = (
                isinstance(left, form | None)
                and (is_one_place or said == told(right))
                and self.means_the_same(one.base, said, left)
            )
        return self.known[key]

    def means_the_same(self, base: str, said: bytes, value: Json) -> bool:
        """Whether what both say refers to nothing that differs."""
        return self.document is not None and all(map(self.has, _targets(self.document, base, said, value)))


def shared(one: Document, other: Document) -> Shared:
    """Compare two documents by what they say."""
    if one.dialect is not other.dialect:
        return Shared(frozenset())
    left, right = dict(_units(one)), dict(_units(other))
    said = {unit: told(value) for unit, value in left.items()}
    others = {unit: told(value) for unit, value in right.items()}
    differing = {unit for unit, text in said.items() if others.get(unit) != text}
    worded = frozenset(said.keys() - differing)
    leaning: dict[Unit, list[Unit]] = {}
    for unit in worded:
        for target in (*_targets(one, unit[0], said[unit], left[unit]), *_heirs((one, other), unit, said[unit])):
            leaning.setdefault(target, []).append(unit)
            if target not in said:  # what is missing may be something else in each
                differing.add(unit)
    differing |= right.keys() - left.keys()
    pending = list(differing)
    while pending:
        for unit in leaning.get(pending.pop(), ()):
            if unit not in differing:
                differing.add(unit)
                pending.append(unit)
    changed = [text for unit, text in others.items() if said.get(unit) != text]
    keys = {word: b"u" + len(word).to_bytes(4, "little") + word.encode() for word in WORDS}
    words = (word for word in WORDS if any(keys[word] in text for text in chain(said.values(), changed)))
    return Shared(frozenset(said.keys() - differing), one, worded, frozenset(words))


def unit_of(base: str, pointer: tuple[str | int, ...]) -> Unit:
    """The unit that a place belongs to."""
    depth = _NAMING.get(str(pointer[0]), 0) if pointer else 0
    return (base, *map(str, pointer[:depth])) if len(pointer) >= depth else (base,)


def _units(document: Document) -> Iterator[tuple[Unit, Json]]:
    for (number, _), resource in document.schemas.starts.items():
        yield from _cut(document.schemas.paths[number], resource.value)


def _cut(base: str, value: Json) -> Iterator[tuple[Unit, Json]]:
    if not isinstance(value, dict):
        yield (base,), value
        return
    rest = {key: part for key, part in value.items() if key not in _DESCRIBING}
    for name, depth in _NAMING.items():
        inner = rest.get(name)
        if not isinstance(inner, dict):
            continue
        del rest[name]
        for key, part in inner.items():
            if depth == 2 or not isinstance(part, dict):  # noqa: PLR2004 - components have one level more
                yield (base, name, key), part
            else:
                yield from (((base, name, key, one), each) for one, each in part.items())
    yield (base,), rest


def _targets(document: Document, base: str, said: bytes, value: Json) -> Iterator[Unit]:
    """The units that a value refers to; for an anchor, which may stand anywhere, one that is not there."""
    if any(word in said for word in _DYNAMIC):
        yield (base, "an anchor")
    for written in references(said, value):
        uri, fragment = split(written)
        resource = document.schemas.resources.get(joined(base, uri)) if uri else None
        pointer, at = pointer_of(fragment), resource.base if resource else joined(base, uri)
        yield unit_of(at, pointer) if pointer is not None else (at, "an anchor")


def _heirs(documents: tuple[Document, Document], unit: Unit, said: bytes) -> Iterator[Unit]:
    """The schemas that values of a schema in a unit may be of, as its discriminator says."""
    if _DISCRIMINATOR in said:
        for document in documents:
            for place, found in heirs(document).items():
                if unit_of(place[0], place[1:]) == unit:
                    yield from (unit_of(heir[0], heir[1:]) for _, heir in found)


def told(value: Json) -> bytes:
    """The same for values that are the same, and for no others; in another order they are others."""
    return marshal.dumps(value, _OLDEST)


def without_extensions(value: Json, *, is_map: bool = False) -> Json:
    """A schema without what begins with `x-`, which asserts nothing however much it looks like a schema."""
    if isinstance(value, list):
        return [without_extensions(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: without_extensions(inner, is_map=name in _MAPS)
        for name, inner in value.items()
        if is_map or not name.startswith("x-")
    }


def references(said: bytes, value: Json) -> set[str]:
    """All that a value refers to, as it is written, given what told() makes of it; and perhaps a bit more."""
    found = set()
    for key in _REFERENCE.finditer(said):
        start = key.end()
        found.add(said[start : start + int.from_bytes(key[1], "little")])
    texts = {text.decode("utf-8", "surrogatepass") for text in found}
    if _MAPPING in said:
        texts.update(mapped(value))
    return texts

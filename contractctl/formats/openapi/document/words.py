"""Which words tell what a value is of? https://spec.openapis.org/oas/v3.1.0#discriminator-object.

Alternatives are told apart by their names, or by those that a mapping gives them. Where a component lists none, it is
told apart what its heirs are: the components whose `allOf` leads to it.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from contractctl.documents import Json
from contractctl.formats.description import as_object, at, below, resolved
from contractctl.formats.description import reference as reference_to
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot, start
from contractctl.formats.json_schema.uris import RETRIEVED
from contractctl.formats.openapi.document import Document

_COMPONENTS = "#/components/schemas/"
_PLACE = ("components", "schemas")
_DEEPEST = 3
"""How deep in a file schemas have names: `definitions/Order`, `components/schemas/Order`."""
Place = tuple[str, ...]
"""The URI of a file, and the way into it."""


@dataclass(frozen=True, slots=True)
class Told:
    """How one schema tells apart what its values are of."""

    spot: Spot
    name: str
    """The property that tells."""
    words: Mapping[str, str]
    """What it says, and the schema that is meant, as a reference."""
    has_alternatives: bool
    """Whether the schemas that are meant are alternatives of this one: values of others are held against this alone."""


def told(document: Document, spot: Spot) -> Told | None:
    """How a schema tells; None where it does not."""
    value = as_object(spot.value)
    said = value.get("discriminator")
    if not isinstance(said, dict) or not isinstance(said.get("propertyName"), str):
        return None
    names = _Names(document, spot)
    words: dict[str, str] = {}
    for keyword in ("oneOf", "anyOf"):
        for reference in _referred(value.get(keyword)):
            words[names.of(reference)] = reference
    has_alternatives = not {"oneOf", "anyOf"}.isdisjoint(value)
    if not has_alternatives:
        words |= {name: names.reference(heir) for name, heir in heirs(document).get(_place(spot), ())}
    mapping = {
        word: meant if "/" in meant or "." in meant else names.reference((document.root.base, *_PLACE, meant))
        for word, meant in _mapping(said)
    }
    words |= mapping
    mapped = {meant for word, meant in words.items() if word != names.of(meant)}
    implied = {word for word, meant in words.items() if word == names.of(meant) and meant in mapped}
    # a schema that has a word of its own is not called by its name
    kept = {word: meant for word, meant in words.items() if word not in implied - set(mapping)}
    return Told(spot, str(said["propertyName"]), kept, has_alternatives)


def mapped(value: Json) -> Iterator[str]:
    """What the mappings in a value lead to, as references; and perhaps a bit more."""
    if isinstance(value, dict):
        for _, meant in _mapping(as_object(value.get("discriminator"))):
            yield meant if "/" in meant or "." in meant else _COMPONENTS + meant
        for inner in value.values():
            yield from mapped(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from mapped(inner)


@dataclass(frozen=True, slots=True)
class _Names:
    """What schemas are called where one speaks of them."""

    document: Document
    spot: Spot

    def of(self, reference: str) -> str:
        """The name of what a reference leads to: of its component, else that of its file or place."""
        if reference.startswith("#") and self.spot.file == self.document.root.file:
            return name_of(reference)
        target = _led(self.document, self.spot, reference)
        return name_of(reference) if target is None else _name(self.document, target)

    def reference(self, place: Place) -> str:
        """A reference to a place."""
        base, *pointer = place
        fragment = reference_to(*pointer)
        if base == self.spot.base:
            return fragment
        here, there = (uri.removeprefix(RETRIEVED) for uri in (self.spot.base, base))
        return f"{posixpath.relpath(there, posixpath.dirname(here) or '.')}{fragment}"


@lru_cache(maxsize=8)
def heirs(document: Document) -> Mapping[Place, tuple[tuple[str, Place], ...]]:
    """The schemas whose `allOf` leads to a schema, by its place, also over others: each with its name."""
    known = {_place(spot): spot for spot in _named(document)}
    parents = {place: [*_parents(document, spot)] for place, spot in known.items()}
    found = defaultdict[Place, list[tuple[str, Place]]](list)
    for place, above in parents.items():
        pending, met = list(above), {place}
        while pending:
            one = pending.pop()
            if one not in met:
                met.add(one)
                found[one].append((_name(document, known[place]), place))
                pending += parents.get(one, ())
    return {place: tuple(below) for place, below in found.items()}


def _parents(document: Document, spot: Spot) -> Iterator[Place]:
    led = (_led(document, spot, one) for one in _referred(as_object(spot.value).get("allOf")))
    return (_place(one) for one in led if one is not None)


def _named(document: Document) -> Iterator[Spot]:
    """Every schema that has a name: the components, and what stands at the top of other files, or in their maps."""
    root = document.root
    for name in as_object(at(root.value, _PLACE)):
        yield below(document, root, *_PLACE, name)
    for (number, _), resource in document.schemas.starts.items():
        if number != root.file:
            yield from _laid_together(document, start(document.schemas, resource, ()), _DEEPEST)


def _laid_together(document: Document, spot: Spot, levels: int) -> Iterator[Spot]:
    if isinstance(as_object(spot.value).get("allOf"), list):
        yield spot
    for name, inner in as_object(spot.value).items() if levels else ():
        if isinstance(inner, dict):
            yield from _laid_together(document, below(document, spot, name), levels - 1)


@lru_cache(maxsize=8)
def _aliases(document: Document) -> Mapping[Place, str]:
    """The parts of other files that components are, with the components' names."""
    components = as_object(at(document.root.value, _PLACE))
    spots = ((name, below(document, document.root, *_PLACE, name)) for name in components)
    led = ((name, _ended(document, spot)) for name, spot in spots if "$ref" in as_object(spot.value))
    return {_place(spot): name for name, spot in led if spot.file != document.root.file}


def _led(document: Document, spot: Spot, reference: str) -> Spot | None:
    """Where a reference leads at last; None where nowhere."""
    asking = Spot({"$ref": reference}, spot.file, spot.pointer, spot.base, spot.dialect)
    try:
        return _ended(document, refer(document.schemas, asking, "$ref"))
    except Unresolved:
        return None


def _ended(document: Document, spot: Spot) -> Spot:
    """What a part of another file is that a component only refers to."""
    with suppress(Unresolved):
        led = resolved(document, spot) if as_object(spot.value).keys() == {"$ref"} else spot
        return led if led.file != document.root.file else spot
    return spot


def _name(document: Document, spot: Spot) -> str:
    if spot.file == document.root.file:
        return str(spot.pointer[-1]) if spot.pointer else ""
    own = str(spot.pointer[-1]) if spot.pointer else posixpath.basename(spot.base).partition(".")[0]
    return _aliases(document).get(_place(spot), own)


def _place(spot: Spot) -> Place:
    return (spot.base, *map(str, spot.pointer))


def name_of(reference: str) -> str:
    """The name of the schema that a reference leads to."""
    return reference.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")


def _mapping(said: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """The words, and what they mean: a reference, or the name of a component."""
    return ((word, meant) for word, meant in as_object(said.get("mapping")).items() if isinstance(meant, str))


def _referred(schemas: Json) -> Iterator[str]:
    for one in schemas if isinstance(schemas, list) else ():
        reference = as_object(one).get("$ref")
        if isinstance(reference, str):
            yield reference

"""Which words tell what a value is of? https://spec.openapis.org/oas/v3.1.0#discriminator-object.

Alternatives are told apart by their names, or by those that a mapping gives them. Where a component lists none, it is
told apart what its heirs are: the components whose `allOf` leads to it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from contractctl.documents import Json
from contractctl.formats.description import as_object
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document

_COMPONENTS = "#/components/schemas/"
_PLACE = ("components", "schemas")


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
    words: dict[str, str] = {}
    for keyword in ("oneOf", "anyOf"):
        for reference in _referred(value.get(keyword)):
            words[name_of(reference)] = reference
    has_alternatives = not {"oneOf", "anyOf"}.isdisjoint(value)
    if not has_alternatives and spot.pointer[:2] == _PLACE and spot.file == document.root.file:
        words |= {name: _COMPONENTS + _escaped(name) for name in heirs(document).get(str(spot.pointer[2]), ())}
    mapping = _mapping(said)
    words |= mapping
    mapped = {meant for word, meant in words.items() if word != name_of(meant)}
    implied = {word for word, meant in words.items() if word == name_of(meant) and meant in mapped}
    # a schema that has a word of its own is not called by its name
    kept = {word: meant for word, meant in words.items() if word not in implied - set(mapping)}
    return Told(spot, str(said["propertyName"]), kept, has_alternatives)


def mapped(value: Json) -> Iterator[str]:
    """What the mappings in a value lead to, as references; and perhaps a bit more."""
    if isinstance(value, dict):
        yield from _mapping(as_object(value.get("discriminator"))).values()
        for inner in value.values():
            yield from mapped(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from mapped(inner)


@lru_cache(maxsize=8)
def heirs(document: Document) -> Mapping[str, tuple[str, ...]]:
    """The components whose `allOf` leads to a component, by its name, also over others."""
    schemas = as_object(as_object(as_object(document.root.value).get("components")).get("schemas"))
    parents = {
        name: [name_of(one) for one in _referred(as_object(schema).get("allOf")) if one.startswith(_COMPONENTS)]
        for name, schema in schemas.items()
    }
    found = defaultdict[str, list[str]](list)
    for name, above in parents.items():
        pending, met = list(above), {name}
        while pending:
            one = pending.pop()
            if one not in met:
                met.add(one)
                found[one].append(name)
                pending += parents.get(one, ())
    return {name: tuple(below) for name, below in found.items()}


def name_of(reference: str) -> str:
    """The name of the schema that a reference leads to."""
    return reference.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _mapping(said: dict[str, Json]) -> dict[str, str]:
    """A name alone is that of a component."""
    return {
        word: meant if "/" in meant or "." in meant else _COMPONENTS + meant
        for word, meant in as_object(said.get("mapping")).items()
        if isinstance(meant, str)
    }


def _referred(schemas: Json) -> Iterator[str]:
    for one in schemas if isinstance(schemas, list) else ():
        reference = as_object(one).get("$ref")
        if isinstance(reference, str):
            yield reference

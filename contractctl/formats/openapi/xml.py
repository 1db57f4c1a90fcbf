"""Is a schema written as XML in the same way? https://spec.openapis.org/oas/v3.1.0#xml-object."""

import json
from collections.abc import Iterator
from functools import lru_cache

from contractctl.documents import Json, Pointer
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document


def unlike(ends: tuple[Document, Spot | None], others: tuple[Document, Spot | None]) -> Iterator[str]:
    """The places that both documents have and write otherwise: below the two schemas, and in components."""
    for left, right in ((_below(*ends), _below(*others)), (_in_components(ends[0]), _in_components(others[0]))):
        yield from ("/".join(map(str, place)) for place, xml in left.items() if right.get(place, xml) != xml)


def _below(_: Document, schema: Spot | None) -> dict[Pointer, str]:
    return {} if schema is None else dict(_written(schema.value, ()))


@lru_cache(maxsize=4)
def _in_components(document: Document) -> dict[Pointer, str]:
    root = document.root.value
    components = root.get("components") if isinstance(root, dict) else None
    schemas = components.get("schemas") if isinstance(components, dict) else None
    return dict(_written(schemas, ()))


def _written(value: Json, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Every schema there, by its place, and what it says of XML."""
    if isinstance(value, dict):
        xml = value.get("xml")
        yield at, json.dumps(xml, sort_keys=True) if isinstance(xml, dict) else "{}"
        for key, inner in value.items():
            yield from _written(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _written(inner, (*at, number))

"""How is a value written that is no body, in Swagger 2.0? https://spec.openapis.org/oas/v2.0#parameter-object.

The words of its schema stand in the parameter itself, and `collectionFormat` says how a list is written.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from contractctl.documents import Json
from contractctl.formats.description import as_object

INLINE = frozenset(
    {"type", "format", "items", "default", "enum", "multipleOf", "pattern", "uniqueItems", "x-extensible-enum"}
    | {"maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "maxItems", "minItems"}
    | {"allOf", "anyOf", "oneOf", "not", "nullable", "writeOnly", "properties", "additionalProperties"}
)
"""The words of a schema: those that 2.0 has nowhere make the document doubtful."""
_NAMED: dict[str, dict[str, Json]] = {
    "csv": {"style": "form", "explode": False},
    "multi": {"style": "form", "explode": True},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
}
_SIMPLE: dict[str, dict[str, Json]] = {"csv": {"style": "simple", "explode": False}}
_STYLES: dict[str, dict[str, dict[str, Json]]] = {
    "query": _NAMED,
    "form": {**_NAMED, "multi": {}},
    "multipart": {"multi": {}},
    "path": _SIMPLE,
    "header": {"csv": {}},
}
"""What 3.0 calls the ways in which lists are written, by where they stand. It has no word for the others."""


@dataclass(frozen=True, slots=True)
class Written:
    """A value's schema, and how it is written in the words of 3.0."""

    schema: dict[str, Json]
    spelling: dict[str, Json] = field(default_factory=dict)
    is_opaque: bool = False
    """Whether its schema only says that it is a text of which nobody knows how it is read."""


def written(schema: dict[str, Json], said: Mapping[str, Json], where: str) -> Written:
    """A value of that schema at that place; said: the parameter or header, or the items of a list."""
    if schema.get("type") != "array":
        return Written(schema)
    named = str(said.get("collectionFormat", "csv"))
    spelling = _STYLES.get(where, {}).get(named)
    if spelling is None:
        return _opaque(schema, f"a list as {named}")
    items = as_object(schema.get("items"))
    if items.get("type") == "array":
        inner = _opaque(items, f"a list as {items.get('collectionFormat', 'csv')}")
        return Written({**schema, "items": inner.schema}, spelling, is_opaque=True)
    return Written(schema, spelling)


def field_of(one: Written, *, may_be_empty: bool) -> Written:
    """A field of a form; where it may be empty, whatever else its value may be."""
    if not may_be_empty or one.schema == {"type": "string"}:
        return one
    empty: dict[str, Json] = {"type": "string", "maxLength": 0}
    return Written({"anyOf": [one.schema, empty]}, one.spelling, one.is_opaque)


def _opaque(schema: dict[str, Json], how: str) -> Written:
    """A text of a format that nobody knows: it is the same as its equal, and of any other nobody can tell."""
    return Written({"type": "string", "format": f"{how}: {json.dumps(schema, sort_keys=True)}"}, is_opaque=True)

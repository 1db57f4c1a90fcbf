"""What is taken where only a text arrives? In a query, a path or a header `5` and "5" are one.

https://spec.openapis.org/oas/v3.1.0#style-values
"""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema.search.nodes import TRUE, Literal, Opaque, Pattern
from contractctl.formats.json_schema.search.values import BOOLEAN, NUMBER, STRING
from contractctl.formats.json_schema.spots import Spot, inside

if TYPE_CHECKING:
    from contractctl.formats.openapi.schemas.views import View

_LISTS = ("enum", "const")
_OF_TEXTS = frozenset({"pattern", "format", "minLength", "maxLength", "contentEncoding"})
_OF_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_OF_ITEMS = frozenset({"contains", "prefixItems", "unevaluatedItems"})
_OF_LISTS = _OF_ITEMS | {"items", "minItems", "maxItems"}
_ANY_TYPE = frozenset({"string", "boolean", "integer", "number", "array", "object", "null"})
_TYPES: dict[type, frozenset[str]] = {
    str: frozenset({"string"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
}
_WRITTEN = re.compile(r"true|false|-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,99})?")
_COMBINING = frozenset({"allOf", "anyOf", "oneOf"})
_DENYING = frozenset({"not", "if"})
_DIGITS = {"int32": 8, "int64": 17}
"""How many may follow the first in any number of a format."""


def as_text(view: "View", spot: Spot, keyword: str, value: dict[str, Json], literal: Literal) -> Literal:
    """What a keyword asserts of a value of which only the text arrives. literal: what it asserts in JSON."""
    if keyword in _LISTS:
        return _one_of(view, spot, keyword, value)
    if keyword != "type" or not view.takes:
        return literal
    others = view.space.any_of(_read_otherwise(view, spot, value))
    if not view.readings.shared.words.isdisjoint(_DENYING):
        others = view.space.all_of((others, _unknown(view, "what is denied for a value of another type is not judged")))
    return view.space.any_of((literal, others))


def _one_of(view: "View", spot: Spot, keyword: str, value: dict[str, Json]) -> Literal:
    """A type that stands elsewhere may read a text for another value than the one that is listed."""
    listed, alike = _listed(value, keyword), _alike(value, keyword)
    if "type" in value or _stands_alone(spot):
        return view.space.enum([*listed, *alike])
    plain = [one for one in listed if not [*_other_readings(one)]]
    reason = f"which of the texts listed in '{keyword}' is read for another value is not judged apart from the type"
    doubtful = view.space.enum(one for one in (*listed, *alike) if one not in plain)
    return view.space.any_of((view.space.enum(plain), view.space.all_of((doubtful, _unknown(view, reason)))))


def _stands_alone(spot: Spot) -> bool:
    """Whether no other schema can say the type: it is the parameter's own, and is not combined of several."""
    is_own = "schema" in spot.pointer and spot.pointer[:2] != ("components", "schemas")
    return is_own and _COMBINING.isdisjoint(spot.pointer) and _COMBINING.isdisjoint(spot.keywords)


def apart(view: "View", spot: Spot, keyword: str) -> Literal:
    """What a keyword that stands apart from the type makes of the text of another type."""
    asked = _OF_TEXTS | _OF_NUMBERS | (_OF_LISTS if view.readings.role.repeats else frozenset())
    if "type" in spot.keywords or keyword not in asked:
        return TRUE
    if keyword in _OF_LISTS:
        others = STRING | NUMBER | BOOLEAN
    else:
        others = STRING if keyword in _OF_NUMBERS or spot.keywords[keyword] in _DIGITS else NUMBER | BOOLEAN
    reason = f"what '{keyword}', which stands apart from the type, makes of the text of another is not judged"
    return view.space.any_of((view.space.kinds(others) ^ 1, _unknown(view, reason)))


def _unknown(view: "View", reason: str) -> Literal:
    return view.space.literal(Opaque(reason, "text"))


def _read_otherwise(view: "View", spot: Spot, value: dict[str, Json]) -> Iterator[Literal]:
    """What of other types has a text that may be read as one of these."""
    for name in value["type"] if isinstance(value["type"], list) else [value["type"]]:
        if name == "boolean":
            yield view.space.enum(["true", "false"])
        elif isinstance(name, str) and name in {"integer", "number"} and _OF_NUMBERS.isdisjoint(value):
            yield _numeric(view, value)
        elif name == "string" and _OF_TEXTS.isdisjoint(value):
            listing = next((keyword for keyword in _LISTS if keyword in value), None)
            yield view.space.enum(_alike(value, listing)) if listing else view.space.kinds(NUMBER | BOOLEAN)
        elif name == "array" and view.readings.role.repeats and _may_hold_one(value):
            item = view.of(inside(view.schema, spot, "items")) if "items" in value else TRUE
            yield view.space.all_of((item, view.space.kinds(STRING | NUMBER | BOOLEAN)))


def _may_hold_one(value: dict[str, Json]) -> bool:
    """Whether nothing but the schema of its items says whether a list of one is taken."""
    return _OF_ITEMS.isdisjoint(value) and value.get("minItems", 0) in (0, 1) and value.get("maxItems") != 0


def _numeric(view: "View", value: dict[str, Json]) -> Literal:
    """Texts that everybody reads as a whole number.

    The empty one stands apart, so that it is not the example of what is refused: in a query it may pass for nothing.
    """
    more = _DIGITS.get(str(value.get("format")), "")
    written = view.space.literal(Pattern(f"^(-?(0|[1-9][0-9]{{0,{more}}}))?$"))
    return view.space.all_of((view.space.kinds(STRING), written, view.space.enum([""]) ^ 1))


def _alike(value: dict[str, Json], keyword: str) -> list[Json]:
    """What has the same text as one of the values that a schema lists."""
    return [other for one in _listed(value, keyword) for other in _other_readings(one)]


def _listed(value: dict[str, Json], keyword: str) -> list[Json]:
    """The values that a schema lists, without those that the type beside them never is."""
    listed = value[keyword] if keyword == "enum" else [value[keyword]]
    said = value.get("type")
    read = listed if isinstance(listed, list) else []
    types = frozenset(map(str, said if isinstance(said, list) else [said]))
    if not types.issubset(_ANY_TYPE):
        return read  # it is no type, and says nothing
    return [one for one in read if not _TYPES.get(type(one), _ANY_TYPE).isdisjoint(types)]


def _other_readings(value: Json) -> Iterator[Json]:
    if isinstance(value, bool | int | float):
        yield json.dumps(value)
    elif isinstance(value, str) and _WRITTEN.fullmatch(value):
        read = json.loads(value)
        if json.dumps(read) == value:
            yield read

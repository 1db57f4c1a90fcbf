"""Which keywords mean something else in OpenAPI than in JSON Schema, or more?"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.json_schema import formats
from contractctl.formats.json_schema.keywords import Read
from contractctl.formats.json_schema.search.nodes import (
    FALSE,
    TRUE,
    Bound,
    Literal,
    MultipleOf,
    Pattern,
    Properties,
    Required,
)
from contractctl.formats.json_schema.search.values import NULL, exact
from contractctl.formats.json_schema.spots import Spot

if TYPE_CHECKING:
    from contractctl.formats.openapi.schemas.views import View

_RANGES = {"int32": 31, "int64": 63}
_ANY_TEXT = frozenset({"password", "binary", "float", "double", "int32", "int64"})
"""Formats that leave every text as it is."""
_BASE64 = "^[A-Za-z0-9+/=\\s]*$"


def _properties(view: "View", read: Read, spot: Spot, value: dict[str, Json]) -> Literal:
    """What does not travel is not there, and whoever sends it is refused."""
    declared = value["properties"]
    hidden = [name for name in declared if view.hides(spot, name)] if isinstance(declared, dict) else []
    if not isinstance(declared, dict) or not hidden:
        return view.usual(read, spot, "properties", value)
    left = {name: one for name, one in declared.items() if name not in hidden}
    usual = view.usual(read, spot, "properties", {**value, "properties": left})
    gone = Properties(tuple((name, FALSE) for name in hidden), (), TRUE)
    return view.space.all_of((usual, view.space.literal(gone)))


def _required(view: "View", read: Read, spot: Spot, value: dict[str, Json]) -> Literal:
    """https://spec.openapis.org/oas/v3.0.3#fixed-fields-19: where it does not travel it is not required."""
    declared, required = value.get("properties"), value["required"]
    if not isinstance(declared, dict) or not isinstance(required, list) or not view.readings.role.may_hide:
        return view.usual(read, spot, "required", value)
    left = [name for name in required if not (isinstance(name, str) and name in declared and view.hides(spot, name))]
    if len(left) == len(required) or not all(isinstance(name, str) for name in left):
        return view.usual(read, spot, "required", value)
    return view.space.literal(Required(frozenset(map(str, left))))


def _type(view: "View", read: Read, spot: Spot, value: dict[str, Json]) -> Literal:
    """https://spec.openapis.org/oas/v3.0.3#fixed-fields-19: nullable counts beside a type."""
    literal = view.usual(read, spot, "type", value)
    if view.document.is_3_0 and value.get("nullable") is True:
        literal = view.space.any_of((literal, view.space.kinds(NULL)))
    return literal


def _format(view: "View", read: Read, spot: Spot, value: dict[str, Json]) -> Literal:
    """Formats of numbers are ranges, those of text grammars. https://spec.openapis.org/oas/v3.0.3#data-types."""
    name = value["format"]
    if name in _RANGES and isinstance(name, str):
        limit = 1 << _RANGES[name]
        bounds = (
            Bound(exact(-limit), upper=False, exclusive=False),
            Bound(exact(limit - 1), upper=True, exclusive=False),
            MultipleOf(exact(1)),
        )
        return view.space.all_of(view.space.literal(one) for one in bounds)
    if name == "byte":
        return view.space.literal(Pattern(_BASE64))
    if not isinstance(name, str) or name in _ANY_TEXT:
        return TRUE
    types = value.get("type")
    if (
        not formats.is_known(name)
        and types is not None
        and "string" not in (types if isinstance(types, list) else [types])
    ):
        return TRUE  # a word for people: it is not about text
    return view.usual(read, spot, "format", value)


def _content_encoding(view: "View", read: Read, spot: Spot, value: dict[str, Json]) -> Literal:
    """What 3.0 calls the format `byte`. https://spec.openapis.org/oas/v3.1.0#schema-object."""
    is_base64 = value["contentEncoding"] == "base64"
    return view.space.literal(Pattern(_BASE64)) if is_base64 else view.usual(read, spot, "contentEncoding", value)


def _content_media_type(view: "View", read: Read, spot: Spot, value: dict[str, Json]) -> Literal:
    """What 3.0 calls the format `binary`: any bytes are a stream of them."""
    is_stream = value["contentMediaType"] == "application/octet-stream"
    return TRUE if is_stream else view.usual(read, spot, "contentMediaType", value)


READ: dict[str, Callable[["View", Read, Spot, dict[str, Json]], Literal]] = {
    "properties": _properties,
    "required": _required,
    "type": _type,
    "format": _format,
    "contentEncoding": _content_encoding,
    "contentMediaType": _content_media_type,
}
"""Keywords that mean something else in OpenAPI, or more."""

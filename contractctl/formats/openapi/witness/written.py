"""How is a value written in a path, a query, a header or a form? As text, where there is one spelling for it."""

import json
from collections.abc import Iterator

from contractctl.documents import Json
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import fields
from contractctl.formats.openapi.resolution.parameters import Parameter

_STYLED = frozenset({"style", "explode", "allowReserved"})
"""Where one of these stands, a field is written as a parameter of a query is."""
BOUNDARY = "part"
"""What parts of a form are set apart by."""


class NoneFoundError(Exception):
    """No value was found, or none that can be written."""


def form(document: Document, holder: Spot, value: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """https://spec.openapis.org/oas/v3.1.0#encoding-object."""
    encodings = fields(document, holder).get("encoding")
    for name, inner in value.items():
        said = encodings.get(name) if isinstance(encodings, dict) else None
        said = said if isinstance(said, dict) else {}
        if _STYLED.isdisjoint(said):
            yield from _as_media(name, inner, str(said.get("contentType", "")))
            continue
        style = str(said.get("style", "form"))
        explode = said.get("explode", style == "form") is True
        yield from in_query(Parameter(holder, "query", name, True, style, explode, ""), inner)


def _as_media(name: str, value: Json, media: str) -> Iterator[tuple[str, str]]:
    """A field of a form as a text of a media type, by itself or by what is usual: of each item, where it is a list."""
    items = value if isinstance(value, list) else [value]
    for one in items:
        yield name, json.dumps(one) if "json" in media or isinstance(one, dict) else word(one)


def multipart(pairs: list[tuple[str, str]]) -> str:
    """RFC 7578."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in pairs]
    return "".join([*parts, f"--{BOUNDARY}--\r\n"])


def in_query(one: Parameter, value: Json) -> Iterator[tuple[str, str]]:
    """https://spec.openapis.org/oas/v3.1.0#style-examples."""
    if isinstance(value, dict) and one.style == "deepObject":
        yield from ((f"{one.name}[{key}]", word(inner)) for key, inner in value.items())
    elif isinstance(value, dict) and one.style == "form" and one.explode and not one.media:
        yield from ((key, word(inner)) for key, inner in value.items())
    elif isinstance(value, list) and one.explode and one.style in {"form", "deepObject"} and not one.media:
        yield from ((one.name, word(inner)) for inner in value)
    else:
        yield one.name, joined(one, value)


def joined(one: Parameter, value: Json) -> str:
    if one.media:
        return json.dumps(value)
    if isinstance(value, dict) and one.style in {"form", "simple"}:
        return ",".join(f"{key}{'=' if one.explode else ','}{word(inner)}" for key, inner in value.items())
    if isinstance(value, list) and one.style in {"form", "simple", "spaceDelimited", "pipeDelimited"}:
        return {"spaceDelimited": " ", "pipeDelimited": "|"}.get(one.style, ",").join(map(word, value))
    if one.style not in {"form", "simple"}:
        raise NoneFoundError
    text = word(value)
    if one.where == "path" and not text:
        raise NoneFoundError
    return text


def word(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise NoneFoundError

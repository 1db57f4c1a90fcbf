"""Are the fields of a form written as they are read? https://spec.openapis.org/oas/v3.1.0#encoding-object."""

from collections.abc import Iterator, Mapping

from contractctl.documents import Json
from contractctl.formats.description import as_object, below
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.media import covering, normal, schema_of
from contractctl.formats.openapi.parts import Unresolved, child, fields, resolved

_COMBINING = frozenset({"allOf", "anyOf", "oneOf", "if", "patternProperties", "$ref"})
_STYLED = frozenset({"style", "explode", "allowReserved"})
"""What says nothing elsewhere in 3.0; in 3.1 it does in multipart/form-data, too."""
_PLAIN = frozenset({"string", "number", "integer", "boolean"})


def unlike(name: str, ends: tuple[Document, Spot], others: tuple[Document, Spot]) -> Iterator[str]:
    """The properties of a form that are encoded otherwise than they are read.

    An encoding of a property that the form does not have says nothing.
    """
    if not name.startswith(("multipart/", "application/x-www-form-urlencoded")):
        return
    left, right = (as_object(fields(document, spot).get("encoding")) for document, spot in (ends, others))
    declared = [_declared(*one) for one in (ends, others)]
    for key in {**left, **right}:
        if not all(names is None or key in names for names in declared):
            continue
        sent, taken = as_object(left.get(key)), as_object(right.get(key))
        said = [_effective(name, document, spot, key) for document, spot in (ends, others)]
        if said[0] != said[1]:
            yield key
        elif "contentType" in {**sent, **taken}:
            offered, known = _types(*ends, key, sent), _types(*others, key, taken)
            if not all(covering(one, known) for one in offered):
                yield key


def field_of(document: Document, media: Spot, key: str) -> Spot | None:
    """The schema of a property, where that of its form says it by itself."""
    spot: Spot | None = media
    for name in ("schema", "properties", key):
        spot = child(document, spot, name) if spot is not None and isinstance(spot.value, dict) else None
    return spot


def _declared(document: Document, media: Spot) -> frozenset[str] | None:
    """The properties of a form whose schema names them all by itself; None where it may have others."""
    schema = schema_of(document, media)
    value = resolved(document, schema).value if schema is not None else None
    if not isinstance(value, dict) or not _COMBINING.isdisjoint(value) or not isinstance(value.get("properties"), dict):
        return None
    return frozenset(as_object(value["properties"]))


def _effective(name: str, document: Document, media: Spot, key: str) -> dict[str, Json]:
    """What the encoding of a property says that is not usual, the media types aside."""
    ignored = {"contentType"}
    if name.startswith("multipart/"):
        ignored |= _STYLED if document.is_3_0 or name != "multipart/form-data" else set()
    else:
        ignored.add("headers")
    said = {word: value for word, value in _headed(document, media, key).items() if word not in ignored}
    style = said.get("style", "form")
    usual: dict[str, Json] = {"style": "form", "explode": style == "form", "allowReserved": False, "headers": {}}
    if not _STYLED.isdisjoint(said) and _may_be_object(document, media, key):
        return usual | said  # without a word of its style, an object is JSON
    return {word: value for word, value in said.items() if word not in usual or value != usual[word]}


def _may_be_object(document: Document, media: Spot, key: str) -> bool:
    """Whether a property may be an object; what nobody can tell may be."""
    try:
        schema = field_of(document, media, key)
    except Unresolved:
        return True
    types = as_object(schema.value).get("type") if schema is not None else None
    return types is None or "object" in (types if isinstance(types, list) else [types])


def _headed(document: Document, media: Spot, key: str) -> dict[str, Json]:
    """An encoding with its headers written out, wherever they stand."""
    encoding = as_object(as_object(fields(document, media).get("encoding")).get(key))
    if not isinstance(encoding.get("headers"), dict):
        return encoding
    return {**encoding, "headers": _written_out(document, below(document, media, "encoding", key, "headers"), ())}


def _written_out(document: Document, spot: Spot, inside: tuple[object, ...]) -> Json:
    """A value with what it refers to in place; where that leads back, it stays a reference. Raise Unresolved."""
    value = spot.value
    if isinstance(value, list):
        return [_written_out(document, below(document, spot, number), inside) for number in range(len(value))]
    if not isinstance(value, dict):
        return value
    said = {key: _written_out(document, below(document, spot, key), inside) for key in value if key != "$ref"}
    if "$ref" not in value:
        return said
    there = resolved(document, spot)
    if there.key in inside:
        return {**said, "$ref": value["$ref"]}
    meant = _written_out(document, there, (*inside, there.key))
    return {**said, "$ref": meant} if said else meant


def _types(document: Document, media: Spot, key: str, encoding: Mapping[str, Json]) -> dict[str, None]:
    """The media types that a field may have; one that nobody knows where the schema does not tell."""
    said = encoding.get("contentType")
    if isinstance(said, str):
        return {normal(one): None for one in said.split(",")}
    try:
        return {_usual(document, field_of(document, media, key)): None}
    except Unresolved:
        return {"": None}


def _usual(document: Document, schema: Spot | None) -> str:
    """The media type of a field whose encoding says nothing of it; of a list that of its items, in 3.0."""
    value = as_object(schema.value) if schema is not None else {}
    kind = value.get("type")
    if kind == "array" and document.is_3_0:
        return _usual(document, child(document, schema, "items"))
    if kind == "object":
        return "application/json"
    if kind not in _PLAIN:
        return ""
    is_binary = value.get("format") == "binary" or "contentEncoding" in value
    return "application/octet-stream" if is_binary else "text/plain"

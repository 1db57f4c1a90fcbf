"""Are the fields of a form written as they are read? https://spec.openapis.org/oas/v3.1.0#encoding-object."""

from collections.abc import Iterator, Mapping

from contractctl.documents import Json
from contractctl.formats.description import as_object, below
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.media import covering, normal, schema_of
from contractctl.formats.openapi.document.parts import Unresolved, child, fields, resolved

_COMBINING = frozenset({"allOf", "anyOf", "oneOf", "if", "patternProperties", "$ref"})
_STYLED = frozenset({"style", "explode", "allowReserved"})
"""What says nothing elsewhere in 3.0; in 3.1 it does in multipart/form-data, too."""
_PLAIN = frozenset({"string", "number", "integer", "boolean"})
_FOR_PEOPLE = frozenset({"description", "example", "examples", "deprecated"})
_FORMS = ("multipart/", "application/x-www-form-urlencoded")


def unlike(name: str, ends: tuple[Document, Spot], others: tuple[Document, Spot]) -> Iterator[str]:
    """The properties of a form that are encoded otherwise than they are read.

    An encoding of a property that the form does not have says nothing.
    """
    if not name.startswith(_FORMS):
        return
    left, right = (as_object(fields(document, spot).get("encoding")) for document, spot in (ends, others))
    declared = [_declared(*one) for one in (ends, others)]
    for key in {**left, **right}:
        if not all(names is None or key in names for names in declared):
            continue
        sent, taken = as_object(left.get(key)), as_object(right.get(key))
        said = [_effective(name, document, spot, key) for document, spot in (ends, others)]
        if said[0] != said[1] or _misses_header(name, ends, others, key):
            yield key
        elif "contentType" in {**sent, **taken}:
            offered, known = _types(*ends, key, sent), _types(*others, key, taken)
            if not all(covering(one, known) for one in offered):
                yield key


def of_texts(name: str, document: Document, media: Spot) -> bool:
    """Whether all that travels in a body are fields of text; a field that is an object may be JSON."""
    names = _declared(document, media) if name.startswith(_FORMS) else None
    schema = schema_of(document, media)
    if names is None or schema is None:
        return False
    form = resolved(document, schema)
    others = as_object(form.value).get("additionalProperties")
    return not isinstance(others, dict) and all(_is_text(name, document, media, key) for key in names)


def _is_text(name: str, document: Document, media: Spot, key: str) -> bool:
    encoding = _encoding(document, media, key)
    if encoding.get("contentType", "text/plain") != "text/plain":
        return False
    if not (_STYLED - _unsaid(name, document)).isdisjoint(encoding):
        return True
    schema = field_of(document, media, key)
    value = as_object(schema.value) if schema is not None else {}
    if value.get("type") == "array":
        inner = child(document, schema, "items")
        value = as_object(inner.value) if inner is not None else {}
    kinds = value.get("type")
    named = map(str, kinds if isinstance(kinds, list) else [kinds])
    return "contentMediaType" not in value and _PLAIN.issuperset(named)


def _encoding(document: Document, media: Spot, key: str) -> dict[str, Json]:
    """What is said of how a property is encoded."""
    return as_object(as_object(fields(document, media).get("encoding")).get(key))


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
    ignored = {"contentType", "headers"} | _unsaid(name, document)
    encoding = _encoding(document, media, key)
    said = {word: value for word, value in encoding.items() if word not in ignored}
    style = said.get("style", "form")
    usual: dict[str, Json] = {"style": "form", "explode": style == "form", "allowReserved": False}
    if not _STYLED.isdisjoint(said) and _may_be_object(document, media, key):
        return usual | said  # without a word of its style, an object is JSON
    return {word: value for word, value in said.items() if word not in usual or value != usual[word]}


def _unsaid(name: str, document: Document) -> frozenset[str]:
    """The words of a style that say nothing in a form of that media type."""
    if not name.startswith("multipart/"):
        return frozenset()
    return _STYLED if document.is_3_0 or name != "multipart/form-data" else frozenset()


def _may_be_object(document: Document, media: Spot, key: str) -> bool:
    """Whether a property may be an object; what nobody can tell may be."""
    try:
        schema = field_of(document, media, key)
    except Unresolved:
        return True
    types = as_object(schema.value).get("type") if schema is not None else None
    return types is None or "object" in (types if isinstance(types, list) else [types])


def _misses_header(name: str, ends: tuple[Document, Spot], others: tuple[Document, Spot], key: str) -> bool:
    """Whether a part comes without a header that is required there, or with one that means something else."""
    if not name.startswith("multipart/"):
        return False
    sent, taken = (_headers(*one, key) for one in (ends, others))
    return any(
        (_is_required(said) and not _is_required(sent.get(header, {})))
        or (header in sent and _meaning(sent[header]) != _meaning(said))
        for header, said in taken.items()
    )


def _is_required(header: dict[str, Json]) -> bool:
    return header.get("required") is True


def _meaning(header: dict[str, Json]) -> dict[str, Json]:
    """What a header says of its value."""
    return {word: value for word, value in header.items() if word not in {"required", *_FOR_PEOPLE}}


def _headers(document: Document, media: Spot, key: str) -> dict[str, dict[str, Json]]:
    """The headers of a part by their names, written out."""
    encodings = below(document, media, "encoding") if "encoding" in fields(document, media) else None
    encoding = child(document, encodings, key)
    if encoding is None or not isinstance(fields(document, encoding).get("headers"), dict):
        return {}
    written = as_object(_written_out(document, below(document, encoding, "headers"), ()))
    return {name.lower(): as_object(said) for name, said in written.items() if name.lower() != "content-type"}


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
    said = value.get("type")
    kinds = [one for one in (said if isinstance(said, list) else [said]) if one != "null"]
    kind = str(kinds[0]) if len(kinds) == 1 else ""
    if kind == "array" and document.is_3_0:
        return _usual(document, child(document, schema, "items"))
    if kind == "object":
        return "application/json"
    if kind not in _PLAIN:
        return ""
    is_binary = value.get("format") == "binary" or "contentEncoding" in value
    return "application/octet-stream" if is_binary else "text/plain"

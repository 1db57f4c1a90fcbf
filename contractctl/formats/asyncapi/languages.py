"""In which schema language is a part of a message written, and does it say the same in another version?"""

import json
import posixpath
import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from contractctl.documents import Json
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.meaning import reached
from contractctl.formats.asyncapi.parts import Unresolved, resolved
from contractctl.formats.companions import Near, avro, companions
from contractctl.formats.description import below
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.references import refer
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.contract import File, Source

_DEEPEST = 64
_JSON = re.compile(r"application/(?:vnd\.(?:aai\.)?asyncapi(?:\+\w+)?|schema\+(?:json|yaml))(?:;.*)?", re.IGNORECASE)
_AVRO = re.compile(r"application/vnd\.apache\.avro(?:\+\w+)?(?:;.*)?", re.IGNORECASE)
_PROTOBUF = re.compile(r"application/(?:vnd\.google\.protobuf|x-protobuf|protobuf)(?:;.*)?", re.IGNORECASE)
_DRAFT = re.compile(r"version=(?:draft-?0?(\d)|(?:draft[/-])?(2019-09|2020-12))", re.IGNORECASE)
_DRAFTS = {
    "4": Dialect.DRAFT4,
    "6": Dialect.DRAFT6,
    "7": Dialect.DRAFT7,
    "2019-09": Dialect.DRAFT2019,
    "2020-12": Dialect.DRAFT2020,
}


_OPENING = frozenset('{["')
"""How a JSON text begins that is an Avro schema."""
_ONLY_AVRO = frozenset({"bytes", "double", "enum", "fixed", "float", "int", "long", "map", "record"})
"""Types that JSON Schema does not have."""
_OBJECTS = frozenset({"headers", "query"})
"""Parts that are objects whatever their schemas say."""
ANY_OBJECT: dict[str, Json] = {"type": "object"}


class Language(Enum):
    """What a schema is written in."""

    JSON_SCHEMA = "JSON Schema"
    AVRO = "Avro"
    PROTOBUF = "Protobuf"
    OTHER = "another language"


@dataclass(frozen=True, slots=True)
class Written:
    """A part's schema as it stands in the document."""

    language: Language
    said: str
    """The name of the language, as the document itself gives it where it does."""
    dialect: Dialect
    spot: Spot


def written(document: Document, holder: Spot, name: str, said: str | None) -> Written:
    """The schema under a name; where there is none, anything is meant, or any object. Raise Unresolved.

    Since 3.0 a schema may say itself what it is written in: the Multi Format Schema Object.
    """
    value = holder.value if isinstance(holder.value, dict) else {}
    if name not in value:
        anything: Json = ANY_OBJECT if name in _OBJECTS else {}
        spot = replace(holder, value=anything, pointer=(*holder.pointer, name))
        return Written(Language.JSON_SCHEMA, "JSON Schema", Dialect.DRAFT7, spot)
    spot = below(document, holder, name)
    if isinstance(spot.value, dict) and isinstance(spot.value.get("$ref"), str) and len(spot.value) == 1:
        there = resolved(document, spot)
        spot = there if _is_multi_format(there.value) or said is not None else spot
    if isinstance(spot.value, dict) and _is_multi_format(spot.value):
        said = str(spot.value["schemaFormat"])
        spot = below(document, spot, "schema")
    if said is None or _JSON.fullmatch(said):
        draft = _DRAFT.search(said) if said is not None and "schema+" in said else None
        dialect = _DRAFTS.get(draft[1] or draft[2], Dialect.DRAFT7) if draft is not None else spot.dialect
        spot = replace(spot, dialect=dialect)
        return Written(Language.JSON_SCHEMA, "JSON Schema", dialect, spot)
    fits = ((_AVRO, Language.AVRO), (_PROTOBUF, Language.PROTOBUF))
    language = next((one for pattern, one in fits if pattern.fullmatch(said)), Language.OTHER)
    return Written(language, said, Dialect.DRAFT7, resolved(document, spot))


def _is_multi_format(value: Json) -> bool:
    return isinstance(value, dict) and "schemaFormat" in value and "schema" in value


def is_avro(value: Json) -> bool:
    """Whether a schema is an Avro one that cannot be a JSON Schema: a record, a long, a union."""
    kind = value.get("type") if isinstance(value, dict) else value
    if isinstance(kind, dict) or (isinstance(value, list) and value):
        return True
    return isinstance(kind, str) and kind in _ONLY_AVRO


def is_same(document: Document, one: Written, other_document: Document, other: Written) -> bool:
    """Whether two schemas say the same, with all that they refer to, and all of that is there."""
    if (one.language, one.dialect) != (other.language, other.dialect):
        return False
    told = _told(document, one)
    return told is not None and told == _told(other_document, other)


@lru_cache(maxsize=4096)
def _told(document: Document, one: Written) -> str | None:
    """The text of a schema and of everything that it refers to; None where some of it is missing."""
    if one.language is Language.AVRO:
        files = avro_source(document, one.spot).every
        return None if avro.missing(files) else json.dumps([file.text for file in files])
    if one.language is Language.PROTOBUF:
        imports = [file.text for file in document.source.every if file.name.lower().endswith(".proto")]
        return json.dumps([one.spot.value, imports])
    if one.language is not Language.JSON_SCHEMA:
        return json.dumps([one.said, written_out(document, one.spot)], sort_keys=True)
    schema = document.in_dialect(one.dialect)
    texts: list[Json] = [one.spot.value]
    for spot in reached(schema, one.spot):
        if isinstance(spot.value, dict) and "$ref" in spot.value:
            try:
                there = refer(schema, spot, "$ref")
                texts.extend((there.value, str(there.dialect)))
            except Unresolved:
                return None
    return json.dumps(texts, sort_keys=True)


def avro_source(document: Document, spot: Spot) -> Source:
    """A schema of Avro as a version of its own, with the files that define the types that it names."""
    is_text = isinstance(spot.value, str) and spot.value.lstrip()[:1] in _OPENING  # else the name of a type
    text = str(spot.value) if is_text else json.dumps(written_out(document, spot), sort_keys=True)
    name = posixpath.join(posixpath.dirname(document.source.every[spot.file].name), "payload.avsc")
    files = {file.name: file.text.encode() for file in document.source.every}
    payload = File(name, text)
    return Source((payload,), companions("avro", payload, Near(files.get, lambda: tuple(files))))


def written_out(document: Document, spot: Spot, deep: int = 0) -> Json:
    """A value with all references in it followed: a schema of Avro may be put together of several parts."""
    if deep < _DEEPEST and isinstance(spot.value, dict):
        if set(spot.value) == {"$ref"}:
            return written_out(document, resolved(document, spot), deep + 1)
        return {key: written_out(document, below(document, spot, key), deep + 1) for key in spot.value}
    if deep < _DEEPEST and isinstance(spot.value, list):
        return [written_out(document, below(document, spot, number), deep + 1) for number in range(len(spot.value))]
    return spot.value


def content_type(document: Document, message: Spot) -> str | None:
    """The media type of a payload, in lower case and without parameters; None where it is not given."""
    own = message.value.get("contentType") if isinstance(message.value, dict) else None
    root = document.root.value if isinstance(document.root.value, dict) else {}
    said = own or root.get("defaultContentType")
    return said.partition(";")[0].strip().lower() if isinstance(said, str) else None

"""Which media type is meant, and which schema do its values have? https://spec.openapis.org/oas/v3.1.0#media-type-object."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from contractctl.formats.description import below
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import entries, fields, resolved

_STRUCTURED = ("json", "xml", "yaml", "form", "*")
_CHARSETS = frozenset({"charset=utf-8", 'charset="utf-8"'})


def media_types(document: Document, spot: Spot | None) -> Mapping[str, Spot]:
    """What stands under `content`, by the media types in one spelling."""
    return {normal(name): resolved(document, one) for name, one in entries(document, spot, "content")}


@lru_cache(maxsize=64)
def normal(name: str) -> str:
    """Lower case, no blanks, and without the character set that everybody assumes."""
    kind, *parameters = [part.strip().lower() for part in name.split(";")]
    return ";".join([kind, *sorted(part for part in parameters if part not in _CHARSETS)])


def covering(name: str, known: Mapping[str, object]) -> str | None:
    """The most specific of several media types and ranges that takes all of what a media type or range stands for."""
    kind = name.partition(";")[0]
    family = f"{kind.partition('/')[0]}/*"
    return next((one for one in (name, kind, family, "*/*") if one in known), None)


def meeting(sent: Mapping[str, Spot], taken: Mapping[str, Spot]) -> Iterator[tuple[str, str]]:
    """Under which media types what is sent is taken: a range is sent as each media type in it that is told apart."""
    for name in sent:
        fitting = covering(name, taken)
        if fitting is not None:
            yield name, fitting
        for other in taken if "*" in name else ():
            if other != fitting and other not in sent and covering(other, {name: sent[name]}):
                yield name, other


def schema_of(document: Document, media: Spot | None) -> Spot | None:
    """The schema of a media type, a parameter or a header; None where it has none."""
    if media is None or "schema" not in fields(document, media):
        return None
    return below(document, media, "schema")


def is_text(name: str) -> bool:
    """Whether the bodies of a media type are texts, as which numbers travel, too."""
    return name.partition(";")[0] == "text/plain"


def has_structure(name: str) -> bool:
    """Whether bodies of a media type may be anything but a text, or bytes that a schema calls one."""
    return any(word in name for word in _STRUCTURED)


def single(document: Document, spot: Spot) -> tuple[str, Spot | None]:
    """The media type and the schema of a parameter or a header, which has one or the other."""
    for name, media in media_types(document, spot).items():
        return name, schema_of(document, media)
    return "", schema_of(document, spot)

"""What stands where in a document? Its parts by name, references followed."""

import re
from collections.abc import Iterator

from contractctl.documents import Json
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document, below, refused

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MOST_REFERENCES = 16
_EXTENSIBLE = frozenset({"paths", "responses"})
"""Maps in which a name may be that of an extension; in others it is a name like any."""

__all__ = [
    "METHODS",
    "PLACEHOLDER",
    "Unresolved",
    "child",
    "entries",
    "fields",
    "flag",
    "items",
    "placeholders",
    "resolved",
    "template",
    "text",
]


def child(document: Document, spot: Spot | None, name: str) -> Spot | None:
    """The part of that name, a reference to it followed; None where there is none. Raise Unresolved."""
    if spot is None or name not in fields(document, spot):
        return None
    return resolved(document, below(document, spot, name))


def entries(document: Document, spot: Spot | None, name: str) -> Iterator[tuple[str, Spot]]:
    """Every entry of a map that stands under a name, as it is written: references are not followed."""
    if spot is None or name not in fields(document, spot):
        return
    inner = below(document, spot, name)
    for key in fields(document, inner):
        if name not in _EXTENSIBLE or not key.startswith("x-"):
            yield key, below(document, inner, key)


def items(document: Document, spot: Spot | None, name: str) -> Iterator[Spot]:
    """Every item of a list that stands under a name, as it is written."""
    if spot is None or name not in fields(document, spot):
        return
    inner = below(document, spot, name)
    if not isinstance(inner.value, list):
        raise refused(document, inner, f"'{name}' is no list", "mend the document at that place")
    for number in range(len(inner.value)):
        yield below(document, inner, number)


def fields(document: Document, spot: Spot) -> dict[str, Json]:
    """What an object holds. Raise ContractctlError where it is none."""
    if not isinstance(spot.value, dict):
        name = spot.pointer[-1] if spot.pointer else "the document"
        raise refused(document, spot, f"'{name}' is no object", "mend the document at that place")
    return spot.value


def text(document: Document, spot: Spot | None, name: str, otherwise: str = "") -> str:
    """A field that is text."""
    value = fields(document, spot).get(name, otherwise) if spot is not None else otherwise
    if not isinstance(value, str):
        assert spot is not None  # noqa: S101 - what is missing is text
        raise refused(document, below(document, spot, name), f"'{name}' is no text", "put quotes around it")
    return value


def flag(document: Document, spot: Spot | None, name: str, *, otherwise: bool = False) -> bool:
    """A field that is true or false."""
    value = fields(document, spot).get(name, otherwise) if spot is not None else otherwise
    if not isinstance(value, bool):
        assert spot is not None  # noqa: S101 - what is missing is a flag
        raise refused(document, below(document, spot, name), f"'{name}' is neither true nor false", "write one of them")
    return value


def resolved(document: Document, spot: Spot) -> Spot:
    """What a reference leads to; the part itself where it is none. Raise Unresolved."""
    for _ in range(_MOST_REFERENCES):
        if not (isinstance(spot.value, dict) and isinstance(spot.value.get("$ref"), str)):
            return spot
        spot = refer(document.schemas, spot, "$ref")
    raise Unresolved("references lead in a circle", "")


def template(path: str) -> str:
    """A path with its parameters unnamed: the names do not travel."""
    return PLACEHOLDER.sub("{}", path)


def placeholders(path: str) -> list[str]:
    """The names of the parameters in a path, in their order."""
    return PLACEHOLDER.findall(path)

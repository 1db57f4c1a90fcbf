"""What stands where in a document? Its parts by name, references followed."""

import re
from collections.abc import Iterator

from contractctl.documents import Json
from contractctl.formats.asyncapi.document import Document, below, refused
from contractctl.formats.json_schema.references import Unresolved, refer
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Pointer

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MOST_REFERENCES = 16

__all__ = [
    "PLACEHOLDER",
    "Unresolved",
    "at",
    "child",
    "entries",
    "fields",
    "items",
    "resolved",
    "template",
    "text",
]


def child(document: Document, spot: Spot | None, *names: str) -> Spot | None:
    """The part that so many names lead to, references followed; None where there is none. Raise Unresolved."""
    for name in names:
        if spot is None or name not in fields(document, spot):
            return None
        spot = resolved(document, below(document, spot, name))
    return spot


def entries(document: Document, spot: Spot | None, name: str) -> Iterator[tuple[str, Spot]]:
    """Every entry of a map that stands under a name, as it is written: references are not followed.

    Candidates of 2.0 had lists in the place of some maps, each entry with its `name` or none.
    """
    inner = child(document, spot, name)
    if inner is not None and isinstance(inner.value, list):
        for number, one in enumerate(inner.value):
            named = one.get("name") if isinstance(one, dict) else None
            yield str(named or number), below(document, inner, number)
    elif inner is not None:
        for key in fields(document, inner):
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


def text(document: Document, spot: Spot | None, name: str) -> str | None:
    """A field that is text; None where it is not there, or null."""
    value = fields(document, spot).get(name) if spot is not None else None
    if value is not None and not isinstance(value, str):
        assert spot is not None  # noqa: S101 - what is missing is None
        raise refused(document, below(document, spot, name), f"'{name}' is no text", "put quotes around it")
    return value


def resolved(document: Document, spot: Spot) -> Spot:
    """What a reference leads to; the part itself where it is none. Raise Unresolved."""
    for _ in range(_MOST_REFERENCES):
        if not (isinstance(spot.value, dict) and isinstance(spot.value.get("$ref"), str)):
            return spot
        spot = refer(document.schemas, spot, "$ref")
    raise Unresolved("references lead in a circle", "")


def template(address: str) -> str:
    """An address with its parameters unnamed: the names do not travel."""
    return PLACEHOLDER.sub("{}", address)


def at(spot: Spot | None) -> Pointer | None:
    return None if spot is None else (spot.file, *spot.pointer)

"""What stands where in a document? Its parts by name, references followed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from contractctl.formats.description import PLACEHOLDER, below, fields, items, refused, resolved, template
from contractctl.formats.json_schema.references import Unresolved
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_EXTENSIBLE = frozenset({"paths", "responses"})
"""Maps in which a name may be that of an extension; in others it is a name like any."""

__all__ = [
    "METHODS",
    "PLACEHOLDER",
    "Unresolved",
    "alike",
    "child",
    "entries",
    "fields",
    "flag",
    "items",
    "nearest",
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


def alike(paths: Iterable[str]) -> dict[str, list[str]]:
    """Paths by what is left of each without the names of its parameters.

    Frameworks write one path twice, with some of its methods each, where these call a parameter otherwise.
    """
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(template(path), []).append(path)
    return found


def nearest(known: Mapping[str, Sequence[str]], path: str) -> list[str]:
    """Of what alike() gives those that are like a path, this very one first."""
    return sorted(known.get(template(path), ()), key=lambda one: one != path)


def text(document: Document, spot: Spot | None, name: str, otherwise: str = "") -> str:
    """A field that is text."""
    value = fields(document, spot).get(name, otherwise) if spot is not None else otherwise
    if not isinstance(value, str):
        assert spot is not None  # noqa: S101 - what is missing is text
        raise refused(document, below(document, spot, name), f"'{name}' is not a string", "put quotes around it")
    return value


def flag(document: Document, spot: Spot | None, name: str, *, otherwise: bool = False) -> bool:
    """A field that is true or false."""
    value = fields(document, spot).get(name, otherwise) if spot is not None else otherwise
    if not isinstance(value, bool):
        assert spot is not None  # noqa: S101 - what is missing is a flag
        raise refused(document, below(document, spot, name), f"'{name}' is neither true nor false", "write one of them")
    return value


def placeholders(path: str) -> list[str]:
    """The names of the parameters in a path, in their order."""
    return PLACEHOLDER.findall(path)

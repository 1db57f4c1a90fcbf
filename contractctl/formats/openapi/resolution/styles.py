"""Is a value read in the way it is written, in a parameter or a header? https://spec.openapis.org/oas/v3.1.0#style-values."""

from dataclasses import dataclass

from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import child, fields, flag

_MARKED = frozenset({"label", "matrix"})
"""Styles that look otherwise for a single value, too."""
_PLAIN = frozenset({"integer", "boolean"})
"""What is written without reserved characters."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a value is written."""

    style: str
    explode: bool
    types: frozenset[str] | None
    """Those that its schema names; None where it names none, and may be any."""

    @property
    def shown(self) -> str:
        return f"style {self.style}, {'exploded' if self.explode else 'not exploded'}"

    def may_be(self, kind: str) -> bool:
        return self.types is None or kind in self.types

    @property
    def is_named(self) -> bool:
        """Whether the parameter's name stands in a path: of an exploded object those of its properties do."""
        is_taken_apart = self.explode and self.types == frozenset({"object"})
        return self.style == "matrix" and not is_taken_apart

    @property
    def is_plain(self) -> bool:
        return self.types is not None and self.types <= _PLAIN


def spelling(document: Document, spot: Spot, style: str) -> Spelling:
    """How a parameter or a header of that style is written."""
    explode = flag(document, spot, "explode", otherwise=style == "form")
    schema = child(document, spot, "schema")
    types = fields(document, schema).get("type") if schema is not None and isinstance(schema.value, dict) else None
    named = frozenset(map(str, types if isinstance(types, list) else [types])) if types is not None else None
    is_deep = style == "deepObject" and named == frozenset({"object"})  # which there is no other way to write
    return Spelling(style, explode or is_deep, named)


def unlike(sent: Spelling, taken: Spelling) -> bool:
    """Whether a value that both may have is read as another. A single one looks the same in most styles."""
    if (sent.style, sent.explode) == (taken.style, taken.explode):
        return False
    if sent.style != taken.style and not _MARKED.isdisjoint({sent.style, taken.style}):
        return True
    if sent.may_be("object") and taken.may_be("object"):
        return True
    # a list is parted by commas whether or not it is exploded
    is_simple = sent.style == taken.style == "simple"
    return sent.may_be("array") and taken.may_be("array") and not is_simple

"""Which two schemas meet? Those that a message is written and read by, and components of one name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contractctl.documents import Pointer
from contractctl.formats.json_schema.references import refer
from contractctl.formats.json_schema.spots import Spot, start
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import Unresolved

Key = tuple[str, Pointer, str, Pointer]
"""Two schemas, by where they stand in the one document and in the other."""

_MOST_REFERENCES = 8
_COMPONENT = 3
"""Steps to a component: components, schemas, its name."""


@dataclass(frozen=True, slots=True)
class Question:
    """A schema of the writer's, and the reader's that its values meet."""

    writer: Spot
    reader: Spot
    label: str
    """Where they meet first, in people's words."""
    seat: Mapping[str, str]
    """The part of a message where they meet first, as facts."""

    @property
    def key(self) -> "Key":
        return key_of(self.writer, self.reader)


def counterpart(other: Document, target: Spot) -> Spot | None:
    """The component of the same name in the other document."""
    resource = other.schemas.resources.get(target.base)
    if resource is None or len(target.pointer) not in {0, _COMPONENT}:
        return None
    spot = start(other.schemas, resource, ())
    value = spot.value
    for step in target.pointer:
        if not isinstance(value, dict) or step not in value:
            return None
        value = value[str(step)]
    return replace(spot, value=value, pointer=target.pointer)


def referring(spot: Spot, text: str) -> Spot:
    """A schema in the place of another that refers to what stands in that."""
    return Spot({"$ref": text}, spot.file, spot.pointer, spot.base, spot.dialect, spot.scope)


def marks(spot: Spot) -> tuple[object, ...]:
    """What of a component counts where it is referred to."""
    value = spot.value if isinstance(spot.value, dict) else {}
    return value.get("readOnly"), value.get("writeOnly"), value.get("$ref")


def is_marked(document: Document, spot: Spot, word: str) -> bool:
    """Whether a word is true of a schema: by itself, or by what it refers to."""
    for _ in range(_MOST_REFERENCES):
        if not isinstance(spot.value, dict):
            return False
        refers = "$ref" in spot.value
        beside = refers and document.is_3_0  # what stands beside a reference is ignored there
        if spot.value.get(word) is True and not beside:
            return True
        if not refers:
            return False
        try:
            spot = refer(document.schemas, spot, "$ref")
        except Unresolved:
            return False
    return False


def key_of(writer: Spot, reader: Spot) -> Key:
    return writer.base, writer.pointer, reader.base, reader.pointer


def ends_of(document: Document, spot: Spot) -> Spot:
    """Where references that say nothing else lead."""
    for _ in range(_MOST_REFERENCES):
        value = spot.value
        if not isinstance(value, dict) or "$ref" not in value or (len(value) > 1 and not document.is_3_0):
            break
        try:
            spot = refer(document.schemas, spot, "$ref")
        except Unresolved:
            break
    return spot

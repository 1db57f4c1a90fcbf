"""Which parts of a document are schemas with a name of their own, and which names are there inside them?

Draft 2020-12, https://json-schema.org/draft/2020-12/json-schema-core#section-8.2; the others as their own say.
"""

from dataclasses import dataclass, field

from contractctl.documents import Json, Pointer
from contractctl.formats.json_schema.dialects import SUBSCHEMAS, Dialect, named, subschemas
from contractctl.formats.json_schema.uris import joined, split

RECURSIVE = ""
"""The name under which `$recursiveAnchor: true` stands among the dynamic anchors: no anchor is called that."""


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A schema with a URI of its own: a document, or a part with an identifier. Pointers begin at the file's root."""

    value: Json
    file: int
    pointer: Pointer
    base: str
    dialect: Dialect
    anchors: dict[str, Pointer | None] = field(default_factory=dict)
    """None where two places have the name."""
    dynamic: dict[str, Pointer | None] = field(default_factory=dict)


def identifier(value: dict[str, Json], dialect: Dialect) -> str | None:
    """What `$id` says, or `id` in draft 4; None where it says nothing. Beside `$ref` it counts since 2019-09 only."""
    said = value.get("id" if dialect is Dialect.DRAFT4 else "$id")
    if not isinstance(said, str) or (dialect <= Dialect.DRAFT7 and isinstance(value.get("$ref"), str)):
        return None
    return said


def resources(document: Resource) -> list[Resource]:
    """A document, and every resource embedded in it, in the text's order, with their anchors."""
    found = [document]
    pending = [(document.value, document.pointer, document)]
    while pending:
        value, pointer, resource = pending.pop()
        if not isinstance(value, dict):
            continue
        if pointer != document.pointer:
            embedded = _embedded(value, pointer, resource)
            if embedded is not None:
                resource = embedded  # what stands below belongs to it
                found.append(resource)
        _keep_anchors(value, pointer, resource)
        inner = list(subschemas(value, SUBSCHEMAS[resource.dialect]))
        pending.extend((one, pointer + steps, resource) for steps, one in reversed(inner))
    return found


def _embedded(value: dict[str, Json], pointer: Pointer, outer: Resource) -> Resource | None:
    """A subschema with an identifier that is more than a fragment; its `$schema` counts there."""
    dialect = named(value.get("$schema")) or outer.dialect
    uri, _ = split(identifier(value, dialect) or "")
    return Resource(value, outer.file, pointer, joined(outer.base, uri), dialect) if uri else None


def _keep_anchors(value: dict[str, Json], pointer: Pointer, resource: Resource) -> None:
    """Plain names: a fragment of `$id` up to draft 7, anchors of both kinds later."""
    if resource.dialect <= Dialect.DRAFT7:
        _, fragment = split(identifier(value, resource.dialect) or "")
        if not fragment.startswith("/"):
            _keep(resource.anchors, fragment, pointer)
        return
    _keep(resource.anchors, value.get("$anchor"), pointer)
    if resource.dialect is Dialect.DRAFT2020:
        _keep(resource.anchors, value.get("$dynamicAnchor"), pointer)
        _keep(resource.dynamic, value.get("$dynamicAnchor"), pointer)
    elif value.get("$recursiveAnchor") is True and pointer == resource.pointer:
        resource.dynamic[RECURSIVE] = pointer


def _keep(anchors: dict[str, Pointer | None], name: Json, pointer: Pointer) -> None:
    if isinstance(name, str) and name:
        anchors[name] = pointer if anchors.get(name, pointer) == pointer else None

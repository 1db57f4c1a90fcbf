"""Where does a reference lead? Only within the version's own files and the official metaschemas: nothing is fetched.

https://json-schema.org/draft/2020-12/json-schema-core#section-8.2.3, and its counterparts in the other drafts.
"""

from dataclasses import dataclass

from contractctl.documents import Json, Pointer
from contractctl.formats.json_schema.dialects import SUBSCHEMAS, Dialect, Holds
from contractctl.formats.json_schema.metaschemas import BUNDLED, bundled
from contractctl.formats.json_schema.resources import RECURSIVE, Resource
from contractctl.formats.json_schema.spots import Schema, Spot, entered, named_resource, start
from contractctl.formats.json_schema.uris import index_of, joined, pointer_of, split

_MOST_REFERENCES = 8
_NAMES = frozenset({"$id", "id", "$anchor", "$dynamicAnchor"})


class Unresolved(Exception):  # noqa: N818 - an answer with a reason; no user ever reads it as an error
    """A reference leads nowhere that is known. `uri`, with its fragment, is what it names."""

    def __init__(self, reason: str, uri: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.uri = uri


def refer(schema: Schema, spot: Spot, keyword: str) -> Spot:
    """Where the `$ref`, `$dynamicRef` or `$recursiveRef` of a spot leads. Raise Unresolved where it leads nowhere."""
    reference = spot.value[keyword] if isinstance(spot.value, dict) else None
    if not isinstance(reference, str):
        raise Unresolved(f"'{keyword}' is not a URI reference", "")
    enclosing = _enclosing(schema, spot)
    key = (keyword, enclosing.file, enclosing.pointer, reference, spot.scope)
    found = schema.known.get(key)
    if found is None:
        try:
            found = _followed(_Step(schema, enclosing, spot.scope, keyword, reference))
        except Unresolved as unresolved:
            found = (unresolved.reason, unresolved.uri)
        schema.known[key] = found
    if isinstance(found, tuple):
        raise Unresolved(*found)
    return found


def referred(schema: Schema, spot: Spot) -> Spot:
    """What a schema that only refers to another stands for, as far as that is known."""
    for _ in range(_MOST_REFERENCES):
        if not ("$ref" in spot.keywords and "properties" not in spot.keywords):
            break
        try:
            spot = refer(schema, spot, "$ref")
        except Unresolved:
            break
    return spot


@dataclass(frozen=True, slots=True)
class _Step:
    """One reference being followed: what it says, the resource in which it says so, and the way there."""

    schema: Schema
    resource: Resource
    scope: tuple[str, ...]
    keyword: str
    reference: str

    def unresolved(self, said: str) -> Unresolved:
        uri, fragment = split(self.reference)
        absolute = joined(self.resource.base, uri)
        return Unresolved(f"'{self.reference}' {said}", f"{absolute}#{fragment}" if fragment else absolute)


def _enclosing(schema: Schema, spot: Spot) -> Resource:
    """The resource whose text holds a spot: the innermost that starts at it or above it."""
    if spot.file == BUNDLED:
        metaschema = bundled(str(spot.pointer[0]))
        assert metaschema is not None  # noqa: S101 - it was reached through it
        return metaschema
    if not schema.plain[spot.file]:
        for length in range(len(spot.pointer), 0, -1):
            found = schema.starts.get((spot.file, spot.pointer[:length]))
            if found is not None:
                return found
    return schema.starts[spot.file, ()]


def _followed(step: _Step) -> Spot:
    if step.keyword == "$recursiveRef" and step.reference != "#":
        raise step.unresolved("may only be '#' as a '$recursiveRef'")
    uri, fragment = split(step.reference)
    resource = _named(step, uri) if uri else step.resource
    if step.keyword == "$recursiveRef":
        return start(step.schema, _outermost(step, RECURSIVE, resource), step.scope)
    steps = pointer_of(fragment)
    if steps is None:
        dynamic = step.keyword == "$dynamicRef"
        return _anchored(step, _outermost(step, fragment, resource) if dynamic else resource, fragment)
    return _pointed(step, resource, steps) if steps else start(step.schema, resource, step.scope)


def _named(step: _Step, uri: str) -> Resource:
    """By the identifier; a relative path that no identifier answers to is looked for beside the file itself."""
    schema, here = step.schema, step.resource
    absolute = joined(here.base, uri)
    found = named_resource(schema, absolute)
    if found is None and absolute in schema.resources:
        raise step.unresolved("is the name of two different schemas")
    if found is None and here.file != BUNDLED and not here.pointer and not uri.startswith("/"):
        found = schema.resources.get(joined(schema.paths[here.file], uri))
    if found is None:
        raise step.unresolved("is not among the contract's files, and nothing is fetched")
    return found


def _outermost(step: _Step, name: str, resource: Resource) -> Resource:
    """Draft 2020-12, section 8.2.3.2: the outermost in the dynamic scope, where the first target is dynamic itself."""
    if name not in resource.dynamic:
        return resource
    outer = (found for uri in step.scope if (found := named_resource(step.schema, uri)) is not None)
    return next((one for one in outer if name in one.dynamic), resource)


def _anchored(step: _Step, resource: Resource, name: str) -> Spot:
    if name not in resource.anchors:
        raise step.unresolved("leads nowhere: nothing has that name")
    pointer = resource.anchors[name]
    if pointer is None:
        raise step.unresolved("is the name of two different places")
    value = resource.value
    for part in pointer[len(resource.pointer) :]:
        value = value[part]  # type: ignore[index]  # the anchor was found there
    return _spot(step, resource, value, pointer)


def _pointed(step: _Step, resource: Resource, parts: Pointer) -> Spot:
    """RFC 6901, over the borders of embedded resources where it must.

    Where no keyword has a schema, one may be pointed at, but identifiers in it are none: what is meant is open.
    """
    value, pointer = resource.value, resource.pointer
    holds: Holds | None = Holds.SCHEMA
    plain = resource.file == BUNDLED or step.schema.plain[resource.file]
    for word in parts:
        part = index_of(word, len(value)) if isinstance(value, list) else word
        if part is None or not isinstance(value, dict | list) or (isinstance(value, dict) and part not in value):
            raise step.unresolved(f"leads nowhere: there is no '{word}'")
        value = value[part]  # type: ignore[index]  # it is there
        pointer = (*pointer, part)
        if not plain:
            holds = _held(holds, part, value, resource.dialect)
            resource = step.schema.starts.get((resource.file, pointer), resource)
    if holds is not Holds.SCHEMA and _has_names(value):
        raise step.unresolved("leads to a place that is not a schema, but has identifiers")
    return _spot(step, resource, value, pointer)


def _held(holds: Holds | None, step: str | int, value: Json, dialect: Dialect) -> Holds | None:
    """What the value below a step is: a schema, a collection of schemas, or data (None)."""
    if holds is None or holds is not Holds.SCHEMA:
        return None if holds is None or isinstance(value, list) else Holds.SCHEMA
    below = SUBSCHEMAS[dialect].get(str(step))
    if isinstance(value, list):
        return Holds.LIST if below in {Holds.LIST, Holds.SCHEMA_OR_LIST} else None
    if below in {Holds.SCHEMA, Holds.SCHEMA_OR_LIST}:
        return Holds.SCHEMA
    return Holds.NAMED if below in {Holds.NAMED, Holds.NAMED_OR_LISTS} and isinstance(value, dict) else None


def _has_names(value: Json) -> bool:
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            if not _NAMES.isdisjoint(one) and any(isinstance(one.get(name), str) for name in _NAMES):
                return True
            pending.extend(one.values())
        elif isinstance(one, list):
            pending.extend(one)
    return False


def _spot(step: _Step, resource: Resource, value: Json, pointer: Pointer) -> Spot:
    scope = entered(step.schema, resource, step.scope)
    return Spot(value, resource.file, pointer, resource.base, resource.dialect, scope)

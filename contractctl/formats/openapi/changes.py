"""What changed between two documents? Facts, in the new one's order; whether they break anybody is not asked.

Words for people are not changes: titles, descriptions, examples. A schema is compared under its component's name, once.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from contractctl.documents import Json
from contractctl.formats.description import below
from contractctl.formats.json_schema.changes import Inside, between
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.media import media_types, schema_of, single
from contractctl.formats.openapi.document.parts import (
    METHODS,
    Unresolved,
    child,
    entries,
    fields,
    flag,
    resolved,
    template,
)
from contractctl.formats.openapi.document.shared import Shared, shared
from contractctl.formats.openapi.resolution.parameters import parameters_of
from contractctl.model.verdict import Change

_STATED = ("operationId", "deprecated", "x-sunset")
_AROUND = ("security", "servers")
_PARAMETER = ("required", "deprecated", "style", "explode", "allowReserved", "allowEmptyValue", "x-sunset")
_HEADER = ("required", "deprecated", "style", "explode")
_PART = ("contentType", "style", "explode", "allowReserved")


def changes(old: Document, new: Document) -> Iterator[Change]:
    """Every difference in operations, their parts and schemas."""
    both = _Both(old, new, shared(old, new))
    if old.version != new.version:
        yield Change("changed", "", "OpenAPI version", old.version, new.version)
    yield from _stated(both, (old.root, new.root), "", _AROUND)
    for name in ("paths", "webhooks"):
        yield from _paths(both, name)
    yield from _components(both)
    yield from between(old.schemas, new.schemas, both.schemas)


@dataclass(slots=True)
class _Both:
    """Two documents, and the schemas that are left to compare."""

    old: Document
    new: Document
    shared: Shared
    schemas: list[Change | Inside] = field(default_factory=list)

    def compare(self, left: Spot | None, right: Spot | None, path: str) -> None:
        """Schemas that are not components stand for themselves; what both name alike is compared under its name."""
        if left is None or right is None or not _refers(left) or left.value != right.value:
            spots = [(one,) if one is not None else () for one in (left, right)]
            if any(spots):
                self.schemas.append((spots[0], spots[1], path))
            return
        ends = _resolved(self.old, left), _resolved(self.new, right)
        is_component = all(_is_component(*one) for one in zip((self.old, self.new), ends, strict=True))
        if not is_component and not self.shared.holds(*ends):
            self.schemas.append(((ends[0],), (ends[1],), _name(self.new, ends[1])))


def _refers(spot: Spot) -> bool:
    return isinstance(spot.value, dict) and "$ref" in spot.value


def _is_component(document: Document, spot: Spot) -> bool:
    """Whether a schema stands among those that are compared one by one."""
    return spot.file == document.root.file and spot.pointer[:-1] == ("components", "schemas")


def _name(document: Document, spot: Spot) -> str:
    """What a schema of another file is called: by its last name there, or by the file."""
    if spot.pointer:
        return str(spot.pointer[-1])
    return PurePosixPath(document.schemas.source.every[spot.file].name).name.partition(".")[0]


def _paths(both: _Both, name: str) -> Iterator[Change]:
    """Operation by operation: a path may stand there twice, with some of its methods each."""
    before = {(template(one.path), one.method): one for one in _all(both.old, name)}
    for one in _all(both.new, name):
        earlier = before.pop((template(one.path), one.method), None)
        if earlier is None:
            yield Change("added", one.name, "operation")
        elif not both.shared.holds(earlier.written, one.written):
            ends = below(both.old, earlier.item, one.method), below(both.new, one.item, one.method)
            yield from _operation(both, one.name, ends, (earlier.path, one.path), (earlier.item, one.item))
    yield from (Change("removed", one.name, "operation") for one in before.values())


@dataclass(frozen=True, slots=True)
class _Served:
    """An operation, and the path item that it stands in."""

    path: str
    method: str
    written: Spot
    item: Spot

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


def _all(document: Document, name: str) -> Iterator[_Served]:
    for path, written in entries(document, document.root, name):
        item = _resolved(document, written)
        for method in METHODS:
            if method in fields(document, item):
                yield _Served(path, method, written, item)


def _operation(
    both: _Both, name: str, ends: tuple[Spot, Spot], paths: tuple[str, str], items: tuple[Spot, Spot]
) -> Iterator[Change]:
    yield from _stated(both, ends, name, (*_STATED, *_AROUND, "callbacks"))
    try:
        yield from tuple(_parameters(both, name, ends, paths, items))
    except Unresolved:  # nobody knows what that is called: they are said as they stand
        yield from (change for pair in (items, ends) for change in _stated(both, pair, name, ("parameters",)))
    yield from _bodies(both, ends, name)
    yield from _responses(both, ends, name)


def _parameters(
    both: _Both, name: str, ends: tuple[Spot, Spot], paths: tuple[str, str], items: tuple[Spot, Spot]
) -> Iterator[Change]:
    before, after = (
        parameters_of(document, item, end, path)
        for document, item, end, path in zip((both.old, both.new), items, ends, paths, strict=True)
    )
    for key in dict.fromkeys((*after, *before)):
        at = f"{name} {(after.get(key) or before[key]).shown}"
        if key not in before or key not in after:
            yield Change("added" if key in after else "removed", at, "parameter")
            continue
        if before[key].name != after[key].name and "matrix" in {before[key].style, after[key].style}:  # which says it
            yield Change("changed", at, "name", before[key].name, after[key].name)
        yield from _spelled(both, (before[key].spot, after[key].spot), at, _PARAMETER)


def _bodies(both: _Both, ends: tuple[Spot, Spot], name: str) -> Iterator[Change]:
    before, after = _child(both.old, ends[0], "requestBody"), _child(both.new, ends[1], "requestBody")
    if (before is None) != (after is None):
        yield Change("added" if before is None else "removed", name, "request body")
    elif before is not None and after is not None:
        states = [
            "required" if flag(*one, "required") else "optional" for one in ((both.old, before), (both.new, after))
        ]
        if states[0] != states[1]:
            yield Change("changed", f"{name} request", "presence", *states)
        yield from _media(both, before, after, f"{name} request")


def _responses(both: _Both, ends: tuple[Spot, Spot], name: str) -> Iterator[Change]:
    before, after = (dict(entries(*one, "responses")) for one in zip((both.old, both.new), ends, strict=True))
    for status in dict.fromkeys((*after, *before)):
        at = f"{name} response {status}"
        if status not in before or status not in after:
            yield Change("added" if status in after else "removed", at, "response")
            continue
        left, right = _resolved(both.old, before[status]), _resolved(both.new, after[status])
        yield from _headers(both, left, right, at)
        yield from _media(both, left, right, at)


def _headers(both: _Both, left: Spot, right: Spot, at: str) -> Iterator[Change]:
    before, after = dict(entries(both.old, left, "headers")), dict(entries(both.new, right, "headers"))
    for header in dict.fromkeys((*after, *before)):
        path = f"{at} header '{header}'"
        if header not in before or header not in after:
            yield Change("added" if header in after else "removed", path, "header")
            continue
        ends = _resolved(both.old, before[header]), _resolved(both.new, after[header])
        yield from _spelled(both, ends, path, _HEADER)


def _spelled(both: _Both, ends: tuple[Spot, Spot], at: str, names: tuple[str, ...]) -> Iterator[Change]:
    """A parameter or a header."""
    yield from _stated(both, ends, at, names)
    (was, left), (becomes, right) = single(both.old, ends[0]), single(both.new, ends[1])
    if was != becomes:
        yield Change("changed", at, "media type", was or None, becomes or None)
    both.compare(left, right, at)


def _media(both: _Both, left: Spot, right: Spot, at: str) -> Iterator[Change]:
    before, after = _types(both.old, left), _types(both.new, right)
    for media in dict.fromkeys((*after, *before)):
        if media in before and media in after:
            both.compare(schema_of(both.old, before[media]), schema_of(both.new, after[media]), f"{at} {media}")
            yield from _encoding(both, before[media], after[media], f"{at} {media}")
        else:
            yield Change("added" if media in after else "removed", f"{at} {media}", "media type")


def _encoding(both: _Both, left: Spot, right: Spot, at: str) -> Iterator[Change]:
    before, after = dict(entries(both.old, left, "encoding")), dict(entries(both.new, right, "encoding"))
    for part in dict.fromkeys((*after, *before)):
        path = f"{at} part '{part}'"
        if part not in before or part not in after:
            yield Change("added" if part in after else "removed", path, "encoding")
            continue
        yield from _stated(both, (before[part], after[part]), path, _PART)
        yield from _headers(both, before[part], after[part], path)


def _components(both: _Both) -> Iterator[Change]:
    """Schemas under their names; the rest of the components is reported where it is used."""
    before, after = (_schemas(document) for document in (both.old, both.new))
    for name, spot in after.items():
        if name not in before:
            yield Change("added", name, "schema")
        elif not both.shared.holds(before[name], spot):
            both.schemas.append(((before[name],), (spot,), name))
    yield from (Change("removed", name, "schema") for name in before if name not in after)
    holders = [_child(document, document.root, "components") for document in (both.old, both.new)]
    schemes = [
        _fields(document, one).get("securitySchemes")
        for document, one in zip((both.old, both.new), holders, strict=True)
    ]
    if _plain(schemes[0]) != _plain(schemes[1]):
        yield Change("changed", "", "securitySchemes", _shown(schemes[0]), _shown(schemes[1]))


def _schemas(document: Document) -> Mapping[str, Spot]:
    return dict(entries(document, _child(document, document.root, "components"), "schemas"))


def _stated(both: _Both, ends: tuple[Spot, Spot], path: str, names: tuple[str, ...]) -> Iterator[Change]:
    """Fields whose values are said as they stand."""
    before, after = _fields(both.old, ends[0]), _fields(both.new, ends[1])
    for name in names:
        if _plain(before.get(name)) != _plain(after.get(name)):
            yield Change("changed", path, name, _shown(before.get(name)), _shown(after.get(name)))


def _types(document: Document, spot: Spot) -> Mapping[str, Spot]:
    try:
        return media_types(document, spot)
    except Unresolved:
        return {}


def _resolved(document: Document, spot: Spot) -> Spot:
    """What is referred to; the reference itself where that leads nowhere."""
    try:
        return resolved(document, spot)
    except Unresolved:
        return spot


def _child(document: Document, spot: Spot, name: str) -> Spot | None:
    try:
        return child(document, spot, name)
    except Unresolved:
        return None


def _fields(document: Document, spot: Spot | None) -> dict[str, Json]:
    return fields(document, _resolved(document, spot)) if spot is not None else {}


def _plain(value: Json) -> str:
    """A value as a text; alternatives of security are in no order."""
    if isinstance(value, list):
        return f"[{', '.join(sorted(map(_plain, value)))}]"
    return json.dumps(value, sort_keys=True)


def _shown(value: Json) -> str | None:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return None if value is None else text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - a line

"""What changed between two documents? Facts, in the new one's order; whether they break anybody is not asked.

Words for people are not changes: titles, summaries, descriptions, examples.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from contractctl.documents import Json
from contractctl.formats.asyncapi import bindings
from contractctl.formats.asyncapi.application import Message, Operation, operations
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.inner import parsed
from contractctl.formats.asyncapi.languages import Language, Written, content_type, is_same, written
from contractctl.formats.asyncapi.messages import BOUND, PARTS, paired, part
from contractctl.formats.asyncapi.parts import Unresolved, child, entries, fields, text, whole
from contractctl.formats.asyncapi.security import counterparts
from contractctl.formats.asyncapi.ways import Meeting, Way
from contractctl.formats.description import as_object, below
from contractctl.formats.json_schema.changes import between
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Change

_STATED = ("security", "parameters")
_FOR_PEOPLE = frozenset({"title", "summary", "description", "tags", "externalDocs"})


def changes(old: Document, new: Document) -> Iterator[Change]:
    """Every difference in servers, operations, their messages and schemas."""
    if _version(old) != _version(new):
        yield Change("changed", "", "AsyncAPI version", _version(old), _version(new))
    yield from _servers(old, new)
    yield from _schemes(old, new)
    try:
        before, after = operations(old), operations(new)
    except Unresolved as error:
        yield Change("changed", "", "reference", None, error.reason)
        return
    for key, operation in after.items():
        if key in before:
            yield from _operation(old, new, before[key], operation)
        else:
            yield Change("added", operation.label, "operation")
    yield from (Change("removed", one.label, "operation") for key, one in before.items() if key not in after)


def _version(document: Document) -> str:
    return str(fields(document, document.root).get("asyncapi"))


def _entries(document: Document, *names: str) -> dict[str, Spot]:
    """The value at a path; nothing where that is in another file, and the file is missing."""
    try:
        return dict(entries(document, child(document, document.root, *names[:-1]), names[-1]))
    except Unresolved:
        return {}


def _servers(old: Document, new: Document) -> Iterator[Change]:
    before, after = _entries(old, "servers"), _entries(new, "servers")
    for name in dict.fromkeys((*after, *before)):
        if name not in before or name not in after:
            yield Change("added" if name in after else "removed", name, "server")
            continue
        was, becomes = (as_object(whole(document, one)) for document, one in ((old, before[name]), (new, after[name])))
        yield from _differing(was, becomes, name, sorted({*was, *becomes} - _FOR_PEOPLE))


def _schemes(old: Document, new: Document) -> Iterator[Change]:
    """In 2.x they are named where they are required; in 3.x they are referred to, and compared there."""
    if {old.major, new.major} != {2}:
        return
    before, after = (
        {name: _told(whole(document, one)) for name, one in _entries(document, "components", "securitySchemes").items()}
        for document in (old, new)
    )
    for name in dict.fromkeys((*after, *before)):
        was, becomes = before.get(name), after.get(name)
        if was != becomes:
            kind = "added" if was is None else "removed" if becomes is None else "changed"
            yield Change(kind, name, "security scheme", was, becomes)


def _operation(old: Document, new: Document, before: Operation, after: Operation) -> Iterator[Change]:
    became = [(spot, others[0]) for spot, others in counterparts(before, after)]
    for ends in (*became, (before.channel.spot, after.channel.spot)):
        yield from _stated(old, new, ends, after.label)
        yield from _bindings(old, new, ends, after.label)
    yield from _messages(old, new, (before.messages, after.messages), after.label)
    replies = before.replies, after.replies
    if bool(replies[0]) != bool(replies[1]):
        yield Change("added" if replies[1] else "removed", after.label, "reply")
    for one, other in zip(*replies, strict=False):
        if one.key != other.key:
            yield Change("changed", f"{after.label} reply", "channel", one.key or None, other.key or None)
        if one.location != other.location:
            yield Change("changed", f"{after.label} reply", "address", one.location, other.location)
        yield from _messages(old, new, (one.messages, other.messages), f"{after.label} reply")


def _stated(old: Document, new: Document, ends: tuple[Spot, Spot], path: str) -> Iterator[Change]:
    """Fields whose values are shown as they stand, references resolved; servers are compared separately."""
    before, after = (_plain(document, spot) for document, spot in zip((old, new), ends, strict=True))
    yield from _differing(before, after, path, (*_STATED, "servers"))


def _differing(
    before: Mapping[str, Json], after: Mapping[str, Json], path: str, names: Iterable[str]
) -> Iterator[Change]:
    for name in names:
        was, becomes = (_told(one[name]) if name in one else None for one in (before, after))
        if was != becomes:
            yield Change("changed", path, name, was, becomes)


def _plain(document: Document, spot: Spot) -> dict[str, Json]:
    said = fields(document, spot)
    return said | {name: whole(document, below(document, spot, name)) for name in _STATED if name in said}


def _bindings(
    old: Document, new: Document, ends: tuple[Spot, Spot], path: str, but: Collection[tuple[str, str]] = ()
) -> Iterator[Change]:
    """Field by field, but for some."""
    documents = list(zip((old, new), ends, strict=True))
    left, right = (bindings.stated(document, spot) for document, spot in documents)
    for protocol, field in dict.fromkeys((*right, *left)):
        if (protocol, field) in but:
            continue
        if field in bindings.SCHEMAS:
            with suppress(Unresolved):  # what is not there is not known
                one, other = (_bound(document, spot, protocol, field) for document, spot in documents)
                yield from _schemas(old, new, (one, other), f"{path} {protocol} {field}")
            continue
        was, becomes = (bindings.said(side, protocol, field) for side in (left, right))
        if was != becomes:
            yield Change("changed", f"{path} {protocol}", field, was, becomes)


def _bound(document: Document, spot: Spot, protocol: str, name: str) -> Written:
    holder = child(document, spot, "bindings", protocol)
    return written(document, holder or replace(spot, value={}, pointer=(*spot.pointer, "bindings")), name, None)


def _messages(
    old: Document, new: Document, ends: tuple[tuple[Message, ...], tuple[Message, ...]], label: str
) -> Iterator[Change]:
    pairs, gone, come = paired(Meeting(Way(old, new, is_from_client=True), label, None, None, *ends))
    yield from (Change("added", f"{label}: {one.label}", "message") for one in come)
    yield from (Change("removed", f"{label}: {one.label}", "message") for one in gone)
    for one, other in pairs:
        at = f"{label}: {other.label}"
        try:
            yield from tuple(_message(old, new, (one, other), at))
        except Unresolved as error:  # where both refer to the same missing target, no change is known
            if _told(one.spot.value) != _told(other.spot.value):
                yield Change("changed", at, "reference", None, error.reason)


def _message(old: Document, new: Document, ends: tuple[Message, Message], at: str) -> Iterator[Change]:
    one, other = ends
    was, becomes = content_type(old, one.spot), content_type(new, other.spot)
    if was != becomes:
        yield Change("changed", at, "content type", was, becomes)
    places = [
        text(document, child(document, message.spot, "correlationId"), "location")
        for document, message in ((old, one), (new, other))
    ]
    if places[0] != places[1]:
        yield Change("changed", at, "correlation id", *places)
    yield from _bindings(old, new, (one.spot, other.spot), at, BOUND.values())
    for name in PARTS:
        yield from _schemas(old, new, (part(old, one, name), part(new, other, name)), f"{at} {name}")


def _schemas(old: Document, new: Document, ends: tuple[Written, Written], path: str) -> Iterator[Change]:
    left, right = ends
    if is_same(old, left, new, right):
        return
    if left.language is not right.language:
        yield Change("changed", path, "schema format", left.said, right.said)
    elif left.language is Language.JSON_SCHEMA:
        schemas = old.in_dialect(left.dialect), new.in_dialect(right.dialect)
        yield from between(*schemas, [((left.spot,), (right.spot,), path)])
    elif left.language is Language.OTHER:
        yield Change("changed", path, "schema")
    else:
        judge, versions = parsed(old, left), parsed(new, right)
        for change in judge[0].changes(judge[1], versions[1]):
            yield Change(change.kind, f"{path}: {change.path}", change.what, change.old, change.new)


def _told(value: Json) -> str:
    """As a text; what is listed here is in no order."""
    if isinstance(value, list):
        return f"[{', '.join(sorted(map(_told, value)))}]"
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True)

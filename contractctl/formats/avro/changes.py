"""What changed between two schemas? Facts, in the new one's order; whether they break anybody is not asked."""

import json
from collections.abc import Iterator

from contractctl.formats.avro.resolution.starts import Meeting, by_name
from contractctl.formats.avro.schema.types import (
    Array,
    Default,
    Enum,
    Fixed,
    Map,
    Missing,
    Named,
    Primitive,
    Record,
    Schema,
    Solid,
    Type,
    Union,
    describe,
    kind,
    unqualified,
)
from contractctl.model.verdict import Change


def changes(old: Schema, new: Schema) -> Iterator[Change]:
    """Every difference in messages, fields, symbols, types, names, aliases and defaults; documentation is none."""
    pending: list[Inside] = []
    for outcome in _outermost(old, new):
        if isinstance(outcome, Change):
            yield outcome
        else:
            pending.append(outcome)
    pending.reverse()
    met: set[tuple[int, int]] = set()
    comparing = _Comparing(old, new)
    while pending:
        before, after, path = pending.pop()
        if (id(before), id(after)) in met:
            continue
        met.add((id(before), id(after)))
        inner: list[Inside] = []
        for outcome in comparing.pair(before, after, path):
            if isinstance(outcome, Change):
                yield outcome
            else:
                inner.append(outcome)
        pending.extend(reversed(inner))


Inside = tuple[Solid, Solid, str]


def _outermost(old: Schema, new: Schema) -> Iterator[Change | Inside]:
    """The schemas and messages that both have, by name, and those that came or went."""
    if not (old.several or new.several):
        root = new.solid(new.root)
        yield old.solid(old.root), root, "" if isinstance(root, Union) else _called(new, root)
        return
    back = Meeting(old, new)
    kept = {id(pair[0]): ring[0] for ring in new.rings if (pair := back.counterpart(ring)) is not None}
    for ring in new.rings:
        if ring[0] not in kept.values():
            yield Change("added", _called(new, ring[0]), "message")
    for ring in old.rings:
        later = next((kept[id(root)] for root in ring if id(root) in kept), None)
        if later is None:
            yield Change("removed", _called(old, ring[0]), "message")
        else:
            yield old.solid(ring[0]), new.solid(later), _called(new, later)
    yield from _messages(old, new)


def _called(schema: Schema, root: Type) -> str:
    solid = schema.solid(root)
    return unqualified(solid.name) if isinstance(solid, Named) else kind(solid)


def _messages(old: Schema, new: Schema) -> Iterator[Change | Inside]:
    before, after = by_name(old, new), by_name(new, old)
    for key, message in after.items():
        if key not in before:
            yield Change("added", message.name, "message")
    for key, earlier in before.items():
        if key not in after:
            yield Change("removed", earlier.name, "message")
            continue
        later, at = after[key], earlier.name
        if earlier.one_way != later.one_way:
            yield Change("changed", at, "way", *("one" if one.one_way else "both" for one in (earlier, later)))
        yield earlier.request, later.request, f"{at}.request"
        yield old.solid(earlier.response), new.solid(later.response), f"{at}.response"
        yield earlier.errors, later.errors, f"{at}.errors"


class _Comparing:
    """Two schemas being compared, one pair of types at a time."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new

    def pair(self, before: Solid, after: Solid, path: str) -> Iterator[Change | Inside]:
        """What differs between two types, and the pairs inside them."""
        if isinstance(before, Named) and isinstance(after, Named):
            yield from _name(before, after, path)
        match before, after:
            case Record(), Record():
                yield from self._record(before, after, path)
            case Enum(), Enum():
                yield from _enum(before, after, path)
            case Fixed(), Fixed() if (before.size, str(before.logical)) == (after.size, str(after.logical)):
                return
            case Array(), Array():
                yield self._inside(before.items, after.items, f"{path}[]")
            case Map(), Map():
                yield self._inside(before.values, after.values, f"{path}{{}}")
            case Union(), Union():
                yield from self._union(before, after, path)
            case Primitive(), Primitive() if describe(before) == describe(after):
                return
            case Missing(), Missing() if (before.name, before.why) == (after.name, after.why):
                return
            case _:
                yield from self._retyped(before, after, path)

    def _inside(self, before: Type, after: Type, path: str) -> Inside:
        return self._old.solid(before), self._new.solid(after), path

    def _record(self, before: Record, after: Record, path: str) -> Iterator[Change | Inside]:
        known = {field.name: field for field in before.fields}
        kept = {field.name for field in after.fields}
        for field in after.fields:
            at = f"{path}.{field.name}"
            name = next(
                (n for n in (field.name, *field.aliases) if n in known and (n == field.name or n not in kept)), ""
            )
            earlier = known.pop(name, None)
            if earlier is None:
                yield Change("added", at, "field", new=describe(field.type))
                continue
            if name != field.name:
                yield Change("changed", at, "name", name, field.name)
            yield from _aliases(earlier.aliases, field.aliases, at)
            if _said(earlier.default) != _said(field.default):
                yield _changed(at, "default", _said(earlier.default), _said(field.default))
            yield self._inside(earlier.type, field.type, at)
        for gone in known.values():
            yield Change("removed", f"{path}.{gone.name}", "field", old=describe(gone.type))

    def _union(self, before: Union, after: Union, path: str) -> Iterator[Change | Inside]:
        left = {_identity(branch): branch for branch in before.branches}
        right = {_identity(branch): branch for branch in after.branches}
        for name, branch in right.items():
            if name not in left:
                yield Change("added", path, "type", new=describe(branch))
        for name, branch in left.items():
            if name not in right:
                yield Change("removed", path, "type", old=describe(branch))
        for name, branch in right.items():
            if name in left:
                yield self._inside(left[name], branch, path or _called(self._new, branch))
        if left.keys() == right.keys() and list(left) != list(right):
            yield Change("changed", path, "order of types", ", ".join(left), ", ".join(right))

    def _retyped(self, before: Solid, after: Solid, path: str) -> Iterator[Change | Inside]:
        """Another type; where one side is a union that has the other's type, the rest of it came or went."""
        yield Change("changed", path, "type", describe(before), describe(after))
        many, one = (after, before) if isinstance(after, Union) else (before, after)
        if isinstance(many, Union) and not isinstance(one, Union):
            schema = self._new if many is after else self._old
            same = next((branch for branch in many.branches if _identity(branch) == _identity(one)), None)
            if same is not None:
                inner, path = schema.solid(same), path or _called(schema, same)
                yield (one, inner, path) if many is after else (inner, one, path)


def _name(before: Named, after: Named, path: str) -> Iterator[Change]:
    if before.name != after.name:
        yield Change("changed", path, "name", before.name, after.name)
    yield from _aliases(before.aliases, after.aliases, path)


def _aliases(before: tuple[str, ...], after: tuple[str, ...], path: str) -> Iterator[Change]:
    for alias in after:
        if alias not in before:
            yield Change("added", path, "alias", new=alias)
    for alias in before:
        if alias not in after:
            yield Change("removed", path, "alias", old=alias)


def _enum(before: Enum, after: Enum, path: str) -> Iterator[Change]:
    left, right = set(before.symbols), set(after.symbols)
    for symbol in after.symbols:
        if symbol not in left:
            yield Change("added", path, "symbol", new=symbol)
    for symbol in before.symbols:
        if symbol not in right:
            yield Change("removed", path, "symbol", old=symbol)
    if before.default != after.default:
        yield _changed(path, "default symbol", before.default, after.default)


def _changed(path: str, what: str, before: str | None, after: str | None) -> Change:
    change = "added" if before is None else "removed" if after is None else "changed"
    return Change(change, path, what, before, after)


def _said(default: Default | None) -> str | None:
    return None if default is None else json.dumps(default.value, ensure_ascii=False)


def _identity(branch: Type) -> str:
    return branch.name if hasattr(branch, "name") else kind(branch)

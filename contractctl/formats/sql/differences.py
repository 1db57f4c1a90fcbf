"""What is different between two versions? Facts; whether they break anybody is another question."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from contractctl.formats.sql.expressions import value_text
from contractctl.formats.sql.parsing import agreed
from contractctl.formats.sql.schema import Check, Column, Family, ForeignKey, Index, Schema, Table, Type, Unique
from contractctl.model.verdict import Change

_T = TypeVar("_T")
_WORDED = frozenset({Family.TEXT, Family.BINARY})
"""Families in which only the name distinguishes types that hold the same."""


def changes(old: Schema, new: Schema) -> Iterator[Change]:
    """Every difference between tables, columns, constraints, indexes, views and types."""
    old, new = agreed(old, new)
    if old.dialect != new.dialect:
        yield Change("changed", "", "dialect", old.dialect, new.dialect)
    for name in dict.fromkeys((*old.tables, *new.tables)):
        before, after = old.tables.get(name), new.tables.get(name)
        if before is None or after is None:
            yield _whole("table", before, after, lambda table: table.written)
            continue
        yield from _table(before, after)
        if new.dialect == "sqlite":
            yield from _value(after.written, "numbers of deleted rows", _numbers(before), _numbers(after))
        if new.by_place:
            yield from _value(after.written, "order of columns", _order(before, after), _order(after, before))
    for name in dict.fromkeys((*old.views, *new.views)):
        view, given = old.views.get(name), new.views.get(name)
        if view is None or given is None:
            yield _whole("view", view, given, lambda view: view.written)
        elif (view.properties, view.text) != (given.properties, given.text):
            texts = (f"{each.properties} {each.text}".strip() for each in (view, given))
            yield Change("changed", view.written, "view", *texts)
    for name in dict.fromkeys((*old.enums, *new.enums)):
        yield from _value(name, "type", _symbols(old, name), _symbols(new, name))
    yield from _indexes(old.indexes, new.indexes)
    yield from _sets("", "statement", [u.text for u in old.unread], [u.text for u in new.unread])


def _whole(what: str, before: _T | None, after: _T | None, name: Callable[[_T], str]) -> Change:
    if before is None:
        assert after is not None  # noqa: S101 - one of the two is there
        return Change("added", name(after), what)
    return Change("removed", name(before), what)


def _symbols(schema: Schema, name: str) -> str | None:
    return ", ".join(schema.enums[name]) if name in schema.enums else None


def _table(old: Table, new: Table) -> Iterator[Change]:
    for name in dict.fromkeys(column.name for column in (*old.columns, *new.columns)):
        before, after = old.column(name), new.column(name)
        if before is None or after is None:
            some = before or after
            assert some is not None  # noqa: S101 - the name came from one of them
            kind = "added" if before is None else "removed"
            yield Change(
                kind, f"{old.written}.{some.written}", "column", *_sides(kind, some.type.text or "without a type")
            )
        else:
            yield from _column(f"{old.written}.{before.written}", before, after)
    yield from _sets(old.written, "key", [_unique(u) for u in old.uniques], [_unique(u) for u in new.uniques])
    keys = [[_foreign_key(key) for key in table.foreign_keys] for table in (old, new)]
    yield from _sets(old.written, "foreign key", *keys)
    yield from _sets(old.written, "check", [_check(c) for c in old.checks], [_check(c) for c in new.checks])
    yield from _sets(old.written, "clause", old.unjudged, new.unjudged)
    yield from _value(old.written, "strictness", _strictness(old), _strictness(new))
    yield from _value(old.written, "row number", _row_number(old), _row_number(new))


def _sides(kind: str, text: str) -> tuple[str | None, str | None]:
    return (None, text) if kind == "added" else (text, None)


def _column(path: str, old: Column, new: Column) -> Iterator[Change]:
    if not alike(old.type, new.type):
        yield Change("changed", path, "type", old.type.text or None, new.type.text or None)
    yield from _value(path, "nullability", _nullability(old), _nullability(new))
    if not same_default(old, new):
        yield from _value(path, "default", _default(old), _default(new))
    yield from _value(path, "generated value", _generated(old), _generated(new))
    yield from _value(path, "collation", old.collation, new.collation)


def alike(one: Type, other: Type) -> bool:
    """Whether two types are one, however they are written: `int(11)` is `int`, `timestamp(6)` is `timestamp`."""
    if one.affinity is not None:
        return one.affinity == other.affinity
    if one.text == other.text or Family.OTHER in {one.family, other.family}:
        return one.text == other.text  # an enum's values are another difference
    words = [kind.text.split("(", 1)[0] for kind in (one, other)] if one.family in _WORDED else []
    return replace(one, text="") == replace(other, text="") and len(set(words)) <= 1


def same_default(old: Column, new: Column) -> bool:
    """Whether a row that leaves the column out gets the same, as far as the two texts tell."""
    if old.counted or new.counted or old.default is None or new.default is None:
        return _default(old) == _default(new)
    return value_text(old.default, old.type) == value_text(new.default, new.type)


def _nullability(column: Column) -> str:
    return "NULL" if column.nullable else "NOT NULL"


def _default(column: Column) -> str | None:
    if column.counted:
        number = f"the next number of '{column.counter}'" if column.counter else "the next number"
        return f"always {number}" if column.always else number
    return column.default.text if column.default else None


def _generated(column: Column) -> str | None:
    if column.generated is None:
        return None
    return column.generated.text if column.stored else f"{column.generated.text} (virtual)"


def _strictness(table: Table) -> str:
    return "strict" if table.strict else "not strict"


def _row_number(table: Table) -> str:
    return "with rowid" if table.rowid else "without rowid"


def _numbers(table: Table) -> str:
    return "used again" if table.reuses else "not used again"


def _order(table: Table, other: Table) -> str:
    """The columns that both tables have, as they stand in the first."""
    return ", ".join(column.written for column in table.columns if other.column(column.name) is not None)


def _unique(unique: Unique) -> str:
    parts = ", ".join((*unique.columns, *unique.expressions))
    where = f" WHERE {unique.where.text}" if unique.where else ""
    alike_ = " NULLS NOT DISTINCT" if unique.nulls_alike else ""
    return f"{'PRIMARY KEY' if unique.primary else 'UNIQUE'} ({parts}){alike_}{where}"


def _foreign_key(key: ForeignKey) -> str:
    referred = f" ({', '.join(key.referred)})" if key.referred else ""
    return " ".join((f"({', '.join(key.columns)}) REFERENCES {key.table}{referred}", *key.actions, *key.timing))


def _check(check: Check) -> str:
    return check.condition.text


def _indexes(old: Sequence[Index], new: Sequence[Index]) -> Iterator[Change]:
    """Those that are on one side only: what an index is called changes nothing, and two alike are two."""
    for index in without(old, new, _index_key):
        yield Change("removed", "", "index", index.text)
    for index in without(new, old, _index_key):
        yield Change("added", "", "index", None, index.text)


def _index_key(index: Index) -> object:
    return index.table, index.meaning


def without(parts: Sequence[_T], others: Sequence[_T], key: Callable[[_T], object]) -> list[_T]:
    """The parts that have no like among the others, each of which is the like of one."""
    left = Counter(key(other) for other in others)
    found = []
    for part in parts:
        if left[key(part)] > 0:
            left[key(part)] -= 1
        else:
            found.append(part)
    return found


def _value(path: str, what: str, old: str | None, new: str | None) -> Iterator[Change]:
    if old != new:
        kind = "added" if old is None else "removed" if new is None else "changed"
        yield Change(kind, path, what, old, new)


def _sets(path: str, what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    for text in old:
        if text not in new:
            yield Change("removed", path, what, text)
    for text in new:
        if text not in old:
            yield Change("added", path, what, None, text)

"""What does a database hold otherwise than a version says? Its own text of the tables against the version's.

A difference in spelling is not drift; where two texts only perhaps mean the same, the answer says that it is unknown.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from contractctl.formats.sql.database_defaults import PLAIN, DatabaseDefaults, without_defaults
from contractctl.formats.sql.demands import is_decidable, same_conditions
from contractctl.formats.sql.differences import changes, same_default, without
from contractctl.formats.sql.expressions import known_value
from contractctl.formats.sql.parsing import attached
from contractctl.formats.sql.parsing.defined import as_kept
from contractctl.formats.sql.parsing.partitions import lasting
from contractctl.formats.sql.queries import same_query
from contractctl.formats.sql.schema import Check, Column, Index, Schema, Table, Unique
from contractctl.model.verdict import Change, Undecided

_Part = TypeVar("_Part")
_SHOWN = 60
_ABOUT_TABLES = re.compile(
    r"(?:ALTER TABLE|CREATE (?:\S+ ){0,4}(?:TABLE|VIEW|INDEX)|CREATE (?:TYPE|DOMAIN)) ", re.IGNORECASE
)
"""Statements that a database's own text has, too; functions, triggers and rows are not compared."""


@dataclass(slots=True)
class _Sides:
    """Both sides as they are compared, and what was found that cannot be. One thing after the other is settled."""

    old: Schema
    new: Schema
    live: Schema
    """The whole database."""
    unknown: list[Undecided] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    clouded: set[str] = field(default_factory=set)
    """Tables of which the version says something that cannot be read: what seems to differ there may not."""

    def doubt(self, path: str, reason: str) -> None:
        self.unknown.append(Undecided(path, reason))

    def either(self, path: str, what: str, one: str, other: str) -> None:
        """Say that one thing is written in two ways."""
        words = f"'{one}' in the version and '{other}' in the database"
        self.doubt(path, f"{what} is {words}: contractctl cannot tell whether that is the same")


def drift(version: Schema, live: Schema, defaults: DatabaseDefaults = PLAIN) -> Iterator[Change | Undecided]:
    """Every difference between what a version says of its tables and views and what the database holds of them.

    live: the whole database, each table and view in a file of its name. Tables of which the version says nothing are
    none of its business.
    """
    sides = _Sides(replace(version, unread=()), _within(version, live), live)
    _unreadable(sides, version, live)
    for name in sides.old.tables.keys() & sides.new.tables.keys():
        _table(
            sides,
            _completed(without_defaults(version.tables[name], defaults), live),
            without_defaults(live.tables[name], defaults),
        )
    _views(sides)
    _indexes(sides)
    _unread(sides, version, live)
    yield from sides.unknown
    clouded = {table.written for name, table in version.tables.items() if name in sides.clouded}
    for change in (*sides.changes, *changes(sides.old, sides.new)):
        if change.path.partition(".")[0] in clouded or (change.what == "index" and clouded):
            yield Undecided(change.path, f"{_words(change)}, unless a statement says so that cannot be read")
        else:
            yield change


def _within(version: Schema, live: Schema) -> Schema:
    """What the database holds of the names that the version speaks of."""
    tables = {name: table for name, table in live.tables.items() if name in version.tables}
    views = {name: view for name, view in live.views.items() if name in version.views}
    enums = {name: symbols for name, symbols in live.enums.items() if name in version.enums}
    indexes = tuple(index for index in live.indexes if index.table in tables.keys() | views.keys())
    return replace(live, tables=tables, views=views, enums=enums, indexes=indexes, unread=())


def _unreadable(sides: _Sides, version: Schema, live: Schema) -> None:
    """A table that is there and cannot be read is not gone, nor is one that is a partition of another."""
    partitions = attached(version.unread)
    sides.old = replace(sides.old, tables={k: v for k, v in sides.old.tables.items() if k not in partitions})
    there = {as_kept(file.name, live.dialect) for file in live.source.files}
    for name, table in tuple(sides.old.tables.items()):
        if name not in sides.new.tables and name in there:
            what = "it is a view there" if name in live.views else "its definition there cannot be read"
            sides.doubt(table.written, f"the database holds something of this name, and {what}")
            sides.old = replace(sides.old, tables={k: v for k, v in sides.old.tables.items() if k != name})


def _completed(table: Table, live: Schema) -> Table:
    """A foreign key that names no columns refers to the other table's primary key, which the database knows."""
    keys = (
        replace(key, referred=live.tables[key.table].primary_key)
        if not key.referred and key.table in live.tables
        else key
        for key in table.foreign_keys
    )
    return replace(table, foreign_keys=tuple(keys))


def _table(sides: _Sides, before: Table, after: Table) -> None:
    columns = tuple(_column(sides, before, column, after.column(column.name)) for column in before.columns)
    checks = _checks(before, after)
    for one, other in checks.doubtful:
        sides.either(before.written, "a check", one.condition.text, other.condition.text)
    uniques = _matched(before.uniques, after.uniques, _unique_key, _alike_uniques)
    for unique, given in uniques.doubtful:
        sides.either(before.written, "a unique index", unique.written, given.written)
    own, theirs = _clauses(sides, before, after)
    before = replace(before, columns=columns, checks=checks.old, uniques=uniques.old, unjudged=own)
    after = replace(after, checks=checks.new, uniques=uniques.new, unjudged=theirs)
    sides.old = replace(sides.old, tables={**sides.old.tables, before.name: before})
    sides.new = replace(sides.new, tables={**sides.new.tables, before.name: after})


def _column(sides: _Sides, table: Table, column: Column, live: Column | None) -> Column:
    """The column; with the database's own default or generated value where nobody can tell the two apart."""
    if live is None:
        return column
    path = f"{table.written}.{column.written}"
    if column.default and live.default and not same_default(column, live) and _unknown(column, live):
        sides.either(path, "the default", column.default.text, live.default.text)
        column = replace(column, default=live.default)
    if column.generated and live.generated and column.generated.text != live.generated.text:
        sides.either(path, "the generated value", column.generated.text, live.generated.text)
        column = replace(column, generated=live.generated)
    return column


def _unknown(*columns: Column) -> bool:
    """Whether one of the defaults is more than a value, or one that the database may print in other words."""
    return any(column.default is not None and known_value(column.default, column.type) is None for column in columns)


@dataclass(frozen=True, slots=True)
class _Match(Generic[_Part]):
    """What only one side has, and pairs of which nobody can tell whether they are the same."""

    old: tuple[_Part, ...]
    new: tuple[_Part, ...]
    doubtful: tuple[tuple[_Part, _Part], ...]


def _matched(
    old: Sequence[_Part],
    new: Sequence[_Part],
    key: Callable[[_Part], object],
    perhaps: Callable[[_Part, _Part], bool],
) -> _Match[_Part]:
    """Leave out what both have; pair what is perhaps the same."""
    gone, come = without(old, new, key), without(new, old, key)
    pairs: list[tuple[_Part, _Part]] = []
    for part in tuple(gone):
        other = next((other for other in come if perhaps(part, other)), None)
        if other is not None:
            gone.remove(part)
            come.remove(other)
            pairs.append((part, other))
    return _Match(tuple(gone), tuple(come), tuple(pairs))


def _checks(before: Table, after: Table) -> _Match[Check]:
    """MariaDB may hold several in one, in a column's definition."""
    if same_conditions(before.checks, after.checks):
        return _Match((), (), ())
    checks = _matched(before.checks, after.checks, lambda check: check.condition.text, _alike_checks)
    return replace(checks, old=(), new=()) if same_conditions(checks.old, checks.new) else checks


def _alike_checks(one: Check, other: Check) -> bool:
    """Whether they are about the same and one of them says something that is not understood."""
    same = one.name == other.name if one.name else one.columns == other.columns
    return same and not (is_decidable(one) and is_decidable(other))


def _unique_key(unique: Unique) -> object:
    where = unique.where.text if unique.where else None
    return (unique.columns, unique.expressions, where, unique.nulls_alike, unique.primary)


def _alike_uniques(one: Unique, other: Unique) -> bool:
    computed = any(unique.expressions or unique.where for unique in (one, other))
    return computed and one.columns == other.columns and len(one.expressions) == len(other.expressions)


def _clauses(sides: _Sides, before: Table, after: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Clauses are compared as texts: where both sides have some of their own, they may say the same in other words."""
    ours, others = ([lasting(clause) for clause in table.unjudged] for table in (before, after))
    own = [clause for clause in ours if clause not in others]
    theirs = [clause for clause in others if clause not in ours]
    if own and theirs:
        sides.either(before.written, "a clause", "; ".join(own), "; ".join(theirs))
        return (), ()
    return tuple(own), tuple(theirs)


def _views(sides: _Sides) -> None:
    """Databases write a view's query in their own words; where it gives out the same names, it may be the same."""
    for name in sides.old.views.keys() & sides.new.views.keys():
        view, given = sides.old.views[name], sides.new.views[name]
        if view.properties != given.properties or same_query(view, given, sides.live):
            sides.new = replace(sides.new, views={**sides.new.views, name: replace(given, text=view.text)})
            continue
        missing = [column for column in view.outputs or () if column not in (given.outputs or view.outputs or ())]
        for column in missing:
            sides.changes.append(Change("removed", f"{view.written}.{column}", "column"))
        if not missing:
            sides.either(view.written, "the query", view.text, given.text)
        sides.new = replace(sides.new, views={**sides.new.views, name: view})


def _indexes(sides: _Sides) -> None:
    found = _matched(sides.old.indexes, sides.new.indexes, lambda index: (index.table, index.meaning), _alike_indexes)
    for index, given in found.doubtful:
        sides.either(index.table, "an index", index.text, given.text)
    implied = {
        (table.name, f"({', '.join(key.columns)})") for table in sides.old.tables.values() for key in table.foreign_keys
    }
    come = (index for index in found.new if (index.table, index.meaning) not in implied)
    sides.old = replace(sides.old, indexes=found.old)
    sides.new = replace(sides.new, indexes=tuple(come) if sides.new.dialect == "mysql" else found.new)


def _alike_indexes(one: Index, other: Index) -> bool:
    """Whether they are of one name, or alike but for a condition, and one of them computes something."""
    parts = [index.meaning.partition("(")[2].partition(") include (")[0] for index in (one, other)]
    computed = any("(" in part for part in parts) or any(" where " in index.meaning for index in (one, other))
    return computed and one.table == other.table and bool(one.name) and one.name == other.name


def _unread(sides: _Sides, version: Schema, live: Schema) -> None:
    """Statements that are compared word for word: those of the version, and those about its tables in the database."""
    texts = [{unread.text for unread in schema.unread} for schema in (version, live)]
    virtual = (unread.makes for unread in version.unread if unread.makes)
    known = {as_kept(name, live.dialect) for name in (*version.tables, *version.views, *virtual)}
    for unread in version.unread:
        if _ABOUT_TABLES.match(unread.text) and unread.text not in texts[1]:
            sides.doubt(_beginning(unread.text), f"the database has no such statement; {unread.reason}")
            sides.clouded |= {name for name in known if name.rpartition(".")[2].lower() in unread.words}
    for number, unread in enumerate(live.unread):
        file = as_kept(live.source.files[live.places["unread", number][0]].name, live.dialect)
        if file in known and unread.text not in texts[0]:
            sides.doubt(_beginning(unread.text), f"the version has no such statement; {unread.reason}")


def _words(change: Change) -> str:
    values = " → ".join(value for value in (change.old, change.new) if value is not None)
    return f"{change.what} {change.kind}{f': {values}' if values else ''}"


def _beginning(text: str) -> str:
    return f"'{text[:_SHOWN]}…'" if len(text) > _SHOWN else f"'{text}'"

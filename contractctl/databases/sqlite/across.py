"""Which triggers keep columns of two tables in step on SQLite? AFTER triggers, which read both rows as they stand.

What a new row leaves out is taken from its partner; what is written is given to the partner. Both are asked of the
tables and not of NEW, so that a trigger that is fired by another one finds both in step, and does nothing.
"""

from collections.abc import Iterable, Iterator
from typing import cast

from sqlalchemy import Connection

from contractctl.databases import Database, Synchronisation, sqlite
from contractctl.databases.crossing import (
    HERE,
    THERE,
    across_of,
    apart,
    changed,
    given_here,
    given_there,
    held,
    is_absent,
    is_null,
    other,
    rekeyed_here,
    together,
    written_here,
)
from contractctl.databases.sqlite import sharing
from contractctl.databases.sqlite.names import quote, quotes

_DATABASE = cast("Database", sqlite)
_EVENTS = ("insert", "update", "delete")


def triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that create the triggers on both tables."""
    across = across_of(sync)
    old, new = [one.old for one in across.columns], [one.new for one in across.columns]
    types = [one.type for one in across.columns]
    here = f"{changed(_DATABASE, (*old, *across.here), (*types, *across.key_types))}"
    there = f"{changed(_DATABASE, (*new, *across.there), (*types, *across.key_types))}"
    if across.shared:
        return (
            _create(sync, "insert", "", sharing.written_here(sync, inserted=True)),
            _create(sync, "update", here, sharing.written_here(sync, inserted=False)),
            _create(other(sync), "insert", "", sharing.written_there(sync, inserted=True)),
            _create(other(sync), "update", there, sharing.written_there(sync, inserted=False)),
        )
    return (
        _create(sync, "insert", "", [sharing.take_here(sync, inserted=True), *_give_there(sync, inserted=True)]),
        _create(sync, "update", here, [*_rekey_here(sync), *_tidy(sync), *_give_there(sync, inserted=False)]),
        _create(sync, "delete", "", [_gone_here(sync)]),
        _create(other(sync), "insert", "", [_take_there(sync), _give_here(sync, inserted=True)]),
        _create(other(sync), "update", there, [_forget_there(sync), _give_here(sync, inserted=False)]),
        _create(other(sync), "delete", "", [_forget_there(sync)]),
    )


def drop_triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that drop them, whether or not they are there."""
    return tuple(f"DROP TRIGGER IF EXISTS {quote(_name(of, event))}" for of, event in _events(sync, _EVENTS))


def missing_triggers(connection: Connection, sync: Synchronisation) -> tuple[str, ...]:
    """The names of those that are gone."""
    there = set(connection.exec_driver_sql("SELECT name FROM main.sqlite_schema WHERE type = 'trigger'").scalars())
    events = _EVENTS[:2] if across_of(sync).shared else _EVENTS
    return tuple(name for name in (_name(*one) for one in _events(sync, events)) if name not in there)


def _events(sync: Synchronisation, events: tuple[str, ...]) -> Iterator[tuple[Synchronisation, str]]:
    yield from ((of, event) for of in (sync, other(sync)) for event in events)


def _name(of: Synchronisation, event: str) -> str:
    return f"contractctl_{of.plan}_{of.table}_across_{event}"


def _tidy(sync: Synchronisation) -> Iterator[str]:
    """What old applications take for a value replaces NULL."""
    for one in across_of(sync).columns:
        if one.absent != "NULL":
            old, here = quote(one.old), quote(sync.table)
            yield f"UPDATE {here} SET {old} = {one.absent} WHERE {_this(sync)} AND {old} IS NULL"


def _rekey_here(sync: Synchronisation) -> Iterator[str]:
    """A row of its own goes along, with what its partner holds; a moved value is the new one's, or goes over to it."""
    across, to = across_of(sync), quote(across_of(sync).table)
    rekeyed = rekeyed_here(_DATABASE, sync)
    former = together(_DATABASE, sync, "OLD", to)
    if across.makes_rows:
        pairs = zip(across.there, across.here, strict=True)
        sets = [f"{quote(there)} = NEW.{quote(here)}" for there, here in pairs]
        row = f"FROM {quote(sync.table)} AS {HERE} WHERE {_this(sync, HERE)}"
        sets += [f"{quote(one.new)} = (SELECT {HERE}.{quote(one.old)} {row})" for one in across.columns]
        yield f"UPDATE {to} SET {', '.join(sets)} WHERE {former} AND {rekeyed}"
        return
    some = f"EXISTS (SELECT 1 {_partner(sync)} AND NOT {is_null(_DATABASE, across.columns, THERE)})"
    nothing = ", ".join(f"{quote(one.new)} = NULL" for one in across.columns)
    left = f"{former} AND NOT {is_null(_DATABASE, across.columns, to)}"
    yield f"UPDATE {to} SET {nothing} WHERE {left} AND {rekeyed} AND NOT {some}"
    here, written = quote(sync.table), written_here(_DATABASE, sync)
    yield f"UPDATE {here} SET {_taken(sync, here)} WHERE {_this(sync)} AND {rekeyed} AND NOT {written} AND {some}"


def _give_there(sync: Synchronisation, *, inserted: bool) -> Iterator[str]:
    """What the row holds goes to its partner, which is made where there is none and it is to be."""
    across, to = across_of(sync), quote(across_of(sync).table)
    row = f"FROM {quote(sync.table)} AS {HERE} WHERE {_this(sync, HERE)}"
    if across.makes_rows:
        names = quotes((*across.there, *(one.new for one in across.columns)))
        values = ", ".join(f"{HERE}.{quote(name)}" for name in (*across.here, *(one.old for one in across.columns)))
        alone = f"NOT EXISTS (SELECT 1 FROM {to} AS {THERE} WHERE {together(_DATABASE, sync, HERE, THERE)})"
        given = f"NOT {is_absent(_DATABASE, across.columns, HERE)}"
        yield f"INSERT INTO {to} ({names}) SELECT {values} {row} AND {given} AND {alone}"
    asked = {one: given_here(_DATABASE, sync, one, inserted=inserted) for one in across.columns}
    sets = ", ".join(
        f"{quote(one.new)} = CASE WHEN {when} THEN (SELECT {HERE}.{quote(one.old)} {row}) ELSE {quote(one.new)} END"
        for one, when in asked.items()
    )
    different = " OR ".join(f"({when} AND {apart(_DATABASE, (one,), HERE, to)})" for one, when in asked.items())
    yield (
        f"UPDATE {to} SET {sets} WHERE {together(_DATABASE, sync, 'NEW', to)}"
        f" AND EXISTS (SELECT 1 {row} AND ({different}))"
    )


def _gone_here(sync: Synchronisation) -> str:
    across, to = across_of(sync), quote(across_of(sync).table)
    former = together(_DATABASE, sync, "OLD", to)
    if across.makes_rows:
        return f"DELETE FROM {to} WHERE {former}"
    nothing = ", ".join(f"{quote(one.new)} = NULL" for one in across.columns)
    return f"UPDATE {to} SET {nothing} WHERE {former} AND NOT {is_null(_DATABASE, across.columns, to)}"


def _take_there(sync: Synchronisation) -> str:
    """What a new row leaves out it takes from its partner: all at once, so that the trigger that this wakes sees it."""
    across, to = across_of(sync), quote(across_of(sync).table)
    row = f"FROM {quote(sync.table)} AS {HERE} WHERE {together(_DATABASE, sync, HERE, 'NEW')}"
    left_out = {
        one: f"NEW.{quote(one.new)} IS NULL AND EXISTS (SELECT 1 {row} AND NOT {is_absent(_DATABASE, (one,), HERE)})"
        for one in across.columns
    }
    sets = ", ".join(
        f"{quote(one.new)} = CASE WHEN {asked} THEN (SELECT {HERE}.{quote(one.old)} {row}) ELSE {quote(one.new)} END"
        for one, asked in left_out.items()
    )
    key = " AND ".join(f"{quote(name)} = NEW.{quote(name)}" for name in across.there)
    return f"UPDATE {to} SET {sets} WHERE {key} AND ({' OR '.join(left_out.values())})"


def _give_here(sync: Synchronisation, *, inserted: bool) -> str:
    """What the row says goes to its partner; but where a foreign key only took it along, it has no former one."""
    across, here = across_of(sync), quote(sync.table)
    key = " AND ".join(f"{THERE}.{quote(name)} = NEW.{quote(name)}" for name in across.there)
    row = f"FROM {quote(across.table)} AS {THERE} WHERE {key}"
    given = {one: given_there(_DATABASE, sync, one, inserted=inserted) for one in across.columns}
    if across.makes_rows and not inserted:
        former = f"SELECT 1 FROM {here} AS {HERE} WHERE {together(_DATABASE, sync, HERE, 'OLD')}"
        written = {one: changed(_DATABASE, (one.new,), (one.type,)) for one in across.columns}
        given = {one: f"({asked} AND ({written[one]} OR EXISTS ({former})))" for one, asked in given.items()}
    sets = ", ".join(
        f"{quote(one.old)} = CASE WHEN {asked} THEN (SELECT {held(_DATABASE, one, THERE)} {row})"
        f" ELSE {quote(one.old)} END"
        for one, asked in given.items()
    )
    different = " OR ".join(f"({asked} AND {apart(_DATABASE, (one,), here, THERE)})" for one, asked in given.items())
    where = f"{together(_DATABASE, sync, here, 'NEW')} AND EXISTS (SELECT 1 {row} AND ({different}))"
    return f"UPDATE {here} SET {sets} WHERE {where}"


def _forget_there(sync: Synchronisation) -> str:
    """A row that had that partner, and has none now, holds nothing more."""
    across, here = across_of(sync), quote(sync.table)
    nothing = ", ".join(f"{quote(one.old)} = {one.absent}" for one in across.columns)
    there = f"EXISTS (SELECT 1 FROM {quote(across.table)} AS {THERE} WHERE {together(_DATABASE, sync, here, THERE)})"
    where = f"{together(_DATABASE, sync, here, 'OLD')} AND NOT {is_absent(_DATABASE, across.columns, here)}"
    return f"UPDATE {here} SET {nothing} WHERE {where} AND NOT {there}"


def _partner(sync: Synchronisation) -> str:
    return f"FROM {quote(across_of(sync).table)} AS {THERE} WHERE {together(_DATABASE, sync, 'NEW', THERE)}"


def _taken(sync: Synchronisation, _here: str) -> str:
    return ", ".join(
        f"{quote(one.old)} = coalesce((SELECT {THERE}.{quote(one.new)} {_partner(sync)}), {one.absent})"
        for one in across_of(sync).columns
    )


def _this(sync: Synchronisation, row: str = "") -> str:
    prefix = f"{row}." if row else ""
    return " AND ".join(f"{prefix}{quote(name)} = NEW.{quote(name)}" for name in sync.key)


def _create(of: Synchronisation, event: str, when: str, body: Iterable[str]) -> str:
    statements = "".join(f"\n  {statement};" for statement in body)
    condition = f" WHEN {when}" if when else ""
    return (
        f"CREATE TRIGGER {quote(_name(of, event))} AFTER {event.upper()} ON {quote(of.table)}"
        f" FOR EACH ROW{condition} BEGIN{statements}\nEND"
    )

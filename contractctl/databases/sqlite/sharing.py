"""What do the triggers do on SQLite where several rows share one of the other table? See databases/sharing.py.

The value that goes over is asked of the table, as in across.py; what was written NEW and OLD say.
"""

from collections.abc import Iterable, Iterator
from typing import cast

from contractctl.databases import Database, Synchronisation, sharing, sqlite
from contractctl.databases.crossing import (
    HERE,
    THERE,
    across_of,
    given_there,
    held,
    is_absent,
    is_marked,
    of_row,
    together,
)
from contractctl.databases.sqlite.names import quote, quotes

_DATABASE = cast("Database", sqlite)


def written_here(sync: Synchronisation, *, inserted: bool) -> Iterator[str]:
    """What a row leaves out it takes from the shared one; what it says goes there, marked as its own."""
    yield take_here(sync, inserted=inserted)
    yield from _give_there(sync, inserted=inserted)


def written_there(sync: Synchronisation, *, inserted: bool) -> Iterator[str]:
    """What a shared row says goes to all that share it, unless it was just given it by one of them."""
    if inserted:
        yield from _take_there(sync)
    across, here = across_of(sync), quote(sync.table)
    key = " AND ".join(f"{THERE}.{quote(name)} = NEW.{quote(name)}" for name in across.there)
    row = f"FROM {quote(across.table)} AS {THERE} WHERE {key}"
    given = {one: given_there(_DATABASE, sync, one, inserted=inserted) for one in across.columns}
    sets = ", ".join(
        f"{quote(one.old)} = CASE WHEN {when} THEN (SELECT {held(_DATABASE, one, THERE)} {row})"
        f" ELSE {quote(one.old)} END"
        for one, when in given.items()
    )
    different = _any(f"{when} AND {sharing.apart(_DATABASE, one, here, THERE)}" for one, when in given.items())
    where = f"{together(_DATABASE, sync, here, 'NEW')} AND EXISTS (SELECT 1 {row} AND {different})"
    mark = sharing.is_giving(_DATABASE, sync, "NEW", across.there)
    yield f"UPDATE {here} SET {sets} WHERE {where} AND NOT EXISTS (SELECT 1 FROM contractctl_kept WHERE {mark})"


def take_here(sync: Synchronisation, *, inserted: bool) -> str:
    """What a row leaves out it takes, also where it shares the other one with none.

    All columns at once: the trigger that this wakes finds the row in step, or as it was written.
    """
    across, here = across_of(sync), quote(sync.table)
    shared = f"FROM {quote(across.table)} AS {THERE} WHERE {together(_DATABASE, sync, 'NEW', THERE)}"
    sets, needed = list[str](), list[str]()
    for one in across.columns:
        asked = sharing.taken_here(_DATABASE, sync, one, inserted=inserted)
        old, new = quote(one.old), of_row(_DATABASE, THERE, one.new)
        sets.append(f"{old} = coalesce(CASE WHEN {asked} THEN (SELECT {new} {shared}) END, {old}, {one.absent})")
        needed.append(f"{asked} AND EXISTS (SELECT 1 {shared} AND {new} IS NOT NULL)")
        needed += [] if one.absent == "NULL" else [f"{old} IS NULL"]
    return f"UPDATE {here} SET {', '.join(sets)} WHERE {_this(sync)} AND {_any(needed)}"


def _give_there(sync: Synchronisation, *, inserted: bool) -> Iterator[str]:
    across, there = across_of(sync), quote(across_of(sync).table)
    given = {one: sharing.given_here(_DATABASE, sync, one, inserted=inserted) for one in across.columns}
    row = f"FROM {quote(sync.table)} AS {HERE} WHERE {_this(sync, HERE)}"
    different = _any(f"{when} AND {sharing.apart(_DATABASE, one, HERE, there)}" for one, when in given.items())
    where = f"{together(_DATABASE, sync, 'NEW', there)} AND EXISTS (SELECT 1 {row} AND {different})"
    sets = ", ".join(
        f"{quote(one.new)} = CASE WHEN {when} THEN (SELECT {HERE}.{quote(one.old)} {row}) ELSE {quote(one.new)} END"
        for one, when in given.items()
    )
    marked = f"INSERT OR IGNORE INTO contractctl_kept ({quotes(('plan', 'table_name', 'key', 'column_name'))})"
    if across.makes_rows:
        alone = f"NOT EXISTS (SELECT 1 FROM {there} AS {THERE} WHERE {together(_DATABASE, sync, 'NEW', THERE)})"
        said = _any(f"{when} AND NOT {is_absent(_DATABASE, (one,), HERE)}" for one, when in given.items())
        names = quotes((*across.there, *(one.new for one in across.columns)))
        values = [f"NEW.{quote(name)}" for name in across.here]
        values += [f"CASE WHEN {when} THEN {HERE}.{quote(one.old)} END" for one, when in given.items()]
        marks = ", ".join(sharing.giving(_DATABASE, sync, "NEW", across.here))
        yield f"{marked} SELECT {marks} {row} AND {said} AND {alone}"
        yield f"INSERT INTO {there} ({names}) SELECT {', '.join(values)} {row} AND {said} AND {alone}"
        yield f"DELETE FROM contractctl_kept WHERE {sharing.is_giving(_DATABASE, sync, 'NEW', across.here)}"
    marks = ", ".join(sharing.giving(_DATABASE, sync, there, across.there))
    yield f"{marked} SELECT {marks} FROM {there} WHERE {where}"
    yield f"UPDATE {there} SET {sets} WHERE {where}"
    found = f"FROM {there} WHERE {together(_DATABASE, sync, 'NEW', there)}"
    mark = is_marked(_DATABASE, sharing.giving_to(_DATABASE, sync, there, found))
    yield f"DELETE FROM contractctl_kept WHERE {mark}"


def _take_there(sync: Synchronisation) -> Iterator[str]:
    """A new shared row that says nothing holds what all agree on that share it."""
    across, there = across_of(sync), quote(across_of(sync).table)
    key = " AND ".join(f"{quote(name)} = NEW.{quote(name)}" for name in across.there)
    for one in across.columns:
        nothing, agreed = f"NEW.{quote(one.new)} IS NULL", sharing.agreed(_DATABASE, sync, one, "NEW")
        value = sharing.said(_DATABASE, sync, one, "NEW")
        yield f"UPDATE {there} SET {quote(one.new)} = ({value}) WHERE {key} AND {nothing} AND {agreed}"


def _any(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(f'({one})' for one in conditions)})"


def _this(sync: Synchronisation, row: str = "") -> str:
    return " AND ".join(f"{of_row(_DATABASE, row, name)} = NEW.{quote(name)}" for name in sync.key)

"""What do the triggers do on MariaDB where several rows share one of the other table? See databases/sharing.py.

A trigger cannot write the table whose trigger has woken it (1442), nor has it to: who is given a value by one of the
rows that share it is marked, and leaves these alone. As in across.py, what is asked is asked with a lock, after a plain
read that tells that there is anything. Where a plain read shows a difference already, the shared row is locked to be
written at once, so that two who both write it wait for one another.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from contractctl.databases import Crossed, Database, Synchronisation, mysql, sharing
from contractctl.databases.crossing import across_of, given_there, held, is_absent, is_marked, of_row, together
from contractctl.databases.mysql.names import quote, quotes, table
from contractctl.databases.mysql.triggers.bodies import when

_DATABASE = cast("Database", mysql)
_LOCKED, _TO_WRITE = " LOCK IN SHARE MODE", " FOR UPDATE"


def take_here(sync: Synchronisation, *, inserted: bool) -> Iterator[str]:
    """What a row leaves out it takes from the shared one, or from its only partner."""
    across, is_there = across_of(sync), f"EXISTS (SELECT 1 {_shared(sync)})"
    if inserted:
        is_there = f"{is_new(sync.table, sync.key, () if across.shared else across.here)} AND {is_there}"
    for one in across.columns:
        new, value = f"NEW.{quote(one.old)}", f"(SELECT {_new(sync, one)} {_shared(sync)}{_LOCKED})"
        asked = sharing.taken_here(_DATABASE, sync, one, inserted=inserted)
        yield when(asked, [when(is_there, [f"SET {new} = coalesce({value}, {new})"])])
        if one.absent != "NULL":
            yield when(f"{new} IS NULL", [f"SET {new} = {one.absent}"])


def is_new(name: str, *keys: tuple[str, ...]) -> str:
    """Whether no row holds one of these keys already: an upsert that finds its row writes what it was given."""
    same = (" AND ".join(f"{quote(one)} = NEW.{quote(one)}" for one in key) for key in keys if key)
    return " AND ".join(f"NOT EXISTS (SELECT 1 FROM {table(name)} WHERE {found})" for found in dict.fromkeys(same))


def give_there(sync: Synchronisation, *, inserted: bool) -> Iterator[str]:
    """What a row says goes to the shared one, marked as its own."""
    across = across_of(sync)
    given = {one: sharing.given_here(_DATABASE, sync, one, inserted=inserted) for one in across.columns}
    there = table(across.table)
    unlike = _any(_and(asked, sharing.apart(_DATABASE, one, "NEW", there)) for one, asked in given.items())
    different = f"{_shared(sync)} AND {unlike}"
    sets = ", ".join(
        f"{_new(sync, one)} = CASE WHEN {asked} THEN NEW.{quote(one.old)} ELSE {_new(sync, one)} END"
        for one, asked in given.items()
    )
    mark = sharing.giving_to(_DATABASE, sync, there, f"{_shared(sync)}{_TO_WRITE}")
    body = _marked(mark, f"UPDATE {there} SET {sets} WHERE {together(_DATABASE, sync, 'NEW', there)}")
    looked = f"(EXISTS (SELECT 1 {different}) OR EXISTS (SELECT 1 {different}{_LOCKED}))"
    give = when(looked, [when(f"EXISTS (SELECT 1 {different}{_TO_WRITE})", body)])
    is_there = f"EXISTS (SELECT 1 {_shared(sync)})"
    made = [when(f"NOT {is_there}", _make(sync, given))] if across.makes_rows else []
    yield when(_any(given.values()), [*made, when(is_there, [give])] if inserted else [*made, give])


def _make(sync: Synchronisation, given: Mapping[Crossed, str]) -> Iterator[str]:
    """The first row that says something makes the shared one."""
    across = across_of(sync)
    names = quotes((*across.there, *(one.new for one in across.columns)))
    values = [f"NEW.{quote(name)}" for name in across.here]
    values += [f"CASE WHEN {asked} THEN NEW.{quote(one.old)} END" for one, asked in given.items()]
    insert = f"INSERT IGNORE INTO {table(across.table)} ({names}) VALUES ({', '.join(values)})"
    said = _any(_and(asked, f"NOT {is_absent(_DATABASE, (one,), 'NEW')}") for one, asked in given.items())
    yield when(said, _marked(sharing.giving(_DATABASE, sync, "NEW", across.here), insert))


def _marked(mark: tuple[str, str, str, str], statement: str) -> Iterator[str]:
    values = ", ".join(mark)
    yield f"INSERT IGNORE INTO contractctl_kept (plan, table_name, {quote('key')}, column_name) VALUES ({values})"
    yield statement
    yield f"DELETE FROM contractctl_kept WHERE {is_marked(_DATABASE, mark)}"


def take_there(sync: Synchronisation) -> Iterator[str]:
    """A new shared row that says nothing holds what all agree on that share it."""
    across, here = across_of(sync), table(sync.table)
    for one in across.columns:
        new, old = f"NEW.{quote(one.new)}", of_row(_DATABASE, here, one.old)
        unlike = f"{_sharing(sync)} AND {_DATABASE.differs(old, new, one.type)}"
        nothing = is_absent(_DATABASE, (one,), here)
        take = [
            f"SET {new} = (SELECT {old} {_sharing(sync)} AND NOT {nothing} LIMIT 1{_LOCKED})",
            when(f"EXISTS (SELECT 1 {unlike}{_LOCKED})", [f"SET {new} = NULL"]),
        ]
        is_there = f"{is_new(across.table, across.there)} AND EXISTS (SELECT 1 {_sharing(sync)})"
        yield when(f"{new} IS NULL", [when(is_there, take)])


def give_here(sync: Synchronisation, *, inserted: bool) -> Iterator[str]:
    """What a shared row says goes to all that share it, unless it was just given it by one of them."""
    across = across_of(sync)
    mark = f"EXISTS (SELECT 1 FROM contractctl_kept WHERE {sharing.is_giving(_DATABASE, sync, 'NEW', across.there)})"
    asked = f"NOT {mark}{f' AND EXISTS (SELECT 1 {_sharing(sync)})' if inserted else ''}"
    said = _any(sharing.given_there(_DATABASE, sync, one, inserted=inserted) for one in across.columns)
    yield when(said, [when(asked, [given(sync, inserted=inserted)])])


def given(sync: Synchronisation, *, inserted: bool) -> str:
    """Let rows hold what the other table's row says, also where it is shared by none other."""
    across, here = across_of(sync), table(sync.table)
    condition = sharing.given_there if across.shared else given_there
    said = {one: condition(_DATABASE, sync, one, inserted=inserted) for one in across.columns}
    different = _any(_and(asked, sharing.apart(_DATABASE, one, here, "NEW")) for one, asked in said.items())
    sets = ", ".join(
        f"{of_row(_DATABASE, here, one.old)} = CASE WHEN {asked} THEN {held(_DATABASE, one, 'NEW')}"
        f" ELSE {of_row(_DATABASE, here, one.old)} END"
        for one, asked in said.items()
    )
    where = f"{together(_DATABASE, sync, here, 'NEW')} AND {different}"
    return when(
        f"EXISTS (SELECT 1 {_sharing(sync)} AND {different}{_LOCKED})", [f"UPDATE {here} SET {sets} WHERE {where}"]
    )


def _new(sync: Synchronisation, one: Crossed) -> str:
    return of_row(_DATABASE, table(across_of(sync).table), one.new)


def _shared(sync: Synchronisation) -> str:
    there = table(across_of(sync).table)
    return f"FROM {there} WHERE {together(_DATABASE, sync, 'NEW', there)}"


def _sharing(sync: Synchronisation) -> str:
    return f"FROM {table(sync.table)} WHERE {together(_DATABASE, sync, table(sync.table), 'NEW')}"


def _and(one: str, other: str) -> str:
    return f"({one} AND {other})"


def _any(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(conditions)})"

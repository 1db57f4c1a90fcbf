"""Which triggers keep columns of two tables in step on MariaDB? BEFORE triggers take, AFTER triggers give.

What a statement leaves out of a new row is taken from the row's partner in the other table; what it writes is given to
the partner. MariaDB refuses a trigger that writes the table whose trigger has woken it (1442), so each of them asks
first whether there is anything to write. It asks with a lock: under REPEATABLE READ, in which applications write, a
plain read would show what was. Where rows come a plain read first tells that there is a partner at all: who asks with a
lock for a row that is not there locks the gap in which others want to write theirs.

A row that is being deleted is marked, in the side tables and so in the same transaction, since its partner goes before
it, as a foreign key may demand. Two transactions that write both partners in opposite order may end in a deadlock,
which MariaDB breaks: one of them is to be repeated.
"""

from collections.abc import Iterator
from typing import cast

from sqlalchemy import Connection

from contractctl.databases import Database, Synchronisation, mysql, run
from contractctl.databases.crossing import (
    across_of,
    apart,
    given_here,
    is_absent,
    is_moving,
    is_null,
    moving,
    other,
    rekeyed_here,
    rekeyed_there,
    together,
    written_here,
    written_there,
)
from contractctl.databases.mysql.engine import SQL_MODE
from contractctl.databases.mysql.names import entity_name, literal, qualified, quote, quotes, table
from contractctl.databases.mysql.tables import of_table
from contractctl.databases.mysql.triggers import copying, sharing
from contractctl.databases.mysql.triggers.bodies import begin, when

_DATABASE = cast("Database", mysql)  # still being created
_LOCKED = " LOCK IN SHARE MODE"


def create(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that create the triggers on both tables, each replacing an existing one."""
    if across_of(sync).copied is not None:
        return copying.create(sync)
    return tuple(
        f"SET STATEMENT sql_mode = {literal(SQL_MODE)} FOR CREATE OR REPLACE TRIGGER {_qualified(of, event)}"
        f" {event.replace('_', ' ').upper()} ON {table(of.table)} FOR EACH ROW\n{begin(body)}"
        for of, event, body in _bodies(sync)
    )


def drop_triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that drop them, whether or not they are there."""
    if across_of(sync).copied is not None:
        return copying.drop_triggers(sync)
    return tuple(f"DROP TRIGGER IF EXISTS {_qualified(of, event)}" for of, event in _names(sync))


def missing_triggers(connection: Connection, sync: Synchronisation) -> tuple[str, ...]:
    """The names of those that are gone: MariaDB cannot disable triggers."""
    if across_of(sync).copied is not None:
        return copying.missing_triggers(connection, sync)
    return tuple(
        _name(of, event)
        for of, event, _ in _bodies(sync)
        if not run(
            connection,
            "SELECT count(*) FROM information_schema.TRIGGERS"
            f" WHERE {of_table(of.table, 'EVENT_OBJECT_SCHEMA', 'EVENT_OBJECT_TABLE')}"
            f" AND TRIGGER_NAME = {literal(_name(of, event))}",
        ).scalar()
    )


def _names(sync: Synchronisation) -> Iterator[tuple[Synchronisation, str]]:
    for of in (sync, other(sync)):
        for event in ("insert", "update", "delete"):
            yield from ((of, f"{time}_{event}") for time in ("before", "after"))


def _bodies(sync: Synchronisation) -> Iterator[tuple[Synchronisation, str, list[str]]]:
    of = other(sync)
    written = (
        _shared_bodies(sync)
        if across_of(sync).shared
        else {
            (sync, "before_insert"): sharing.take_here(sync, inserted=True),
            (sync, "before_update"): _tidied(sync),
            (sync, "before_delete"): _going(sync),
            (sync, "after_insert"): _give_there(sync, "insert"),
            (sync, "after_update"): _updated_here(sync),
            (sync, "after_delete"): _gone_here(sync),
            (of, "before_insert"): _take_there(sync),
            (of, "after_insert"): [
                when(f"EXISTS (SELECT 1 {_partner_here(sync)})", [sharing.given(sync, inserted=True)])
            ],
            (of, "after_update"): _updated_there(sync),
            (of, "after_delete"): _gone_there(sync),
        }
    )
    for (where, event), body in written.items():
        if statements := [statement for statement in body if statement]:
            yield where, event, statements


def _shared_bodies(sync: Synchronisation) -> dict[tuple[Synchronisation, str], Iterator[str]]:
    of = other(sync)
    return {
        (sync, "before_insert"): sharing.take_here(sync, inserted=True),
        (sync, "before_update"): sharing.take_here(sync, inserted=False),
        (sync, "after_insert"): sharing.give_there(sync, inserted=True),
        (sync, "after_update"): sharing.give_there(sync, inserted=False),
        (of, "before_insert"): sharing.take_there(sync),
        (of, "after_insert"): sharing.give_here(sync, inserted=True),
        (of, "after_update"): sharing.give_here(sync, inserted=False),
    }


def _tidied(sync: Synchronisation) -> Iterator[str]:
    """What old applications take for a value stands in the place of NULL; a moved value's row heeds its new partner."""
    across = across_of(sync)
    if not across.makes_rows:
        yield when(
            f"{rekeyed_here(_DATABASE, sync)} AND NOT {written_here(_DATABASE, sync)}",
            [when(_some_there(sync), _taken_here(sync))],
        )
    for one in across.columns:
        if one.absent != "NULL":
            yield when(f"NEW.{quote(one.old)} IS NULL", [f"SET NEW.{quote(one.old)} = {one.absent}"])


def _some_there(sync: Synchronisation) -> str:
    across = across_of(sync)
    return f"EXISTS (SELECT 1 {_partner_there(sync)} AND NOT {is_null(_DATABASE, across.columns, _there(sync))})"


def _taken_here(sync: Synchronisation) -> Iterator[str]:
    for one in across_of(sync).columns:
        value = f"(SELECT {_there(sync)}.{quote(one.new)} {_partner_there(sync)}{_LOCKED})"
        yield f"SET NEW.{quote(one.old)} = coalesce({value}, {one.absent})"


def _there(sync: Synchronisation) -> str:
    """The other table by its own name, as everywhere here: a trigger that MariaDB reads anew may not know an alias."""
    return table(across_of(sync).table)


def _here(sync: Synchronisation) -> str:
    return table(sync.table)


def _partner_there(sync: Synchronisation) -> str:
    return f"FROM {table(across_of(sync).table)} WHERE {together(_DATABASE, sync, 'NEW', _there(sync))}"


def _partner_here(sync: Synchronisation, row: str = "NEW") -> str:
    return f"FROM {table(sync.table)} WHERE {together(_DATABASE, sync, _here(sync), row)}"


def _updated_here(sync: Synchronisation) -> Iterator[str]:
    across, rekeyed = across_of(sync), rekeyed_here(_DATABASE, sync)
    former = together(_DATABASE, sync, "OLD", _there(sync))
    if across.makes_rows:
        pairs = zip(across.there, across.here, strict=True)
        sets = [f"{_there(sync)}.{quote(there)} = NEW.{quote(here)}" for there, here in pairs]
        sets += [f"{_there(sync)}.{quote(one.new)} = NEW.{quote(one.old)}" for one in across.columns]
        left = f"UPDATE {table(across.table)} SET {', '.join(sets)} WHERE {former}"
    else:
        left = when(f"NOT {_some_there(sync)}", [_empty(sync)])
    yield when(rekeyed, [left])
    yield when(f"({rekeyed} OR {written_here(_DATABASE, sync)})", _give_there(sync, "update"))


def _give_there(sync: Synchronisation, event: str) -> Iterator[str]:
    """What the row holds goes to its partner, which is made where there is none and it is to be."""
    across = across_of(sync)
    there, partner = table(across.table), _partner_there(sync)
    said = {one: given_here(_DATABASE, sync, one, inserted=event == "insert") for one in across.columns}
    unlike = (f"({asked} AND {apart(_DATABASE, (one,), 'NEW', _there(sync))})" for one, asked in said.items())
    different = f"({' OR '.join(unlike)})"
    sets = ", ".join(
        f"{_there(sync)}.{quote(one.new)} = CASE WHEN {asked} THEN NEW.{quote(one.old)}"
        f" ELSE {_there(sync)}.{quote(one.new)} END"
        for one, asked in said.items()
    )
    update = f"UPDATE {there} SET {sets} WHERE {together(_DATABASE, sync, 'NEW', _there(sync))} AND {different}"
    write = when(f"EXISTS (SELECT 1 {partner} AND {different}{_LOCKED})", [update])
    if not across.makes_rows:
        yield write if event == "update" else when(f"EXISTS (SELECT 1 {partner})", [write])
        return
    given = f"NOT {is_absent(_DATABASE, across.columns, 'NEW')}"
    insert = when(f"NOT EXISTS (SELECT 1 {partner})", [_insert(sync)], [write])
    yield when(given, [insert], [write] if event == "update" else [])


def _insert(sync: Synchronisation) -> str:
    across = across_of(sync)
    names = quotes((*across.there, *(one.new for one in across.columns)))
    values = ", ".join(f"NEW.{quote(name)}" for name in (*across.here, *(one.old for one in across.columns)))
    again = ", ".join(f"{quote(one.new)} = NEW.{quote(one.old)}" for one in across.columns)
    return f"INSERT INTO {table(across.table)} ({names}) VALUES ({values}) ON DUPLICATE KEY UPDATE {again}"


def _going(sync: Synchronisation) -> Iterator[str]:
    across = across_of(sync)
    if across.makes_rows:
        target = f"contractctl_kept (plan, table_name, {quote('key')}, column_name)"
        yield f"INSERT IGNORE INTO {target} VALUES ({', '.join(moving(_DATABASE, sync, across.here))})"
        yield f"DELETE FROM {table(across.table)} WHERE {together(_DATABASE, sync, 'OLD', '')}"


def _gone_here(sync: Synchronisation) -> Iterator[str]:
    across = across_of(sync)
    yield (
        f"DELETE FROM contractctl_kept WHERE {is_moving(_DATABASE, sync, across.here)}"
        if across.makes_rows
        else _empty(sync)
    )


def _empty(sync: Synchronisation) -> str:
    """The former partner no longer holds anything."""
    across = across_of(sync)
    nothing = ", ".join(f"{_there(sync)}.{quote(one.new)} = NULL" for one in across.columns)
    where = (
        f"{together(_DATABASE, sync, 'OLD', _there(sync))} AND NOT {is_null(_DATABASE, across.columns, _there(sync))}"
    )
    return f"UPDATE {table(across.table)} SET {nothing} WHERE {where}"


def _take_there(sync: Synchronisation) -> Iterator[str]:
    """What a new row leaves out it takes from its partner."""
    across, partner = across_of(sync), _partner_here(sync)
    is_there = f"{sharing.is_new(across.table, across.there)} AND EXISTS (SELECT 1 {partner})"
    for one in across.columns:
        new, something = f"NEW.{quote(one.new)}", f"NOT {is_absent(_DATABASE, (one,), _here(sync))}"
        value = f"(SELECT {_here(sync)}.{quote(one.old)} {partner} AND {something}{_LOCKED})"
        yield when(f"{new} IS NULL", [when(is_there, [f"SET {new} = {value}"])])


def _updated_there(sync: Synchronisation) -> Iterator[str]:
    rekeyed, written = rekeyed_there(_DATABASE, sync), written_there(_DATABASE, sync)
    yield when(rekeyed, [_forget_there(sync)])
    yield when(f"({rekeyed} OR {written})", [sharing.given(sync, inserted=False)])


def _gone_there(sync: Synchronisation) -> Iterator[str]:
    across, forget = across_of(sync), _forget_there(sync)
    if across.makes_rows:
        mark = f"EXISTS (SELECT 1 FROM contractctl_kept WHERE {is_moving(_DATABASE, sync, across.there)})"
        yield when(f"NOT {mark}", [forget])
    else:
        yield forget


def _forget_there(sync: Synchronisation) -> str:
    """A row that had that partner no longer holds anything."""
    across = across_of(sync)
    nothing = ", ".join(f"{_here(sync)}.{quote(one.old)} = {one.absent}" for one in across.columns)
    some = f"NOT {is_absent(_DATABASE, across.columns, _here(sync))}"
    where = f"{together(_DATABASE, sync, _here(sync), 'OLD')} AND {some}"
    return when(
        f"EXISTS (SELECT 1 {_partner_here(sync, 'OLD')} AND {some}{_LOCKED})",
        [f"UPDATE {table(sync.table)} SET {nothing} WHERE {where}"],
    )


def _name(of: Synchronisation, event: str) -> str:
    return entity_name(of.plan, of.table, f"across_{event}")


def _qualified(of: Synchronisation, event: str) -> str:
    return qualified(of.table, _name(of, event))

"""Which triggers let a copy of a MariaDB table follow it, and the table follow the copy once that has its name?

Both tables have AFTER triggers from the beginning, and those of one of them sleep. A third table of no row, with which
one of a single row changes places in the very RENAME TABLE that gives the copy its name, tells them which: no statement
finds the one done and not the other. They ask it with a lock, as a plain read would show an old transaction what was.

What NEW says of an UPDATE is not always what the table holds: UPDATE IGNORE fires AFTER triggers also for a row that it
leaves as it is, and an UPDATE that changes nothing shows a moment that ON UPDATE has not written. So the row is read.

A foreign key that changes a column of another table, which is held in two types there, does so unseen by that table's
triggers. So these ones do it in the other type.

All names sort behind the table's own. A statement opens the table before what its triggers need, and RENAME TABLE locks
names in their order: neither waits for the other in a circle.
"""

import re
from collections.abc import Iterator
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Copied, Database, Follower, Synchronisation, mysql, run
from contractctl.databases.catalog import Live
from contractctl.databases.crossing import across_of, changed, copied_of, of_row, together
from contractctl.databases.mysql.engine import SQL_MODE
from contractctl.databases.mysql.names import entity_name, literal, qualified, quote, quotes, same, table
from contractctl.databases.mysql.statements import copied_keys
from contractctl.databases.mysql.tables import columns, of_table
from contractctl.databases.mysql.triggers.bodies import begin, when
from contractctl.databases.mysql.types import whole_numbers
from contractctl.databases.temporary_names import beside_table, copied_table, quiesced, quiesced_table

_DATABASE = cast("Database", mysql)  # its statements are on their way
_EVENTS = ("delete", "update", "insert")
"""In this order they come: what an INSERT brings is followed from then on."""
_CHECKPOINT = "contractctl_checkpoint"
"""In which the backfill says when it was at work last."""
_NOT_ALLOWED = 1227
"""ER_SPECIFIC_ACCESS_DENIED_ERROR."""
_NO_COLUMN = 1054
"""ER_BAD_FIELD_ERROR."""
_ROW = "contractctl_row"
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_KEY = re.compile(r"CONSTRAINT `(?:[^`]|``)*` (?=FOREIGN KEY)")
"""What names a foreign key, which is another name in the copy."""


def signal(of: str) -> str:
    """The table that has a row once the copy has taken the name."""
    return beside_table(of, "__swapped")


def counterpart(of: str) -> str:
    """The table with which it swaps names."""
    return beside_table(of, "__swap")


def going_back(sync: Synchronisation) -> str:
    """SQL: a lock's name. While a session has it, the copy's triggers refuse a row that the old table cannot hold.

    They ask once the row is there, so that who has it finds each row that has not been refused. It goes with its
    session, however that ends: nobody is refused any more when the old table does not get its name back.
    """
    schema, _, of = sync.table.rpartition(".")
    within = literal(schema) if schema else "DATABASE()"
    return f"concat('contractctl ', md5(concat({within}, ' ', {literal(entity_name(sync.plan, of, 'back'))})))"


def create(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that create the triggers, each replacing an existing one."""
    return tuple(
        f"SET STATEMENT sql_mode = {literal(SQL_MODE)} FOR CREATE OR REPLACE TRIGGER {_qualified(sync, side, event)}"
        f" AFTER {event.upper()} ON {table(_stands(sync, side))} FOR EACH ROW\n"
        + begin([when(_awake(sync, side), _body(sync, side, event))])
        for side, event in _all()
    )


def drop_triggers(sync: Synchronisation) -> tuple[str, ...]:
    """The statements that drop them, whether or not they are there."""
    return (*drops(sync, "old"), *drops(sync, "new"))


def drops(sync: Synchronisation, side: str) -> tuple[str, ...]:
    """Of these the ones of one side."""
    return tuple(f"DROP TRIGGER IF EXISTS {_qualified(sync, side, event)}" for event in reversed(_EVENTS))


def missing_triggers(connection: Connection, sync: Synchronisation) -> tuple[str, ...]:
    """The names of those that are gone: MariaDB cannot disable triggers."""
    there = {name for side in ("old", "new") for name in _triggers(connection, _stands(sync, side))}
    names = (_name(sync, side, event) for side, event in _all())
    return tuple(name for name in names if name not in there)


def obstacles(connection: Connection, plan: str, of: str, copied: Copied) -> Iterator[str]:
    """What prevents a table from handing its name to a copy, each a sentence."""
    column, holds = copied.column, (copied.least, copied.most)
    found = next((one for one in columns(connection, of) if same(one.name, column)), None)
    if found is None:
        yield f"table '{of}' has no column '{column}'"
    elif whole_numbers(found.type) != holds:
        yield f"'{of}.{column}' is {found.type}, but the plan expects one that holds {holds[0]} to {holds[1]}"
    ours = {_name(Synchronisation(plan, of, (), ()), side, event) for side, event in _all()}
    for name in _triggers(connection, of):
        if name not in ours:
            yield f"trigger '{name}' would stay with the old '{of}': drop it first, and create it again at the end"
    yield from copied_keys.obstacles(Live(_DATABASE, connection), of, copied)
    query = f"SELECT CREATE_OPTIONS FROM information_schema.TABLES WHERE {of_table(of)}"
    if "DIRECTORY" in str(run(connection, query).scalar() or "").upper():
        yield f"table '{of}' has a DATA DIRECTORY of its own, which a copy does not get"
    copy = copied_table(of)
    if _DATABASE.exists(connection, copy) and not _DATABASE.exists(connection, quiesced_table(of)):
        retyped = (column, *copied.within)
        for line in sorted(_says(connection, of, retyped) ^ _says(connection, copy, retyped)):
            shown = line.strip().rstrip(",")
            yield f"table '{of}' was changed after its copy was created ({shown}): roll back, and plan again"


def old_readers(connection: Connection, plan: str, of: str) -> Iterator[str]:
    """Transactions that would see the copy as it was while it was being filled, each a sentence."""
    if not _DATABASE.exists(connection, _CHECKPOINT):
        return
    rows = f"plan = {literal(plan)} AND table_name = {literal(of)}"
    filled = run(connection, f"SELECT max(at) FROM {_CHECKPOINT} WHERE {rows}").scalar()
    since = f"convert_tz(from_unixtime({float(filled or 0)}), @@session.time_zone, 'SYSTEM')"
    query = (
        "SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX"
        f" WHERE trx_started <= {since} AND trx_mysql_thread_id NOT IN (0, connection_id())"
    )
    try:
        found = run(connection, query).scalars().all() if filled is not None else ()
    except DBAPIError as error:
        if getattr(error.orig, "args", (0,))[0] != _NOT_ALLOWED:
            raise
        yield (
            "this user is not allowed to see whether a transaction is older than the rows of the copy of"
            f" '{of}' and would miss some: grant PROCESS to the user that migrates"
        )
        return
    for number in found:
        yield (
            f"the transaction of connection {number} is older than the rows of the copy of '{of}', and would miss some:"
            f" wait until it has ended, or end it (KILL {number})"
        )


def _says(connection: Connection, of: str, retyped: tuple[str, ...]) -> frozenset[str]:
    """What makes the table what it is, line by line, but for its name, these columns' type, and what refers to it."""
    _, *lines = str(run(connection, f"SHOW CREATE TABLE {table(of)}").one()[1]).splitlines()
    skipped, itself = tuple(quote(name).lower() for name in retyped), f" REFERENCES {quote(of.rpartition('.')[2])} ("
    kept = (line for line in lines if not (line.lstrip().lower().startswith(skipped) or itself in line))
    return frozenset(_KEY.sub("", _COUNTER.sub("", line)).rstrip(",") for line in kept)


def _triggers(connection: Connection, of: str) -> tuple[str, ...]:
    of_it = of_table(of, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE")
    return tuple(run(connection, f"SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE {of_it}").scalars())


def _all() -> tuple[tuple[str, str], ...]:
    return tuple((side, event) for side in ("new", "old") for event in _EVENTS)


def _stands(sync: Synchronisation, side: str) -> str:
    """What a side's table is called now."""
    if side == "new":
        return sync.table if copied_of(sync).swapped else copied_table(sync.table)
    return quiesced_table(sync.table) if copied_of(sync).swapped else sync.table


def _follows(sync: Synchronisation, side: str) -> str:
    """What the other side's table is called while applications write this one."""
    return quiesced_table(sync.table) if side == "new" else copied_table(sync.table)


def _awake(sync: Synchronisation, side: str) -> str:
    found = f"EXISTS (SELECT 1 FROM {table(signal(sync.table))} LOCK IN SHARE MODE)"
    return found if side == "new" else f"NOT {found}"


def _body(sync: Synchronisation, side: str, event: str) -> list[str]:
    across, to = across_of(sync), table(_follows(sync, side))
    holds_all = side == "old" or bool(copied_of(sync).within)
    delete = f"DELETE FROM {to} WHERE {together(_DATABASE, sync, 'OLD', '')}"
    if event == "delete":
        return [delete, *_followed(sync, event)]
    write = _insert(sync, to, "NEW") if event == "insert" else _as_it_stands(sync, to)
    if not holds_all:
        write = when(_held_to(sync), [write])
    if event == "insert":
        return [write]
    left = f"EXISTS (SELECT 1 {_found(sync, 'OLD')} LOCK IN SHARE MODE)"
    rekeyed = changed(_DATABASE, across.here, across.key_types)
    moved = _moved(sync, to, anywhere=holds_all)
    if followed := list(_followed(sync, event)):
        moved = [*([_both_hold(sync)] if side == "new" else []), *moved, *followed]
    return [when(rekeyed, [when(f"NOT {left}", moved)]), write]


def _moved(sync: Synchronisation, to: str, *, anywhere: bool) -> list[str]:
    """The row has another key there, too. What refers to it is asked, and does not go as with one that is deleted.

    `anywhere`: the other table can hold every key. Else the row gives its key up before it goes.
    """
    names, copied = across_of(sync).here, copied_of(sync)
    least = f"{quote(copied.column)} = {copied.least}"
    keyed = ", ".join(f"{quote(name)} = NEW.{quote(name)}" for name in names)
    move = f"UPDATE {to} SET {{}} WHERE {together(_DATABASE, sync, 'OLD', '')}"
    if anywhere:
        return [move.format(keyed)]
    at = (least if same(name, copied.column) else f"{quote(name)} = OLD.{quote(name)}" for name in names)
    given_up = [move.format(least), f"DELETE FROM {to} WHERE {' AND '.join(at)}"]
    return [when(_held_to(sync), [move.format(keyed)], given_up)]


def _both_hold(sync: Synchronisation) -> str:
    """A row's old number and its new one are such as the old table, and what refers to the row, can hold."""
    text = f"Out of range value for column '{copied_of(sync).column}': until the old table is gone it keeps its number"
    refuse = f"SIGNAL SQLSTATE '22003' SET MYSQL_ERRNO = 1264, MESSAGE_TEXT = {literal(text)}"
    return when(f"NOT ({fits(sync, 'OLD')} AND {fits(sync, 'NEW')})", [refuse])


def _followed(sync: Synchronisation, event: str) -> Iterator[str]:
    """What refers to the row there where MariaDB has changed it and its own table's triggers have not seen it.

    The server has let the one column follow that refers to the old table, and the other one with it as soon as that
    has a key of its own. When the names change no writer is within, so that a statement finds the one or the other;
    or neither, where the column is held once again, and the key alone has changed it.
    """
    for one in copied_of(sync).followers:
        if one.event == event:
            followed = ""
            for names in ((quiesced(one.column), one.column), (one.column, one.beside)):
                otherwise = begin([followed])
                followed = begin([f"DECLARE CONTINUE HANDLER FOR {_NO_COLUMN} {otherwise}", _follow(sync, one, *names)])
            yield followed


def _follow(sync: Synchronisation, one: Follower, old: str, new: str) -> str:
    key, now = (f"{row}.{quote(copied_of(sync).column)}" for row in ("OLD", "NEW"))
    held = quote(old), quote(new)
    kept = "".join(f", {quote(name)} = {quote(name)}" for name in one.by_itself)
    if one.event == "delete":
        where = f"{held[1]} = {key} AND COALESCE({held[0]}, {key}) = {key}"
        return f"UPDATE {table(one.table)} SET {held[1]} = NULL{kept} WHERE {where}"
    return f"UPDATE {table(one.table)} SET {held[1]} = {now}{kept} WHERE {held[0]} = {now} AND {held[1]} = {key}"


def _insert(sync: Synchronisation, to: str, row: str) -> str:
    names = [quote(one.new) for one in across_of(sync).columns]
    values, again = (", ".join(text.format(name) for name in names) for text in (f"{row}.{{0}}", "{0} = VALUES({0})"))
    return f"INSERT INTO {to} ({', '.join(names)}) VALUES ({values}) ON DUPLICATE KEY UPDATE {again}"


def _as_it_stands(sync: Synchronisation, to: str) -> str:
    """The row as the table holds it, which is locked already. INSERT … SELECT would hold up all who are counted."""
    names = quotes(one.old for one in across_of(sync).columns)
    rows = f"SELECT {names} {_found(sync, 'NEW')} LIMIT 1 LOCK IN SHARE MODE"
    return f"FOR {_ROW} IN ({rows}) DO\n{_insert(sync, to, _ROW)};\nEND FOR"


def _found(sync: Synchronisation, row: str) -> str:
    of = table(sync.table)
    return f"FROM {of} WHERE {together(_DATABASE, sync, of, row)}"


def fits(sync: Synchronisation, row: str = "") -> str:
    """Whether the old table can hold a row."""
    copied = copied_of(sync)
    return f"({of_row(_DATABASE, row, copied.column)} BETWEEN {copied.least} AND {copied.most})"


def _held_to(sync: Synchronisation) -> str:
    """Whether the old table is to get the row: it then refuses one that it cannot hold."""
    return f"({fits(sync, 'NEW')} OR IS_USED_LOCK({going_back(sync)}) IS NOT NULL)"


def _name(sync: Synchronisation, side: str, event: str) -> str:
    return entity_name(sync.plan, sync.table, f"{side}_{event}")


def _qualified(sync: Synchronisation, side: str, event: str) -> str:
    return qualified(sync.table, _name(sync, side, event))

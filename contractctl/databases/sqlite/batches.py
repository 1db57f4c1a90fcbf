"""How is a range of rows filled? Set by set, in the caller's transaction, seen by nobody's triggers."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Filled, Key, Synced, Synchronisation
from contractctl.databases.sqlite.expressions import differs, identity, is_kept, key_json, marked, of, up, up_possible
from contractctl.databases.sqlite.names import literal, quote, quotes

_BAD_ROW = (
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_TOOBIG,
)
"""Primary result codes that a row's own value can cause: https://www.sqlite.org/rescode.html."""

UNCONVERTIBLE = "the value cannot be converted: down(up(value)) is not the value"


def upper_key(connection: Connection, sync: Synchronisation, after: Key | None, limit: int) -> Key | None:
    """The last key of the next batch of at most `limit` rows; None where no row is left."""
    where, values = between(sync, after, None)
    keyed = " AND ".join(f"{quote(name)} IS NOT NULL" for name in sync.key)  # nothing is greater than NULL
    names, downward = quotes(sync.key), ", ".join(f"{quote(name)} DESC" for name in sync.key)
    batch = f"SELECT {names} FROM {quote(sync.table)} WHERE {where} AND {keyed} ORDER BY {names} LIMIT {int(limit)}"
    row = connection.exec_driver_sql(f"SELECT * FROM ({batch}) ORDER BY {downward} LIMIT 1", values).first()
    return None if row is None else tuple(row)


def fill(connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None) -> Filled:
    """Give the new side its value in every row of (after, upto] that has not got it; the same again changes nothing.

    Values written from the new side and conflicts stay. A row that cannot be converted is set aside with its error,
    in the same transaction. Triggers, the user's and ours, do not see it.
    """
    with unseen(connection, sync):
        return _fill_range(connection, sync, after, upto)


def _fill_range(connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None) -> Filled:
    try:
        with connection.begin_nested():
            return _fill_at_once(connection, sync, after, upto)
    except DBAPIError as error:
        if not _blames_a_row(error):
            raise
        middle = _middle(connection, sync, after, upto)
        if middle is None:
            return _set_aside(connection, sync, after, upto, str(error.orig))
    first = _fill_range(connection, sync, after, middle)
    second = _fill_range(connection, sync, middle, upto)
    return Filled(first.rows + second.rows, first.set_aside + second.set_aside)


def _fill_at_once(connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None) -> Filled:
    where, values = between(sync, after, upto)
    aside = 0
    for pair in sync.columns:
        if not (pair.one_sided or pair.transform.lossy or identity(pair)):
            aside += connection.exec_driver_sql(_unconvertible(connection, sync, pair, where), values).rowcount
    due = {pair: waiting(connection, sync, pair) for pair in sync.columns}
    only = len(due) == 1
    sets = ", ".join(
        f"{quote(pair.new)} = {up(pair)}"
        if only
        else f"{quote(pair.new)} = CASE WHEN {when} THEN {up(pair)} ELSE {quote(pair.new)} END"
        for pair, when in due.items()
    )
    any_due = " OR ".join(f"({when})" for when in due.values())
    update = f"UPDATE {quote(sync.table)} SET {sets} WHERE {where} AND ({any_due})"
    return Filled(connection.exec_driver_sql(update, values).rowcount, aside)


def waiting(connection: Connection, sync: Synchronisation, pair: Synced) -> str:
    """Whether a row's new side is still to be filled: neither right, nor kept, nor in conflict, nor set aside."""
    wrong = differs(quote(pair.new), up(pair))
    if not (pair.one_sided or pair.transform.lossy or identity(pair)):
        wrong = f"({wrong} OR ({quote(pair.new)} IS NULL AND NOT ({up_possible(pair)})))"
    return _unless_excused(connection, sync, pair, wrong)


def _unless_excused(connection: Connection, sync: Synchronisation, pair: Synced, condition: str) -> str:
    """CASE, because an excused row's value must not even be computed: it may raise."""
    excused = [
        marked(table, sync, pair)
        for table in ("contractctl_set_aside", "contractctl_conflict")
        if has_marks(connection, sync, pair, table)
    ]
    if not identity(pair) and not pair.one_sided and has_marks(connection, sync, pair, "contractctl_kept"):
        excused.append(is_kept(sync, pair))
    return f"CASE WHEN {' OR '.join(excused)} THEN 0 ELSE {condition} END" if excused else condition


def has_marks(connection: Connection, sync: Synchronisation, pair: Synced, table: str) -> bool:
    """Whether a side table holds anything for this pair: most often not, and then no row is looked up in it."""
    return bool(connection.exec_driver_sql(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {of(sync, pair)})").scalar())


def between(sync: Synchronisation, after: Key | None, upto: Key | None) -> tuple[str, Key]:
    """The condition for the keys in (after, upto] and its values; None is no bound."""
    names, marks = quotes(sync.key), ", ".join("?" * len(sync.key))
    conditions, values = [], Key()
    if after is not None:
        conditions.append(f"({names}) > ({marks})")
        values += after
    if upto is not None:
        conditions.append(f"({names}) <= ({marks})")
        values += upto
    return " AND ".join(conditions) or "1", values


@contextmanager
def unseen(connection: Connection, sync: Synchronisation) -> Iterator[None]:
    """Within it the table has no triggers; afterwards it has them again, byte for byte and in their order.

    Other connections never see it without: the caller's transaction holds the writer's lock, and SQLite's DDL is
    part of it. Ours go too: they would find nothing to do, ten times slower.
    """
    query = "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
    found = connection.exec_driver_sql(f"{query} ORDER BY rowid", (sync.table,)).all()
    with connection.begin_nested():  # an error in between brings them back, whatever the caller then does
        for name, _ in found:
            connection.exec_driver_sql(f"DROP TRIGGER main.{quote(name)}")
        yield
        for _, text in found:
            connection.exec_driver_sql(text)


def forget_stale(connection: Connection, sync: Synchronisation) -> None:
    """Drop marks of an earlier run of the plan, before triggers and backfill begin anew.

    A row whose new side is NULL cannot be in conflict, and `fill` finds by itself what cannot be converted.
    """
    for pair in sync.columns:
        alive = f"SELECT {key_json(sync.key)} FROM {quote(sync.table)} WHERE {quote(pair.new)} IS NOT NULL"
        for table in ("contractctl_set_aside", "contractctl_conflict"):
            if has_marks(connection, sync, pair, table):
                connection.exec_driver_sql(f"DELETE FROM {table} WHERE {of(sync, pair)} AND key NOT IN ({alive})")


def _unconvertible(connection: Connection, sync: Synchronisation, pair: Synced, where: str) -> str:
    lost = _unless_excused(connection, sync, pair, f"({quote(pair.new)} IS NULL AND NOT ({up_possible(pair)}))")
    return (
        "INSERT OR IGNORE INTO contractctl_set_aside (plan, table_name, key, column_name, error)"
        f" SELECT {literal(sync.plan)}, {literal(sync.table)}, {key_json(sync.key)}, {literal(pair.name)},"
        f" {literal(UNCONVERTIBLE)} FROM {quote(sync.table)} WHERE {where} AND {lost}"
    )


def _blames_a_row(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _BAD_ROW


def _middle(connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None) -> Key | None:
    """A key that splits the range in two halves with rows in both; None where it holds a single row or none."""
    where, values = between(sync, after, upto)
    rows = connection.exec_driver_sql(f"SELECT count(*) FROM {quote(sync.table)} WHERE {where}", values).scalar_one()
    return None if rows <= 1 else upper_key(connection, sync, after, int(rows) // 2)


def _set_aside(connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None, why: str) -> Filled:
    """Set a single row aside, for every pair that is not right in it."""
    where, values = between(sync, after, upto)
    count = 0
    for pair in sync.columns:
        count += connection.exec_driver_sql(
            "INSERT OR IGNORE INTO contractctl_set_aside (plan, table_name, key, column_name, error)"
            f" SELECT ?, ?, {key_json(sync.key)}, ?, ? FROM {quote(sync.table)} WHERE {where}",
            (sync.plan, sync.table, pair.name, why, *values),
        ).rowcount
    return Filled(0, count)

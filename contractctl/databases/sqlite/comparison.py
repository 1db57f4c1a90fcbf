"""Do both sides agree, row by row? And how is a row repaired that does not?"""

import hashlib
import sqlite3
from collections.abc import Iterable
from typing import Literal

from sqlalchemy import Connection

from contractctl.databases import Compared, Key, Synced, Synchronisation
from contractctl.databases.sqlite.batches import UNCONVERTIBLE, between, has_marks, unseen, waiting
from contractctl.databases.sqlite.expressions import (
    agrees,
    differs,
    down,
    down_possible,
    identity,
    is_kept,
    key_json,
    marked,
    of,
    survives,
    up,
    up_possible,
)
from contractctl.databases.sqlite.names import literal, quote, quotes

Side = Literal["old", "new"]


def compare(connection: Connection, sync: Synchronisation, after: Key | None, upto: Key | None) -> Compared:
    """Compare what the old side asks for with what the new side holds, in every row of (after, upto].

    A new-side value that was kept is compared the other way round: down(new) = old. The checksums are made inside
    the database; only the keys of rows that differ come out of it.
    """
    _offer_checksum(connection)
    where, values = between(sync, after, upto)
    wanted = {pair: _wanted(connection, sync, pair) for pair in sync.columns}
    key = [f"CAST({quote(name)} AS BLOB)" for name in sync.key]
    asked = [*key, *(f"CAST({value} AS BLOB)" for value in wanted.values())]
    held = [*key, *(f"CAST({quote(pair.new)} AS BLOB)" for pair in wanted)]
    unlike = " OR ".join(f"({differs(quote(pair.new), value)})" for pair, value in wanted.items())
    rows, differing, old, new = connection.exec_driver_sql(
        f"SELECT count(*), total({unlike}), contractctl_checksum({', '.join(asked)}),"
        f" contractctl_checksum({', '.join(held)}) FROM {quote(sync.table)} WHERE {where}",
        values,
    ).one()
    names = quotes(sync.key)
    query = f"SELECT {names} FROM {quote(sync.table)} WHERE {where} AND ({unlike}) ORDER BY {names}"
    keys = tuple(tuple(row) for row in connection.exec_driver_sql(query, values)) if differing else ()
    return Compared(int(rows), keys, str(old), str(new))


def repair(connection: Connection, sync: Synchronisation, keys: Iterable[Key], side: Side) -> int:
    """Make the rows of these keys agree again, the given side being right. How many values were written.

    Conflicts and rows set aside are mended too; what still cannot be converted is set aside again.
    """
    written = 0
    with unseen(connection, sync):
        for key in keys:
            for pair in sync.columns:
                written += _repair_one(connection, sync, pair, key, side)
    return written


def only_in_new(connection: Connection, sync: Synchronisation) -> tuple[Key, ...]:
    """Keys of rows in conflict or set aside whose new side holds what the old one does not: it would go with it."""
    where = []
    for pair in sync.columns:
        for table in ("contractctl_set_aside", "contractctl_conflict"):
            if not pair.one_sided and has_marks(connection, sync, pair, table):
                new = quote(pair.new)
                where.append(f"{new} IS NOT NULL AND {differs(new, up(pair))} AND {marked(table, sync, pair)}")
    if not where:
        return ()
    names, any_of = quotes(sync.key), " OR ".join(f"({one})" for one in where)
    query = f"SELECT {names} FROM {quote(sync.table)} WHERE {any_of} ORDER BY {names}"
    return tuple(tuple(row) for row in connection.exec_driver_sql(query))


def facts(connection: Connection, sync: Synchronisation) -> dict[str, int]:
    """What the gate asks of the whole table, each a count of values.

    remaining: still to be filled. set_aside: cannot be converted. conflicts: both sides written, with different
    values. new_side_nulls: NULL in the new column where there should be a value. differing: as `compare` names
    them, conflicts among them.
    """
    counts = dict.fromkeys(("remaining", "set_aside", "conflicts", "new_side_nulls", "differing"), 0)
    columns = []
    for pair in sync.columns:
        for table, name in (("contractctl_set_aside", "set_aside"), ("contractctl_conflict", "conflicts")):
            if has_marks(connection, sync, pair, table):  # REPLACE may have deleted a row behind our triggers' back
                rows = f"SELECT {key_json(sync.key)} FROM {quote(sync.table)}"
                counts[name] += connection.exec_driver_sql(
                    f"SELECT count(DISTINCT key) FROM {table} WHERE {of(sync, pair)} AND key IN ({rows})"
                ).scalar_one()
        wanted, new = _wanted(connection, sync, pair), quote(pair.new)
        missing = f"{new} IS NULL" if pair.required else f"{new} IS NULL AND {wanted} IS NOT NULL"
        columns += [f"total({waiting(connection, sync, pair)})", f"total({missing})", f"total({differs(new, wanted)})"]
    found = connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM {quote(sync.table)}").one()
    for at, name in enumerate(("remaining", "new_side_nulls", "differing")):
        counts[name] = int(sum(found[at::3]))
    return counts


def _wanted(connection: Connection, sync: Synchronisation, pair: Synced) -> str:
    """What the new column should hold, as it would store it; what it holds, in rows that were set aside or kept."""
    new = quote(pair.new)
    excused = []
    if has_marks(connection, sync, pair, "contractctl_set_aside"):
        excused.append(marked("contractctl_set_aside", sync, pair))
    if not (identity(pair) or pair.one_sided) and has_marks(connection, sync, pair, "contractctl_kept"):
        excused.append(is_kept(sync, pair))
    whens = "".join(f" WHEN {when} THEN {new}" for when in excused)
    return f"CASE{whens} WHEN {agrees(new, up(pair))} THEN {new} ELSE {up(pair)} END"


def _repair_one(connection: Connection, sync: Synchronisation, pair: Synced, key: Key, side: Side) -> int:
    row = " AND ".join(f"{quote(name)} = ?" for name in sync.key)
    this_row = f"(SELECT {key_json(sync.key)} FROM {quote(sync.table)} WHERE {row})"
    for table in ("contractctl_kept", "contractctl_set_aside", "contractctl_conflict"):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE {of(sync, pair)} AND key = {this_row}", key)
    table, old, new = quote(sync.table), quote(pair.old), quote(pair.new)
    if side == "old" or pair.one_sided:
        update = f"UPDATE {table} SET {new} = {up(pair)} WHERE {row} AND {differs(new, up(pair))}"
        written = connection.exec_driver_sql(update, key).rowcount
        if not pair.one_sided:
            _set_aside_again(connection, sync, pair, key, f"{new} IS NULL AND NOT ({up_possible(pair)})")
        return written
    if not identity(pair):
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO contractctl_kept (plan, table_name, key, column_name)"
            f" SELECT {literal(sync.plan)}, {literal(sync.table)}, {key_json(sync.key)}, {literal(pair.name)}"
            f" FROM {table} WHERE {row} AND NOT ({survives(pair)})",
            key,
        )
    update = f"UPDATE {table} SET {old} = {down(pair)} WHERE {row} AND {differs(old, down(pair))}"
    written = connection.exec_driver_sql(update, key).rowcount
    _set_aside_again(connection, sync, pair, key, f"{old} IS NULL AND NOT ({down_possible(pair)})")
    return written


def _set_aside_again(connection: Connection, sync: Synchronisation, pair: Synced, key: Key, lost: str) -> None:
    row = " AND ".join(f"{quote(name)} = ?" for name in sync.key)
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO contractctl_set_aside (plan, table_name, key, column_name, error)"
        f" SELECT {literal(sync.plan)}, {literal(sync.table)}, {key_json(sync.key)}, {literal(pair.name)},"
        f" {literal(UNCONVERTIBLE)} FROM {quote(sync.table)} WHERE {row} AND {lost}",
        key,
    )


def _offer_checksum(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - narrows for mypy; the engine is ours
    driver.create_aggregate("contractctl_checksum", -1, _Checksum)  # type: ignore[arg-type] # typeshed knows integers only


class _Checksum:
    """An SQL aggregate over rows of BLOBs and NULLs, in the order in which they are read."""

    def __init__(self) -> None:
        self._sum = hashlib.blake2b(digest_size=16)

    def step(self, *values: bytes | None) -> None:
        self._sum.update(repr(values).encode())

    def finalize(self) -> str:
        return self._sum.hexdigest()

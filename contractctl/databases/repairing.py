"""How are the sides of a row made to agree again, and which marks on rows are obsolete?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import SIDE_TABLES, Database, Held, Key, Synced, Synchronisation, read_key, run, two_tables
from contractctl.databases.causes import said
from contractctl.databases.filling import staying
from contractctl.databases.savepoints import all_or_nothing
from contractctl.databases.setting_aside import UNCONVERTIBLE, set_aside
from contractctl.databases.sides import (
    all_null,
    down,
    down_possible,
    in_step,
    key_json,
    mark,
    of_pair,
    survives,
    unconverted,
    unlike,
    up,
)

Side = Literal["old", "new"]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table whose sides are kept in step."""

    database: Database
    connection: Connection
    sync: Synchronisation
    where: str
    """The SQL condition that finds it."""

    @property
    def table(self) -> str:
        return self.database.table(self.sync.table)

    def run(self, sql: str) -> int:
        """How many rows a statement has changed."""
        return run(self.connection, sql).rowcount

    def set_aside(self, pair: Synced, where: str, why: str) -> None:
        """Mark it as one that cannot be converted, if that is so."""
        set_aside(self.database, self.connection, self.sync, pair, f"{self.where} AND {where}", why)


def repair(database: Database, connection: Connection, sync: Synchronisation, keys: Iterable[Key], side: Side) -> int:
    """Make the rows of these keys agree again, taking the given side as right. Returns how many values were written.

    Conflicts and rows set aside are repaired, too; what still cannot be converted is set aside again.
    """
    if sync.across is not None:
        return two_tables.rows_of(sync.across).repair(database, connection, sync, keys, old=side == "old")
    written = 0
    with database.unseen(connection, sync):
        for key in keys:
            row = _Row(database, connection, sync, database.has_key(sync, key))
            written += sum(_repair_one(row, pair, side) for pair in sync.columns)
    return written


def settle(database: Database, connection: Connection, sync: Synchronisation) -> int:
    """Drop obsolete marks: of rows that are gone, and of rows whose sides are in step. Returns how many.

    A row may have been replaced by another one behind the triggers' back.
    """
    dropped = 0
    for pair in sync.columns:
        right = in_step(database, pair)
        if pair.exact:
            right = f"({right} AND NOT {unconverted(database, pair)})"
        for marks in ("contractctl_set_aside", "contractctl_conflict"):
            of_marks = f"FROM {marks} WHERE {of_pair(database, sync, pair)}"
            for key in run(connection, f"SELECT DISTINCT {database.quote('key')} {of_marks}").scalars().all():
                parts = read_key(key)
                if len(parts) != len(sync.key):  # it does not tell its row
                    continue
                of_row = f"DELETE {of_marks} AND {database.quote('key')} = {database.literal(key)}"
                dropped += _settle_one(_Row(database, connection, sync, database.has_key(sync, parts)), of_row, right)
    return dropped


def _settle_one(row: _Row, delete: str, right: str) -> int:
    """Drop the row's marks if it is gone or its sides are right."""
    wrong = f"SELECT 1 FROM {row.table} WHERE {row.where} AND NOT {right}"
    try:
        with all_or_nothing(row.connection):
            return row.run(f"{delete} AND NOT EXISTS ({wrong})")
    except DBAPIError as error:
        if not row.database.blames_a_row(error):
            raise
    return 0


def _repair_one(row: _Row, pair: Synced, side: Side) -> int:
    database, connection, sync = row.database, row.connection, row.sync
    this_row = f"(SELECT {key_json(database, sync)} FROM {row.table} WHERE {row.where})"
    if database.locking:
        run(connection, f"SELECT 1 FROM {row.table} WHERE {row.where}{database.locking}")
    for side_table in SIDE_TABLES:
        of_row = f"{of_pair(database, sync, pair)} AND {database.quote('key')} = {this_row}"
        run(connection, f"DELETE FROM {side_table} WHERE {of_row}")
    here = pair.new if side == "old" or pair.one_sided else pair.old
    try:
        with all_or_nothing(connection):
            return _take_over(row, pair, here)
    except DBAPIError as error:
        if not database.blames_a_row(error):
            raise
        set_aside(database, connection, sync, pair, row.where, said(error))
    return _empty(row, here)


def _take_over(row: _Row, pair: Synced, side: tuple[Held, ...]) -> int:
    """Let this side hold what the other one asks for. If that cannot be converted, it holds NULL, and is set aside."""
    database, sync = row.database, row.sync
    if side is pair.new:
        written = _write(row, side, up(database, pair))
        if pair.exact:
            row.set_aside(pair, unconverted(database, pair), UNCONVERTIBLE)
        return written
    if pair.can_be_kept:
        here = f"FROM {row.table} WHERE {row.where}"
        kept = f"SELECT {mark(database, sync, pair)} {here} AND NOT ({survives(database, pair)})"
        target = f"contractctl_kept (plan, table_name, {database.quote('key')}, column_name)"
        run(row.connection, database.add_new(target, kept))
    written = _write(row, side, down(database, pair))
    row.set_aside(pair, f"{all_null(database, side)} AND NOT ({down_possible(database, pair)})", UNCONVERTIBLE)
    return written


def _empty(row: _Row, side: tuple[Held, ...]) -> int:
    """Set this side to NULL, unless the database refuses that, too."""
    try:
        with all_or_nothing(row.connection):
            return _write(row, side, ("NULL",) * len(side))
    except DBAPIError as error:
        if not row.database.blames_a_row(error):
            raise
    return 0


def _write(row: _Row, side: tuple[Held, ...], values: tuple[str, ...]) -> int:
    """Write these values to one side of the row. Returns how many rows were changed."""
    database = row.database
    sets = [f"{database.quote(one.name)} = {value}" for one, value in zip(side, values, strict=True)]
    sets += staying(database, row.sync, side)
    return row.run(f"UPDATE {row.table} SET {', '.join(sets)} WHERE {row.where} AND {unlike(database, side, values)}")

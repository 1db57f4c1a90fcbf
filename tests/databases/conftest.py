"""A real SQLite file with a table, the side tables, and triggers that keep pairs of columns in step."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from contractctl.databases import Filled, Held, Key, Synced, Synchronisation, batches, comparison
from contractctl.databases import sqlite as database
from contractctl.model.plan import Transform

SIDE_TABLES = """
CREATE TABLE contractctl_conflict (id INTEGER PRIMARY KEY, plan TEXT, table_name TEXT, key TEXT, column_name TEXT,
    old_value TEXT, new_value TEXT, at TEXT);
CREATE TABLE contractctl_set_aside (plan TEXT, table_name TEXT, key TEXT, column_name TEXT, error TEXT,
    PRIMARY KEY (plan, table_name, key, column_name));
CREATE TABLE contractctl_kept (plan TEXT, table_name TEXT, key TEXT, column_name TEXT,
    PRIMARY KEY (plan, table_name, key, column_name));
"""
SAME = Transform('"old"', '"new"')
SHOUT = Transform("upper(old)", "lower(new)", lossy=True)
NUMBER = Transform("CAST(old AS INTEGER)", "CAST(new AS TEXT)")


def names(connection: Connection) -> tuple[str, ...]:
    return tuple(column.name for column in database.key_columns(connection, "t"))


def synced(old: str, new: str, transform: Transform, default: str | None = None, required: bool = False) -> Synced:
    """One column each; plain where both hold the same."""
    ways = ((transform.up, old), (transform.down, new))
    plain = all(database.is_name(value, name) for value, name in ways)
    sides = (Held(old, "", transform.down, default),), (Held(new, "", transform.up),)
    return Synced(*sides, transform.lossy, required, plain)


class Shop:
    """One database file; `app` is how an application sees it, `engine` how contractctl does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.app = sqlite3.connect(path, isolation_level=None, timeout=10)
        self.app.executescript(SIDE_TABLES)
        self.engine = database.create_engine(f"sqlite:///{path}")
        self.sync = Synchronisation("plan", "t", ("id",), ())

    def table(self, ddl: str, *pairs: Synced, rows: tuple[tuple[object, ...], ...] = (), start: bool = True) -> None:
        """Create table t, put rows in before the triggers are there, then create these."""
        self.app.executescript(ddl)
        self.app.execute("BEGIN")
        for row in rows:
            self.app.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(row))})", row)
        self.app.execute("COMMIT")
        with self.engine.begin() as connection:
            self.sync = Synchronisation("plan", "t", names(connection), pairs)
            for statement in database.triggers(self.sync) if start else ():
                connection.exec_driver_sql(statement)

    def run(self, sql: str, *values: object) -> None:
        self.app.execute(sql, values)

    def rows(self, sql: str = "SELECT * FROM t") -> list[tuple[object, ...]]:
        return self.app.execute(sql).fetchall()

    def marks(self, table: str) -> list[tuple[object, ...]]:
        return self.rows(f"SELECT key, column_name FROM contractctl_{table} ORDER BY key")

    def fill(self, limit: int = 1000) -> Filled:
        """Backfill the whole table in batches."""
        after: Key | None = None
        rows = aside = 0
        while True:
            with self.engine.begin() as connection:
                upto = batches.upper_key(database, connection, self.sync, after, limit)
                if upto is None:
                    return Filled(rows, aside)
                filled = batches.fill(database, connection, self.sync, after, upto)
            rows, aside, after = rows + filled.rows, aside + filled.set_aside, upto

    def differing(self) -> tuple[Key, ...]:
        with self.engine.begin() as connection:
            return comparison.compare(database, connection, self.sync, None, None).differing

    def facts(self) -> dict[str, int]:
        with self.engine.begin() as connection:
            return comparison.facts(database, connection, self.sync)

    def repair(self, side: comparison.Side, *keys: Key) -> int:
        with self.engine.begin() as connection:
            return comparison.repair(database, connection, self.sync, keys, side)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "shop.db")
    yield shop
    shop.app.close()
    shop.engine.dispose()


@pytest.fixture
def pair() -> Callable[..., Synced]:
    """A pair of the columns old and new."""

    def make(transform: Transform = SAME, *, default: str | None = None, required: bool = False) -> Synced:
        return synced("old", "new", transform, default, required)

    return make


@pytest.fixture
def shout() -> Transform:
    return SHOUT


@pytest.fixture
def number() -> Transform:
    return NUMBER

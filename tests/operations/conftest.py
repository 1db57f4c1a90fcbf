"""A plan on a real SQLite file, led through its stages as the revisions lead it."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations

from contractctl import operations
from contractctl.databases import Filled, Key, comparison, filling
from contractctl.databases import sqlite as database
from contractctl.model.plan import Operation, Plan, Transform
from contractctl.operations.steps import Step

SIDE_TABLES = """
CREATE TABLE contractctl_conflict (id INTEGER PRIMARY KEY, plan TEXT, table_name TEXT, key TEXT, column_name TEXT,
    old_value TEXT, new_value TEXT, at TEXT);
CREATE TABLE contractctl_set_aside (plan TEXT, table_name TEXT, key TEXT, column_name TEXT, error TEXT,
    PRIMARY KEY (plan, table_name, key, column_name));
CREATE TABLE contractctl_kept (plan TEXT, table_name TEXT, key TEXT, column_name TEXT,
    PRIMARY KEY (plan, table_name, key, column_name));
"""


class Life:
    """One plan of one operation on table orders."""

    def __init__(self, path: Path) -> None:
        self.app = sqlite3.connect(path, isolation_level=None, timeout=10)
        self.app.executescript(SIDE_TABLES)
        self.path = path
        self.engine = database.create_engine(f"sqlite:///{path}")
        self.plan = Plan("plan", (), (), {})

    def start(self, ddl: str, *planned: Operation, rows: tuple[tuple[object, ...], ...] = ()) -> None:
        self.app.executescript(ddl)
        for row in rows:
            self.app.execute(f"INSERT INTO orders VALUES ({', '.join('?' * len(row))})", row)
        self.plan = Plan("plan", (), planned, {})

    def do(self, stage: str) -> None:
        """Run a stage's steps in one transaction through Alembic."""
        self._invoke(getattr(operations, stage)(self.plan))

    def undo(self, stage: str) -> None:
        self._invoke(operations.rollback(getattr(operations, stage)(self.plan)))

    def _invoke(self, steps: tuple[Step, ...]) -> None:
        with self.engine.begin() as connection:
            op = Operations(MigrationContext.configure(connection))
            for step in steps:
                op.invoke(step)

    def backfill(self) -> Filled:
        with self.engine.begin() as connection:
            filled = [
                filling.fill(database, connection, sync, None, None)
                for sync in operations.synchronisations(self.plan, connection)
            ]
        return Filled(sum(one.rows for one in filled), sum(one.set_aside for one in filled))

    def differing(self) -> tuple[Key, ...]:
        with self.engine.begin() as connection:
            syncs = operations.synchronisations(self.plan, connection)
            return tuple(
                key for sync in syncs for key in comparison.compare(database, connection, sync, None, None).differing
            )

    def ask(self, question: Callable[..., Iterator[str]]) -> list[str]:
        with self.engine.begin() as connection:
            return list(question(self.plan, connection))

    def run(self, sql: str, *values: object) -> None:
        self.app.execute(sql, values)

    def rows(self, sql: str = "SELECT * FROM orders") -> list[tuple[object, ...]]:
        return self.app.execute(sql).fetchall()

    def schema(self, unquoted: str = "") -> list[tuple[object, ...]]:
        """What sqlite_schema holds, the quotes around one name put aside."""
        found = self.rows("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")
        return [(*row[:3], str(row[3]).replace(f'"{unquoted}"', unquoted or '""')) for row in found]


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    life = Life(tmp_path / "shop.db")
    yield life
    life.app.close()
    life.engine.dispose()


@pytest.fixture
def operation() -> Callable[..., Operation]:
    """An operation on table orders of contract shop/orders."""

    def make(
        kind: str, old: str | None = None, new: str | None = None, transform: Transform | None = None, **parameters: str
    ) -> Operation:
        return Operation(kind, "shop/orders", "orders", old, new, transform, parameters)

    return make

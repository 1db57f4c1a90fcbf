"""What does every kind of operation go through? All its stages, on each engine, while both versions write.

A new kind is one more `Scenario` in SCENARIOS. What stands in braces in its SQL are the engine's words, and {n} is the
number of a row: old and new version write rows of their own, and at the end each must be there as it was written.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pymysql
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from contractctl import operations
from contractctl.databases import comparison, definitions, filling
from contractctl.model.plan import Operation, Plan
from contractctl.operations.steps import Step
from tests.databases.shops import Shop, Words

STAGES = ("expand", "dual_write", "validate", "quiesce", "contract")
DEADLOCK = 1213
_TRIES = 60


@dataclass(frozen=True, slots=True)
class Scenario:
    """One plan's life."""

    kind: str
    tables: tuple[str, ...]
    """DDL of the old version."""
    planned: Callable[[Words], tuple[Operation, ...]]
    old: tuple[str, ...]
    """What an application of the old version does to row {n}."""
    new: tuple[str, ...]
    """What one of the new version does, as soon as both sides are kept in step; {new} etc. are names that change."""
    read_old: str
    """SELECT of what the old version reads of all these rows, the row's number first."""
    read_new: str
    """The same for the new version, once the plan is contracted."""
    as_old: str
    """How row {n} reads that the old version has written, in both versions: its values with blanks between."""
    as_new: str
    """The same where the new version has written it."""
    meanwhile: Mapping[str, str] = field(default_factory=dict)
    """Names that the new version uses until the plan is quiesced, instead of those in its SQL."""
    refused: tuple[str, ...] = ()
    """What nobody may do once the plan is contracted."""
    gone: tuple[str, ...] = ()
    """What an old version no longer can, once the plan is quiesced."""
    allowed: tuple[str, ...] = ()
    """What everybody may do then."""
    finally_: tuple[tuple[str, str, object], ...] = ()
    """What is done then, what is asked, and what the answer is."""
    made: tuple[str, ...] = ()
    """Indexes and constraints that are there then."""
    unmade: tuple[str, ...] = ()
    """Those that are not."""
    engines: tuple[str, ...] = ("sqlite", "postgresql", "mariadb")

    def __str__(self) -> str:
        return self.kind


class Life:
    """A scenario in a database."""

    def __init__(self, shop: Shop, scenario: Scenario) -> None:
        self.shop, self.scenario, self.words = shop, scenario, shop.words
        if shop.words.server == "sqlite":
            shop.run("PRAGMA foreign_keys = ON")
        for ddl in scenario.tables:
            shop.run(self.written(ddl))
        dialect = {"mariadb": "mysql"}.get(shop.words.server, shop.words.server)
        self.plan = Plan("plan", (), scenario.planned(shop.words), {}, dialect=dialect)

    @property
    def url(self) -> URL:
        return make_url(self.shop.url)

    def written(self, sql: str, n: int = 0) -> str:
        labelled = self.words.joined.format("'for'", "customer_name")
        return self.shop.written(sql.replace("{n}", str(n)).replace("{labelled}", labelled))

    def do(self, stage: str) -> None:
        """Run a stage's steps as a revision does."""
        self.invoke(getattr(operations, stage)(self.plan))

    def undo(self, stage: str) -> None:
        self.invoke(operations.rollback(getattr(operations, stage)(self.plan)))

    def roll_back(self, *stages: str) -> None:
        """Take these stages back, the last one first, as `migrate rollback` does."""
        late = [stage for stage in stages if stage in {"validate", "quiesce"}]
        for stage in reversed(late):
            self.undo(stage)
        for step in operations.before_rollback(self.plan, self.shop.database, kept="dual_write" in stages):
            self.patiently(lambda step=step: self._alone(step))
        early = [stage for stage in stages if stage not in late]
        steps = [operations.rollback(getattr(operations, stage)(self.plan)) for stage in reversed(early)]
        self.invoke(tuple(step for some in steps for step in some))

    def _alone(self, step: Step) -> None:
        with self.shop.engine.connect() as connection:
            step.run(connection.execution_options(isolation_level="AUTOCOMMIT"), alone=True)

    def invoke(self, steps: tuple[Step, ...]) -> None:
        self.patiently(lambda: self._invoke(steps))

    def _invoke(self, steps: tuple[Step, ...]) -> None:
        with self.shop.engine.connect() as connection:
            options = {"transactional_ddl": True, "transaction_per_migration": True}
            context = MigrationContext.configure(connection, opts=options)
            op = Operations(context)
            with context.begin_transaction(_per_migration=True):
                for step in steps:
                    op.invoke(step)

    def patiently(self, work: Callable[[], None]) -> None:
        """As `migrate` does: again, where somebody else holds a lock."""
        for attempt in range(_TRIES):
            try:
                return work()
            except DBAPIError as error:
                if not self.shop.database.busy(error) or attempt == _TRIES - 1:
                    raise
                time.sleep(0.05)
        raise AssertionError

    def backfill(self) -> None:
        for sync in self.synchronisations():

            def fill(sync: Any = sync) -> None:
                with self.shop.engine.begin() as connection:
                    filling.fill(self.shop.database, connection, sync, None, None)

            self.patiently(fill)

    def synchronisations(self) -> tuple[Any, ...]:
        with self.shop.engine.begin() as connection:
            return operations.synchronisations(self.plan, connection)

    def differing(self) -> list[object]:
        found: list[object] = []
        for sync in self.synchronisations():
            with self.shop.engine.begin() as connection:
                found += comparison.compare(self.shop.database, connection, sync, None, None).differing
        return found

    def missing_triggers(self) -> tuple[str, ...]:
        """Those that are gone, or not what they would be made as now."""
        with self.shop.engine.begin() as connection:
            syncs = operations.synchronisations(self.plan, connection)
            return tuple(name for sync in syncs for name in self.shop.database.missing_triggers(connection, sync))

    def marks(self) -> list[tuple[object, ...]]:
        key = self.shop.database.quote("key")
        return [
            row
            for table in ("conflict", "set_aside")
            for row in self.shop.rows(f"SELECT {key}, column_name FROM contractctl_{table}")
        ]

    def old(self, n: int, app: Any = None) -> None:
        """The old version writes row n."""
        for sql in self.scenario.old:
            self._write(self.written(sql, n), app)

    def new(self, n: int, app: Any = None, *, early: bool) -> None:
        """The new version writes row n; `early`: under the names of the meantime."""
        for sql in self.scenario.new:
            self._write(self.written(self._named(sql, early=early), n), app)

    def _write(self, sql: str, app: Any) -> None:
        """As applications of MariaDB must: a statement that was chosen to end a deadlock has done nothing."""
        while True:
            try:
                self.shop.run(sql, app=app)
            except pymysql.OperationalError as error:
                if error.args[0] != DEADLOCK:
                    raise
            else:
                return

    def _named(self, sql: str, *, early: bool) -> str:
        for name, instead in self.scenario.meanwhile.items():
            sql = sql.replace(f"<{name}>", instead if early else name)
        return sql

    def read(self, select: str) -> dict[int, str]:
        """The rows that the two versions have written."""
        found = self.shop.rows(self.written(select))
        return {row[0]: " ".join(str(value) for value in row[1:]) for row in found}

    def expected(self, by_old: list[int], by_new: list[int]) -> dict[int, str]:
        """How they must read."""
        told = dict.fromkeys(by_old, self.scenario.as_old) | dict.fromkeys(by_new, self.scenario.as_new)
        return {n: text.replace("{n}", str(n)) for n, text in sorted(told.items())}

    def parts(self) -> set[str]:
        """The names of the constraints and indexes of orders."""
        with self.shop.engine.begin() as connection:
            if not self.shop.database.exists(connection, "orders"):
                return set()
            return set(self.shop.database.parts(connection, "orders"))

    def schema(self) -> list[str]:
        """Everything that makes the tables what they are, names without quotes; and what else has come."""
        with self.shop.engine.begin() as connection:
            found = self.shop.database.definitions(connection)
        text = [re.sub(r"""["`](\w+)["`]""", r"\1", line) for line in definitions.statements(found)]
        return sorted([*text, *(str(row[0]) for row in self.shop.rows(_WHATEVER[self.words.server]))])


_WHATEVER = {
    "sqlite": "SELECT name FROM sqlite_schema",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal UNION ALL SELECT proname FROM pg_proc"
    " WHERE pronamespace = current_schema::regnamespace UNION ALL SELECT relname FROM pg_class"
    " WHERE relnamespace = current_schema::regnamespace UNION ALL SELECT conname FROM pg_constraint"
    " WHERE connamespace = current_schema::regnamespace",
    "mariadb": "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()",
}
"""What is there by name."""


@contextmanager
def writing(life: Life, write: Callable[[int, Any], None], first: int) -> Iterator[list[int]]:
    """An application that writes row after row beside what happens within. Its rows, by their numbers."""
    stop, rows, errors = threading.Event(), list[int](), list[BaseException]()

    def run() -> None:
        app = life.shop.connect()
        n = first
        try:
            while not stop.is_set():
                write(n, app)
                rows.append(n)
                n += 1
                time.sleep(0.002)
        except BaseException as error:  # noqa: BLE001 - it is told below
            errors.append(error)
        finally:
            app.close()

    writer = threading.Thread(target=run)
    writer.start()
    try:
        yield rows
    finally:
        stop.set()
        writer.join()
    if errors:
        raise AssertionError(f"an application was refused at row {first + len(rows)}: {errors[0]}") from errors[0]

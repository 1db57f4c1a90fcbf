"""What will each stage do to the database, statement by statement? Asked before anything is done.

On SQLite the stages are executed for real, on an empty copy of the tables. On a server the statements are made from
how its tables stand now and from what the plan tells: nothing is written there.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from contractctl import databases, operations
from contractctl.databases import Column, Database, Statement, Work, rows, run
from contractctl.databases.catalog import Ahead, Live, RenamedColumns, get
from contractctl.databases.ddl import BlockingError
from contractctl.errors import ContractctlError
from contractctl.journal.tables import CONFLICT, KEPT, SET_ASIDE
from contractctl.model.plan import Plan, Stage
from contractctl.operations.locating import seen
from contractctl.operations.steps import (
    BrownOut,
    DropOldColumn,
    HandOver,
    PromiseNotNull,
    RequireNotNull,
    StageColumn,
    Step,
    StopKeepingInStep,
)

_STEPS: Mapping[Stage, Callable[[Plan], tuple[Step, ...]]] = {
    Stage.EXPAND: operations.expand,
    Stage.DUAL_WRITE: operations.dual_write,
    Stage.VERIFY: operations.validate,
    Stage.QUIESCE: operations.quiesce,
    Stage.CONTRACT: operations.contract,
}
_BATCHES = Statement("", "the rows of one batch", Work.REWRITE)
_COMPARISON = Statement("", "none", Work.SCAN)
_UNLOCKED = ("none", "LOCK=NONE")


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What one step of a stage does to a table."""

    stage: Stage
    table: str
    """Empty where no table is concerned."""
    statements: tuple[Statement, ...] = ()
    """A statement without SQL stands for what a stage does batch by batch."""
    unknown: str = ""
    """Why it cannot be told yet."""
    refusal: ContractctlError | None = None
    """Why it can never be done, and what to do instead."""


def foresee(plan: Plan, connection: Connection | None) -> tuple[Foreseen, ...]:
    """Every step of every stage, in their order; without a connection, what the plan alone tells."""
    found = _of_revisions(plan, connection)
    passes = [(stage, table) for table in operations.kept_tables(plan) for stage in (Stage.BACKFILL, Stage.VERIFY)]
    work = {Stage.BACKFILL: _BATCHES, Stage.VERIFY: _COMPARISON}
    passed = [Foreseen(stage, table, (work[stage],)) for stage, table in passes]
    order = list(Stage)
    return tuple(sorted((*passed, *found), key=lambda one: order.index(one.stage)))


def refusals(plan: Plan, connection: Connection | None) -> Iterator[ContractctlError]:
    """What a stage cannot do on this engine, or must not because others would have to wait for it."""
    yield from (one.refusal for one in _of_revisions(plan, connection) if one.refusal is not None)


def weights(plan: Plan, connection: Connection) -> Mapping[str, int]:
    """The size in bytes of each table that exists already."""
    database = databases.of(connection)
    tables = dict.fromkeys(one.subject for one in operations.of_tables(plan))
    return {table: database.weight(connection, table) if database.exists(connection, table) else 0 for table in tables}


def _of_revisions(plan: Plan, connection: Connection | None) -> Iterator[Foreseen]:
    steps = [(stage, step) for stage, of in _STEPS.items() for step in of(plan)]
    if connection is None:
        database = databases.named(plan.dialect)
        return (_foreseen(stage, step, partial(_told, database)) for stage, step in steps)
    if connection.dialect.name == "sqlite":
        return _rehearsed(steps, connection)
    ahead = _Ahead.of(Live(databases.of(connection), connection), [step for _, step in steps])
    return (_queued(_foreseen(stage, step, partial(ahead.statements, stage)), ahead.now) for stage, step in steps)


def _queued(found: Foreseen, now: Live) -> Foreseen:
    """With everyone who waits for its locks: on MariaDB, writers of the tables that it refers to, too."""
    others = now.database.kept_waiting(now.connection, found.table) if found.table and found.statements else ()
    if not others:
        return found
    waits = f"; who writes {' or '.join(others)} waits, too"
    return replace(found, statements=tuple(_told_of(one, waits) for one in found.statements))


def _told_of(statement: Statement, waits: str) -> Statement:
    locks = statement.work is Work.NONE and statement.lock not in _UNLOCKED
    return replace(statement, lock=f"{statement.lock}{waits}") if locks else statement


def _foreseen(stage: Stage, step: Step, statements: Callable[[Step], tuple[Statement, ...]]) -> Foreseen:
    try:
        return Foreseen(stage, _table(step), statements(step))
    except BlockingError as error:
        return Foreseen(stage, _table(step), refusal=error)
    except (ContractctlError, DBAPIError) as error:
        return _unknown(stage, step, _reason(error))


def _told(database: Database, step: Step) -> tuple[Statement, ...]:
    return step.statements(database, step.told(database))


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A server's tables as they are now, and as the stages will leave them."""

    now: Live
    coming: Mapping[str, tuple[Column, ...]]
    heirs: Mapping[str, tuple[Column, ...]]
    """The same, once they have the constraints of those whose places they take."""
    promised: frozenset[tuple[str, str]]
    """Columns that will have been proven to hold no NULL."""
    names: Mapping[str, Mapping[str, str]]
    """By table, the other names that columns have once it is quiesced."""
    along: frozenset[tuple[str, str]]
    """Old columns that are dropped with the triggers."""

    @classmethod
    def of(cls, now: Live, steps: list[Step]) -> "_Ahead":
        coming: dict[str, tuple[Column, ...]] = {}
        heirs: dict[str, tuple[Column, ...]] = {}
        for step in steps:
            if isinstance(step, StageColumn):
                added = step.added(now.database, now)
                coming[step.table] = (*coming.get(step.table, ()), added)
                heirs[step.table] = (*heirs.get(step.table, ()), _heir(now, step, added))
        names = {step.table: step.names for step in steps if isinstance(step, BrownOut)}
        stops = [step for step in steps if isinstance(step, StopKeepingInStep) and step.drops_columns(now.database)]
        along = {(step.table, column) for step in stops for column in step.dropping}
        found = cls(now, coming, heirs, frozenset(), names, frozenset(along))
        early = [step for step in steps if isinstance(step, PromiseNotNull) and step.plan]
        promised = {(step.table, step.column) for step in early if found.statements(Stage.VERIFY, step)}
        return replace(found, promised=frozenset(promised))

    def statements(self, stage: Stage, step: Step) -> tuple[Statement, ...]:
        """What the step does once all stages before its own are over."""
        database, now = self.now.database, self.now
        match step:
            case _ if stage is Stage.EXPAND:
                return step.statements(database, now)
            case PromiseNotNull() if stage is Stage.CONTRACT and (step.table, step.column) in self.promised:
                return ()
            case PromiseNotNull() if stage is Stage.VERIFY and self._goes_along(step):
                return database.ddl.promise_not_null(now, step.table, step.column)
            case HandOver():  # what numbers the column is asked for under the column's present name
                return database.ddl.hand_over(now, step.table, step.old, step.new, step.type)
            case DropOldColumn() if (step.table, step.column) in self.along:
                return ()
            case RequireNotNull():  # what it depends on will have been promised by then
                names = self.names.get(step.table, {})
                ahead = Ahead(now, step.told(database), self.heirs, asks=False)
                return step.statements(database, RenamedColumns(ahead, step.table, names, database.same))
            case _:
                coming = self.coming if stage is Stage.DUAL_WRITE else self.heirs
                return step.statements(database, Ahead(now, step.told(database), coming))

    def _goes_along(self, step: PromiseNotNull) -> bool:
        """Whether the column takes another one's place: earlier steps will have given it the same constraints."""
        catalog = Ahead(self.now, step.told(self.now.database), self.coming)
        pairs = seen(self.now.database, catalog, step.plan, step.table, step.pairs).columns
        return any(pair.plain and any(one.name == step.column for one in pair.new) for pair in pairs)


def _heir(now: Live, step: StageColumn, added: Column) -> Column:
    if step.like is None:
        return added
    return replace(added, guards=get(now.database, now, step.table, step.like).guards)


def _rehearsed(steps: list[tuple[Stage, Step]], connection: Connection) -> Iterator[Foreseen]:
    """What the steps do to a copy of the tables; after one that fails, nothing is known of the rest."""
    missing = ""
    try:
        with _copy(connection) as copy:
            for stage, step in steps:
                found = (
                    _foreseen(stage, step, partial(_carried_out, copy))
                    if not missing
                    else _unknown(stage, step, missing)
                )
                missing = missing or found.unknown
                yield found
    except DBAPIError as error:  # a table that only its application can make
        yield from (_unknown(stage, step, _reason(error)) for stage, step in steps)


def _unknown(stage: Stage, step: Step, why: str) -> Foreseen:
    return Foreseen(stage, _table(step), unknown=why)


def _table(step: Step) -> str:
    return str(getattr(step, "table", ""))


def _carried_out(copy: Connection, step: Step) -> tuple[Statement, ...]:
    database = databases.of(copy)
    try:
        statements = step.statements(database, Live(database, copy))
    except ContractctlError as error:
        raise BlockingError(error.message, hint=error.hint) from error
    database.carry_out(copy, statements)
    return statements


@contextmanager
def _copy(connection: Connection) -> Iterator[Connection]:
    """The same tables and indexes, without rows; views and triggers of others are asked about by the stages."""
    query = (
        "SELECT name, sql FROM main.sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY type DESC, rowid"
    )
    with (
        tempfile.TemporaryDirectory(prefix="contractctl-") as folder,
        databases.opened(f"sqlite:///{Path(folder, 'copy.db')}") as engine,
        engine.begin() as copy,
    ):
        for name, sql in rows(connection, query):
            if not inspect(copy).has_table(name):  # a virtual table has created some of its own
                run(copy, sql)
        CONFLICT.metadata.create_all(copy, [CONFLICT, SET_ASIDE, KEPT])
        yield copy


def _reason(error: ContractctlError | DBAPIError) -> str:
    said = error.message if isinstance(error, ContractctlError) else str(error.orig)
    return said.strip().partition("\n")[0]

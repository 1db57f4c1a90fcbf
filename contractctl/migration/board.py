"""Where does every plan stand, since when, and what comes next? Read-only; it creates no tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, select

from contractctl import databases, journal, operations
from contractctl.backfill import Checkpoint, Pause, checkpoint, pause_of
from contractctl.databases import comparison
from contractctl.journal import Entry, History, Lease
from contractctl.journal.tables import CONFLICT, SET_ASIDE
from contractctl.migration.unrecorded import in_step
from contractctl.migration.words import next_command
from contractctl.model.plan import Plan, Standing, State

_NAMED = 20
_BEFORE = (State.PLANNED, State.EXPANDED, State.ROLLED_BACK)
_BOTH_SIDES = (State.DUAL_WRITING, State.BACKFILLED, State.VERIFIED, State.CANARY, State.QUIESCED)


@dataclass(frozen=True, slots=True)
class Table:
    """What is known about one table that is kept in step."""

    name: str
    checkpoint: Checkpoint
    remaining: int
    set_aside: tuple[tuple[str, str, str], ...]
    """The first rows set aside: key, column, error."""
    conflicts: tuple[tuple[str, str, str | None, str | None], ...]
    """The first rows in conflict: key, column, old value, new value."""


@dataclass(frozen=True, slots=True)
class Row:
    """One plan's row on the board."""

    plan: str
    standing: Standing
    moves: tuple[Entry, ...]
    """Every outcome, oldest first."""
    decisions: tuple[Entry, ...]
    """The newest decision for each stage since the last outcome."""
    begun: Entry | None
    """What was begun and has no outcome yet."""
    lease: Lease | None
    """Who is at work; None where nobody is."""
    tables: tuple[Table, ...]
    paused: Pause | None
    """Who has paused backfill and verify; None where nobody has."""
    unrecorded: tuple[str, ...]
    """Tables that have the plan's triggers although the journal does not say so."""
    next: str | None
    broken: tuple[str, ...]
    """What is wrong with the journal."""


def board(engine: Engine, plans: Sequence[Plan], now: float) -> tuple[Row, ...]:
    """One row a plan, all in one snapshot."""
    with journal.reading(engine) as connection:
        there = journal.version(connection) is not None
        return tuple(_row(connection, plan, now) if there else _lost(connection, plan) for plan in plans)


def _row(connection: Connection, plan: Plan, now: float) -> Row:
    entries = journal.entries(connection, plan.name)
    history = journal.fold(entries)
    lease = journal.current(connection, plan.name)
    return Row(
        plan=plan.name,
        standing=history.standing,
        moves=tuple(entry for entry in entries if entry.kind is journal.EntryKind.OUTCOME),
        decisions=tuple(history.decisions.values()),
        begun=history.pending,
        lease=lease if lease is not None and lease.expires_at > now else None,
        tables=_tables(connection, plan, history),
        paused=pause_of(connection, plan.name),
        unrecorded=in_step(connection, plan) if _may_be_unrecorded(history) else (),
        next=next_command(plan, history.standing),
        broken=tuple(journal.broken_links(connection, plan.name)),
    )


def planned(plan: Plan) -> Row:
    """The row of a plan that has not begun."""
    standing = History().standing
    return Row(plan.name, standing, (), (), None, None, (), None, (), next_command(plan, standing), ())


def _lost(connection: Connection, plan: Plan) -> Row:
    """The row of a plan whose journal is missing, whatever has happened to it."""
    return replace(planned(plan), unrecorded=in_step(connection, plan))


def _may_be_unrecorded(history: History) -> bool:
    """Whether, by the journal, no triggers exist yet or any more."""
    return history.pending is None and history.standing.state in _BEFORE


def _tables(connection: Connection, plan: Plan, history: History) -> tuple[Table, ...]:
    if history.standing.state not in _BOTH_SIDES:
        return ()
    return tuple(
        Table(
            name=sync.table,
            checkpoint=checkpoint(connection, sync),
            remaining=comparison.facts(databases.of(connection), connection, sync)["remaining"],
            set_aside=_set_aside(connection, sync.plan, sync.table),
            conflicts=_conflicts(connection, sync.plan, sync.table),
        )
        for sync in operations.synchronisations(plan, connection)
    )


def _set_aside(connection: Connection, plan: str, table: str) -> tuple[tuple[str, str, str], ...]:
    columns = SET_ASIDE.c
    query = select(columns.key, columns.column_name, columns.error).where(
        columns.plan == plan, columns.table_name == table
    )
    return tuple((row[0], row[1], row[2]) for row in connection.execute(query.order_by(columns.key).limit(_NAMED)))


def _conflicts(connection: Connection, plan: str, table: str) -> tuple[tuple[str, str, str | None, str | None], ...]:
    columns = CONFLICT.c
    query = select(columns.key, columns.column_name, columns.old_value, columns.new_value)
    query = query.where(columns.plan == plan, columns.table_name == table).order_by(columns.id).limit(_NAMED)
    return tuple((row[0], row[1], row[2], row[3]) for row in connection.execute(query))

"""How are the rows filled that were there before? Batch by batch, each with its checkpoint in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import ColumnElement, Connection, Engine, select

from contractctl import databases, journal
from contractctl.databases import Key, Synchronisation, batches, comparison, key_text, read_key
from contractctl.errors import ContractctlError
from contractctl.journal.tables import CHECKPOINT

_FIRST_BATCH = 500
_LEAST_BATCH = 10
_LARGEST_BATCH = 50_000
_PAUSE_SHARE = 0.5
"""Pause after a batch, as a share of the time that it took: other writers of a SQLite file poll for their turn."""
_LEAST_PAUSE = 0.004
_TRIES = 8
_FIRST_WAIT = 0.05


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a backfill may take from everybody else."""

    batch_seconds: float = 0.05
    """How long one batch may hold the writer's lock: its rows are chosen for it, batch by batch."""
    rows_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Outside:
    """What a backfill needs from outside of it."""

    clock: Callable[[], float]
    """Unix seconds."""
    sleep: Callable[[float], None]
    random: Callable[[], float]
    """From 0 to 1."""
    hold: Callable[[Connection], None]
    """Proves in a batch's own transaction that this operator is still the one, or raises."""
    told: Callable[["Progress"], None]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one table is."""

    table: str
    filled: int
    """Rows filled in this run."""
    due: int
    """Rows that waited when this run began; triggers may have filled some of them since."""
    set_aside: int
    """Rows set aside in this run."""
    seconds: float
    done: bool = False

    @property
    def left_seconds(self) -> float | None:
        """An estimate from this run's own speed, pauses and throttle included; None before there is one."""
        if self.done:
            return 0.0
        if self.filled == 0 or self.seconds <= 0:
            return None
        return max(0, self.due - self.filled) * self.seconds / self.filled


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Up to where one table has been filled."""

    last_key: Key | None = None
    rows: int = 0
    set_aside: int = 0
    done: bool = False


def backfill(engine: Engine, sync: Synchronisation, pace: Pace, outside: Outside) -> Checkpoint:
    """Fill every row of the table that was there when the triggers came; go on from the last checkpoint.

    It ends where no key is left, never because a batch was empty. Rows that come later are the triggers'.
    """
    with journal.reading(engine) as connection:
        reached = checkpoint(connection, sync)
        due = 0 if reached.done else comparison.facts(databases.of(connection), connection, sync)["remaining"]
    began, start, limit = outside.clock(), reached, min(_FIRST_BATCH, _largest(pace))
    while not reached.done:
        before = outside.clock()
        rows_before = reached.rows
        reached = _persistently(outside, partial(_batch, engine, sync, reached, limit, outside))
        spent = outside.clock() - before
        outside.told(_progress(sync, start, reached, due, outside.clock() - began))
        limit = _next_limit(limit, spent, pace)
        if not reached.done:
            outside.sleep(_pause(spent, reached.rows - rows_before, pace))
    return reached


def checkpoint(connection: Connection, sync: Synchronisation) -> Checkpoint:
    """Up to where the table has been filled, whoever did it."""
    row = connection.execute(select(CHECKPOINT).where(*_of(sync))).first()
    if row is None:
        return Checkpoint()
    key = None if row.last_key is None else read_key(row.last_key)
    return Checkpoint(key, row.rows, row.set_aside, bool(row.done))


def _batch(engine: Engine, sync: Synchronisation, reached: Checkpoint, limit: int, outside: Outside) -> Checkpoint:
    """One batch and its checkpoint, together or not at all. Where it ends is looked up before the lock is taken."""
    with journal.reading(engine) as connection:
        upto = batches.upper_key(databases.of(connection), connection, sync, reached.last_key, limit)
    with journal.writing(engine) as connection:
        outside.hold(connection)
        if upto is None:
            reached = replace(reached, done=True)
        else:
            filled = batches.fill(databases.of(connection), connection, sync, reached.last_key, upto)
            reached = Checkpoint(upto, reached.rows + filled.rows, reached.set_aside + filled.set_aside)
        _keep(connection, sync, reached, outside.clock())
    return reached


def _keep(connection: Connection, sync: Synchronisation, reached: Checkpoint, now: float) -> None:
    values = {
        "last_key": None if reached.last_key is None else key_text(reached.last_key),
        "rows": reached.rows,
        "set_aside": reached.set_aside,
        "done": int(reached.done),
        "at": now,
    }
    if connection.execute(CHECKPOINT.update().where(*_of(sync)).values(**values)).rowcount == 0:
        connection.execute(CHECKPOINT.insert().values(plan=sync.plan, table_name=sync.table, **values))


def _of(sync: Synchronisation) -> tuple[ColumnElement[bool], ...]:
    return (CHECKPOINT.c.plan == sync.plan, CHECKPOINT.c.table_name == sync.table)


def _persistently(outside: Outside, work: Callable[[], Checkpoint]) -> Checkpoint:
    """Try again where the database only asks for patience, later each time and never in step with somebody else."""
    for wait in _waits(outside.random):
        try:
            return work()
        except journal.RefusedError as error:
            if not journal.busy(error):
                raise
        outside.sleep(wait)
    raise ContractctlError(
        "other writers have not let the backfill have its turn",
        hint="end long transactions and run it again: it goes on from its checkpoint",
    )


def _waits(random: Callable[[], float]) -> Iterator[float]:
    for attempt in range(_TRIES):
        yield _FIRST_WAIT * 2**attempt * (0.5 + random())


def _next_limit(limit: int, spent: float, pace: Pace) -> int:
    """As many rows as should fit the target time, at most twice or half as many as before."""
    factor = pace.batch_seconds / spent if spent > 0 else 2.0
    return round(min(_largest(pace), max(_LEAST_BATCH, limit * min(2.0, max(0.5, factor)))))


def _largest(pace: Pace) -> int:
    """Never more than a second's worth where the rate is limited: the pause after a batch stays short."""
    return _LARGEST_BATCH if pace.rows_per_second is None else max(1, min(_LARGEST_BATCH, int(pace.rows_per_second)))


def _pause(spent: float, rows: int, pace: Pace) -> float:
    fair = max(_LEAST_PAUSE, spent * _PAUSE_SHARE)
    throttle = rows / pace.rows_per_second - spent if pace.rows_per_second else 0.0
    return max(fair, throttle)


def _progress(sync: Synchronisation, start: Checkpoint, reached: Checkpoint, due: int, seconds: float) -> Progress:
    return Progress(
        table=sync.table,
        filled=reached.rows - start.rows,
        due=due,
        set_aside=reached.set_aside - start.set_aside,
        seconds=seconds,
        done=reached.done,
    )

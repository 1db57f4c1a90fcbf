"""How does one walker fill a stretch of keys? Batch by batch, each with its checkpoint in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from contractctl import databases, journal
from contractctl.backfill import checkpoints
from contractctl.backfill.checkpoints import FRONTIER, Stretch, Walker
from contractctl.backfill.pace import (
    FIRST_BATCH,
    LARGEST_BATCH,
    Outside,
    Pace,
    batch_seconds,
    most_rows,
    next_limit,
    pause_after,
)
from contractctl.backfill.stopping import StoppedError
from contractctl.backoff import wait
from contractctl.databases import Filled, Synchronisation, batches, filling
from contractctl.errors import ContractctlError

LOOK_AGAIN = 0.5
"""Seconds between two checks of whether paused workers may continue."""
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 5.0

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Job:
    """What to fill, by whom, and how fast: plain values that can be sent anywhere."""

    sync: Synchronisation
    pace: Pace
    walker: Walker
    most: int = LARGEST_BATCH
    """The most rows that a batch may have."""


@dataclass(frozen=True, slots=True)
class Step:
    """One committed batch, or none while all workers are paused."""

    stretch: Stretch
    rows: int
    """Rows filled."""
    pause: float
    """How many seconds to pause now."""
    limit: int
    """How many rows the next batch may have."""
    why: str = ""
    """Why all workers are paused."""


def walk(engine: Engine, job: Job, stretch: Stretch, outside: Outside, limit: int = FIRST_BATCH) -> Iterator[Step]:
    """Every batch of the stretch, after its commit, up to the last one; the caller decides when the next one begins.

    It ends where no key is left, never because a batch was empty. Rows that come later are the triggers'.
    """
    careful, most = False, most_rows(job.pace, job.most)
    limit, one_writer = min(limit, most), databases.of(engine).one_writer
    target = batch_seconds(job.pace, one_writer=one_writer)
    while not stretch.done:
        found = patiently(job.pace, outside, partial(_batch, engine, job, stretch.number, outside, limit, careful))
        rows = found.stretch.rows - stretch.rows
        if found.why:
            pause = LOOK_AGAIN
        else:
            limit, careful = next_limit(found.limit, found.spent, target, most), found.careful
            pause = pause_after(found.spent, rows, job.pace, one_writer=one_writer)
        yield Step(found.stretch, rows, pause, limit, found.why)
        stretch = found.stretch


def patiently(pace: Pace, outside: Outside, work: Callable[[int], Found]) -> Found:
    """Try again while the database is only busy, later each time and never in step with another process.

    `work` is told how often it has been tried before. If the connection was lost, it may have been done.
    """
    until = outside.clock() + pace.patience_seconds
    for attempt in count():
        try:
            return work(attempt)
        except journal.RefusedError as error:
            if not (error.busy or error.lost):
                raise
            if outside.stopping():
                raise StoppedError from error
            if outside.clock() >= until:
                raise _no_turn(error) from error
        outside.sleep(wait(attempt, _FIRST_WAIT, _LONGEST_WAIT, outside.random()))
    raise AssertionError  # pragma: no cover - it counts forever


def _no_turn(error: journal.RefusedError) -> ContractctlError:
    if error.lost:
        return ContractctlError(error.message, hint="is the server up? run it again: it resumes from its checkpoint")
    return ContractctlError(
        f"the backfill could not get its locks: {error.message}",
        hint="end long transactions and run it again: it resumes from its checkpoint",
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """The result of one batch."""

    stretch: Stretch
    limit: int
    careful: bool
    """Whether the next one should expect a bad row, too."""
    spent: float = 0.0
    """Seconds for which it held its locks."""
    why: str = ""


def _batch(  # noqa: PLR0913, PLR0917 - one batch of what, how large, for the how-manieth time
    engine: Engine, job: Job, number: int, outside: Outside, limit: int, careful: bool, attempt: int
) -> _Batch:
    """One batch and its checkpoint, together or not at all; smaller each time that it meets another's lock.

    It expects no bad row: if there is one, the batch is repeated and that row set aside. If it is not found at
    once, half the batch is done again: whoever waits for the other half gets its turn.
    """
    limit = most = max(1, limit >> attempt)
    while True:
        try:
            done = _try_batch(engine, job, number, outside, limit, careful=careful)
        except journal.RefusedError as error:
            if (careful and limit == 1) or not _blames_a_row(engine, error):
                raise
            limit, careful = limit // 2 if careful else limit, True
        else:
            return replace(done, careful=done.careful or limit < most)


def _blames_a_row(engine: Engine, error: journal.RefusedError) -> bool:
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and databases.of(engine).blames_a_row(cause)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What is ahead of a walker."""

    stretch: Stretch
    why: str
    ahead: batches.Ahead | None


def _try_batch(  # noqa: PLR0913 - as _batch
    engine: Engine, job: Job, number: int, outside: Outside, limit: int, *, careful: bool
) -> _Batch:
    sight = None
    if databases.of(engine).one_writer:  # where the batch ends is looked up before it blocks others
        with journal.reading(engine) as connection:
            sight = _look_ahead(connection, job, number, limit)
        if sight.why:
            return _Batch(sight.stretch, limit, careful, why=sight.why)
    # what a crash takes back, the checkpoint with it, is done again; the journal's next entry makes all of it durable
    with journal.writing(databases.of(engine).unhurried(engine)) as connection:
        sight = sight or _look_ahead(connection, job, number, limit)
        if sight.why:
            return _Batch(sight.stretch, limit, careful, why=sight.why)
        began = outside.clock()
        after, aside = _fill(connection, job, sight, careful=careful)
        if after.done and after.number != FRONTIER:
            checkpoints.finish(connection, job.sync, job.walker, after)
        else:
            checkpoints.keep(connection, job.sync, job.walker, sight.stretch, after, outside.clock())
    return _Batch(after, limit, careful and aside > 0, outside.clock() - began)


def _look_ahead(connection: Connection, job: Job, number: int, limit: int) -> _Sight:
    stretch, why = checkpoints.look(connection, job.sync, number, job.walker)
    if why:
        return _Sight(stretch, why, None)
    database = databases.of(connection)
    return _Sight(stretch, "", batches.ahead(database, connection, job.sync, stretch.last_key, stretch.upto, limit))


def _fill(connection: Connection, job: Job, sight: _Sight, *, careful: bool) -> tuple[Stretch, int]:
    """Up to where the stretch is filled, and how many rows were set aside now."""
    before, ahead = sight.stretch, sight.ahead
    if ahead is None:
        return replace(before, done=True), 0
    database = databases.of(connection)
    filled = filling.fill(database, connection, job.sync, before.last_key, ahead.upto, careful=careful)
    return _moved(before, ahead, filled), filled.set_aside


def _moved(before: Stretch, ahead: batches.Ahead, filled: Filled) -> Stretch:
    return replace(
        before,
        last_key=ahead.upto,
        rows=before.rows + filled.rows,
        seen=before.seen + ahead.rows,
        set_aside=before.set_aside + filled.set_aside,
        done=ahead.upto == before.upto,
    )

"""How does one walker go through a stretch of keys? Batch by batch, each with its checkpoint in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from contractctl import databases, journal
from contractctl.backfill import checkpoints
from contractctl.backfill.checkpoints import FRONTIER, Stretch, Walker
from contractctl.backfill.pace import FIRST_BATCH, Outside, Pace, largest, next_limit
from contractctl.backfill.stopping import StoppedError
from contractctl.databases import Filled, Synchronisation, batches
from contractctl.errors import ContractctlError

LOOK_AGAIN = 0.5
"""Seconds between two looks at whether those who are held up may go on."""
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 5.0

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be filled, by whom, and how fast: facts that can be sent anywhere."""

    sync: Synchronisation
    pace: Pace
    walker: Walker


@dataclass(frozen=True, slots=True)
class Step:
    """One batch that is committed, or none where everybody is held up."""

    stretch: Stretch
    rows: int
    """Rows filled."""
    spent: float
    """Seconds for which others may have been held up."""
    limit: int
    """How many rows the next batch may have."""
    why: str = ""
    """What holds everybody up."""


def walk(engine: Engine, job: Job, stretch: Stretch, outside: Outside, limit: int = FIRST_BATCH) -> Iterator[Step]:
    """Every batch of the stretch, once it is committed, up to the last one; the caller says when the next one begins.

    It ends where no key is left, never because a batch was empty. Rows that come later are the triggers'.
    """
    limit, careful = min(limit, largest(job.pace)), False
    while not stretch.done:
        found = patiently(job.pace, outside, partial(_batch, engine, job, stretch.number, outside, limit, careful))
        if not found.why:
            limit, careful = next_limit(found.limit, found.spent, job.pace), found.careful
        yield Step(found.stretch, found.stretch.rows - stretch.rows, found.spent, limit, found.why)
        stretch = found.stretch
        if found.why:
            outside.sleep(LOOK_AGAIN)


def patiently(pace: Pace, outside: Outside, work: Callable[[int], Found]) -> Found:
    """Try again where the database only asks for patience, later each time and never in step with somebody else.

    `work` is told how often it has been tried before. Where it was the connection that was lost, it may have been done.
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
        outside.sleep(min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT) * (0.5 + outside.random()))
    raise AssertionError  # pragma: no cover - it counts for ever


def _no_turn(error: journal.RefusedError) -> ContractctlError:
    if error.lost:
        return ContractctlError(error.message, hint="is the server there? run it again: it goes on from its checkpoint")
    return ContractctlError(
        f"others have not let the backfill have its turn: {error.message}",
        hint="end long transactions and run it again: it goes on from its checkpoint",
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one batch came to."""

    stretch: Stretch
    limit: int
    careful: bool
    """Whether the next one had better expect a bad row, too."""
    spent: float = 0.0
    """Seconds for which it had its locks."""
    why: str = ""


def _batch(  # noqa: PLR0913, PLR0917 - one batch of what, how large, for the how-manieth time
    engine: Engine, job: Job, number: int, outside: Outside, limit: int, careful: bool, attempt: int
) -> _Batch:
    """One batch and its checkpoint, together or not at all; smaller each time that it got into somebody's way.

    It counts on every row until one is bad: then it is done again, and that row set aside.
    """
    limit = max(1, limit >> attempt)
    try:
        return _try_batch(engine, job, number, outside, limit, careful=careful)
    except journal.RefusedError as error:
        cause = error.__cause__
        if careful or not isinstance(cause, DBAPIError) or not databases.of(engine).blames_a_row(cause):
            raise
    return _try_batch(engine, job, number, outside, limit, careful=True)


def _try_batch(  # noqa: PLR0913 - as _batch
    engine: Engine, job: Job, number: int, outside: Outside, limit: int, *, careful: bool
) -> _Batch:
    """Where it ends is looked up before any lock is taken."""
    sync, database = job.sync, databases.of(engine)
    with journal.reading(engine) as connection:
        before, why = checkpoints.look(connection, sync, number, job.walker)
        if why:
            return _Batch(before, limit, careful, why=why)
        ahead = batches.ahead(database, connection, sync, before.last_key, before.upto, limit)
    with journal.writing(engine) as connection:
        began = outside.clock()
        if ahead is None:
            filled, after = Filled(0, 0), replace(before, done=True)
        else:
            filled = batches.fill(database, connection, sync, before.last_key, ahead.upto, careful=careful)
            after = _moved(before, ahead, filled)
        if after.done and after.number != FRONTIER:
            checkpoints.finish(connection, sync, job.walker, after)
        else:
            checkpoints.keep(connection, sync, job.walker, before, after, outside.clock())
    return _Batch(after, limit, careful and filled.set_aside > 0, outside.clock() - began)


def _moved(before: Stretch, ahead: batches.Ahead, filled: Filled) -> Stretch:
    return replace(
        before,
        last_key=ahead.upto,
        rows=before.rows + filled.rows,
        seen=before.seen + ahead.rows,
        set_aside=before.set_aside + filled.set_aside,
        done=ahead.upto == before.upto,
    )

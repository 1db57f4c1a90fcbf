"""How are existing rows filled? Batch by batch, each with its checkpoint in one transaction."""

from sqlalchemy import Connection, Engine

from contractctl import journal
from contractctl.backfill import alone, checkpoints, crew, executors
from contractctl.backfill.checkpoints import Checkpoint, FencedError, Pause, Walker, pause, pause_of, resume
from contractctl.backfill.crew import Crew
from contractctl.backfill.pace import Outside, Pace
from contractctl.backfill.progress import Progress
from contractctl.backfill.running import Run
from contractctl.backfill.stopping import PausedError, StoppedError
from contractctl.backfill.walking import Job
from contractctl.databases import Synchronisation

__all__ = (
    "Checkpoint",
    "Crew",
    "Outside",
    "Pace",
    "Pause",
    "PausedError",
    "Progress",
    "StoppedError",
    "backfill",
    "checkpoint",
    "executors",
    "pause",
    "pause_of",
    "resume",
)


def backfill(
    engine: Engine, sync: Synchronisation, pace: Pace, outside: Outside, workers: Crew | None = None
) -> Checkpoint:
    """Fill every row that was in the table when the triggers came; continue from the last checkpoint.

    One batch after the other in this process, or by a crew of workers. Rows that come later are the triggers'. Raise
    StoppedError where somebody wants it to end, after a whole batch.
    """
    run = Run(engine, Job(sync, pace, Walker(outside.token)), outside)
    reached = run.begin()
    if reached.done:
        return reached
    try:
        return alone.fill(run) if workers is None else crew.fill(run, workers)
    except FencedError:
        with journal.writing(engine) as connection:
            outside.hold(connection)  # raises, and names who has taken over
        raise


def checkpoint(connection: Connection, sync: Synchronisation) -> Checkpoint:
    """How far the table has been filled, by any worker."""
    return checkpoints.reached(connection, sync)

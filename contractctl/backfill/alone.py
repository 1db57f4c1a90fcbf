"""How does one process fill a table? Stretch by stretch: first what others had claimed and left, then the rest."""

from dataclasses import replace

from contractctl import journal
from contractctl.backfill import checkpoints
from contractctl.backfill.checkpoints import FRONTIER, Checkpoint, Stretch
from contractctl.backfill.pace import FIRST_BATCH
from contractctl.backfill.running import Run
from contractctl.backfill.walking import Step, patiently, walk


def fill(run: Run) -> Checkpoint:
    """Go through the table to its end."""
    limit, reached = FIRST_BATCH, run.look()
    run.go_on(reached)
    while (stretch := _next(run)) is not None:
        before = reached
        for step in walk(run.engine, run.job, stretch, run.outside, limit):
            limit, reached = step.limit, _sum(before, stretch, step)
            run.go_on(reached)
            if not reached.done:
                run.outside.sleep(step.pause)
    return reached


def _next(run: Run) -> Stretch | None:
    def look(_attempt: int) -> Stretch | None:
        with journal.reading(run.engine) as connection:
            return checkpoints.unfilled(connection, run.job.sync)

    return patiently(run.job.pace, run.outside, look)


def _sum(before: Checkpoint, start: Stretch, step: Step) -> Checkpoint:
    """The sum of the table's checkpoints after a step, without asking the database."""
    at = step.stretch
    return replace(
        before,
        rows=before.rows + at.rows - start.rows,
        seen=before.seen + at.seen - start.seen,
        set_aside=before.set_aside + at.set_aside - start.set_aside,
        why=step.why,
        done=at.done and at.number == FRONTIER,
    )

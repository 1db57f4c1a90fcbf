"""May a plan's backfill and verify continue? A switch in the database, obeyed within a batch by every process."""

from sqlalchemy import Engine

from contractctl import backfill, journal
from contractctl.backfill import Pause
from contractctl.journal import EntryKind, Note
from contractctl.model.plan import Plan, Stage


def pause(engine: Engine, plan: Plan, by: Pause, commit: str = "") -> None:
    """Pause. A running process waits; one that starts while paused says so and ends."""
    journal.open(engine)
    with journal.writing(engine) as connection:
        backfill.pause(connection, plan.name, by)
        journal.append(connection, _note(plan, EntryKind.PAUSE, by, commit))


def resume(engine: Engine, plan: Plan, by: Pause, commit: str = "") -> bool:
    """Resume. Whether anything was paused."""
    journal.open(engine)
    with journal.writing(engine) as connection:
        was_paused = backfill.resume(connection, plan.name)
        if was_paused:
            journal.append(connection, _note(plan, EntryKind.RESUME, by, commit))
    return was_paused


def _note(plan: Plan, kind: EntryKind, by: Pause, commit: str) -> Note:
    """Write it without a lease: it does not move the plan."""
    return Note(plan.name, kind, Stage.BACKFILL, f"{kind}-{by.at!r}", by.at, by.actor, commit, {"reason": by.reason})

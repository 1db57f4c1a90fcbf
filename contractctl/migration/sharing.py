"""Which share of the traffic goes to the new side? On record, and in the flags that follow it."""

from functools import partial
from typing import Any

from sqlalchemy import select

from contractctl import flagd, journal
from contractctl.journal.tables import CANARY
from contractctl.migration import schema_changes
from contractctl.migration.at_work import at_work
from contractctl.migration.context import Session
from contractctl.migration.retrying import insist
from contractctl.migration.revised import applied
from contractctl.model.plan import Stage, State


def canary(session: Session, percent: float, standing: State) -> dict[str, Any]:
    """Set the share; if there is a brown-out, end it.

    What is on record is never less than what a flag lets applications do: it grows before the flag, and shrinks after.
    """
    quiesce = session.plan.revisions.get(Stage.QUIESCE)
    ends = standing is State.QUIESCED and quiesce is not None and quiesce in applied(session)
    flags = session.context.flags
    for flag in flags:
        flagd.with_share(flag, percent)  # what cannot be written is refused before anything is done
    first = max(percent, share_of(session) or 0.0) if flags else percent
    insist(session, Stage.CANARY, partial(_set_share, session, first, quiesce if ends else None))
    for flag in flags:
        flagd.write_share(flag, percent)
    if first > percent:
        insist(session, Stage.CANARY, partial(_set_share, session, percent, None))
    return {"percent": percent, **({"flags": [flag.shown for flag in flags]} if flags else {})}


def flags_are_at(session: Session, percent: float) -> bool:
    """Whether every flag that follows the plan says this share."""
    return all(flagd.is_at(flag, percent) for flag in session.context.flags)


def _set_share(session: Session, percent: float, quiesce: str | None) -> None:
    share = CANARY.update().where(CANARY.c.plan == session.plan.name).values(percent=percent)
    with journal.writing(session.context.engine) as connection, at_work(session, connection):
        if quiesce is not None:
            schema_changes.downgrade(connection, session.environment, quiesce)
        if connection.execute(share).rowcount == 0:
            connection.execute(CANARY.insert().values(plan=session.plan.name, percent=percent))


def share_of(session: Session) -> float | None:
    """In percent, as it is on record; None where no canary runs."""
    with journal.reading(session.context.engine) as connection:
        return connection.execute(select(CANARY.c.percent).where(CANARY.c.plan == session.plan.name)).scalar()

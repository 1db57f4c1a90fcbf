"""Which of the plan's own revisions does the database have?"""

from collections.abc import Mapping

from contractctl import journal
from contractctl.migration import schema_changes
from contractctl.migration.context import Session
from contractctl.model.plan import Stage, State

REVISED = (Stage.EXPAND, Stage.DUAL_WRITE, Stage.VERIFY, Stage.QUIESCE, Stage.CONTRACT)
"""The stages that run an Alembic revision, in their order; verify only where the plan has something to validate."""

APPLIED_IN: Mapping[State, int] = {
    State.PLANNED: 0,
    State.EXPANDED: 1,
    State.DUAL_WRITING: 2,
    State.BACKFILLED: 2,
    State.VERIFIED: 3,
    State.CANARY: 3,
    State.QUIESCED: 4,
    State.CONTRACTED: 5,
    State.ROLLED_BACK: 0,
}
"""How many of those revisions the database has in each state."""


def applied(session: Session) -> frozenset[str]:
    """Those of the plan's own revisions that the database has."""
    own = session.plan.revisions.values()
    if not own:
        return frozenset()
    with journal.reading(session.context.engine) as connection:
        return schema_changes.applied(connection, session.environment) & frozenset(own)

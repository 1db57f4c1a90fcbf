"""What must autogenerate know about plans? Which of them are in flight in the database that env.py configured."""

from functools import cached_property
from pathlib import Path

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from contractctl import journal, planner, settings
from contractctl.alembic.commands import own_head
from contractctl.alembic.filtering import clean
from contractctl.alembic.in_flight import InFlight, in_flight
from contractctl.errors import ContractctlError
from contractctl.model.plan import Plan, Stage, State
from contractctl.operations.by_hand import by_hand
from contractctl.revisions.history import ancestors

_OVER = (State.CONTRACTED, State.ROLLED_BACK)


class Autogenerate:
    """Plans and the database, read when autogenerate first asks."""

    @cached_property
    def in_flight(self) -> InFlight:
        """What belongs to plans that are under way, or may be at any moment."""
        return in_flight(_plans_in_flight(context.get_context()))

    def attend(self, scripts: list[MigrationScript]) -> None:
        """Adjust revisions that are about to be written: their content, and which revision they follow."""
        found = context.get_context()
        for script in scripts:
            if script.upgrade_ops_list[-1].ops and found.connection is not None:
                clean(script, self.in_flight, found.connection)
            if script.head in (None, "head"):
                script.head = own_head(context.script)


def _plans_in_flight(found: MigrationContext) -> tuple[Plan, ...]:
    have = {script.revision for script in ancestors(context.script, found.get_current_heads())}
    try:
        plans = planner.read_plans(settings.load(Path(context.script.dir).absolute()).migrations)
        return tuple(plan for plan in plans if not _is_over(plan, have, found.connection))
    except ContractctlError as error:
        raise by_hand(error) from error


def _is_over(plan: Plan, have: set[str], connection: Connection | None) -> bool:
    """Whether the plan is over: the database has all of it, or nothing of it for good."""
    if plan.revisions.get(Stage.CONTRACT) in have:
        return True
    if connection is None or journal.version(connection) is None:
        return False
    return journal.standing(connection, plan.name).state in _OVER

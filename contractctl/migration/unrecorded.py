"""Which tables are kept in step by a plan's triggers, though its journal says that this has not begun?

Alembic may have been run directly, or the record is lost: most often tables restored without contractctl's own.
"""

from sqlalchemy import Connection

from contractctl import databases, journal, operations
from contractctl.errors import ContractctlError
from contractctl.model.plan import Plan, Stage


def in_step(connection: Connection, plan: Plan) -> tuple[str, ...]:
    """Those tables, for a plan whose journal knows of no triggers."""
    database = databases.of(connection)
    try:
        found = operations.synchronisations(plan, connection)
    except journal.RefusedError:
        raise
    except ContractctlError:  # one of the two sides does not exist
        return ()
    return tuple(sync.table for sync in found if not database.missing_triggers(connection, sync))


def demand_recorded(connection: Connection, plan: Plan) -> None:
    """Raise ContractctlError where Alembic does not know of them either: nothing could be begun, nor taken back."""
    tables = in_step(connection, plan)
    if tables:
        raise ContractctlError(
            f"triggers that keep both sides of {' and '.join(tables)} in step are there, and neither the journal nor"
            " alembic's table knows of them",
            hint="record the plan's revision that was run last, then run this again: alembic stamp"
            f" {plan.revisions.get(Stage.DUAL_WRITE, '')}, or that of a later stage",
        )

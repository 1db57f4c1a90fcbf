"""What is the life of a schema operation? One file for each kind, its stages in order; here, for whole plans."""

from sqlalchemy import Connection

from contractctl.databases import Synchronisation
from contractctl.model.plan import Plan
from contractctl.operations.asking import check_expressions, hindrances, losses, notes
from contractctl.operations.kinds import KINDS, Kind, of_tables, pairs_by_table
from contractctl.operations.locating import synchronisation
from contractctl.operations.stages import (
    before_rollback,
    contract,
    dual_write,
    expand,
    is_half_rolled_back,
    quiesce,
    rollback,
    stands_alone,
    validate,
)

__all__ = (
    "KINDS",
    "Kind",
    "before_rollback",
    "check_expressions",
    "contract",
    "dual_write",
    "expand",
    "hindrances",
    "is_half_rolled_back",
    "kept_tables",
    "losses",
    "notes",
    "of_tables",
    "quiesce",
    "rollback",
    "stands_alone",
    "synchronisations",
    "validate",
)


def kept_tables(plan: Plan) -> tuple[str, ...]:
    """The tables that have two sides to keep in step."""
    return tuple(table for table, _ in pairs_by_table(plan))


def synchronisations(plan: Plan, connection: Connection) -> tuple[Synchronisation, ...]:
    """What the plan keeps in step, table by table, under the names that the columns have right now."""
    return tuple(synchronisation(connection, plan.name, table, pairs) for table, pairs in pairs_by_table(plan))

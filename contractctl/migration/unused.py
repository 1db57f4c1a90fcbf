"""Was it declared that no user depends on this database, a test's or a developer's, and does it bear that out?

Then there is nobody whom a gate would protect. It is said by whoever runs Alembic, each time: on the command line with
`-x contractctl=unused`, in a program by config.attributes["contractctl"] = "unused".
"""

from alembic import context
from sqlalchemy import Connection

from contractctl import databases, journal, operations
from contractctl.databases import repairing, run
from contractctl.errors import ContractctlError
from contractctl.model.amounts import counted
from contractctl.model.plan import Plan

WORD = "contractctl"
UNUSED = "unused"
COMMAND = f"alembic -x {WORD}={UNUSED} upgrade heads"
_MOST = 1000
"""The most rows that a table may have from migrations alone, without any application."""


def is_unused(connection: Connection, plan: Plan) -> bool:
    """Whether it was declared. Raise ContractctlError where the database contradicts it."""
    if not _is_said():
        return False
    if journal.version(connection) is not None and journal.history(connection, plan.name).last is not None:
        raise ContractctlError(
            f"alembic was told that nobody uses this database, but its journal has the plan '{plan.name}'",
            hint=f"leave out -x {WORD}={UNUSED}",
        )
    database = databases.of(connection)
    for sync in operations.synchronisations(plan, connection):
        rows = run(connection, f"SELECT count(*) FROM {database.table(sync.table)}").scalar_one()
        if rows > _MOST:
            raise ContractctlError(
                f"alembic was told that nobody uses this database, but '{sync.table}' has {counted(rows, 'row')} in it",
                hint=f"leave out -x {WORD}={UNUSED}, and go through the stages: contractctl migrate status {plan.name}",
            )
    return True


def agree(connection: Connection, plan: Plan) -> None:
    """Fill what revisions have written before there were triggers."""
    database = databases.of(connection)
    for sync in operations.synchronisations(plan, connection):
        table = database.table(sync.table)
        keys = run(connection, f"SELECT {database.key_list(sync, table)} FROM {table}").all()
        repairing.repair(database, connection, sync, [tuple(key) for key in keys], "old")


def _is_said() -> bool:
    try:
        attributes, arguments = context.config.attributes, context.get_x_argument(as_dictionary=True)
    except (NameError, AttributeError):  # how Alembic reports that none of its commands is running
        return False
    return UNUSED in (attributes.get(WORD), arguments.get(WORD))

"""When do columns stop being unique? When nobody relies on it any more, as upserts of old applications do.

parameters: columns, which identify it where it has no name.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import DropConstraint, Step
from contractctl.operations.words import dropped, nothing

effort = Effort(Work.NONE, Work.NONE, Work.NONE, "on SQLite only a unique index, not a constraint of the table")

expand = nothing
dual_write = nothing
validate = nothing
quiesce = nothing
hindrances = hindering.of_an_old_part


def contract(operation: Operation) -> tuple[Step, ...]:
    """It goes."""
    columns = operation.parameters.get("columns", "")
    says = f"UNIQUE ({columns})" if columns else ""
    return (DropConstraint(operation.subject, dropped(operation), "unique", says),)

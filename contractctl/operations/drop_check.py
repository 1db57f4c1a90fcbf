"""When is a CHECK dropped? When nobody relies on it any more.

parameters: condition, which identifies it where it has no name.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import DropConstraint, Step
from contractctl.operations.words import dropped, nothing

effort = Effort(Work.SCAN, Work.NONE, Work.NONE)

expand = nothing
dual_write = nothing
validate = nothing
quiesce = nothing
hindrances = hindering.of_an_old_part


def contract(operation: Operation) -> tuple[Step, ...]:
    """It goes."""
    condition = operation.parameters.get("condition", "")
    says = f"CHECK ({condition})" if condition else ""
    return (DropConstraint(operation.subject, dropped(operation), "check", says),)

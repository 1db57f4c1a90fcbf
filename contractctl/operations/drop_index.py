"""When is an index dropped? When nobody relies on it any more."""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import DropIndex, Step
from contractctl.operations.words import dropped, nothing

effort = Effort(Work.NONE, Work.NONE, Work.NONE)

expand = nothing
dual_write = nothing
validate = nothing
quiesce = nothing
hindrances = hindering.of_an_old_part


def contract(operation: Operation) -> tuple[Step, ...]:
    """It goes."""
    return (DropIndex(operation.subject, dropped(operation)),)

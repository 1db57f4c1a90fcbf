"""How is a table dropped? First nobody can reach it for a while, then it is dropped."""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import BrownOutTable, DropOldTable, Step
from contractctl.operations.words import dropped, nothing

effort = Effort(Work.NONE, Work.NONE, Work.NONE)

expand = nothing
dual_write = nothing
validate = nothing
hindrances = hindering.of_a_table


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """Its name is gone for a while."""
    return (BrownOutTable(dropped(operation)),)


def contract(operation: Operation) -> tuple[Step, ...]:
    """It goes."""
    return (DropOldTable(dropped(operation)),)

"""How is a table renamed? A view of the new name stands in for it, until the table takes that name itself."""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import StandIn, Step, TakeName
from contractctl.operations.words import names, nothing

effort = Effort(Work.NONE, Work.NONE, Work.NONE)

dual_write = nothing
validate = nothing
contract = nothing
hindrances = hindering.of_a_renamed_table


def expand(operation: Operation) -> tuple[Step, ...]:
    """Both names can be read and written."""
    return (StandIn(*names(operation)),)


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """The table has the new name; an application that still uses the old one fails now, while that can be undone."""
    return (TakeName(*names(operation)),)

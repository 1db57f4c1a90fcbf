"""When may a column become NULL? When old readers, who do not expect that, are gone."""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import AllowNull, Step
from contractctl.operations.words import dropped, nothing

effort = Effort(Work.SCAN, Work.NONE, Work.REWRITE)

expand = nothing
dual_write = nothing
validate = nothing
quiesce = nothing
hindrances = hindering.of_a_column_that_stays


def contract(operation: Operation) -> tuple[Step, ...]:
    """NULL is allowed."""
    return (AllowNull(operation.subject, dropped(operation)),)

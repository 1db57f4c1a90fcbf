"""How is a table created? Nobody uses it yet, so it is simply created.

parameters: create, its CREATE TABLE.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import CreateTable, Step
from contractctl.operations.words import added, needed, nothing

effort = Effort(Work.NONE, Work.NONE, Work.NONE)

dual_write = nothing
validate = nothing
quiesce = nothing
contract = nothing
hindrances = hindering.of_a_new_table


def expand(operation: Operation) -> tuple[Step, ...]:
    """It exists. Rolling back drops it, unless it holds rows that are nowhere else."""
    return (CreateTable(added(operation), needed(operation, "create")),)

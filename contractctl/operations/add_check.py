"""How does a table get a CHECK? While applications write, once none of them may still break it.

parameters: condition (SQL); stands is the stage from which it holds: verify where old applications cannot break it, as
it speaks of new columns alone, else contract; becomes is the name that it takes over at the end.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import AddCheck, RenameConstraint, Step
from contractctl.operations.words import added, becomes, needed, nothing, stands

effort = Effort(Work.SCAN, Work.SCAN, Work.SCAN, "on MariaDB it becomes part of a column's definition, without a name")

expand = nothing
dual_write = nothing
quiesce = nothing
hindrances = hindering.of_a_new_part


def validate(operation: Operation) -> tuple[Step, ...]:
    """All rows fulfil it, and new ones will."""
    return _add(operation) if stands(operation) == "verify" else ()


def contract(operation: Operation) -> tuple[Step, ...]:
    """It holds at the latest from here on, under its own name."""
    if stands(operation) == "contract":
        return _add(operation)
    name = becomes(operation)
    return () if name is None else (RenameConstraint(operation.subject, added(operation), name, "check"),)


def _add(operation: Operation) -> tuple[Step, ...]:
    return (AddCheck(operation.subject, added(operation), needed(operation, "condition")),)

"""How does a column's default change? Once the old version's applications, who leave it out, are gone.

parameters: default and old_default, absent where there is none; stands is the stage that changes it: expand where no
old application ever leaves the column out.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import ChangeDefault, Step
from contractctl.operations.words import added, nothing

effort = Effort(Work.SCAN, Work.NONE, Work.NONE)

dual_write = nothing
validate = nothing
quiesce = nothing
hindrances = hindering.of_a_column_that_stays


def expand(operation: Operation) -> tuple[Step, ...]:
    """The default exists before anybody may leave the column out."""
    return _changed(operation) if operation.parameters.get("stands") == "expand" else ()


def contract(operation: Operation) -> tuple[Step, ...]:
    """A statement that leaves the column out gets the new default."""
    return () if operation.parameters.get("stands") == "expand" else _changed(operation)


def _changed(operation: Operation) -> tuple[Step, ...]:
    default, was = operation.parameters.get("default"), operation.parameters.get("old_default")
    return (ChangeDefault(operation.subject, added(operation), default, was),)

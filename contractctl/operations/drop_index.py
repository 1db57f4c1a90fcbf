"""How does an index go? When nobody relies on it any more."""

from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.steps import DropIndex, Step
from contractctl.operations.words import dropped, nothing

expand = nothing
dual_write = nothing
validate = nothing
quiesce = nothing
hindrances = hindering.of_an_old_part


def contract(operation: Operation) -> tuple[Step, ...]:
    """It goes."""
    return (DropIndex(operation.subject, dropped(operation)),)

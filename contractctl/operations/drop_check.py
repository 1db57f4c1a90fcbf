"""How does a CHECK go? When nobody relies on it any more.

parameters: condition, as it is found by that where it has no name.
"""

from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.steps import DropConstraint, Step
from contractctl.operations.words import dropped, nothing

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

"""How do columns become unique? An index is built while applications write, and the constraint uses it.

parameters: columns, with commas between; nulls ("not distinct"); stands and becomes as in add_check.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering
from contractctl.operations.effort import Effort
from contractctl.operations.steps import AddUnique, BuildIndex, RenameConstraint, Step
from contractctl.operations.words import added, becomes, listed, nothing, stands

effort = Effort(Work.SCAN, Work.SCAN, Work.SCAN)

expand = nothing
dual_write = nothing
quiesce = nothing
hindrances = hindering.of_a_new_part


def validate(operation: Operation) -> tuple[Step, ...]:
    """No two rows are alike, and none will be."""
    return _add(operation) if stands(operation) == "verify" else ()


def contract(operation: Operation) -> tuple[Step, ...]:
    """It holds at the latest from here on, under its own name."""
    if stands(operation) == "contract":
        return _add(operation)
    name = becomes(operation)
    return () if name is None else (RenameConstraint(operation.subject, added(operation), name, "unique"),)


def _add(operation: Operation) -> tuple[Step, ...]:
    table, name, columns = operation.subject, added(operation), listed(operation, "columns")
    nulls = operation.parameters.get("nulls", "")
    index = BuildIndex(table, name, unique=True, distinct=columns, rest=f"NULLS {nulls.upper()}" if nulls else "")
    return (index, AddUnique(table, name, columns))

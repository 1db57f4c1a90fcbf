"""How is a column added? Old writers do not know it, so it is nullable, has a default, or is filled for them.

fill, where given, is the column's value for whoever does not give it: SQL over the row's other columns.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering, promises
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import StageColumn, Step
from contractctl.operations.words import added, fill, has, knowing, nothing

effort = Effort(Work.SCAN, Work.SCAN, Work.REWRITE, "rows are read or written only for NOT NULL")


def expand(operation: Operation) -> tuple[Step, ...]:
    """The column exists. With a fill, its NOT NULL and default come later: they would hide "not given"."""
    parameters = operation.parameters
    fills = fill(operation) is not None
    return (
        StageColumn(
            operation.subject,
            added(operation),
            type=parameters.get("type"),
            collation=parameters.get("collation"),
            default=None if fills else parameters.get("default"),
            not_null=not fills and has(operation, "not_null"),
        ),
    )


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """A statement that leaves it out gets the fill's value."""
    value = fill(operation)
    if value is None:
        return ()
    column = added(operation)
    return (knowing(operation, Pair({}, {column: value}, lossy=True)),)


validate = promises.once_filled
quiesce = nothing
hindrances = hindering.of_a_column


def contract(operation: Operation) -> tuple[Step, ...]:
    """With a fill, the column now gets its NOT NULL and default."""
    return () if fill(operation) is None else tuple(promises.in_the_end(operation))

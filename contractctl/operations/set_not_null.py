"""How does a column become NOT NULL? NULLs are filled, nobody adds new ones, then the constraint stands.

fill is the value instead of NULL: SQL over the row; without one the rows must have none by themselves.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering, promises
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import Step
from contractctl.operations.words import added, fill, knowing, nothing

effort = Effort(Work.SCAN, Work.SCAN, Work.REWRITE)

expand = nothing


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """A NULL that is written becomes the fill's value; the backfill does the same for existing rows."""
    value = fill(operation)
    if value is None:
        return ()
    column = added(operation)
    return (knowing(operation, Pair({}, {column: value}, lossy=True)),)


validate = promises.once_filled
quiesce = nothing
hindrances = hindering.of_a_column_that_stays


def contract(operation: Operation) -> tuple[Step, ...]:
    """From now on NULL is refused, and the column has the default that the new version promises."""
    return tuple(promises.in_the_end(operation))

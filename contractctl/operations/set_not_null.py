"""How does a column become NOT NULL? NULLs are filled, nobody adds new ones, then the constraint stands.

transform.up is the value instead of NULL, over the row's columns; without one the rows must have none by themselves.
"""

from contractctl.model.plan import Operation
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import RequireNotNull, Step
from contractctl.operations.words import added


def expand(operation: Operation) -> tuple[Step, ...]:  # noqa: ARG001 - every kind has the same four stages
    """The column is there already."""
    return ()


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """A NULL that is written becomes the fill's value; the backfill does the same for what is there."""
    if operation.transform is None:
        return ()
    column = added(operation)
    return (Pair(column, column, operation.transform.up, operation.transform.down, lossy=True),)


def quiesce(operation: Operation) -> tuple[Step, ...]:  # noqa: ARG001
    """Nothing is taken away."""
    return ()


def contract(operation: Operation) -> tuple[Step, ...]:
    """From now on NULL is refused."""
    return (RequireNotNull(operation.subject, added(operation)),)

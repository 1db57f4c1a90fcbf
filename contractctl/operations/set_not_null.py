"""How does a column become NOT NULL? NULLs are filled, nobody adds new ones, then the constraint stands.

fill is the value instead of NULL: SQL over the row; without one the rows must have none by themselves.
"""

from contractctl.model.plan import Operation
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import RequireNotNull, SetDefault, Step
from contractctl.operations.words import added, fill


def expand(operation: Operation) -> tuple[Step, ...]:  # noqa: ARG001 - every kind has the same four stages
    """The column is there already."""
    return ()


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """A NULL that is written becomes the fill's value; the backfill does the same for what is there."""
    value = fill(operation)
    if value is None:
        return ()
    column = added(operation)
    return (Pair({}, {column: value}, lossy=True),)


def quiesce(operation: Operation) -> tuple[Step, ...]:  # noqa: ARG001
    """Nothing is taken away."""
    return ()


def contract(operation: Operation) -> tuple[Step, ...]:
    """From now on NULL is refused, and the default stands that the new version promises."""
    column = added(operation)
    require = RequireNotNull(operation.subject, column)
    default = operation.parameters.get("default")
    return (require,) if default is None else (require, SetDefault(operation.subject, column, default))

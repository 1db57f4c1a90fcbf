"""How is a column dropped? First nobody has to write it, then nobody can read it, then it is dropped.

fill, where given, is what old readers find in rows of writers who no longer give the column: SQL over the row.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering, promises
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import BrownOut, DropOldColumn, Step
from contractctl.operations.words import dropped, fill, knowing, nothing

effort = Effort(Work.REWRITE, Work.NONE, Work.NONE)


def expand(operation: Operation) -> tuple[Step, ...]:
    """New writers may leave it out."""
    return tuple(promises.relaxed(operation, dropped(operation), given=fill(operation) is not None))


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """Where it is left out, old readers find the fill's value, or NULL."""
    value = fill(operation)
    if value is None:
        return ()
    column = dropped(operation)
    return (knowing(operation, Pair({}, {column: value}, lossy=True)),)


validate = nothing
hindrances = hindering.of_a_column


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """Its name is gone for a while: an application that still reads it fails now, while that can be undone."""
    return (BrownOut(operation.subject, {dropped(operation): None}),)


def contract(operation: Operation) -> tuple[Step, ...]:
    """It goes."""
    return (DropOldColumn(operation.subject, dropped(operation)),)

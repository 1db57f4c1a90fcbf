"""How is a column renamed? The new name exists beside the old until nobody uses the old.

parameters: old_not_null and not_null ("yes") are what both versions promise; default is the new column's; counted
where the database counts the column up ("yes", "always"): the old column goes on doing so until its counter goes over.
"""

from contractctl.databases import Work
from contractctl.model.plan import Operation
from contractctl.operations import hindering, promises
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import BrownOut, DropOldColumn, HandOver, StageColumn, Step
from contractctl.operations.words import has, is_plain, knowing, names, transform

effort = Effort(Work.REWRITE, Work.SCAN, Work.REWRITE)


def expand(operation: Operation) -> tuple[Step, ...]:
    """The new column exists; writers who give only one of the two are not refused."""
    old, new = names(operation)
    parameters = operation.parameters
    stage = StageColumn(
        operation.subject, new, like=old, type=parameters.get("type"), collation=parameters.get("collation")
    )
    if "counted" in parameters:
        return (stage,)
    return (stage, *promises.relaxed(operation, old, given=is_plain(operation)))


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """Both hold the same, whichever is written."""
    old, new = names(operation)
    way = transform(operation)
    required = has(operation, "old_not_null") and has(operation, "not_null")
    pair = Pair({old: way.down}, {new: way.up}, way.lossy, required, counted="counted" in operation.parameters)
    return (knowing(operation, pair),)


validate = promises.once_filled
hindrances = hindering.of_a_column


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """The old name is gone for a while: an application that still reads it fails now, while that can be undone."""
    return (BrownOut(operation.subject, {names(operation)[0]: None}),)


def contract(operation: Operation) -> tuple[Step, ...]:
    """The new column gets what the new version promises, and the old column is dropped."""
    table, (old, new) = operation.subject, names(operation)
    return (*promises.in_the_end(operation), HandOver(table, old, new), DropOldColumn(table, old))

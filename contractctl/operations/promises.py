"""When does the new column's NOT NULL take effect? As soon as it refuses only those who were refused before.

Where the triggers give every row its value, or refuse the writer already, that is once the rows are filled. Where a
value may be impossible to convert, the row must stay writable until the old version's applications are gone.
"""

from collections.abc import Iterator

from contractctl.model.plan import Operation
from contractctl.operations.steps import PromiseNotNull, RelaxNotNull, RequireNotNull, SetDefault, Step
from contractctl.operations.words import added, fill, has, is_plain


def relaxed(operation: Operation, column: str, *, given: bool, of: str = "") -> Iterator[Step]:
    """What the expand revision does for the old column's: a statement that leaves it out is not refused.

    `given`: triggers give it a value then. `of` is what comes after a parameter's name, where there are several.
    """
    if has(operation, f"old_not_null{of}") and f"old_default{of}" not in operation.parameters:
        yield RelaxNotNull(operation.subject, column, given)


def once_filled(operation: Operation) -> tuple[Step, ...]:
    """What the validate revision does for it: no row holds NULL, and none will."""
    if _is_promised(operation) and _is_given(operation):
        return (PromiseNotNull(operation.subject, added(operation)),)
    return ()


def in_the_end(operation: Operation) -> Iterator[Step]:
    """What the contract revision does for it, and the default that the new version promises."""
    table, column = operation.subject, added(operation)
    if _is_promised(operation):
        yield from (PromiseNotNull(table, column), RequireNotNull(table, column))
    if "default" in operation.parameters:
        yield SetDefault(table, column, operation.parameters["default"])


def _is_promised(operation: Operation) -> bool:
    return operation.kind == "set-not-null" or has(operation, "not_null")


def _is_given(operation: Operation) -> bool:
    return fill(operation) is not None or (operation.old != operation.new and is_plain(operation))

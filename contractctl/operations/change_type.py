"""How does a column get another type? A second column of the new type exists beside it until nobody uses the old.

Where the new version calls it something else (new is not old) this is a rename with a transform: applications read
the new name as soon as they are moved. Where the name stays, the new values wait in the column `via` (amount__new):
applications that are moved use that column until quiesce swaps the two in one transaction, from when on the name
means the new type and `via` is gone; so they must be able to use either. Rolling back swaps them back.
`breaks`: statements of old applications fail or misread once the name means the new type, so that the gate asks for
them before. `up` is SQL over the old name, `down` over `via`.
"""

from contractctl.databases import Work
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation
from contractctl.operations import hindering, promises, rename_column
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import BrownOut, StageColumn, Step
from contractctl.operations.words import has, knowing, names, transform

effort = Effort(Work.REWRITE, Work.SCAN, Work.REWRITE)


def expand(operation: Operation) -> tuple[Step, ...]:
    """A column of the new type exists."""
    return (staged(operation), *promises.relaxed(operation, names(operation)[0], given=False))


def staged(operation: Operation) -> StageColumn:
    """The column of the new type."""
    old, _ = names(operation)
    place = new_place(operation)
    type_, collation = operation.parameters.get("type"), operation.parameters.get("collation")
    if type_ is None:
        raise ContractctlError(
            f"the change of type of '{operation.subject}.{old}' does not say which type",
            hint='add type = "…" to the operation\'s parameters in the plan file',
        )
    return StageColumn(operation.subject, place, type=type_, collation=collation, heir_of=(old,), instead_of=old)


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """Both hold the same value, each in its type."""
    old, new = names(operation)
    way = transform(operation)
    required = has(operation, "old_not_null") and has(operation, "not_null")
    return (
        knowing(operation, Pair({old: way.down}, {new: way.up}, way.lossy, required, operation.parameters.get("via"))),
    )


validate = promises.once_filled
hindrances = hindering.of_a_column


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """The old column's name is gone, or now refers to the column of the new type."""
    return (BrownOut(operation.subject, {names(operation)[0]: operation.parameters.get("via")}),)


def contract(operation: Operation) -> tuple[Step, ...]:
    """The column of the old type is dropped."""
    return rename_column.contract(operation)


def new_place(operation: Operation) -> str:
    """The column that holds the new values while both exist."""
    old, new = names(operation)
    via = operation.parameters.get("via")
    if via is None and old == new:
        raise ContractctlError(
            f"the change of type of '{operation.subject}.{old}' keeps the name and does not say where new values are"
            " kept until then",
            hint=f'add via = "{old}__new" to the operation\'s parameters in the plan file',
        )
    return via or new

"""How do the values of some columns move into others? Both sets exist side by side until nobody uses the old ones.

regroup says how each new value is made of the old ones, and back. parameters: type.COLUMN, collation.COLUMN,
not_null.COLUMN and default.COLUMN of the new columns, old_not_null.COLUMN of the old ones, and for a script old_type,
old_default and guarded.
"""

from collections.abc import Iterator
from dataclasses import replace

from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation, Regroup
from contractctl.operations import promises
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import (
    BrownOut,
    DropOldColumn,
    PromiseNotNull,
    RequireNotNull,
    SetDefault,
    StageColumn,
    Step,
)
from contractctl.operations.words import has, key, nothing


def expand(operation: Operation) -> tuple[Step, ...]:
    """The new columns exist; writers who give only one of the two sets are not refused."""
    return tuple(_expand(operation))


def _expand(operation: Operation) -> Iterator[Step]:
    parameters, olds = operation.parameters, _regroup(operation).downs
    for column in _regroup(operation).ups:
        type_ = parameters.get(f"type.{column}")
        if type_ is None:
            raise ContractctlError(
                f"the {operation.kind} of '{operation.subject}' does not say which type '{column}' has",
                hint=f'add "type.{column}" = "…" to the operation\'s parameters in the plan file',
            )
        collation = parameters.get(f"collation.{column}")
        yield StageColumn(operation.subject, column, type=type_, collation=collation, heir_of=tuple(olds))
    for column in olds:
        yield from promises.relaxed(operation, column, given=False, of=f".{column}")


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """Both sets hold the same, whichever is written."""
    regroup = _regroup(operation)
    required = all(has(operation, f"old_not_null.{column}") for column in regroup.downs) and all(
        has(operation, f"not_null.{column}") for column in regroup.ups
    )
    said = operation.parameters
    types = {name: said[f"old_type.{name}"] for name in regroup.downs if f"old_type.{name}" in said}
    types |= {name: said[f"type.{name}"] for name in regroup.ups if f"type.{name}" in said}
    defaults = {name: said[f"old_default.{name}"] for name in regroup.downs if f"old_default.{name}" in said}
    guarded = tuple(name for name in regroup.downs if has(operation, f"guarded.{name}"))
    pair = Pair(regroup.downs, regroup.ups, regroup.lossy, required, types=types, defaults=defaults)
    return (replace(pair, key=key(operation), guarded=guarded),)


validate = nothing


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """The old names are gone for a while."""
    return (BrownOut(operation.subject, dict.fromkeys(_regroup(operation).downs)),)


def contract(operation: Operation) -> tuple[Step, ...]:
    """The new columns get what the new version promises, and the old ones are dropped."""
    return tuple(_contract(operation))


def _contract(operation: Operation) -> Iterator[Step]:
    table, regroup = operation.subject, _regroup(operation)
    for column in regroup.ups:
        if has(operation, f"not_null.{column}"):
            yield from (PromiseNotNull(table, column), RequireNotNull(table, column))
        if (default := operation.parameters.get(f"default.{column}")) is not None:
            yield SetDefault(table, column, default)
    yield from (DropOldColumn(table, column) for column in regroup.downs)


def _regroup(operation: Operation) -> Regroup:
    if operation.regroup is None:
        raise ContractctlError(
            f"the {operation.kind} of '{operation.subject}' does not say how the values are carried over",
            hint="add [operations.regroup] with ups and downs to the operation in the plan file",
        )
    return operation.regroup

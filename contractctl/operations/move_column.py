"""How does a column move into another existing table? Both hold the same until nobody uses the old one.

A value without a row in the other table has no place: it stays where it is, and is counted as set aside. Where
it is lossy, several rows share one value: those that do not agree are in conflict, until somebody decides.

parameters: to, key ("customer_id=id"), type and collation of the new column; old_not_null ("yes") and old_fill: what
old readers find where the other table holds nothing. For a script: old_type, source_key and target_key.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from contractctl.databases import Database, Work
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation
from contractctl.operations import crossing, hindering
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import HoldTables, SetDefault, StageColumn, Step
from contractctl.operations.words import has, is_plain, names, needed, nothing

effort = Effort(Work.REWRITE, Work.NONE, Work.REWRITE)

validate = nothing


def expand(operation: Operation) -> tuple[Step, ...]:
    """The new column exists, and new applications need not write the old one. Rolling back locks both tables, too."""
    old, new = names(operation)
    _demand_as_it_is(operation)
    collation = operation.parameters.get("collation")
    stage = StageColumn(needed(operation, "to"), new, type=needed(operation, "type"), collation=collation)
    relaxed = crossing.relaxed(operation, (old,), (old,) if has(operation, "old_not_null") else ())
    hold = HoldTables((operation.subject, needed(operation, "to")))
    return (hold, *relaxed, stage, hold)


def _demand_as_it_is(operation: Operation) -> None:
    """Raise ContractctlError for what cannot be kept in step across two tables."""
    old, new = names(operation)
    place = f"'{operation.subject}.{old}' to '{operation.parameters.get('to')}.{new}'"
    parameters = operation.parameters
    if not is_plain(operation) or parameters.get("type", "") != parameters.get("old_type", parameters.get("type", "")):
        raise ContractctlError(
            f"the move of {place} changes its value, which is not supported",
            hint="move the column unchanged, and change it in a later plan",
        )
    if has(operation, "not_null"):
        raise ContractctlError(
            f"the move of {place} ends in a NOT NULL column, which is not supported",
            hint="move it into a nullable column, and make that NOT NULL in a later plan",
        )


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """Both columns hold the same, whichever is written."""
    old, new = names(operation)
    fill = operation.parameters.get("old_fill")
    absent = {} if fill is None else {old: fill}
    type_ = operation.parameters.get("old_type", operation.parameters.get("type"))
    types = {} if type_ is None else {old: type_}
    return (crossing.crossing(operation, {old: new}, types, absent, makes_rows=False),)


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """The old name is gone for a while."""
    return crossing.quiesced(operation, names(operation)[:1])


def contract(operation: Operation) -> tuple[Step, ...]:
    """The new column gets the default that the new version promises, and the old column is dropped."""
    default = operation.parameters.get("default")
    promised = () if default is None else (SetDefault(needed(operation, "to"), names(operation)[1], default),)
    return (*promised, *crossing.dropped(operation, names(operation)[:1]))


def hindrances(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """What prevents it in a database."""
    (old, new), to = names(operation), needed(operation, "to")
    yield from crossing.hindrances(operation, database, connection, {old: operation.parameters.get("old_fill")})
    yield from crossing.several(database, connection, to, tuple(crossing.key(operation).values()))
    there = Operation("add-column", operation.contract, to, new=new)
    yield from hindering.of_a_column(there, database, connection, begun=begun)

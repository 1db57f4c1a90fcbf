"""How do columns move into a table of their own? The plan makes it, and both hold the same until nobody uses the old.

A row of the new table comes with the first value that is not absent, and goes with the old table's row. Where old
columns hold nothing (NULL, or `fill.COLUMN`) there need be no row, so that new applications insert their own. Where
several rows share one it stays when they go, and holds what they agree on.

parameters: to, key ("id=order_id"), columns ("street=street,city=town"), create (CREATE TABLE); shared ("yes");
old_not_null.COLUMN and fill.COLUMN of the old columns. For a script: old_type.COLUMN, source_key and target_key.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from contractctl.databases import Database, Work
from contractctl.model.plan import Operation
from contractctl.operations import crossing, hindering
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Pair
from contractctl.operations.steps import CreateTable, HoldTables, Step
from contractctl.operations.words import needed, nothing

effort = Effort(Work.REWRITE, Work.NONE, Work.REWRITE)

validate = nothing


def expand(operation: Operation) -> tuple[Step, ...]:
    """The new table exists, and new applications need not write the old columns. Rolling back locks both tables."""
    create = CreateTable(needed(operation, "to"), needed(operation, "create"), fed=True)
    relaxed = crossing.relaxed(operation, crossing.columns(operation), crossing.promised(operation))
    return (*relaxed, create, HoldTables((operation.subject, needed(operation, "to"))))


def dual_write(operation: Operation) -> tuple[Pair, ...]:
    """Both tables hold the same, whichever is written."""
    pairs = crossing.columns(operation)
    absent, types = (
        {old: text for old in pairs if (text := operation.parameters.get(f"{word}.{old}")) is not None}
        for word in ("fill", "old_type")
    )
    return (crossing.crossing(operation, pairs, types, absent, makes_rows=True),)


def quiesce(operation: Operation) -> tuple[Step, ...]:
    """The old names are gone for a while."""
    return crossing.quiesced(operation, crossing.columns(operation))


def contract(operation: Operation) -> tuple[Step, ...]:
    """The old columns go."""
    return crossing.dropped(operation, crossing.columns(operation))


def hindrances(operation: Operation, database: Database, connection: Connection, *, begun: bool) -> Iterator[str]:
    """What a database has against it."""
    olds = {old: operation.parameters.get(f"fill.{old}") for old in crossing.columns(operation)}
    yield from crossing.hindrances(operation, database, connection, olds)
    made = Operation("create-table", operation.contract, needed(operation, "to"))
    yield from hindering.of_a_new_table(made, database, connection, begun=begun)

"""How does a schema operation live? One file a kind, its stages in order; here the registry and whole plans."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from sqlalchemy import Connection

from contractctl.databases import Synced, Synchronisation
from contractctl.databases.sqlite import expressions, quote, tables
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation, Plan, Transform
from contractctl.operations import add_column, change_type, drop_column, rename_column, set_not_null
from contractctl.operations.pairs import Pair, check, synchronisation
from contractctl.operations.steps import KeepInStep, Step, StopKeepingInStep


class Kind(Protocol):
    """What every file in this folder offers: what each stage does, its reversal being each step's own reverse()."""

    def expand(self, operation: Operation) -> tuple[Step, ...]:
        """What is added beside what is there."""

    def dual_write(self, operation: Operation) -> tuple[Pair, ...]:
        """What is kept in step."""

    def quiesce(self, operation: Operation) -> tuple[Step, ...]:
        """What is taken away for a while."""

    def contract(self, operation: Operation) -> tuple[Step, ...]:
        """What goes for good, and what the new version now promises."""


KINDS: dict[str, Kind] = {
    "rename-column": rename_column,
    "add-column": add_column,
    "drop-column": drop_column,
    "change-type": change_type,
    "set-not-null": set_not_null,
}


def of_tables(plan: Plan) -> tuple[Operation, ...]:
    """The plan's operations on tables: the others are an event format's."""
    return tuple(operation for operation in plan.operations if operation.kind in KINDS)


def expand(plan: Plan) -> tuple[Step, ...]:
    """What the expand revision does."""
    return tuple(step for operation in of_tables(plan) for step in KINDS[operation.kind].expand(operation))


def dual_write(plan: Plan) -> tuple[Step, ...]:
    """What the dual-write revision does: one set of triggers a table."""
    return tuple(KeepInStep(plan.name, table, pairs) for table, pairs in _pairs(plan))


def quiesce(plan: Plan) -> tuple[Step, ...]:
    """What the quiesce revision does."""
    return tuple(step for operation in of_tables(plan) for step in KINDS[operation.kind].quiesce(operation))


def contract(plan: Plan) -> tuple[Step, ...]:
    """What the contract revision does: first the triggers go, then the columns."""
    stop = (StopKeepingInStep(plan.name, table) for table, _ in _pairs(plan))
    steps = (step for operation in of_tables(plan) for step in KINDS[operation.kind].contract(operation))
    return (*stop, *steps)


def rollback(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What takes these steps back, the last one first."""
    return tuple(step.reverse() for step in reversed(steps))


def synchronisations(plan: Plan, connection: Connection) -> tuple[Synchronisation, ...]:
    """What the plan keeps in step, table by table, under the names that the columns have right now."""
    return tuple(synchronisation(connection, plan.name, table, pairs) for table, pairs in _pairs(plan))


def check_expressions(plan: Plan, columns: Mapping[str, tuple[str, ...]]) -> None:
    """Raise ContractctlError for an expression of the plan that cannot be used. columns: each table's."""
    for table, pairs in _pairs(plan):
        for pair in pairs:
            check(table, pair, columns.get(table, ()))


def hindrances(plan: Plan, connection: Connection) -> Iterator[str]:
    """What this database has against the plan, asked before anything is done: each a sentence."""
    for operation in of_tables(plan):
        yield from _hindrances(operation, connection)


def notes(plan: Plan, connection: Connection) -> Iterator[str]:
    """What must have moved before the old columns can be browned out: each a sentence."""
    for operation in of_tables(plan):
        if KINDS[operation.kind].quiesce(operation) and operation.old is not None:
            for name in tables.dependents(connection, operation.subject, operation.old):
                yield f"{name} uses '{operation.subject}.{operation.old}': drop it or write it anew before quiesce"


def losses(plan: Plan, connection: Connection, rows: int = 10_000) -> Iterator[str]:
    """Columns with values, among so many rows, that do not come back: down(up(x)) is not x. Each a sentence."""
    for table, pairs in _pairs(plan):
        for pair in pairs:
            transform = Transform(pair.up, pair.down, pair.lossy)
            synced = Synced(pair.old, pair.via or pair.new, transform, None)
            if synced.one_sided or expressions.up_possible(synced) == "1":
                continue
            old = quote(pair.old)
            found = connection.exec_driver_sql(
                f"SELECT count(*), min({old}) FROM (SELECT {old} FROM {quote(table)} LIMIT {int(rows)})"
                f" WHERE NOT ({expressions.up_possible(synced)})"
            ).one()
            if found[0]:
                place = f"'{table}.{pair.old}'"
                yield f"{found[0]} values of {place} do not come back from their new form, such as {found[1]!r}"


def _hindrances(operation: Operation, connection: Connection) -> Iterator[str]:
    table, old, new = operation.subject, operation.old, operation.new
    try:
        tables.create_text(connection, table)
    except ContractctlError as error:
        yield error.message
        return
    if table.lower() in ("old", "new"):
        yield f"a trigger cannot tell table '{table}' from its own OLD and NEW; rename the table first"
    found = None if old is None else tables.find_column(connection, table, old)
    if old is not None and found is None:
        yield f"table '{table}' has no column '{old}'"
    if nulls := tables.without_key(connection, table):
        key = ", ".join(tables.key_columns(connection, table))
        yield f"{nulls} rows of '{table}' hold NULL in the primary key ({key}): nothing tells them apart"
    if operation.kind != "set-not-null" and new is not None and new != old and _has(connection, table, new):
        yield f"table '{table}' already has a column '{new}'"
    via = operation.parameters.get("via")
    if via is not None and _has(connection, table, via):
        yield f"table '{table}' already has a column '{via}', where the new values would wait"
    if found is None or old is None or operation.kind == "set-not-null":
        return
    for what in tables.obstacles(connection, table, old):
        yield f"'{table}.{old}' is part of {what}, and SQLite cannot drop it without rewriting the table"
    if found.not_null and found.default is None and operation.parameters.get("old_not_null") != "yes":
        yield f"'{table}.{old}' is NOT NULL in the database and not in the released version of {operation.contract}"


def _has(connection: Connection, table: str, column: str) -> bool:
    return tables.find_column(connection, table, column) is not None


def _pairs(plan: Plan) -> Iterator[tuple[str, tuple[Pair, ...]]]:
    found: dict[str, list[Pair]] = {}
    for operation in of_tables(plan):
        found.setdefault(operation.subject, []).extend(KINDS[operation.kind].dual_write(operation))
    yield from ((table, tuple(pairs)) for table, pairs in found.items() if pairs)

"""How does a schema operation live? One file a kind, its stages in order; here the registry and whole plans."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from sqlalchemy import Connection

from contractctl import databases
from contractctl.databases import Column, Database, Held, Synced, Synchronisation, run
from contractctl.databases.looks import Told
from contractctl.databases.sides import up_possible
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation, Plan, Stage
from contractctl.operations import add_column, change_type, drop_column, rename_column, set_not_null
from contractctl.operations.pairs import Pair, check, synchronisation, written_out
from contractctl.operations.steps import BrownOut, KeepInStep, PromiseNotNull, Step, StopKeepingInStep


class Kind(Protocol):
    """What every file in this folder offers: what each stage does, its reversal being each step's own reverse()."""

    def expand(self, operation: Operation) -> tuple[Step, ...]:
        """What is added beside what is there."""

    def dual_write(self, operation: Operation) -> tuple[Pair, ...]:
        """What is kept in step."""

    def validate(self, operation: Operation) -> tuple[Step, ...]:
        """What is proven and made ready once both sides agree: it takes its time, beside everybody's writes."""

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


def validate(plan: Plan) -> tuple[Step, ...]:
    """What the validate revision does; nothing for most plans on most engines."""
    steps = (step for operation in of_tables(plan) for step in KINDS[operation.kind].validate(operation))
    return tuple(step for step in steps if not _is_idle(plan, step))


def quiesce(plan: Plan) -> tuple[Step, ...]:
    """What the quiesce revision does: all columns of one table lose their names at once, and the triggers follow."""
    steps = [step for operation in of_tables(plan) for step in KINDS[operation.kind].quiesce(operation)]
    pairs, columns = dict(_pairs(plan)), dict[str, dict[str, str | None]]()
    for step in steps:
        if isinstance(step, BrownOut):
            columns.setdefault(step.table, {}).update(step.columns)
    browned = (BrownOut(table, names, plan.name, pairs.get(table, ())) for table, names in columns.items())
    return (*browned, *(step for step in steps if not isinstance(step, BrownOut)))


def contract(plan: Plan) -> tuple[Step, ...]:
    """What the contract revision does: what the new version promises holds, the triggers go, then the columns."""
    planned = (step for operation in of_tables(plan) for step in KINDS[operation.kind].contract(operation))
    steps = [step for step in planned if not _is_idle(plan, step)]
    stop = [StopKeepingInStep(plan.name, table) for table, _ in _pairs(plan)]
    early = [step for step in steps if step.first]
    kept = [step for step in steps if not (step.first or step.drops)]
    return (*early, *kept, *stop, *(step for step in steps if step.drops))


def stands_alone(plan: Plan, stage: Stage) -> bool:
    """Whether the stage's revision has statements that may stand outside of any transaction."""
    return stage is Stage.VERIFY or (stage is Stage.CONTRACT and any(step.first for step in contract(plan)))


def rollback(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What takes these steps back, the last one first."""
    return tuple(step.reverse() for step in reversed(steps))


def synchronisations(plan: Plan, connection: Connection) -> tuple[Synchronisation, ...]:
    """What the plan keeps in step, table by table, under the names that the columns have right now."""
    return tuple(synchronisation(connection, plan.name, table, pairs) for table, pairs in _pairs(plan))


def check_expressions(database: Database, plan: Plan, columns: Mapping[str, tuple[str, ...]]) -> None:
    """Raise ContractctlError for an expression of the plan that cannot be used. columns: each table's."""
    for table, pairs in _pairs(plan):
        for pair in pairs:
            check(database, table, pair, columns.get(table, ()))


def hindrances(plan: Plan, connection: Connection, *, begun: bool = False) -> Iterator[str]:
    """What this database has against the plan, asked before anything is done: each a sentence.

    Once it has `begun` some of what is new may be there.
    """
    for operation in of_tables(plan):
        yield from _hindrances(operation, connection, begun=begun)


def notes(plan: Plan, connection: Connection) -> Iterator[str]:
    """What must have moved before the old columns can be browned out: each a sentence."""
    database = databases.of(connection)
    for operation in of_tables(plan):
        if KINDS[operation.kind].quiesce(operation) and operation.old is not None:
            for name in database.dependents(connection, operation.subject, operation.old):
                yield f"{name} uses '{operation.subject}.{operation.old}': drop it or write it anew before quiesce"


def losses(plan: Plan, connection: Connection, rows: int = 10_000) -> Iterator[str]:
    """Columns with values, among so many rows, that do not come back: down(up(x)) is not x. Each a sentence.

    Asked before anything is done: the new columns are not there yet, and count as of the old ones' type.
    """
    database = databases.of(connection)
    for table, pairs in _pairs(plan):
        found = {column.name: column for column in database.columns(connection, table)}
        for pair in pairs:
            if pair.lossy or not pair.old or not all(name in found for name in pair.old):
                continue
            yield from _losses(database, connection, table, _planned(written_out(database, pair), found), rows)


def _planned(pair: Pair, found: Mapping[str, Column]) -> Synced:
    """The pair as if its new columns were there."""
    names = {name: pair.via or name for name in pair.new}
    first = found[next(iter(pair.old))]
    new = tuple(Held(names[name], first.type, value) for name, value in pair.new.items())
    return Synced(tuple(Held(name, found[name].type, value) for name, value in pair.old.items()), new)


def _losses(database: Database, connection: Connection, table: str, synced: Synced, rows: int) -> Iterator[str]:
    columns = ", ".join(database.quote(one.name) for one in synced.old)
    first = database.quote(synced.old[0].name)
    sample = f"SELECT {columns} FROM {database.table(table)} LIMIT {int(rows)}"
    possible = up_possible(database, synced)
    lost, example = run(
        connection, f"SELECT count(*), min({first}) FROM ({sample}) AS contractctl_sample WHERE NOT ({possible})"
    ).one()
    if lost:
        place = f"'{table}.{synced.old[0].name}'"
        yield f"{lost} values of {place} do not come back from their new form, such as {example!r}"


def _is_idle(plan: Plan, step: Step) -> bool:
    """Whether the plan's engine does nothing for it, whatever stands in the database."""
    if not plan.dialect or not isinstance(step, PromiseNotNull):
        return False
    database = databases.named(plan.dialect)
    return not step.statements(database, Told(database))


def _hindrances(operation: Operation, connection: Connection, *, begun: bool) -> Iterator[str]:
    database = databases.of(connection)
    table, old, new = operation.subject, operation.old, operation.new
    try:
        columns = database.columns(connection, table)
    except ContractctlError as error:
        yield error.message
        return
    named = {name: _find(database, columns, name) for name in (old, new, operation.parameters.get("via")) if name}
    found = named.get(old) if old is not None else None
    if old is not None and found is None:
        yield f"table '{table}' has no column '{old}'"
    yield from database.hindrances(connection, table)
    if not begun and operation.kind != "set-not-null" and new is not None and new != old and named[new] is not None:
        yield f"table '{table}' already has a column '{new}'"
    via = operation.parameters.get("via")
    if not begun and via is not None and named[via] is not None:
        yield f"table '{table}' already has a column '{via}', where the new values would wait"
    if found is None or old is None or operation.kind == "set-not-null":
        return
    for what in database.obstacles(connection, table, old):
        yield f"'{table}.{old}' {what}"
    if found.not_null and found.default is None and operation.parameters.get("old_not_null") != "yes":
        yield f"'{table}.{old}' is NOT NULL in the database and not in the released version of {operation.contract}"


def _find(database: Database, columns: tuple[Column, ...], name: str) -> Column | None:
    return next((column for column in columns if database.same(column.name, name)), None)


def _pairs(plan: Plan) -> Iterator[tuple[str, tuple[Pair, ...]]]:
    found: dict[str, list[Pair]] = {}
    for operation in of_tables(plan):
        found.setdefault(operation.subject, []).extend(KINDS[operation.kind].dual_write(operation))
    yield from ((table, tuple(pairs)) for table, pairs in found.items() if pairs)

"""What prevents a plan in a database, which triggers would it fire, what would it lose? Asked beforehand."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from contractctl import databases
from contractctl.databases import Database
from contractctl.databases.catalog import Live, find
from contractctl.model.plan import Operation, Plan
from contractctl.operations import hindering, sampling
from contractctl.operations.kinds import KINDS, of_tables, pairs_by_table
from contractctl.operations.pairs import Crossing, Pair, Whole, check
from contractctl.operations.stages import PARTS_THAT_GO, dropped_parts, expand, quiesce
from contractctl.operations.steps import (
    BrownOut,
    BrownOutTable,
    RelaxNotNull,
    StageColumn,
    Step,
)
from contractctl.operations.steps.keeping import going, other_table


def check_expressions(database: Database, plan: Plan, columns: Mapping[str, tuple[str, ...]]) -> None:
    """Raise ContractctlError for an expression of the plan that cannot be used. columns: each table's."""
    for table, pairs in pairs_by_table(plan):
        for pair in pairs:
            check(database, table, pair, columns.get(table, ()))


def hindrances(plan: Plan, connection: Connection, *, begun: bool = False) -> Iterator[str]:
    """What prevents the plan in this database, asked before anything is done: each a sentence.

    Once it has `begun`, some of what is new may exist.
    """
    yield from dict.fromkeys(_hindrances(plan, connection, begun=begun))


def _hindrances(plan: Plan, connection: Connection, *, begun: bool) -> Iterator[str]:
    database = databases.of(connection)
    made = {operation.subject for operation in of_tables(plan) if operation.kind == "create-table"}
    for operation in of_tables(plan):
        if _takes_over(plan, operation):
            continue
        if operation.subject not in made or operation.kind == "create-table":
            asked = KINDS[operation.kind].hindrances(operation, database, connection, begun=begun)
            yield from hindering.asked(asked)
    for table, pairs in pairs_by_table(plan):
        yield from hindering.asked(hindering.of_rows(database, connection, table))
        for pair in pairs:
            yield from hindering.asked(hindering.of_expressions(database, connection, table, pair))


def notes(plan: Plan, connection: Connection) -> Iterator[str]:
    """Whom the backfill wakes, and what must have moved before the old side can be browned out: each a sentence."""
    database = databases.of(connection)
    for table, pairs in pairs_by_table(plan):
        if not any(isinstance(pair, Whole) for pair in pairs):
            yield from database.notes(connection, table)
        to = other_table(pairs)
        if to and not database.ddl.reads_what_triggers_write:
            yield (
                f"from dual-write on, the database rejects (1442) statements that write columns which move to '{to}'"
                f" and also read '{to}', such as INSERT INTO {table} … SELECT … FROM {to}, and the reverse: split them"
                " before"
            )
        yield from _asked_for(plan, database, connection, table, pairs)
    for table in dict.fromkeys(step.table for step in expand(plan) if isinstance(step, StageColumn)):
        if database.exists(connection, table):
            yield from database.column_notes(connection, table)
    for step in quiesce(plan):
        yield from _before_quiesce(database, connection, step, dropped_parts(plan))


def _asked_for(
    plan: Plan, database: Database, connection: Connection, table: str, pairs: tuple[Pair, ...]
) -> Iterator[str]:
    """Columns that an INSERT … SELECT must set itself, since they are checked before a trigger can set them."""
    if database.ddl.relaxes_given or any(isinstance(pair, Crossing | Whole) for pair in pairs):
        return
    relaxed = {(step.table, step.column) for step in expand(plan) if isinstance(step, RelaxNotNull) and not step.given}
    for name in (name for pair in pairs for name in pair.old if (table, name) not in relaxed):
        column = find(database, Live(database, connection), table, name)
        if column is not None and column.not_null and column.default is None:
            yield (
                "from dual-write to contract the database refuses (1364) INSERT … SELECT and REPLACE … SELECT that give"
                f" the new side of '{table}.{name}' alone, as it is NOT NULL and has no default: where new applications"
                f" have such statements, let it have one before dual-write: ALTER TABLE {database.table(table)} ALTER"
                f" COLUMN {database.quote(name)} SET DEFAULT …"
            )


def _before_quiesce(database: Database, connection: Connection, step: Step, dropped: tuple[str, ...]) -> Iterator[str]:
    if isinstance(step, BrownOut):
        for column, instead in step.columns.items():
            if instead is not None and database.ddl.remembers_types:
                yield (
                    f"from quiesce on, '{step.table}.{column}' has another type, and prepared statements that return it"
                    " fail (cached plan must not change result type): let applications that prepare statements"
                    " reconnect then"
                )
            for name in _others(database.dependents(connection, step.table, column), dropped):
                yield f"{name} uses '{step.table}.{column}': drop or rewrite it before quiesce"
    elif isinstance(step, BrownOutTable):
        for name in _others(database.table_dependents(connection, step.table), dropped):
            yield f"{name} uses the table '{step.table}': drop or rewrite it before quiesce"


def losses(plan: Plan, connection: Connection, rows: int = 10_000) -> Iterator[str]:
    """Columns with values, in a sample of rows, that do not come back: down(up(x)) is not x. Each a sentence."""
    for table, pairs in pairs_by_table(plan):
        for pair in pairs:
            yield from sampling.losses(databases.of(connection), connection, table, pair, rows)


def _others(found: tuple[str, ...], dropped: tuple[str, ...]) -> Iterator[str]:
    """Those that the plan itself does not drop or hand over."""
    ours = going(dropped)
    yield from (name for name in found if not any(one in name for one in ours))


def _takes_over(plan: Plan, operation: Operation) -> bool:
    """Whether it is a constraint or an index in the place of one of that name, which the plan drops."""
    comes = operation.kind.startswith("add-") and operation.kind != "add-column"
    gone = {one.old for one in of_tables(plan) if one.subject == operation.subject and one.kind in PARTS_THAT_GO}
    return (comes or operation.kind == "create-index") and operation.new in gone

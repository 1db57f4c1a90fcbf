"""How does a schema operation live? One file a kind, its stages in order; here the registry and whole plans."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from sqlalchemy import Connection

from contractctl import databases
from contractctl.databases import Database, Synchronisation
from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation, Plan, Stage
from contractctl.operations import (
    add_check,
    add_column,
    add_foreign_key,
    add_unique,
    change_default,
    change_key_type,
    change_type,
    create_index,
    create_table,
    crossing,
    drop_check,
    drop_column,
    drop_foreign_key,
    drop_index,
    drop_not_null,
    drop_table,
    drop_unique,
    extract_table,
    hindering,
    merge_columns,
    move_column,
    rename_column,
    rename_table,
    sampling,
    set_not_null,
    split_column,
)
from contractctl.operations.effort import Effort
from contractctl.operations.pairs import Crossing, Pair, check, synchronisation
from contractctl.operations.steps import (
    AddUnique,
    BePatient,
    BrownOut,
    BrownOutTable,
    BuildIndex,
    DropConstraint,
    DropIndex,
    DropOldColumn,
    HandOver,
    HoldTables,
    KeepInStep,
    LeaveNewSide,
    LetRowsGo,
    MoveKey,
    PromiseNotNull,
    RelaxNotNull,
    RenameConstraint,
    RenewTriggers,
    RequireNotNull,
    StageColumn,
    Step,
    StopKeepingInStep,
)
from contractctl.operations.steps.constraints import AddCheck, AddForeignKey
from contractctl.operations.steps.keeping import going, other_table
from contractctl.operations.words import dropped, has, listed


class Kind(Protocol):
    """What every file in this folder offers: what each stage does, its reversal being each step's own reverse()."""

    effort: Effort
    """What that costs on each engine."""

    def expand(self, operation: Operation, /) -> tuple[Step, ...]:
        """What is added beside what is there."""

    def dual_write(self, operation: Operation, /) -> tuple[Pair, ...]:
        """What is kept in step."""

    def validate(self, operation: Operation, /) -> tuple[Step, ...]:
        """What is proven and made ready once both sides agree: it takes its time, beside everybody's writes."""

    def quiesce(self, operation: Operation, /) -> tuple[Step, ...]:
        """What is taken away for a while."""

    def contract(self, operation: Operation, /) -> tuple[Step, ...]:
        """What goes for good, and what the new version now promises."""

    def hindrances(
        self, operation: Operation, database: Database, connection: Connection, *, begun: bool
    ) -> Iterator[str]:
        """What a database has against it, before anything is done, or once it has `begun`."""


KINDS: Mapping[str, Kind] = {
    "add-column": add_column,
    "rename-column": rename_column,
    "drop-column": drop_column,
    "change-type": change_type,
    "change-key-type": change_key_type,
    "set-not-null": set_not_null,
    "drop-not-null": drop_not_null,
    "change-default": change_default,
    "split-column": split_column,
    "merge-columns": merge_columns,
    "move-column": move_column,
    "extract-table": extract_table,
    "create-table": create_table,
    "rename-table": rename_table,
    "drop-table": drop_table,
    "add-check": add_check,
    "drop-check": drop_check,
    "add-unique": add_unique,
    "drop-unique": drop_unique,
    "add-foreign-key": add_foreign_key,
    "drop-foreign-key": drop_foreign_key,
    "create-index": create_index,
    "drop-index": drop_index,
}
_SORTS: Mapping[type[Step], str] = {
    AddCheck: "check",
    AddForeignKey: "foreign-key",
    AddUnique: "unique",
    BuildIndex: "index",
}
_PARTS_THAT_GO = frozenset({"drop-check", "drop-unique", "drop-foreign-key", "drop-index"})
_BESIDE = "__new"


def of_tables(plan: Plan) -> tuple[Operation, ...]:
    """The plan's operations on tables: the others are for applications. Raise ContractctlError for one of no kind."""
    found = tuple(operation for operation in plan.operations if operation.is_of_tables)
    for operation in found:
        if operation.kind not in KINDS:
            raise ContractctlError(
                f"the {operation.kind} of '{operation.subject}' can be planned and not carried out yet",
                hint="make it in a revision and a version of its own, and plan the rest",
            )
    return found


def expand(plan: Plan) -> tuple[Step, ...]:
    """What the expand revision does."""
    return _patiently(plan, _held(plan, tuple(step for step in _expand(plan) if not _is_idle(plan, step))))


def _expand(plan: Plan) -> tuple[Step, ...]:
    return tuple(step for operation in of_tables(plan) for step in KINDS[operation.kind].expand(operation))


def dual_write(plan: Plan) -> tuple[Step, ...]:
    """What the dual-write revision does: one set of triggers a table."""
    steps = tuple(KeepInStep(plan.name, table, pairs) for table, pairs in _pairs(plan))
    return _patiently(plan, _held(plan, steps))


def validate(plan: Plan) -> tuple[Step, ...]:
    """What the validate revision does; nothing for most plans on most engines.

    The triggers are made anew whenever they may know that less can be refused.
    """
    planned = (step for operation in of_tables(plan) for step in KINDS[operation.kind].validate(operation))
    steps, pairs = [step for step in planned if not _is_idle(plan, step)], dict(_validated(plan))
    promises = [
        replace(step, plan=plan.name, pairs=pairs.get(step.table, ()))
        for step in steps
        if isinstance(step, PromiseNotNull)
    ]
    others = [step for step in steps if not isinstance(step, PromiseNotNull)]
    return _patiently(plan, (*others, *_renewed(plan, others), *promises, *_renewed(plan, promises)))


def _renewed(plan: Plan, steps: Sequence[Step]) -> tuple[Step, ...]:
    touched = {getattr(step, "table", None) for step in steps}
    before = dict(_pairs(plan))
    return _held(
        plan,
        tuple(
            RenewTriggers(plan.name, table, pairs, () if pairs == before[table] else before[table])
            for table, pairs in _validated(plan)
            if table in touched
        ),
    )


def quiesce(plan: Plan) -> tuple[Step, ...]:
    """What the quiesce revision does: all columns of one table lose their names at once, and the triggers follow."""
    steps = [step for operation in of_tables(plan) for step in KINDS[operation.kind].quiesce(operation)]
    pairs, columns, dropped = dict(_validated(plan)), dict[str, dict[str, str | None]](), _dropped(plan)
    for step in steps:
        if isinstance(step, BrownOut):
            columns.setdefault(step.table, {}).update(step.columns)
    browned = (BrownOut(table, names, plan.name, pairs.get(table, ()), dropped) for table, names in columns.items())
    others = (step for step in steps if not isinstance(step, BrownOut))
    tables = (replace(step, dropped=dropped) if isinstance(step, BrownOutTable) else step for step in others)
    return _patiently(plan, _held(plan, (*browned, *tables)))


def contract(plan: Plan) -> tuple[Step, ...]:
    """What the contract revision does: what the new version promises holds, the triggers go, then the columns."""
    planned = (step for operation in of_tables(plan) for step in KINDS[operation.kind].contract(operation))
    steps = _beside_all([step for step in planned if not _is_idle(plan, step)])
    steps = [*_apart(steps), *(DropIndex(table, name) for table, name in _indexes_left(plan))]
    early = [step for step in steps if step.first]
    kept = [step for step in steps if not (step.first or step.drops)]
    parts = [step for step in steps if isinstance(step, DropConstraint | DropIndex) and not step.first]
    keys = [step for step in steps if isinstance(step, MoveKey)]
    columns = [step for step in steps if isinstance(step, DropOldColumn)]
    stop = [
        StopKeepingInStep(
            plan.name, table, tuple(step.column for step in columns if step.table == table), other_table(pairs)
        )
        for table, pairs in _pairs(plan)
    ]
    others = [step for step in steps if step.drops and step not in (*parts, *keys) and not step.first]
    return (*early, *_patiently(plan, _held(plan, (*kept, *parts, *keys, *stop, *others))))


def before_rollback(plan: Plan, database: Database, *, kept: bool) -> tuple[Step, ...]:
    """What comes before expand and dual-write are taken back, each statement for itself.

    What will be NOT NULL again is proven beside everybody's writes; where nothing is undone with a transaction, the new
    side can be written no more, and a new table holds no rows of the old one. `kept`: both sides are kept in step.
    """
    relaxed = [step for step in _expand(plan) if isinstance(step, RelaxNotNull)]
    promises = [PromiseNotNull(step.table, step.column) for step in relaxed if database.ddl.promises]
    if database.transactional_ddl or not kept:
        return tuple(promises)
    made = (pair for _, pairs in _pairs(plan) for pair in pairs if isinstance(pair, Crossing) and pair.makes_rows)
    return (*promises, *_leaving(plan), *(LetRowsGo(pair.to, pair.source) for pair in made))


def is_half_rolled_back(plan: Plan, connection: Connection) -> bool:
    """Whether the new side has no names left, by a rollback that did not come to its end."""
    database = databases.of(connection)
    if database.transactional_ddl:
        return False
    return any(step.begun(database, connection) for step in _leaving(plan) if database.exists(connection, step.table))


def _leaving(plan: Plan) -> Iterator[LeaveNewSide]:
    staged = {(step.table, step.column) for step in _expand(plan) if isinstance(step, StageColumn)}
    leaving = (
        LeaveNewSide(
            other_table(pairs) or table,
            crossing.new_columns(pairs) or tuple(name for of, name in sorted(staged) if of == table),
            plan.name,
            pairs,
        )
        for table, pairs in _pairs(plan)
    )
    yield from (step for step in leaving if step.columns)


def stands_alone(plan: Plan, stage: Stage) -> bool:
    """Whether the stage's revision has statements that may stand outside of any transaction."""
    return stage is Stage.VERIFY or (stage is Stage.CONTRACT and any(step.first for step in contract(plan)))


def rollback(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What takes these steps back, the last one first."""
    back = [step.reverse() for step in reversed(steps)]
    patient = [step for step in back if isinstance(step, BePatient)][:1]
    held = list(dict.fromkeys(step for step in back if isinstance(step, HoldTables)))
    others = [step for step in back if not isinstance(step, BePatient | HoldTables)]
    return (*patient, *held, *(step for step in others if not step.last), *(step for step in others if step.last))


def kept_tables(plan: Plan) -> tuple[str, ...]:
    """The tables that have two sides to keep in step."""
    return tuple(table for table, _ in _pairs(plan))


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
    database = databases.of(connection)
    made = {operation.subject for operation in of_tables(plan) if operation.kind == "create-table"}
    for operation in of_tables(plan):
        if _takes_over(plan, operation):
            continue
        if operation.subject not in made or operation.kind == "create-table":
            asked = KINDS[operation.kind].hindrances(operation, database, connection, begun=begun)
            yield from hindering.asked(asked)
    for table, pairs in _pairs(plan):
        for pair in pairs:
            yield from hindering.asked(hindering.of_expressions(database, connection, table, pair))


def notes(plan: Plan, connection: Connection) -> Iterator[str]:
    """Whom the backfill wakes, and what must have moved before the old side can be browned out: each a sentence."""
    database, dropped = databases.of(connection), _dropped(plan)
    for table, _ in _pairs(plan):
        yield from database.notes(connection, table)
    for step in quiesce(plan):
        if isinstance(step, BrownOut):
            for column in step.columns:
                for name in _others(database.dependents(connection, step.table, column), dropped):
                    yield f"{name} uses '{step.table}.{column}': drop it or write it anew before quiesce"
        elif isinstance(step, BrownOutTable):
            for name in _others(database.table_dependents(connection, step.table), dropped):
                yield f"{name} uses the table '{step.table}': drop it or write it anew before quiesce"


def losses(plan: Plan, connection: Connection, rows: int = 10_000) -> Iterator[str]:
    """Columns with values, among so many rows, that do not come back: down(up(x)) is not x. Each a sentence."""
    for table, pairs in _pairs(plan):
        for pair in pairs:
            yield from sampling.losses(databases.of(connection), connection, table, pair, rows)


def _others(found: tuple[str, ...], dropped: tuple[str, ...]) -> Iterator[str]:
    """Those that the plan does not drop, or hand over, itself."""
    ours = going(dropped)
    yield from (name for name in found if not any(one in name for one in ours))


def _takes_over(plan: Plan, operation: Operation) -> bool:
    """Whether it is a constraint or an index in the place of one of that name, which the plan drops."""
    comes = operation.kind.startswith("add-") and operation.kind != "add-column"
    gone = {one.old for one in of_tables(plan) if one.subject == operation.subject and one.kind in _PARTS_THAT_GO}
    return (comes or operation.kind == "create-index") and operation.new in gone


def _dropped(plan: Plan) -> tuple[str, ...]:
    """The names of constraints and indexes that go in the end."""
    planned = (operation.old for operation in of_tables(plan) if operation.kind in _PARTS_THAT_GO)
    return (*(name for name in planned if name is not None), *(name for _, name in _indexes_left(plan)))


def _indexes_left(plan: Plan) -> Iterator[tuple[str, str]]:
    """Table and name of each index that a foreign key has brought, over columns that go in the end."""
    if not plan.dialect or not databases.named(plan.dialect).ddl.keys_bring_indexes:
        return
    steps = [step for operation in of_tables(plan) for step in KINDS[operation.kind].contract(operation)]
    going = {(step.table, step.column) for step in steps if isinstance(step, DropOldColumn)}
    for operation in of_tables(plan):
        if operation.kind == "drop-foreign-key" and "columns" in operation.parameters:
            first = listed(operation, "columns")[0]
            if (operation.subject, first) in going:
                unnamed = operation.parameters.get("named") == "no"
                yield operation.subject, first if unnamed else dropped(operation)


def _patiently(plan: Plan, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    if not steps or not plan.dialect or not databases.named(plan.dialect).ddl.patience():
        return steps
    return (BePatient(), *steps)


def _held(plan: Plan, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What one transaction does, all of its tables held first where a key changes: writers go from one to the other."""
    named = (getattr(step, "table", None) for step in steps)
    tables = tuple(dict.fromkeys(table for table in named if isinstance(table, str)))
    hold = HoldTables(tables)
    rekeyed = any(operation.kind == "change-key-type" for operation in of_tables(plan))
    return (hold, *steps) if rekeyed and len(tables) > 1 and not _is_idle(plan, hold) else steps


def _beside_all(steps: list[Step]) -> list[Step]:
    """Where nothing goes but indexes, they need no transaction, and can go beside everybody's reads and writes."""
    if not all(isinstance(step, DropIndex) for step in steps):
        return steps
    return [replace(step, beside=True) for step in steps if isinstance(step, DropIndex)]


def _apart(steps: list[Step]) -> list[Step]:
    """The steps, where what comes has another name than what still stands; the name is taken over in the end."""
    gone = {(step.table, step.name) for step in steps if isinstance(step, DropConstraint | DropIndex)}
    found, renames = list[Step](), dict[tuple[str, str], RenameConstraint]()
    for step in steps:
        if isinstance(step, AddCheck | AddForeignKey | AddUnique | BuildIndex) and (step.table, step.name) in gone:
            beside = step.name + _BESIDE
            renames[step.table, step.name] = RenameConstraint(step.table, beside, step.name, _SORTS[type(step)])
            found.append(replace(step, name=beside))
        else:
            found.append(step)
    return [*found, *renames.values()]


def _is_idle(plan: Plan, step: Step) -> bool:
    """Whether the plan's engine does nothing for it, whatever stands in the database."""
    if not plan.dialect:
        return False
    ddl = databases.named(plan.dialect).ddl
    match step:
        case PromiseNotNull():
            return not ddl.promises
        case RequireNotNull():  # a key forbids NULL by itself, and nothing was promised before
            return not ddl.promises and _is_new_key(plan, step)
        case HandOver():
            return not ddl.sequences
        case HoldTables():
            return not ddl.hold(step.tables)
        case _:
            return False


def _is_new_key(plan: Plan, step: RequireNotNull) -> bool:
    keys = (operation for operation in of_tables(plan) if operation.kind == "change-key-type")
    return any((step.table, step.column) == (operation.subject, operation.new) for operation in keys)


def _validated(plan: Plan) -> Iterator[tuple[str, tuple[Pair, ...]]]:
    """The pairs as they stand once the new columns have the constraints of the old ones, where all go over to them."""
    there = {one.new for one in of_tables(plan) if one.parameters.get("stands") == Stage.VERIFY}
    for table, pairs in _pairs(plan):
        gone = [one for one in of_tables(plan) if one.kind in _PARTS_THAT_GO and _speaks_of(one, table)]
        alike = all(one.parameters.get("along") in there for one in gone if _may_refuse(one))
        yield table, tuple(_guarded_alike(pair) if alike else pair for pair in pairs)


def _speaks_of(part: Operation, table: str) -> bool:
    return table in {part.subject, part.parameters.get("references")}


def _may_refuse(part: Operation) -> bool:
    return part.kind != "drop-index" or has(part, "unique")


def _guarded_alike(pair: Pair) -> Pair:
    news = tuple(pair.via or name for name in pair.new)
    return replace(pair, guarded=(*pair.guarded, *news)) if pair.guarded else pair


def _pairs(plan: Plan) -> Iterator[tuple[str, tuple[Pair, ...]]]:
    found: dict[str, list[Pair]] = {}
    for operation in of_tables(plan):
        found.setdefault(operation.subject, []).extend(KINDS[operation.kind].dual_write(operation))
    yield from ((table, crossing.joined(plan, table, pairs)) for table, pairs in found.items() if pairs)

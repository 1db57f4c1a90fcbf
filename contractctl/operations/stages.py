"""What does each revision of a plan do? The steps of all of its operations, in a valid order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from contractctl import databases
from contractctl.databases import Database
from contractctl.model.plan import Operation, Plan, Stage
from contractctl.operations import crossing
from contractctl.operations.kinds import KINDS, of_tables, pairs_by_table
from contractctl.operations.pairs import Crossing, Pair, Whole
from contractctl.operations.steps import (
    AddUnique,
    BePatient,
    BrownOut,
    BrownOutTable,
    BuildIndex,
    DropConstraint,
    DropCopied,
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
    Swap,
)
from contractctl.operations.steps.constraints import AddCheck, AddForeignKey
from contractctl.operations.steps.keeping import other_table
from contractctl.operations.words import dropped, has, listed

_SORTS: Mapping[type[Step], str] = {
    AddCheck: "check",
    AddForeignKey: "foreign-key",
    AddUnique: "unique",
    BuildIndex: "index",
}

_BESIDE = "__new"
_OF_WHOLE_TABLES = frozenset({"create-table", "drop-table", "rename-table", "extract-table"})
"""What is created, dropped or renamed on the way: a table of that name does not always exist to be locked."""

PARTS_THAT_GO = frozenset({"drop-check", "drop-unique", "drop-foreign-key", "drop-index"})


def expand(plan: Plan) -> tuple[Step, ...]:
    """What the expand revision does."""
    return _patiently(plan, _held(plan, tuple(step for step in _expand(plan) if not _is_idle(plan, step))))


def _expand(plan: Plan) -> tuple[Step, ...]:
    return tuple(step for operation in of_tables(plan) for step in KINDS[operation.kind].expand(operation))


def dual_write(plan: Plan) -> tuple[Step, ...]:
    """What the dual-write revision does: one set of triggers a table.

    Tables that are copied come first: their triggers see to what a foreign key changes in other tables.
    """
    tables = sorted(pairs_by_table(plan), key=lambda one: not any(isinstance(pair, Whole) for pair in one[1]))
    steps = tuple(KeepInStep(plan.name, table, pairs) for table, pairs in tables)
    return _patiently(plan, _held(plan, steps))


def validate(plan: Plan) -> tuple[Step, ...]:
    """What the validate revision does; nothing for most plans on most engines.

    The triggers are created again whenever they can rely on new constraints.
    """
    planned = _once(step for operation in of_tables(plan) for step in KINDS[operation.kind].validate(operation))
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
    before = dict(pairs_by_table(plan))
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
    pairs, columns, dropped = dict(_validated(plan)), dict[str, dict[str, str | None]](), dropped_parts(plan)
    for step in steps:
        if isinstance(step, BrownOut):
            columns.setdefault(step.table, {}).update(step.columns)
    browned = (BrownOut(table, names, plan.name, pairs.get(table, ()), dropped) for table, names in columns.items())
    others = (step for step in steps if not isinstance(step, BrownOut))
    tables = (_told(plan, step, dropped) for step in others)
    return _patiently(plan, _held(plan, (*browned, *tables)))


def _told(plan: Plan, step: Step, dropped: tuple[str, ...]) -> Step:
    """The step, told the plan's name, or what else is dropped."""
    match step:
        case BrownOutTable():
            return replace(step, dropped=dropped)
        case Swap() | DropCopied():
            return replace(step, plan=plan.name)
        case _:
            return step


def contract(plan: Plan) -> tuple[Step, ...]:
    """What the contract revision does: what the new version promises holds, the triggers go, then the columns."""
    planned = _once(step for operation in of_tables(plan) for step in KINDS[operation.kind].contract(operation))
    steps = _beside_all([step for step in planned if not _is_idle(plan, step)])
    steps = [
        *(_told(plan, step, ()) for step in _apart(steps)),
        *(DropIndex(table, name) for table, name in _indexes_left(plan)),
    ]
    early = [step for step in steps if step.first]
    kept = [step for step in steps if not (step.first or step.drops)]
    parts = [step for step in steps if isinstance(step, DropConstraint | DropIndex) and not step.first]
    keys = [step for step in steps if isinstance(step, MoveKey)]
    columns = [step for step in steps if isinstance(step, DropOldColumn)]
    stop = [
        StopKeepingInStep(
            plan.name, table, tuple(step.column for step in columns if step.table == table), other_table(pairs)
        )
        for table, pairs in pairs_by_table(plan)
        if not any(isinstance(pair, Whole) for pair in pairs)
    ]
    others = [step for step in steps if step.drops and step not in (*parts, *keys) and not step.first]
    return (*early, *_patiently(plan, _held(plan, (*kept, *parts, *keys, *stop, *others))))


def before_rollback(plan: Plan, database: Database, *, kept: bool) -> tuple[Step, ...]:
    """What precedes the rollback of expand and dual-write, each statement in its own transaction.

    What will be NOT NULL again is proven while applications write; where nothing is undone with a transaction, the new
    side can be written no more, and a new table holds no rows of the old one. `kept`: both sides are kept in step.
    """
    relaxed = [step for step in _expand(plan) if isinstance(step, RelaxNotNull)]
    promises = [PromiseNotNull(step.table, step.column) for step in relaxed if database.ddl.promises]
    if database.transactional_ddl or not kept:
        return tuple(promises)
    made = (
        pair for _, pairs in pairs_by_table(plan) for pair in pairs if isinstance(pair, Crossing) and pair.makes_rows
    )
    return (*promises, *_leaving(plan), *(LetRowsGo(pair.to, pair.source) for pair in made))


def is_half_rolled_back(plan: Plan, connection: Connection) -> bool:
    """Whether the new side has no names left because a rollback was interrupted."""
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
        for table, pairs in pairs_by_table(plan)
    )
    yield from (step for step in leaving if step.columns)


def stands_alone(plan: Plan, stage: Stage) -> bool:
    """Whether the stage's revision has statements that may run outside any transaction."""
    return stage is Stage.VERIFY or (stage is Stage.CONTRACT and any(step.first for step in contract(plan)))


def rollback(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What reverses these steps, the last one first."""
    back = [step.reverse() for step in reversed(steps)]
    patient = [step for step in back if isinstance(step, BePatient)][:1]
    held = list(dict.fromkeys(step for step in back if isinstance(step, HoldTables)))
    others = [step for step in back if not isinstance(step, BePatient | HoldTables)]
    return (*patient, *held, *(step for step in others if not step.last), *(step for step in others if step.last))


def dropped_parts(plan: Plan) -> tuple[str, ...]:
    """The names of constraints and indexes that are dropped at the end."""
    planned = (operation.old for operation in of_tables(plan) if operation.kind in PARTS_THAT_GO)
    return (*(name for name in planned if name is not None), *(name for _, name in _indexes_left(plan)))


def _indexes_left(plan: Plan) -> Iterator[tuple[str, str]]:
    """Table and name of each index that came with a foreign key, over columns that are dropped at the end."""
    if not plan.dialect or not databases.named(plan.dialect).ddl.keys_bring_indexes:
        return
    steps = [step for operation in of_tables(plan) for step in KINDS[operation.kind].contract(operation)]
    going = {(step.table, step.column) for step in steps if isinstance(step, DropOldColumn)}
    for operation in of_tables(plan):
        if operation.kind == "drop-foreign-key" and "columns" in operation.parameters:
            columns = listed(operation, "columns")
            if any((operation.subject, column) in going for column in columns):
                unnamed = operation.parameters.get("named") == "no"
                yield operation.subject, columns[0] if unnamed else dropped(operation)


def _patiently(plan: Plan, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    if not steps or not plan.dialect or not databases.named(plan.dialect).ddl.patience():
        return steps
    return (BePatient(), *steps)


def _held(plan: Plan, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What one transaction does, with all of its tables locked first: writers use one after the other."""
    whole = (one for one in of_tables(plan) if one.kind in _OF_WHOLE_TABLES)
    unsteady = {name for one in whole for name in (one.subject, one.old, one.new, one.parameters.get("to"))}
    named = (getattr(step, "table", None) for step in steps)
    steady = dict.fromkeys(one for one in named if isinstance(one, str) and one not in unsteady)
    hold = HoldTables(_parents_first(plan, steady))
    return (hold, *steps) if len(steady) > 1 and not _is_idle(plan, hold) else steps


def _parents_first(plan: Plan, tables: Iterable[str]) -> tuple[str, ...]:
    """In the order in which rows are written: locking a child before its parent would cause deadlocks."""
    refers = {(one.subject, one.parameters.get("references")) for one in of_tables(plan)}
    left, found = list(tables), list[str]()
    while left:
        free = (one for one in left if not any((one, other) in refers for other in left if other != one))
        found.append(next(free, left[0]))
        left.remove(found[-1])
    return tuple(found)


def _once(steps: Iterable[Step]) -> list[Step]:
    """The steps, each once: columns of one key need the same index and the same move of the key."""
    found = list[Step]()
    for step in steps:
        if step not in found:
            found.append(step)
    return found


def _beside_all(steps: list[Step]) -> list[Step]:
    """Where only indexes are dropped, that needs no transaction, and applications can read and write meanwhile."""
    if not all(isinstance(step, DropIndex) for step in steps):
        return steps
    return [replace(step, beside=True) for step in steps if isinstance(step, DropIndex)]


def _apart(steps: list[Step]) -> list[Step]:
    """The steps, with another name for what is new while the old one has its name, which is taken over at the end."""
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
    """Whether the step does nothing on the plan's engine, whatever the database holds."""
    if not plan.dialect:
        return False
    ddl = databases.named(plan.dialect).ddl
    match step:
        case PromiseNotNull():
            return not ddl.promises
        case RequireNotNull():  # a key implies NOT NULL, and nothing was promised before
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
    """The pairs as they are once the new columns have all constraints of the old ones."""
    there = {one.new for one in of_tables(plan) if one.parameters.get("stands") == Stage.VERIFY}
    for table, pairs in pairs_by_table(plan):
        gone = [one for one in of_tables(plan) if one.kind in PARTS_THAT_GO and _speaks_of(one, table)]
        alike = all(one.parameters.get("along") in there for one in gone if _may_refuse(one))
        yield table, tuple(_guarded_alike(pair) if alike else pair for pair in pairs)


def _speaks_of(part: Operation, table: str) -> bool:
    return table in {part.subject, part.parameters.get("references")}


def _may_refuse(part: Operation) -> bool:
    return part.kind != "drop-index" or has(part, "unique")


def _guarded_alike(pair: Pair) -> Pair:
    news = tuple(pair.via or name for name in pair.new)
    return replace(pair, guarded=(*pair.guarded, *news)) if pair.guarded else pair

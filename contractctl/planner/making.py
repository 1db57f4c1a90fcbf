"""How is a plan made? Draft against latest release, what cannot be guessed declared, everything written or nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from contractctl import store
from contractctl.compatibility import Terms, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats import load
from contractctl.model.contract import Contract, File, SemanticVersion, Source
from contractctl.model.plan import CanaryRules, Movement, Operation, Plan, ReadRules, Stage, State, Transform
from contractctl.model.verdict import Change, Seats, Status
from contractctl.planner.plan_file import path_of, plan_text

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What only a person can say of a plan."""

    renames: Mapping[str, str] = field(default_factory=dict)
    """`column`, `table.column`, `field` or `Record.field` → its new name."""
    ups: Mapping[str, str] = field(default_factory=dict)
    """Column (old or new name) → SQL over the old column that gives the new value."""
    downs: Mapping[str, str] = field(default_factory=dict)
    """Column → SQL over the new column that gives the old value."""
    lossy: frozenset[str] = frozenset()
    """Columns whose values need not come back from the new form."""
    fills: Mapping[str, str] = field(default_factory=dict)
    """Column → SQL over the row that takes the place of NULL."""
    canary: CanaryRules = field(default_factory=CanaryRules)
    reads: ReadRules = field(default_factory=ReadRules)
    restore_point: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A plan with every file that belongs to it, not yet written."""

    plan: Plan
    releases: tuple[tuple[str, SemanticVersion, Source], ...]
    """Contract, number and text of each intermediate version."""
    files: Mapping[Path, str]
    """Plan file and revision files."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is there already."""

    migrations: Path
    plans: tuple[Plan, ...] = ()
    """Every plan of the repository."""
    states: Mapping[str, State] = field(default_factory=dict)
    """Where they stand, by name; a plan that is not named here is in flight."""

    @property
    def in_flight(self) -> tuple[Plan, ...]:
        over = {State.CONTRACTED, State.ROLLED_BACK}
        return tuple(one for one in self.plans if self.states.get(one.name) not in over)


def plan(contracts: Iterable[Contract], wish: Wish, name: str | None, around: Surroundings) -> Made:
    """Make the plan from each contract's latest release to its draft. Nothing is written.

    Raise ContractctlError for a change that cannot be staged, or that another plan is already making.
    """
    others, migrations = around.in_flight, around.migrations
    sides = [_Side(contract, *_ends(contract)) for contract in contracts]
    _demand_every_wish_fits(sides, wish)
    operations = tuple(_of_column(one, wish) for side in sides for one in _operations(side, wish, others))
    if not operations:
        named = ", ".join(side.contract.name for side in sides)
        raise ContractctlError(
            f"the draft of {named} changes no column or field that needs stages", hint=f"contractctl diff {named}"
        )
    _demand_transforms(operations, wish)
    name = name or _default_name(operations[0])
    _demand_free(name, migrations)
    _demand_apart(operations, others)
    moves = [_move(side, wish) for side in sides]
    made = Plan(name, tuple(move for move, _ in moves), operations, {}, wish.canary, wish.reads, wish.restore_point)
    made, revisions = _with_revisions(made, around)
    return Made(
        made,
        tuple((move.contract, SemanticVersion.parse(move.intermediate), source) for move, source in moves),
        {path_of(migrations, name): plan_text(made), **revisions},
    )


def changes_of(contract: Contract) -> tuple[Change, ...]:
    """What the draft changes of the latest release, as facts."""
    old, new = _ends(contract)
    judge = load(contract.format)
    return tuple(judge.changes(judge.parse(old, contract.dialect), judge.parse(new, contract.dialect)))


@dataclass(frozen=True, slots=True)
class _Side:
    """One contract of the plan: its latest release and its draft."""

    contract: Contract
    old: Source
    new: Source

    def renames(self, wish: Wish) -> Mapping[str, str]:
        """The declared renames that speak of this contract."""
        changes = changes_of(self.contract)
        gone = {change.path for change in changes if change.kind == "removed"}
        return {
            old: new
            for old, new in wish.renames.items()
            if any(path == old or path.endswith(f".{old}") for path in gone) or _renamed_by_alias(changes, old, new)
        }


def _ends(contract: Contract) -> tuple[Source, Source]:
    if contract.latest is None:
        raise ContractctlError(
            f"'{contract.name}' has no release to start from", hint=f"contractctl release {contract.name}"
        )
    if contract.draft is None:
        raise ContractctlError(
            f"'{contract.name}' has no draft to plan towards",
            hint='name the file of the next version in its contract.toml: draft = "…"',
        )
    return contract.latest.source, contract.draft


def _renamed_by_alias(changes: Iterable[Change], old: str, new: str) -> bool:
    names = (old.rpartition(".")[2], new.rpartition(".")[2])
    return any(change.what == "name" and (change.old, change.new) == names for change in changes)


def _demand_every_wish_fits(sides: list["_Side"], wish: Wish) -> None:
    """A rename that speaks of nothing is a typing error, never ignored."""
    fitting = {old for side in sides for old in side.renames(wish)}
    for old, new in wish.renames.items():
        if old not in fitting:
            gone = [c.path for side in sides for c in changes_of(side.contract) if c.kind == "removed"]
            raise ContractctlError(
                f"--rename {old}={new}: no draft here takes '{old}' away",
                hint=f"taken away: {', '.join(gone) or 'nothing'}",
            )


def _operations(side: _Side, wish: Wish, others: tuple[Plan, ...]) -> Iterator[Operation]:
    """The format's operations, without those that another plan in flight is already making."""
    renames, contract = side.renames(wish), side.contract
    leaving = {(one.subject, one.old) for other in others for one in other.operations if one.contract == contract.name}
    for one in _staged_operations(side, renames, wish):
        if one.new is not None or (one.subject, one.old) not in leaving:
            yield one


def _staged_operations(side: _Side, renames: Mapping[str, str], wish: Wish) -> tuple[Operation, ...]:
    match side.contract.format:
        case "avro":
            from contractctl.formats.avro import staging as avro

            return avro.operations(side.old, side.new, renames, side.contract.name)
        case "sql":
            from contractctl.formats.sql import staging as sql

            found = sql.operations(side.old, side.new, renames, side.contract.name, side.contract.dialect, wish.fills)
            return tuple(_with_promises(one, side, wish) for one in found)
        case other:
            raise ContractctlError(f"contracts of format '{other}' cannot be staged", hint="formats: avro, sql")


def _with_promises(operation: Operation, side: _Side, wish: Wish) -> Operation:
    """What the old version promises of the column, and the fill: what the stages need beside the format's words."""
    parameters = dict(operation.parameters)
    if operation.old is not None and _not_null(side, operation.subject, operation.old):
        parameters["old_not_null"] = "yes"
    if "not_null" in parameters:
        parameters["not_null"] = "yes"
    fill = _said(wish.fills, operation)
    if fill is not None and operation.kind in {"add-column", "drop-column", "set-not-null"}:
        parameters["fill"] = fill
    return replace(operation, parameters=parameters)


def _not_null(side: _Side, table: str, column: str) -> bool:
    from contractctl.formats import sql

    schema = sql.parse(side.old, side.contract.dialect)
    found = schema.tables[table].column(column) or schema.tables[table].column(column.lower())
    return found is not None and not found.nullable


def _of_column(operation: Operation, wish: Wish) -> Operation:
    """The operation with the transform that was declared for its column."""
    up, down = _said(wish.ups, operation), _said(wish.downs, operation)
    lossy = bool({*_names(operation)} & wish.lossy)
    if operation.transform is None or (up is None and down is None and not lossy):
        return operation
    was = operation.transform
    return replace(operation, transform=Transform(up or was.up, down or was.down, lossy or was.lossy))


def _demand_transforms(operations: tuple[Operation, ...], wish: Wish) -> None:
    """What was declared for a column must have found it."""
    known = {name for operation in operations for name in _names(operation)}
    for option, columns in (("up", wish.ups), ("down", wish.downs), ("lossy", wish.lossy), ("fill", wish.fills)):
        for column in columns:
            if column not in known:
                raise ContractctlError(
                    f"--{option} names '{column}', which the plan does not change",
                    hint=f"it changes: {', '.join(sorted(known))}",
                )


def _said(wishes: Mapping[str, str], operation: Operation) -> str | None:
    return next((wishes[name] for name in _names(operation) if name in wishes), None)


def _names(operation: Operation) -> tuple[str, ...]:
    columns = tuple(name for name in (operation.new, operation.old) if name is not None)
    return (*(f"{operation.subject}.{name}" for name in columns), *columns)


def _default_name(operation: Operation) -> str:
    words = (operation.kind.split("-")[0], operation.subject.rpartition(".")[2], operation.old or operation.new or "")
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")[:60]


def _demand_free(name: str, migrations: Path) -> None:
    if not _NAME.fullmatch(name):
        raise ContractctlError(f"'{name}' is no name for a plan", hint="use up to 60 small letters, digits and hyphens")
    if path_of(migrations, name).exists():
        raise ContractctlError(
            f"the plan '{name}' exists already: {path_of(migrations, name)}",
            hint=f"go on with it: contractctl migrate status {name}; or give another --name",
        )


def _demand_apart(operations: tuple[Operation, ...], others: tuple[Plan, ...]) -> None:
    """Two plans in flight never touch one column."""
    for other in others:
        for theirs in other.operations:
            for ours in operations:
                same = {*_columns(ours)} & {*_columns(theirs)}
                if same and (ours.contract, ours.subject) == (theirs.contract, theirs.subject):
                    raise ContractctlError(
                        f"plan '{other.name}' is already changing '{ours.subject}.{min(same)}'",
                        hint=f"finish it or roll it back first: contractctl migrate status {other.name}",
                    )


def _columns(operation: Operation) -> Iterator[str]:
    yield from (name.lower() for name in (operation.old, operation.new) if name is not None)


def _move(side: _Side, wish: Wish) -> tuple[Movement, Source]:
    """The versions that the contract goes through, and the text of the one between."""
    contract, renames = side.contract, side.renames(wish)
    assert contract.latest is not None  # noqa: S101 - _ends() has made sure
    number = contract.latest.number
    text = _intermediate(side, renames)
    between = Source((File(side.old.name, text),))
    beside = any("via" in one.parameters for one in _staged_operations(side, renames, wish))
    _demand_both_ways(side, between, staged_beside=beside)
    ends = compare_sources(side.old, side.new, contract.format, _terms(contract))
    both = {ends.backward.status, ends.forward.status}
    final = number.bump("minor").bump("minor" if both == {Status.COMPATIBLE} else "major")
    intermediate = number.bump("minor")
    move = Movement(contract.name, contract.format, str(number), str(intermediate), str(final), store.digest(side.new))
    return move, between


def _intermediate(side: _Side, renames: Mapping[str, str]) -> str:
    if side.contract.format == "avro":
        from contractctl.formats.avro import staging as avro

        return avro.intermediate(side.old, side.new, renames)
    from contractctl.formats.sql import staging as sql

    return sql.intermediate(side.old, side.new, renames, side.contract.dialect)


def _demand_both_ways(side: _Side, between: Source, *, staged_beside: bool) -> None:
    """Whoever is on either end works with the version between: proven by contractctl's own check."""
    contract = side.contract
    first = compare_sources(side.old, between, contract.format, _terms(contract))
    second = compare_sources(between, side.new, contract.format, _terms(contract))
    if load(contract.format).SEATS is Seats.MESSAGE:
        answers = [first.backward, first.forward, second.backward, second.forward]
    elif staged_beside:  # the new version's clients use the column beside until the names are swapped
        answers = [first.backward]
    else:  # clients of both ends, served by the version between
        answers = [first.backward, second.forward]
    for answer in answers:
        if answer.status is not Status.COMPATIBLE:
            why = answer.reasons[0] if answer.reasons else next(f.message for f in answer.findings if f.breaks)
            raise ContractctlError(
                f"no version of '{contract.name}' can stand between its release and its draft: {why}",
                hint="make the draft differ less, and plan the rest afterwards",
            )


def _terms(contract: Contract) -> Terms:
    return Terms(dialect=contract.dialect, witnesses=False, contract=contract.name)


def _with_revisions(plan_: Plan, around: Surroundings) -> tuple[Plan, Mapping[Path, str]]:
    """The plan with the ids of its revisions, and their files; a plan of events only has none."""
    if all(movement.format != "sql" for movement in plan_.movements):
        return plan_, {}
    from contractctl import revisions

    complete = replace(plan_, revisions=revisions.identifiers(plan_.name))
    files = revisions.render(complete, around.migrations, after=tuple(_foundations(plan_, around)))
    return complete, {around.migrations / path: text for path, text in files.items()}


def _foundations(plan_: Plan, around: Surroundings) -> Iterator[str]:
    """The contract revisions of earlier plans that made the columns which this plan changes."""
    needed = {(one.subject, name) for one in plan_.operations for name in _columns(one)}
    for earlier in around.plans:
        made = {(one.subject, name) for one in earlier.operations for name in _columns(one)}
        if (
            around.states.get(earlier.name) is State.CONTRACTED
            and made & needed
            and Stage.CONTRACT in earlier.revisions
        ):
            yield earlier.revisions[Stage.CONTRACT]

"""How is a plan made? Draft against latest release, what cannot be guessed declared, everything written or nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from contractctl import store
from contractctl.compatibility import Terms, compare_schemas, compare_sources
from contractctl.errors import ContractctlError
from contractctl.expressions import read_expression
from contractctl.formats import SERVED, RoundTrip, load, parse, retiring, staging
from contractctl.model.contract import Contract, SemanticVersion, Source
from contractctl.model.plan import Movement, Operation, Plan, Stage, State, Transform
from contractctl.model.verdict import Seats, Status
from contractctl.planner.asked import Made, Surroundings, Wish
from contractctl.planner.plan_file import path_of, plan_text
from contractctl.planner.side import (
    Side,
    cautions_of,
    demand_apart,
    demand_every_wish_fits,
    names_of,
    operations_of,
    said,
    side_of,
    sunset_of,
)
from contractctl.planner.touched import tables_by, touched_by

_LONGEST_NAME = 60
"""The longest name of a plan: as much as the side tables' keys have room for on MariaDB."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def plan(contracts: Iterable[Contract], wish: Wish, name: str | None, around: Surroundings) -> Made:
    """Make the plan from each contract's latest release to its draft. Nothing is written.

    Raise ContractctlError for a change that cannot be staged, or that another plan is already making.
    """
    _demand_free(name, around.migrations)
    sides = [side_of(contract, around) for contract in contracts]
    for side in sides:
        _demand_released(side, around)
        _demand_not_released_early(side, around)
        demand_apart(side, wish)
    demand_every_wish_fits(sides, wish)
    operations = tuple(_of_field(one, wish) for side in sides for one in operations_of(side, wish))
    if not operations:
        for side in sides:
            if side.contract.format in SERVED:
                _move(side, wish)  # there may be no way at all, rather than no need for one
        named = ", ".join(side.contract.name for side in sides)
        raise ContractctlError(
            f"the draft of {named} has no change that needs stages", hint=f"contractctl diff {named}"
        )
    _demand_transforms(operations, wish)
    _demand_expressions(operations)
    for side in sides:
        _demand_the_way_back(side, tuple(one for one in operations if one.contract == side.contract.name))
    name = name or _default_name(operations)
    _demand_free(name, around.migrations)
    database = _database_of(tuple(side.contract for side in sides))
    operations = _named(operations, sides, around, database)
    moves = [_move(side, wish) for side in sides]
    moved = tuple(move for move, _ in moves)
    made = Plan(name, moved, operations, {}, wish.canary, wish.reads, wish.restore_point, database)
    made, revisions = _with_revisions(made, sides, around)
    return Made(
        made,
        tuple((move.contract, SemanticVersion.parse(move.intermediate), source) for move, source in moves),
        {path_of(around.migrations, name): plan_text(made), **revisions},
        tuple(sentence for side in sides for sentence in cautions_of(side, wish)),
    )


def _demand_released(side: Side, around: Surroundings) -> None:
    """What a contracted plan has led to is the state to start from: nobody has the version with both sides any more."""
    contract = side.contract
    if side.theirs:
        return
    for earlier in around.plans:
        for move in earlier.movements:
            is_over = move.contract == contract.name and around.states.get(earlier.name) is State.CONTRACTED
            if is_over and side.latest.number < SemanticVersion.parse(move.new):
                is_as_planned = store.digest(side.draft) == move.new_digest
                first = "" if is_as_planned else f"restore the draft to what '{earlier.name}' leads to; then: "
                raise ContractctlError(
                    f"the plan '{earlier.name}' is contracted, and '{contract.name}' {move.new} is not released yet",
                    hint=f"{first}contractctl release {contract.name} --version {move.new}",
                )


def _demand_not_released_early(side: Side, around: Surroundings) -> None:
    """A release says what exists: no plan can start at a version that another one in flight has yet to produce."""
    contract = side.contract
    released = {str(version.number) for version in contract.versions}
    for earlier in around.in_flight:
        for move in earlier.movements:
            if move.contract == contract.name and move.new in released:
                state = around.states.get(earlier.name, State.PLANNED)
                raise ContractctlError(
                    f"'{contract.name}' {move.new} is released, and the plan '{earlier.name}', which leads there, is"
                    f" {state.value}",
                    hint=f"finish that first: contractctl migrate status {earlier.name}",
                )


def _named(
    operations: tuple[Operation, ...], sides: list[Side], around: Surroundings, database: str
) -> tuple[Operation, ...]:
    """Name what the contracts leave unnamed as the application's models would name it."""
    if around.convention is None or not any(one.parameters.get("named") == "no" for one in operations):
        return operations
    convention = around.convention(database)
    if not convention:
        return operations
    from contractctl.planner.naming import named

    return named(operations, convention, _dialect(sides))


def _database_of(contracts: tuple[Contract, ...]) -> str:
    """The one database of all tables: its journal, its locks and its transactions are what a plan rests on."""
    found = {contract.database: contract.name for contract in contracts if contract.format == "sql"}
    found = found or {contract.database: contract.name for contract in contracts if contract.database}
    if len(found) > 1:
        places = ", ".join(f"'{name}' in {where or 'the one without a name'}" for where, name in found.items())
        raise ContractctlError(
            f"a plan runs in one database, but these are in several: {places}",
            hint="make a plan for each, and run them one after the other",
        )
    return next(iter(found), "")


def _of_field(operation: Operation, wish: Wish) -> Operation:
    """An operation on events with the transform that was declared for its field."""
    if not _is_of_events(operation):
        return operation
    up, down = said(wish.ups, operation), said(wish.downs, operation)
    lossy = bool({*names_of(operation)} & wish.lossy)
    was = operation.transform or Transform("", "")
    if up is None and down is None and not lossy:
        return operation
    return replace(operation, transform=Transform(up or was.up, down or was.down, lossy or was.lossy))


def _is_of_events(operation: Operation) -> bool:
    return operation.kind.endswith("-field")


def _demand_expressions(operations: tuple[Operation, ...]) -> None:
    """Expressions over events are JSONata, and one that replaces a plain rename goes both ways."""
    for one in operations:
        if one.transform is None or not _is_of_events(one):
            continue
        for option, name, text in (("up", one.new, one.transform.up), ("down", one.old, one.transform.down)):
            if text:
                read_expression(text, f"--{option} of '{name}'")
            elif one.old is not None and one.new is not None:
                raise ContractctlError(
                    f"no expressions convert '{one.old}' to '{one.new}' and back",
                    hint=f"--{option} {name}=… with a JSONata expression over the other version's object",
                )


def _demand_the_way_back(side: Side, operations: tuple[Operation, ...]) -> None:
    """A value that does not come back from its new form is lost unless somebody has accepted that."""
    contract = side.contract
    if load(contract.format).SEATS is not Seats.MESSAGE:
        return
    room = staging(contract.format)
    if isinstance(room, RoundTrip) and any(one.transform is not None for one in operations):
        for sentence in room.losses(side.start, side.draft, operations, contract.policy):
            raise ContractctlError(
                f"{contract.name}: {sentence}", hint="fix the expressions, or accept the loss: --lossy FIELD"
            )


def _demand_transforms(operations: tuple[Operation, ...], wish: Wish) -> None:
    """What was declared for a column must have found it. Interfaces need none: the provider makes the values."""
    made = (one for one in operations if not one.is_of_interfaces)
    known = {name for operation in made for name in names_of(operation)}
    for option, columns in (("up", wish.ups), ("down", wish.downs), ("lossy", wish.lossy), ("fill", wish.fills)):
        for column in columns:
            if column not in known:
                raise ContractctlError(
                    f"--{option} names '{column}', which the plan does not change",
                    hint=f"it changes: {', '.join(sorted(known)) or 'no values'}",
                )


def _default_name(operations: Sequence[Operation]) -> str:
    """Named after the first operation that transforms something: indexes and constraints only accompany it."""
    operation = max(operations, key=lambda one: one.old is not None and one.new is not None)
    table = operation.subject.rpartition(".")[2]
    name = operation.old or operation.new or operation.parameters.get("to", "")
    words = (operation.kind.split("-")[0], *dict.fromkeys((table, name)))
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")[:_LONGEST_NAME]


def _demand_free(name: str | None, migrations: Path) -> None:
    if name is None:
        return
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ContractctlError(
            f"'{name}' is not a name for a plan",
            hint=f"use up to {_LONGEST_NAME} lower-case letters, digits and hyphens",
        )
    if path_of(migrations, name).exists():
        raise ContractctlError(
            f"the plan '{name}' exists already: {path_of(migrations, name)}",
            hint=f"continue with it: contractctl migrate status {name}; or give another --name",
        )


def _move(side: Side, wish: Wish) -> tuple[Movement, Source]:
    """The versions that the contract goes through, and the text of the intermediate one."""
    contract, latest = side.contract, side.latest
    between = _intermediate(side, wish)
    terms = Terms(witnesses=False).of(contract)
    _demand_both_ways(side, wish, between, terms)
    ends = compare_sources(latest.source, side.draft, contract.format, terms)
    harmless = ends.backward.status is ends.forward.status is Status.COMPATIBLE
    intermediate = latest.number.bump("minor")
    final = intermediate.bump("minor" if harmless else "major")
    numbers = (str(latest.number), str(intermediate), str(final))
    return Movement(contract.name, contract.format, *numbers, store.digest(side.draft)), between


def _intermediate(side: Side, wish: Wish) -> Source:
    contract = side.contract
    if load(contract.format).SEATS is Seats.MESSAGE:
        return staging(contract.format).intermediate(side.start, side.draft, side.renames(wish), contract.policy)
    if contract.format in SERVED:
        sunset = sunset_of(side, wish)
        return retiring(contract.format).expanded(side.latest.source, side.draft, sunset, contract.policy)
    from contractctl.formats.sql import staging as tables

    return tables.intermediate(side.start, side.draft, side.declared(wish), contract.policy)


def _demand_both_ways(side: Side, wish: Wish, between: Source, terms: Terms) -> None:
    """Applications of either end work with the intermediate version: proven by contractctl's own check."""
    contract = side.contract
    first = compare_sources(side.latest.source, between, contract.format, terms)
    if load(contract.format).SEATS is Seats.MESSAGE:
        second = compare_sources(between, side.draft, contract.format, terms)
        answers = [first.backward, first.forward, second.backward, second.forward]
    elif contract.format in SERVED:  # clients of both ends, served by the intermediate version
        answers = [first.backward, compare_sources(between, side.draft, contract.format, terms).forward]
    else:  # the same, by the database between
        from contractctl.formats.sql import staging as tables

        until_then = tables.meanwhile(side.start, side.draft, side.declared(wish), contract.policy)
        served = parse(contract.format, between, replace(contract.policy, dialect=until_then.dialect))
        answers = [first.backward, compare_schemas(served, until_then, contract.format, terms).forward]
    for answer in answers:
        if answer.status is not Status.COMPATIBLE:
            why = answer.reasons[0] if answer.reasons else next(f.message for f in answer.findings if f.breaks)
            raise ContractctlError(
                f"no version of '{contract.name}' fits between its release and its draft: {why}",
                hint=_differing_less(contract.format),
            )


def _differing_less(format_: str) -> str:
    if format_ == "asyncapi":
        return "keep that as it is, add a property or channel of another name, and remove the old one in a later plan"
    if format_ in SERVED:
        return "keep that as it is, add a part of another name, and remove the old one in a later plan"
    return "make the draft differ less, and plan the rest afterwards"


def _with_revisions(plan_: Plan, sides: list[Side], around: Surroundings) -> tuple[Plan, Mapping[Path, str]]:
    """The plan with the ids of its revisions, and their files; a plan for events alone has none."""
    if all(movement.format != "sql" for movement in plan_.movements):
        return plan_, {}
    from contractctl import databases, operations, revisions

    for one in plan_.operations:
        if one.is_of_tables and one.kind not in operations.KINDS:
            raise ContractctlError(
                f"{one.kind} of '{one.subject}': contractctl does not support that yet",
                hint="make that change in a revision and a version of its own, and plan the rest",
            )
    columns = {table: names for side in sides for table, names in side.tables()}
    written = replace(plan_, dialect=_dialect(sides))
    operations.check_expressions(databases.named(written.dialect), written, columns)
    validating = bool(operations.validate(written))
    complete = replace(written, revisions=revisions.identifiers(plan_.name, validating=validating))
    environment = around.alembic(plan_.database) if around.alembic else revisions.environment(around.migrations)
    return complete, revisions.render(complete, environment, after=tuple(_foundations(plan_, around)))


def _dialect(sides: list[Side]) -> str:
    """The SQL dialect that all tables are written in."""
    first, *others = dict.fromkeys(side.dialect for side in sides if side.contract.format == "sql")
    if others:
        raise ContractctlError(
            f"the tables are for {first} and for {others[0]}, but a plan runs on one database",
            hint="make a separate plan for each",
        )
    return first


def _foundations(plan_: Plan, around: Surroundings) -> Iterator[str]:
    """The contract revisions of earlier plans that made the tables and columns which this plan changes."""
    needed = {pair for one in plan_.operations for pair in touched_by(one)}
    tables = {name for one in plan_.operations for name in tables_by(one)}
    for earlier in around.plans:
        made = {pair for one in earlier.operations for pair in touched_by(one)}
        whole = {name for one in earlier.operations if one.kind.endswith("-table") for name in tables_by(one)}
        if (
            earlier.database == plan_.database
            and around.states.get(earlier.name) is State.CONTRACTED
            and (made & needed or whole & tables)
            and Stage.CONTRACT in earlier.revisions
        ):
            yield earlier.revisions[Stage.CONTRACT]

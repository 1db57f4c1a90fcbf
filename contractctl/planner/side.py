"""What happens to one contract, between its latest release and its draft, that no other plan is doing already?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contractctl.errors import ContractctlError
from contractctl.formats import load, parse, staging
from contractctl.model.contract import Contract, Source, Version
from contractctl.model.plan import Operation
from contractctl.model.verdict import Change, Seats
from contractctl.planner.asked import Surroundings, Wish

if TYPE_CHECKING:
    from contractctl.formats.sql.schema import Column


def changes_of(contract: Contract, around: Surroundings) -> tuple[Change, ...]:
    """What the draft changes of the latest release, as facts; what plans in flight are changing already is among it."""
    return side_of(contract, around).changes


def settled_by(contract: Contract, around: Surroundings) -> frozenset[str]:
    """The names of columns and fields that plans in flight are already changing."""
    return frozenset(
        name
        for other in around.in_flight
        for one in other.operations
        if one.contract == contract.name
        for name in (one.old, one.new)
        if name is not None
    )


@dataclass(frozen=True, slots=True)
class Side:
    """One contract of the plan."""

    contract: Contract
    start: Source
    """The version from which the changes count: the latest release, or where the first plan in flight began."""
    draft: Source
    theirs: tuple[tuple[str, Operation], ...]
    """What plans in flight are already doing to it, with their names."""
    changes: tuple[Change, ...]

    @property
    def latest(self) -> Version:
        assert self.contract.latest is not None  # noqa: S101 - side_of() has made sure
        return self.contract.latest

    def renames(self, wish: Wish) -> Mapping[str, str]:
        """The declared renames that speak of this contract, and those under way."""
        gone = {change.path for change in self.changes if change.kind == "removed"}
        mine = {
            old: new
            for old, new in wish.renames.items()
            if any(path == old or path.endswith(f".{old}") for path in gone)
            or _renamed_by_alias(self.changes, old, new)
        }
        renaming = (one for _, one in self.theirs if one.kind.startswith("rename-"))
        return {**{str(one.old): str(one.new) for one in renaming}, **mine}

    def fills(self, wish: Wish) -> Mapping[str, str]:
        theirs = {
            name: one.parameters["fill"]
            for _, one in self.theirs
            if "fill" in one.parameters
            for name in columns_of(one)
        }
        return {**theirs, **wish.fills}

    @property
    def dialect(self) -> str:
        """The SQL dialect that its tables are written in."""
        from contractctl.formats import sql

        return sql.parse(self.start, self.contract.policy).dialect

    def tables(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each table and its columns, before and after, where the contract has tables."""
        if self.contract.format != "sql":
            return
        from contractctl.formats import sql

        policy = self.contract.policy
        after = sql.parse(self.draft, policy).tables
        for name, table in sql.parse(self.start, policy).tables.items():
            columns = (*table.columns, *(after[name].columns if name in after else ()))
            yield name, tuple(dict.fromkeys(column.written for column in columns))


def side_of(contract: Contract, around: Surroundings) -> Side:
    if contract.latest is None:
        raise ContractctlError(
            f"'{contract.name}' has no release to start from", hint=f"contractctl release {contract.name}"
        )
    if contract.draft is None:
        raise ContractctlError(
            f"'{contract.name}' has no draft to plan towards",
            hint='name the file of the next version in its contract.toml: draft = "…"',
        )
    theirs = tuple(
        (plan_.name, one) for plan_ in around.in_flight for one in plan_.operations if one.contract == contract.name
    )
    begun = {move.old for plan_ in around.in_flight for move in plan_.movements if move.contract == contract.name}
    start = next((version for version in contract.versions if str(version.number) in begun), contract.latest)
    schemas = (parse(contract.format, source, contract.policy) for source in (start.source, contract.draft))
    return Side(contract, start.source, contract.draft, theirs, tuple(load(contract.format).changes(*schemas)))


def _renamed_by_alias(changes: Iterable[Change], old: str, new: str) -> bool:
    names = (old.rpartition(".")[2], new.rpartition(".")[2])
    return any(change.what == "name" and (change.old, change.new) == names for change in changes)


def demand_every_wish_fits(sides: list[Side], wish: Wish) -> None:
    """A rename that speaks of nothing is a typing error, never ignored."""
    fitting = {old for side in sides for old in side.renames(wish)}
    for old, new in wish.renames.items():
        if old not in fitting:
            gone = [change.path for side in sides for change in side.changes if change.kind == "removed"]
            raise ContractctlError(
                f"--rename {old}={new}: no draft here takes '{old}' away",
                hint=f"taken away: {', '.join(gone) or 'nothing'}",
            )


def demand_apart(side: Side, wish: Wish) -> None:
    """Two plans in flight never touch one column."""
    asked = {name.rpartition(".")[2].lower() for pair in wish.renames.items() for name in pair}
    came = {change.path.rpartition(".")[2].lower() for change in side.changes if change.kind != "removed"}
    for plan_, theirs in side.theirs:
        undone = theirs.kind == "rename-column" and str(theirs.new).lower() not in came
        for name in columns_of(theirs):
            if name in asked or (undone and name == str(theirs.new).lower()):
                raise ContractctlError(
                    f"plan '{plan_}' is already changing '{theirs.subject}.{name}'",
                    hint=f"finish it or roll it back first: contractctl migrate status {plan_}",
                )


def operations_of(side: Side, wish: Wish) -> Iterator[Operation]:
    """The format's operations, without those that a plan in flight is already carrying out."""
    done = {(one.kind, one.subject, one.old, one.new) for _, one in side.theirs}
    for one in staged_operations(side, wish):
        if (one.kind, one.subject, one.old, one.new) not in done:
            yield one


def staged_operations(side: Side, wish: Wish) -> tuple[Operation, ...]:
    contract, renames = side.contract, side.renames(wish)
    asked = (side.start, side.draft, renames, contract.name, contract.policy)
    if load(contract.format).SEATS is Seats.MESSAGE:
        return staging(contract.format).operations(*asked)
    from contractctl.formats.sql import staging as tables

    return tuple(_with_promises(one, side, wish) for one in tables.operations(*asked, side.fills(wish)))


def _with_promises(operation: Operation, side: Side, wish: Wish) -> Operation:
    """What the old version promises of the column, and the fill: what the stages need beside the format's words."""
    parameters = dict(operation.parameters)
    if operation.old is not None and _not_null(side, operation.subject, operation.old):
        parameters["old_not_null"] = "yes"
    if "not_null" in parameters:
        parameters["not_null"] = "yes"
    fill = said(side.fills(wish), operation)
    if fill is not None and operation.kind in {"add-column", "drop-column", "set-not-null"}:
        parameters["fill"] = fill
    if operation.kind == "drop-column" and fill is None and _must_be_given(side, operation):
        raise ContractctlError(
            f"'{operation.subject}.{operation.old}' is NOT NULL, and new applications no longer give it",
            hint=f'say what old readers find instead: --fill "{operation.old}=SQL"',
        )
    return replace(operation, parameters=parameters)


def _not_null(side: Side, table: str, column: str) -> bool:
    found = _column(side, table, column)
    return found is not None and not found.nullable


def _must_be_given(side: Side, operation: Operation) -> bool:
    found = _column(side, operation.subject, operation.old or "")
    return found is not None and not found.omittable


def _column(side: Side, table: str, column: str) -> "Column | None":
    from contractctl.formats import sql

    found = sql.parse(side.start, side.contract.policy).tables[table]
    return found.column(column) or found.column(column.lower())


def columns_of(operation: Operation) -> Iterator[str]:
    yield from (name.lower() for name in (operation.old, operation.new) if name is not None)


def said(wishes: Mapping[str, str], operation: Operation) -> str | None:
    return next((wishes[name] for name in names_of(operation) if name in wishes), None)


def names_of(operation: Operation) -> tuple[str, ...]:
    columns = tuple(name for name in (operation.new, operation.old) if name is not None)
    return (*(f"{operation.subject}.{name}" for name in columns), *columns)

"""What changes in one contract between its latest release and its draft, apart from what other plans are doing?"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contractctl.errors import ContractctlError
from contractctl.formats import SERVED, load, parse, retiring, staging
from contractctl.model.contract import Contract, Source, Version
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation
from contractctl.model.verdict import Change, Seats
from contractctl.planner.asked import Surroundings, Wish
from contractctl.planner.touched import columns_by, said_by, touched_by

_ALTERS = re.compile(r"^\s*(ALTER|DROP|RENAME)\s", re.IGNORECASE | re.MULTILINE)
_NO_DAY = "9999-12-31"
"""Later than any announced day."""


def changes_of(contract: Contract, around: Surroundings) -> tuple[Change, ...]:
    """What the draft changes in the latest release, as facts, including what plans in flight are already changing."""
    return side_of(contract, around).changes


def settled_by(contract: Contract, around: Surroundings) -> frozenset[str]:
    """The names of columns and fields that plans in flight are already changing."""
    return frozenset(
        name
        for other in around.in_flight
        for one in other.operations
        if one.contract == contract.name
        for _, name in columns_by(one)
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
        """The declared renames that concern this contract, and those under way."""
        mine = {
            old: new
            for old, new in wish.renames.items()
            if self._takes_away(old) or _renamed_by_alias(self.changes, old, new)
        }
        return {**self._under_way().renames, **mine}

    def declared(self, wish: Wish) -> Declared:
        """Everything declared that concerns this contract's tables, with what is under way."""
        theirs = self._under_way()
        return Declared(
            renames=self.renames(wish),
            tables={**theirs.tables, **{old: new for old, new in wish.tables.items() if self._takes_away(old)}},
            splits={**theirs.splits, **{old: news for old, news in wish.splits.items() if self._takes_away(old)}},
            merges={
                **theirs.merges,
                **{new: olds for new, olds in wish.merges.items() if any(map(self._takes_away, olds))},
            },
            moves=(*theirs.moves, *(move for move in wish.moves if self._takes_away(move.source))),
            extractions=(
                *theirs.extractions,
                *(each for each in wish.extractions if any(map(self._takes_away, each.sources))),
            ),
            ups={**theirs.ups, **wish.ups},
            downs={**theirs.downs, **wish.downs},
            lossy=theirs.lossy | wish.lossy,
            fills={**theirs.fills, **wish.fills},
        )

    def _takes_away(self, name: str) -> bool:
        """Whether a column, field, table or part of an interface is in the start by this name, and not in the draft."""
        gone = (change.path for change in self.changes if change.kind == "removed")
        if any(path == name or path.endswith((f".{name}", f" '{name}'", f"({name}:)")) for path in gone):
            return True
        return self.contract.format in SERVED and name in self._retired()

    def _retired(self) -> frozenset[str]:
        """The parts of an interface that go, as its plan calls them."""
        room, policy = retiring(self.contract.format), self.contract.policy
        found = room.operations(self.start, self.draft, {}, self.contract.name, _NO_DAY, policy)
        gone = [one for one in found if one.kind.startswith("remove-") and one.old is not None]
        return frozenset(name for one in gone for name in (str(one.old), f"{one.subject}.{one.old}"))

    def _under_way(self) -> Declared:
        return said_by(one for _, one in self.theirs)

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
    """A wish about something that does not exist is a typo, and never ignored."""
    found = [side.declared(wish) for side in sides]
    fitting = {
        "rename": {old for one in found for old in one.renames},
        "rename-table": {old for one in found for old in one.tables},
        "split": {old for one in found for old in one.splits},
        "merge": {",".join(olds) for one in found for olds in one.merges.values()},
        "move": {move.source for one in found for move in one.moves},
        "extract": {",".join(each.sources) for one in found for each in one.extractions},
    }
    for option, old, new in _wishes(wish):
        if old not in fitting[option]:
            gone = [change.path for side in sides for change in side.changes if change.kind == "removed"]
            raise ContractctlError(
                f"--{option} {old}={new}: no draft here removes '{old}'",
                hint=f"removed: {', '.join(gone) or 'nothing'}",
            )


def _wishes(wish: Wish) -> Iterator[tuple[str, str, str]]:
    """Option, old names, new names."""
    yield from (("rename", old, new) for old, new in wish.renames.items())
    yield from (("rename-table", old, new) for old, new in wish.tables.items())
    yield from (("split", old, ",".join(news)) for old, news in wish.splits.items())
    yield from (("merge", ",".join(olds), new) for new, olds in wish.merges.items())
    yield from (("move", move.source, move.target) for move in wish.moves)
    yield from (("extract", ",".join(each.sources), each.target) for each in wish.extractions)


def demand_apart(side: Side, wish: Wish) -> None:
    """Two plans in flight never touch one column."""
    names = (name for _, olds, news in _wishes(wish) for name in (*olds.split(","), *news.split(",")))
    asked = {name.rpartition(".")[2].lower() for name in names}
    came = {change.path.rpartition(".")[2].lower() for change in side.changes if change.kind != "removed"}
    for plan_, theirs in side.theirs:
        undone = theirs.kind == "rename-column" and str(theirs.new).lower() not in came
        for table, name in touched_by(theirs):
            if name in asked or (undone and name == str(theirs.new).lower()):
                raise ContractctlError(
                    f"plan '{plan_}' is already changing '{table}.{name}'",
                    hint=f"finish it or roll it back first: contractctl migrate status {plan_}",
                )


def operations_of(side: Side, wish: Wish) -> Iterator[Operation]:
    """The format's operations, without those that a plan in flight is already carrying out.

    An interface reaches its draft in one move, removals included: the later plan also asks about the earlier one's.
    """
    found = staged_operations(side, wish)
    if side.contract.format in SERVED:
        yield from found
        return
    for plan_, theirs in side.theirs:
        if side.contract.format == "sql" and _identity(theirs) not in map(_identity, found):
            what = theirs.new or theirs.old or theirs.parameters.get("to")
            raise ContractctlError(
                f"the draft reverts the {theirs.kind} of '{theirs.subject}.{what}', which plan '{plan_}' is making",
                hint=f"leave it in the draft, or roll the plan back first: contractctl migrate status {plan_}",
            )
    done = {_identity(one) for _, one in side.theirs}
    yield from (one for one in found if _identity(one) not in done)


def _identity(operation: Operation) -> tuple[str | None, ...]:
    return operation.kind, operation.subject, operation.old, operation.new, operation.parameters.get("to")


def staged_operations(side: Side, wish: Wish) -> tuple[Operation, ...]:
    contract = side.contract
    if load(contract.format).SEATS is Seats.MESSAGE:
        asked = (side.start, side.draft, side.renames(wish), contract.name, contract.policy)
        return staging(contract.format).operations(*asked)
    if contract.format in SERVED:
        sunset, room = sunset_of(side, wish), retiring(contract.format)
        return room.operations(side.start, side.draft, side.renames(wish), contract.name, sunset, contract.policy)
    from contractctl.formats.sql import staging as tables

    found = tables.operations(side.start, side.draft, side.declared(wish), contract.name, contract.policy)
    for one in found:
        if one.kind == "drop-column" and "fill" not in one.parameters and _must_be_given(side, one):
            raise ContractctlError(
                f"'{one.subject}.{one.old}' is NOT NULL, but new applications no longer set it",
                hint=f'say what old readers get instead: --fill "{one.old}=SQL"',
            )
    return found


def sunset_of(side: Side, wish: Wish) -> str:
    """The day on which the old parts of an interface go: its clients plan their work by it."""
    if wish.sunset is None:
        raise ContractctlError(
            f"no sunset is given for the old parts of '{side.contract.name}'",
            hint="give its clients a day: --sunset YYYY-MM-DD",
        )
    return wish.sunset


def cautions_of(side: Side, wish: Wish) -> Iterator[str]:
    """What applications must do without until the plan is contracted."""
    if side.contract.format == "sql":
        from contractctl.formats.sql.staging.cautions import cautions

        yield from cautions(side.start, side.draft, side.declared(wish), side.contract.policy)
        yield from _of_migrations([*_new_migrations(side)])


def _of_migrations(files: Sequence[str]) -> Iterator[str]:
    if files:
        make = "makes its" if len(files) == 1 else "make their"
        yield (
            f"{', '.join(files)} {make} change at once, and the plan in stages: mark as applied what the plan carries"
            " out, in every database where it runs, before a deployment runs it (prisma migrate resolve --applied;"
            " flyway migrate -skipExecutingMigrations=true)"
        )


def _new_migrations(side: Side) -> Iterator[str]:
    """The files of a folder of migrations that no release has, and that change what is there."""
    known = {version.source.path(file) for version in side.contract.versions for file in version.source.files}
    for file in side.draft.files if len(side.draft.files) > 1 else ():
        if side.draft.path(file) not in known and _ALTERS.search(file.text):
            yield file.name


def _must_be_given(side: Side, operation: Operation) -> bool:
    from contractctl.formats import sql

    column = operation.old or ""
    table = sql.parse(side.start, side.contract.policy).tables[operation.subject]
    found = table.column(column) or table.column(column.lower())
    return found is not None and not found.omittable


def said(wishes: Mapping[str, str], operation: Operation) -> str | None:
    return next((wishes[name] for name in names_of(operation) if name in wishes), None)


def names_of(operation: Operation) -> tuple[str, ...]:
    """Every name under which somebody may speak of a column of the operation."""
    pairs = tuple(columns_by(operation))
    return (*(f"{table}.{name}" for table, name in pairs), *(name for _, name in pairs))

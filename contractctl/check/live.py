"""Does a database hold what the contracts promise? Their released versions against its own catalogue; it is only read.

A version in transit is compared as far as its plan has come, according to the journal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from contractctl import journal, store
from contractctl.check import worst
from contractctl.compatibility import Terms
from contractctl.databases.definitions import text
from contractctl.errors import ContractctlError
from contractctl.formats.sql import live, parse
from contractctl.formats.sql.drift import drift
from contractctl.formats.sql.live import Live
from contractctl.formats.sql.parsing.defined import as_kept
from contractctl.formats.sql.schema import Schema
from contractctl.formats.sql.transit import beside, on_its_way, settled
from contractctl.gate.words import where
from contractctl.journal import History
from contractctl.model.contract import DRAFT, Contract, File, SemanticVersion, Source
from contractctl.model.plan import Movement, Operation, Plan, Stage, State, moves_of
from contractctl.model.verdict import Change, Finding, Status, Undecided
from contractctl.store import Unreadable, parted
from contractctl.verdicts import judged

if TYPE_CHECKING:
    from sqlalchemy import Connection

DATABASE = "the database"
_COLLATION = "sql-collation-changed"


@dataclass(frozen=True, slots=True)
class Compared:
    """One contract, and what the database holds of it."""

    contract: str
    version: str
    """A release; the draft where nothing was released yet."""
    changes: tuple[Change, ...] = ()
    """How the database differs: `before` is the version, `after` the database."""
    unknown: tuple[Undecided, ...] = ()
    """What nobody can compare."""
    let_down: tuple[Finding, ...] = ()
    """Which statements of applications that rely on the version fail or misread, where something differs."""
    plan: str | None = None
    """How far the plan has come that moves the contract, if there is one."""
    like: str | None = None
    """Another version that the database is just like."""

    @property
    def status(self) -> Status:
        """Incompatible where something drifted."""
        if self.changes:
            return Status.INCOMPATIBLE
        return Status.UNKNOWN if self.unknown else Status.COMPATIBLE


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """What was found in one database."""

    compared: tuple[Compared, ...]
    passed_over: tuple[tuple[str, str], ...] = ()
    """Contracts without a table in this database, and why."""
    extra: tuple[str, ...] = ()
    """Tables and views that no contract covers, where that was asked for."""
    unreadable: tuple[Unreadable, ...] = ()
    """Contracts whose version cannot be read: what they promise is not known."""

    @property
    def status(self) -> Status:
        """Incompatible where something drifted, else unknown where something cannot be compared."""
        return Status.INCOMPATIBLE if self.extra else worst(one.status for one in self.compared)


def check_live(
    connection: "Connection", contracts: Sequence[Contract], plans: Sequence[Plan] = (), *, extra: bool = False
) -> LiveCheck:
    """Compare the contracts of tables with the database, in the connection's one snapshot.

    plans: the repository's; those that move one of the contracts count. extra: tables that no contract covers are
    drift, too; `contracts` must then be all contracts of this database.
    """
    tables = (contract for contract in contracts if contract.format == "sql")
    asked, unreadable = parted(_asked(contract, plans, connection) for contract in tables)
    spoken = {name for one in asked for version in one.versions for name in _names(version.schema)}
    spoken |= {
        name for one in asked for version in one.versions for name in beside(version.operations, version.schema.dialect)
    }
    schemas = {name.rpartition(".")[0] for name in spoken}
    postgresql = connection.dialect.name == "postgresql"
    found = live.read(connection, sorted(schemas | {""}) if postgresql else (), sorted(spoken))
    compared = tuple(_compared(one, found) for one in asked if one.versions)
    unspoken = (one.name for one in found.definitions if as_kept(one.name, found.schema.dialect) not in spoken)
    passed_over = tuple((one.contract.name, one.reason) for one in asked if not one.versions)
    return LiveCheck(compared, passed_over, tuple(unspoken) if extra and not unreadable else (), unreadable)


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of a contract that the database may hold."""

    name: str
    source: Source
    schema: Schema
    operations: tuple[Operation, ...] = ()
    """Changes of a plan in flight."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A contract, and which of its versions the database is to hold."""

    contract: Contract
    versions: tuple[_Version, ...]
    """The first one; the others only where a stage was begun and has no outcome."""
    plan: str | None = None
    reason: str = ""
    """Why there is no version to compare, where there is none."""


def _asked(contract: Contract, plans: Sequence[Plan], connection: "Connection") -> _Asked | Unreadable:
    moving = _moving(contract, plans)
    if moving is None:
        named = {str(contract.latest.number): contract.latest.source} if contract.latest else {}
        sources = named or ({DRAFT: contract.draft} if contract.draft is not None else {})
        return _read(contract, sources, None, live.dialect(connection))
    plan, movement = moving
    history = _history(connection, plan)
    numbers = _standing(movement, history)
    sources = {number: source for number in numbers if (source := _source(contract, movement, number)) is not None}
    moves = movement.intermediate in numbers
    on_its_way = tuple(one for one in plan.operations if one.contract == contract.name)
    words = f"plan '{plan.name}' is {where(history.standing)}" if moves else None
    asked = _read(contract, sources, words, live.dialect(connection))
    if isinstance(asked, Unreadable):
        return asked
    versions = (
        replace(one, operations=on_its_way) if one.name == movement.intermediate else one for one in asked.versions
    )
    return replace(asked, versions=tuple(versions))


def _moving(contract: Contract, plans: Sequence[Plan]) -> tuple[Plan, Movement] | None:
    """The plan that moves the newest versions of a contract; None where a later version was released without a plan."""
    moves = [*moves_of(contract.name, plans)]
    if not moves or contract.latest is None:
        return None
    plan, movement = max(moves, key=lambda move: SemanticVersion.parse(move[1].intermediate))
    return None if contract.latest.number > SemanticVersion.parse(movement.new) else (plan, movement)


def _history(connection: "Connection", plan: Plan) -> History:
    there = journal.version(connection) is not None
    return journal.history(connection, plan.name) if there else History()


def _standing(movement: Movement, history: History) -> tuple[str, ...]:
    """The version that the database holds, then the one that it may hold already because a stage was begun."""
    begun = history.pending.stage if history.pending is not None else None
    match history.standing.state:
        case State.PLANNED | State.ROLLED_BACK:
            return (movement.old, movement.intermediate) if begun else (movement.old,)
        case State.CONTRACTED:
            return (movement.new,)
        case _ if begun == Stage.CONTRACT:
            return (movement.intermediate, movement.new)
        case _ if begun == journal.ROLLBACK:
            return (movement.intermediate, movement.old)
        case _:
            return (movement.intermediate,)


def _source(contract: Contract, movement: Movement, number: str) -> Source | None:
    """A release; or the draft that becomes it when the plan is contracted."""
    released = next((one.source for one in contract.versions if str(one.number) == number), None)
    if released is None and contract.draft is not None and store.digest(contract.draft) == movement.new_digest:
        return contract.draft
    return released


def _read(contract: Contract, sources: Mapping[str, Source], plan: str | None, dialect: str) -> _Asked | Unreadable:
    return store.tried(contract.name, None, partial(_parsed, contract, sources, plan, dialect))


def _parsed(contract: Contract, sources: Mapping[str, Source], plan: str | None, dialect: str) -> _Asked:
    if not sources:
        return _Asked(contract, (), plan, "there is no release and no draft to compare")
    versions = []
    for name, source in sources.items():
        schema = parse(source, contract.policy)
        if not schema.certain:
            schema = parse(source, replace(contract.policy, dialect=dialect))
        if schema.dialect != dialect:
            return _Asked(contract, (), plan, f"it is written for {schema.dialect}, and the database is {dialect}")
        versions.append(_Version(name, source, schema))
    return _Asked(contract, tuple(versions), plan)


def _names(schema: Schema) -> tuple[str, ...]:
    return (*schema.tables, *schema.views, *(unread.makes for unread in schema.unread if unread.makes))


def _compared(asked: _Asked, found: Live) -> Compared:
    results = [_held(asked, version, found) for version in asked.versions]
    best = next((one for one in results if one.status is Status.COMPATIBLE), results[0])
    if best.status is not Status.INCOMPATIBLE:
        return best
    version = next(one for one in asked.versions if one.name == best.version)
    return replace(
        best, let_down=_let_down(asked.contract, best, version, found), like=_like(asked.contract, best, found)
    )


def _held(asked: _Asked, version: _Version, found: Live) -> Compared:
    schema, held = settled(version.schema, found.schema, version.operations)
    differences = list(drift(schema, held, found.defaults))
    return Compared(
        contract=asked.contract.name,
        version=version.name,
        changes=tuple(one for one in differences if isinstance(one, Change)),
        unknown=tuple(one for one in differences if isinstance(one, Undecided)),
        plan=asked.plan,
    )


def _let_down(contract: Contract, best: Compared, version: _Version, found: Live) -> tuple[Finding, ...]:
    """What happens to applications that rely on the version: the database is the provider, they are its clients.

    What a plan in flight has taken away or forbidden is no drift, and breaks nobody who follows the plan.
    MariaDB prints a column's collation even if it is the default, which a version without one means.
    """
    names = set(_names(version.schema))
    there = [one for one in found.definitions if as_kept(one.name, found.schema.dialect) in names and not one.refused]
    if not there:
        return ()
    terms = Terms(old_name="the draft" if version.name == DRAFT else version.name, new_name=DATABASE).of(contract)
    terms = replace(terms, policy=replace(contract.policy, dialect=found.schema.dialect))
    try:
        findings = judged(version.source, Source((File(DATABASE, text(there)),)), "sql", terms).backward.findings
    except ContractctlError:  # SQLite refuses what another version of it wrote
        return ()
    collated = {change.path for change in best.changes if change.what == "collation"}
    changed = {change.path for change in best.changes}
    return tuple(
        one
        for one in findings
        if (one.rule != _COLLATION or one.path in collated)
        and (one.path in changed or not on_its_way(one.path, version.operations, found.schema.dialect))
    )


def _like(contract: Contract, best: Compared, found: Live) -> str | None:
    """Another release that the database is just like."""
    for version in reversed(contract.versions):
        if str(version.number) == best.version:
            continue
        schema = parse(version.source, replace(contract.policy, dialect=found.schema.dialect))
        if not list(drift(schema, found.schema, found.defaults)):
            return str(version.number)
    return None

"""What is known of a plan at this moment? Its file, its standing, its consumers and all records, for the gate."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from contractctl.errors import ContractctlError
from contractctl.evidence import approvals, asked, declared_reads, record_file
from contractctl.evidence.shares import of_flags, uncollected
from contractctl.model.contract import Contract, Party, Reading
from contractctl.model.evidence import Kind, Record, Series, stated
from contractctl.model.plan import Movement, Plan, Standing, State
from contractctl.model.service import Use
from contractctl.model.verdict import Direction, Level, Status
from contractctl.settings import Settings

if TYPE_CHECKING:
    from contractctl.deployment import Unfiled
    from contractctl.revisions import Environment

_NOT_UNDER_WAY = frozenset({State.PLANNED, State.CONTRACTED, State.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class Known:
    """A plan and where it stands."""

    settings: Settings
    plan: Plan
    standing: Standing
    consumers: Mapping[str, tuple[Party, ...]]


def known(settings: Settings, word: str) -> Known:
    """Everything but the records. `word` is a plan's name or its file."""
    plan = named(settings, word)
    return Known(settings, plan, standing(settings, plan), consumers(settings, plan))


def named(settings: Settings, word: str) -> Plan:
    """The plan of that name, or in that file."""
    from contractctl import planner

    if word.endswith(".toml") or "/" in word:
        return planner.read_plan(Path(word))
    plans = planner.read_plans(settings.migrations)
    found = next((plan for plan in plans if plan.name == word), None)
    if found is None:
        listed = ", ".join(plan.name for plan in plans)
        hint = f"known plans: {listed}" if listed else "write one: contractctl plan CONTRACT"
        raise ContractctlError(f"there is no plan '{word}'", hint=hint)
    return found


def standing(settings: Settings, plan: Plan) -> Standing:
    """What the journal says; planned where there is no journal yet. Nothing is created.

    Raise ContractctlError where the journal was tampered with.
    """
    if not is_there(settings, plan.database):
        return Standing(State.PLANNED, 0.0)
    from contractctl import databases, journal

    engine = databases.create_engine(settings.journal_url(plan.database))
    try:
        with journal.reading(engine) as connection:
            if journal.version(connection) is None:
                return Standing(State.PLANNED, 0.0)
            journal.verify_chain(connection, plan.name)
            return journal.standing(connection, plan.name)
    finally:
        engine.dispose()


def unfiled(settings: Settings, plans: Iterable[Plan], database: str) -> Iterator["Unfiled"]:
    """What the journal of a database tells to be under way, and is none of these plans. Nothing is created."""
    if not is_there(settings, database):
        return
    from contractctl import databases, journal
    from contractctl.deployment import Unfiled
    from contractctl.journal import deployments

    known, environments = {plan.name for plan in plans}, deployments.chain("")
    engine = databases.create_engine(settings.journal_url(database))
    try:
        with journal.reading(engine) as connection:
            names = journal.plans(connection) if journal.version(connection) is not None else ()
            for name in names:
                if name in known or name.startswith(environments):
                    continue
                history = journal.history(connection, name)
                contracts = history.work.get("contracts")
                if history.standing.state not in _NOT_UNDER_WAY:
                    yield Unfiled(name, history.standing, None if contracts is None else frozenset(contracts))
    finally:
        engine.dispose()


def unfiled_anywhere(settings: Settings, plans: Sequence[Plan]) -> Iterator["Unfiled"]:
    """As unfiled(), in every database that these plans are carried out in; without any, in the one without a name."""
    for database in sorted({plan.database for plan in plans} or {""}):
        yield from unfiled(settings, plans, database)


def environment(settings: Settings, database: str) -> "Environment":
    """The Alembic environment that has the revisions of a database."""
    from contractctl import revisions

    found = settings.database(database)
    if found is None:
        return revisions.environment(settings.migrations, settings.root)
    called = revisions.Called(found.name, found.alembic, found.section, found.engine)
    return revisions.environment(settings.migrations, settings.root, called)


def is_there(settings: Settings, database: str) -> bool:
    """Whether the database's file exists: asking must not create it."""
    from contractctl.databases import opening

    url = opening.parse(settings.journal_url(database))
    elsewhere = url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":", "file:"))
    return elsewhere or Path(url.database or "").is_file()


def consumers(settings: Settings, plan: Plan) -> Mapping[str, tuple[Party, ...]]:
    """The consumers of every contract that the plan moves: those of contract.toml, and who else is live on record."""
    from contractctl import store

    listed = {move.contract: store.read(settings.contracts, move.contract).consumers for move in plan.movements}
    live = list(_live_consumers(settings, tuple(listed)))
    return {name: tuple(_with_live(own, name, live)) for name, own in listed.items()}


def _live_consumers(settings: Settings, contracts: tuple[str, ...]) -> Iterator[tuple[str, str, Use]]:
    """(service, version, use) of every live version that has declared it; in every environment where none is named."""
    from contractctl.cli import ledger
    from contractctl.deployment import live_versions
    from contractctl.store import services

    if not (settings.contracts / services.FOLDER).is_dir():
        return  # nobody has declared anything, wherever deployments may be on record
    meant = settings.environment
    versions = [
        (service, version)
        for name, there in ledger.everything(settings, time.time()).items()
        if meant in {None, name}
        for service, version, _ in live_versions(there.services)
    ]
    for (service, version), declaration in services.mentioning(settings.contracts, versions, contracts).items():
        yield from ((service, version, use) for use in (declaration.consumes if declaration else ()))


def _with_live(listed: tuple[Party, ...], contract: str, uses: Sequence[tuple[str, str, Use]]) -> Iterator[Party]:
    """Those that contract.toml names, then the others, each with what its live versions read."""
    live: dict[str, list[Reading]] = {}
    for service, version, use in uses:
        if use.contract == contract:
            live.setdefault(service, []).append(Reading(version, use.reads))
    for party in listed:
        yield replace(party, live=tuple(live.pop(party.name, ())))
    for service in sorted(live):
        every = [one.reads for one in live[service]]
        reads = tuple(sorted({one for some in every for one in some})) if all(every) else ()
        yield Party(service, reads, live=tuple(live[service]))


def records(it: Known, now: float, evidence: Path | None = None) -> tuple[Record, ...]:
    """All records: collected ones, approvals, the contracts compared now, and what the database says now."""
    settings, plan = it.settings, it.plan
    path = evidence or record_file.path_of(settings.migrations, plan.name)
    if evidence and not evidence.is_file():
        raise ContractctlError(f"{evidence}: there is no such file", hint=f"contractctl evidence collect {plan.name}")
    written = record_file.read(path) if path.is_file() else ()
    _demand_collected(path, written)
    collected = _held(settings, asked.held(written, settings.asked, plan.name, now), now)
    said = approvals.read(approvals.path_of(settings.migrations, plan.name), now)
    flags = of_flags([flag for flag in settings.flags if flag.plan == plan.name], now)
    moved = [(source.location, source.options) for source in settings.evidence if source.source == "rollouts"]
    silent = (*uncollected(moved, plan.name, collected, now), *_undeclared(settings, plan, collected, now))
    return (*collected, *silent, *said, *flags, *compared(settings, plan, now), *_counted(settings, plan, now))


_COLLECTED = frozenset({Kind.READS, Kind.HEARTBEAT, Kind.CANARY, Kind.STATIC_READS})
"""What instruments see. Approvals are reviewed in git; compatibility and the database are asked by us, at once."""


def _demand_collected(path: Path, written: tuple[Record, ...]) -> None:
    for number, record in enumerate(written, 1):
        if record.kind not in _COLLECTED and not asked.says(record):
            raise ContractctlError(
                f"{path}:{number}: '{record.kind}' is not a kind of record that instruments produce",
                hint="collect it again: contractctl evidence collect PLAN",
            )


def _undeclared(settings: Settings, plan: Plan, collected: tuple[Record, ...], now: float) -> tuple[Record, ...]:
    """Documents and schemas of consumers that the settings name, and that nobody has read as they are named now."""
    laid = [(one.source, one.location, one.resolved) for one in settings.evidence if one.source in declared_reads.NAMES]
    return tuple(declared_reads.uncollected(laid, plan, collected, now))


def _held(settings: Settings, collected: tuple[Record, ...], now: float) -> tuple[Record, ...]:
    """Searches of code, held against what is live at this moment."""
    if not any(record.kind is Kind.STATIC_READS for record in collected):
        return collected
    from contractctl.cli import ledger
    from contractctl.evidence import deployed

    return deployed.held(collected, ledger.everything(settings, now))


def _counted(settings: Settings, plan: Plan, now: float) -> tuple[Record, ...]:
    if not is_there(settings, plan.database):
        return ()
    from contractctl import databases, migration

    engine = databases.create_engine(settings.journal_url(plan.database))
    try:
        migration.demand_one_time(engine, time.time())
        return migration.database_records(engine, plan, lambda: now)
    finally:
        engine.dispose()


def compared(settings: Settings, plan: Plan, now: float) -> tuple[Record, ...]:
    """The intermediate versions held against every live version, both ways; nothing where one is not released."""
    from contractctl import store

    found = [(move, settings.judged(store.read(settings.contracts, move.contract))) for move in plan.movements]
    return tuple(_compared(move, contract, now) for move, contract in found)


def _compared(movement: Movement, contract: Contract, now: float) -> Record:
    series = tuple(_pairs(movement, contract))
    texts = "".join(f"{version.number} {version.digest} " for version in contract.versions)
    identity = f"{movement} {texts} {[(sorted(one.labels.items()), str(one.value)) for one in series]}"
    return stated(
        Kind.COMPATIBILITY,
        source="store",
        query=f"{movement.contract}: {movement.old} and live versions with {movement.intermediate}",
        at=now,
        series=series,
        digest=sha256(identity.encode()).hexdigest(),
    )


def _pairs(movement: Movement, contract: Contract) -> Iterator[Series]:
    from contractctl.compatibility import Terms, compare_sources

    sources = {str(version.number): version.source for version in contract.versions}
    live = {movement.old} | {number for party in contract.consumers + contract.producers for number in party.versions}
    intermediate = sources.get(movement.intermediate)
    if intermediate is None:
        return
    for old in sorted(live - {movement.intermediate}):
        if old not in sources:  # somebody is said to live with a version that nobody has
            for direction in Level.FULL.directions:
                yield Series(_pair(movement, old, direction), float("nan"))
            continue
        terms = Terms(witnesses=False).of(contract)
        comparison = compare_sources(sources[old], intermediate, movement.format, terms)
        for direction in Level.FULL.directions:
            labels = _pair(movement, old, direction)
            answer = comparison.towards(Direction(direction))
            count = sum(finding.breaks for finding in answer.findings)
            yield Series(labels, float("nan") if answer.status is Status.UNKNOWN else float(count))


def _pair(movement: Movement, old: str, direction: str) -> dict[str, str]:
    return {"contract": movement.contract, "old": old, "new": movement.intermediate, "direction": direction}

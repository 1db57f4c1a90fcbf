"""What was observed about a plan? Collected records, approvals, how versions compare, and what its database says."""

import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from contractctl.cli.case import Known, is_there
from contractctl.errors import ContractctlError
from contractctl.evidence import approvals, asked, declared_reads, record_file
from contractctl.evidence.rollouts.shares import of_flags, uncollected
from contractctl.model.contract import Contract
from contractctl.model.evidence import Kind, Record, Series, stated
from contractctl.model.plan import Movement, Plan
from contractctl.model.verdict import Direction, Level, Status
from contractctl.settings import Settings

_COLLECTED = frozenset({Kind.READS, Kind.HEARTBEAT, Kind.CANARY, Kind.STATIC_READS})
"""What instruments see. Approvals are reviewed in git; compatibility and the database are checked on the spot."""


def records(it: Known, now: float, evidence: Path | None = None) -> tuple[Record, ...]:
    """All records: collected ones, approvals, the contracts compared now, and what the database says now."""
    settings, plan = it.settings, it.plan
    path = evidence or record_file.path_of(settings.migrations, plan.name)
    if evidence and not evidence.is_file():
        raise ContractctlError(f"{evidence}: there is no such file", hint=f"contractctl evidence collect {plan.name}")
    written = record_file.read(path) if path.is_file() else ()
    _demand_collected(path, written)
    collected = _held(settings, asked.held(written, lambda: settings.asked, plan.name, now), now)
    said = approvals.read(approvals.path_of(settings.migrations, plan.name), now)
    flags = of_flags([flag for flag in settings.flags if flag.plan == plan.name], now)
    moved = [(source.location, source.options) for source in settings.evidence if source.source == "rollouts"]
    silent = (*uncollected(moved, plan.name, collected, now), *_undeclared(settings, plan, collected, now))
    return (
        *collected,
        *silent,
        *said,
        *flags,
        *_versions_compared(settings, plan, now),
        *_counted(settings, plan, now),
    )


def _demand_collected(path: Path, written: tuple[Record, ...]) -> None:
    for number, record in enumerate(written, 1):
        if record.kind not in _COLLECTED and not asked.says(record):
            raise ContractctlError(
                f"{path}:{number}: '{record.kind}' is not a kind of record that instruments produce",
                hint="collect it again: contractctl evidence collect PLAN",
            )


def _undeclared(settings: Settings, plan: Plan, collected: tuple[Record, ...], now: float) -> tuple[Record, ...]:
    """Documents and schemas of consumers that the settings name, but that were not collected under those settings."""
    laid = [(one.source, one.location, one.resolved) for one in settings.evidence if one.source in declared_reads.NAMES]
    return tuple(declared_reads.uncollected(laid, plan, collected, now))


def _held(settings: Settings, collected: tuple[Record, ...], now: float) -> tuple[Record, ...]:
    """Results of code searches, compared with what is live at this moment."""
    if not any(record.kind is Kind.STATIC_READS for record in collected):
        return collected
    from contractctl.cli import ledger
    from contractctl.evidence.code import deployed

    return deployed.held(collected, ledger.everything(settings, now))


def _counted(settings: Settings, plan: Plan, now: float) -> tuple[Record, ...]:
    if not is_there(settings, plan.database):
        return ()
    from contractctl import databases, migration

    with databases.opened(settings.journal_url(plan.database)) as engine:
        migration.demand_one_time(engine, time.time())
        return migration.database_records(engine, plan, lambda: now)


def _versions_compared(settings: Settings, plan: Plan, now: float) -> tuple[Record, ...]:
    """The intermediate versions compared with every live version, both ways; nothing where one is not released."""
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
        if old not in sources:  # contract.toml names a live version that was never released
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

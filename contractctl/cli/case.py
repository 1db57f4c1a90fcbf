"""What is known of a plan at this moment? Its file, where it stands, and who consumes what it changes."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from contractctl.errors import ContractctlError
from contractctl.model.contract import Party, Reading
from contractctl.model.plan import Plan, Standing, State
from contractctl.model.service import Use
from contractctl.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

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
    """Everything but the evidence records. `word` is a plan's name or its file."""
    plan = named(settings, word)
    return Known(settings, plan, standing(settings, plan), consumers(settings, plan))


def named(settings: Settings, word: str) -> Plan:
    """The plan of that name, or in that file."""
    from contractctl import planner

    if word.endswith(".toml") or "/" in word:
        return planner.read_plan(Path(word))
    names = planner.plan_names(settings.migrations)
    if word not in names:
        hint = f"known plans: {', '.join(names)}" if names else "write one: contractctl plan CONTRACT"
        raise ContractctlError(f"there is no plan '{word}'", hint=hint)
    return planner.read_plan(planner.path_of(settings.migrations, word))  # another's may be broken


def standing(settings: Settings, plan: Plan) -> Standing:
    """What the journal says; planned where there is no journal yet.

    Raise ContractctlError where the journal was tampered with.
    """
    from contractctl import journal

    with journal_of(settings, plan.database) as connection:
        if connection is None:
            return Standing(State.PLANNED, 0.0)
        journal.verify_chain(connection, plan.name)
        return journal.standing(connection, plan.name)


def unfiled(settings: Settings, plans: Iterable[Plan], database: str) -> Iterator["Unfiled"]:
    """What is under way according to a database's journal and is none of these plans."""
    from contractctl import journal
    from contractctl.deployment import Unfiled
    from contractctl.journal import deployments

    known, environments = {plan.name for plan in plans}, deployments.chain("")
    with journal_of(settings, database) as connection:
        if connection is None:
            return
        for name in journal.plans(connection):
            if name in known or name.startswith(environments):
                continue
            history = journal.history(connection, name)
            contracts = history.work.get("contracts")
            if history.standing.state not in _NOT_UNDER_WAY:
                yield Unfiled(name, history.standing, None if contracts is None else frozenset(contracts))


@contextmanager
def journal_of(settings: Settings, database: str) -> Iterator["Connection | None"]:
    """A snapshot of a database's journal; None where there is none yet. Nothing is created."""
    if not is_there(settings, database):
        yield None
        return
    from contractctl import databases, journal

    with databases.opened(settings.journal_url(database)) as engine, journal.reading(engine) as connection:
        yield None if journal.version(connection) is None else connection


def unfiled_anywhere(settings: Settings, plans: Sequence[Plan]) -> Iterator["Unfiled"]:
    """As unfiled(), for every database in which these plans run; if there is none, for the database without a name."""
    for database in sorted({plan.database for plan in plans} or {""}):
        yield from unfiled(settings, plans, database)


def environment(settings: Settings, database: str) -> "Environment":
    """The Alembic environment that holds the revisions of a database."""
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
    """The consumers of every contract that the plan moves: those in contract.toml, and others recorded as live."""
    from contractctl import store

    listed = {move.contract: store.read(settings.contracts, move.contract).consumers for move in plan.movements}
    live = list(_live_consumers(settings, tuple(listed)))
    return {name: tuple(_with_live(own, name, live)) for name, own in listed.items()}


def _live_consumers(settings: Settings, contracts: tuple[str, ...]) -> Iterator[tuple[str, str, Use]]:
    """(service, version, use) of every live version that has declared it; in every environment where none is named."""
    from contractctl.cli import ledger
    from contractctl.deployment import live_versions
    from contractctl.store import Unreadable, services

    if not (settings.contracts / services.FOLDER).is_dir():
        return  # nobody has declared anything, so it does not matter where deployments are on record
    meant = settings.environment
    versions = [
        (service, version)
        for name, there in ledger.everything(settings, time.time()).items()
        if meant in {None, name}
        for service, version, _ in live_versions(there.services)
    ]
    for (service, version), declaration in services.mentioning(settings.contracts, versions, contracts).items():
        if isinstance(declaration, Unreadable):
            raise ContractctlError(declaration.message, hint=declaration.remedy)  # it may consume what the plan changes
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

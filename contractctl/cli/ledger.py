"""Where are deployments recorded? In the journal of the database that contractctl.toml names."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contractctl import databases, journal, settings
from contractctl.cli import case, who
from contractctl.errors import ContractctlError
from contractctl.journal import Entry, EntryKind, Note, clusters, deployments
from contractctl.journal.deployments import Deployment
from contractctl.model.cluster import MAX_AGE_SECONDS, Doubt, Doubting, Environment, Seen
from contractctl.model.evidence import SKEW_SECONDS
from contractctl.model.service import commit_of, name_of, version_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from contractctl.settings import Settings

_TRIES = 30
_NAP = 0.2
"""The longest pause between two tries, in seconds, where others write at the same time."""


def write(deployment: Deployment) -> bool:
    """Record a deployment; False where it is on record already. Several may do so at once."""
    name_of(deployment.environment, "an environment")
    name_of(deployment.service, "a service")
    if deployment.version is not None:
        version_of(deployment.version)
    if deployment.commit is not None:
        commit_of(deployment.commit)
    return _write(lambda connection, note: deployments.record(connection, deployment, note))


def write_seen(environment: str, cluster: str, told: Seen | None) -> bool:
    """Record what a cluster has shown, or None for one that no longer exists; False where that is recorded already."""
    name_of(environment, "an environment")
    name_of(cluster, "a cluster")
    if told is not None and told.at > time.time() + SKEW_SECONDS:
        raise ContractctlError(
            "the list's timestamp is in the future", hint="check the clocks, or give its time: --at TIME"
        )
    return _write(lambda connection, note: clusters.record(connection, environment, cluster, told, note))


def _write(record: "Callable[[Connection, Note], Entry | None]") -> bool:
    found = settings.load(Path.cwd())
    note = Note("", EntryKind.DEPLOYED, "", "", time.time(), who.actor(), who.commit(), {})
    if found.database() is None:
        found.migrations.mkdir(parents=True, exist_ok=True)
        click.echo("no database is named in contractctl.toml: this is recorded on this machine alone", err=True)
    with databases.opened(found.journal_url()) as engine:
        journal.open(engine)
        for attempt in range(_TRIES):
            try:
                with journal.writing(engine) as connection:
                    return record(connection, note) is not None
            except journal.RefusedError as error:
                if not error.busy or attempt == _TRIES - 1:
                    raise
                time.sleep(random.uniform(0, _NAP))  # noqa: S311 - nothing secret
    raise AssertionError("the last try returns or raises")


def live(found: "Settings", environment: str, now: float) -> Environment:
    """What is live in an environment, as far as it was recorded or a cluster has shown it. Nothing is created.

    Raise ContractctlError where its journal was tampered with.
    """
    with case.journal_of(found, "") as connection:
        return Environment() if connection is None else _environment(found, connection, environment, now)


def everything(found: "Settings", now: float) -> Mapping[str, Environment]:
    """Every environment. Raise ContractctlError where its journal was tampered with."""
    with case.journal_of(found, "") as connection:
        if connection is None:
            return {}
        names = deployments.environments(connection)
        return {name: _environment(found, connection, name, now) for name in names}


def _environment(found: "Settings", connection: "Connection", name: str, now: float) -> Environment:
    journal.verify_chain(connection, deployments.chain(name))
    seen = clusters.seen(connection, name)
    oldest = now - (found.workloads.max_age_seconds if found.workloads else MAX_AGE_SECONDS)
    doubts = [doubt for cluster, one in seen.items() for doubt in _doubts(cluster, one, oldest, now)]
    return Environment(clusters.joined(deployments.live(connection, name), seen), seen, tuple(doubts))


def _doubts(cluster: str, one: Seen, oldest: float, now: float) -> Iterator[Doubt]:
    from contractctl.gate.words import moment, span

    if not oldest <= one.at <= now + SKEW_SECONDS:
        age = f"{span(now - one.at)} old" if one.at < now else f"{span(one.at - now)} in the future"
        allowed = f"{span(now - oldest)} are allowed"
        yield Doubt(Doubting.STALE, f"the list of the cluster '{cluster}', of {moment(one.at)}, is {age}; {allowed}")
    yield from (replace(doubt, message=f"in the cluster '{cluster}', {doubt.message}") for doubt in one.doubts)

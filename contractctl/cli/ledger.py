"""Where are deployments recorded? In the journal of the database that contractctl.toml names."""

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contractctl import databases, journal, settings
from contractctl.cli import case, who
from contractctl.journal import EntryKind, Note, deployments
from contractctl.journal.deployments import Deployment
from contractctl.model.service import Live, commit_of, name_of, version_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from contractctl.settings import Settings

_TRIES = 30
_NAP = 0.2
"""Seconds at most between two tries, where others write at the same moment."""


def write(deployment: Deployment) -> bool:
    """Record a deployment; False where it is on record already. Several may do so at once."""
    name_of(deployment.environment, "an environment")
    name_of(deployment.service, "a service")
    if deployment.version is not None:
        version_of(deployment.version)
    if deployment.commit is not None:
        commit_of(deployment.commit)
    found = settings.load(Path.cwd())
    note = Note("", EntryKind.DEPLOYED, "", "", time.time(), who.actor(), who.commit(), {})
    if found.database() is None:
        found.migrations.mkdir(parents=True, exist_ok=True)
        click.echo("no database is named in contractctl.toml: this is recorded on this machine alone", err=True)
    engine = databases.create_engine(found.journal_url())
    try:
        journal.open(engine)
        for attempt in range(_TRIES):
            try:
                with journal.writing(engine) as connection:
                    return deployments.record(connection, deployment, note) is not None
            except journal.RefusedError as error:
                if not error.busy or attempt == _TRIES - 1:
                    raise
                time.sleep(random.uniform(0, _NAP))  # noqa: S311 - nothing secret
    finally:
        engine.dispose()
    raise AssertionError("the last try returns or raises")


def live(found: "Settings", environment: str) -> Mapping[str, Live]:
    """What is live in an environment, as far as anybody has said. Nothing is created.

    Raise ContractctlError where its journal was tampered with.
    """
    with _reading(found) as connection:
        if connection is None:
            return {}
        journal.verify_chain(connection, deployments.chain(environment))
        return deployments.live(connection, environment)


def everything(found: "Settings") -> Mapping[str, Mapping[str, Live]]:
    """Every environment. Raise ContractctlError where its journal was tampered with."""
    with _reading(found) as connection:
        if connection is None:
            return {}
        names = deployments.environments(connection)
        for name in names:
            journal.verify_chain(connection, deployments.chain(name))
        return {name: deployments.live(connection, name) for name in names}


@contextmanager
def _reading(found: "Settings") -> "Iterator[Connection | None]":
    """The journal; None where there is none yet."""
    if not case.is_there(found, ""):
        yield None
        return
    engine = databases.create_engine(found.journal_url())
    try:
        with journal.reading(engine) as connection:
            yield None if journal.version(connection) is None else connection
    finally:
        engine.dispose()

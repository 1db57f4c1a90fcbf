"""Which of the user's Alembic revisions does the database have, and how is exactly one of them run?"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any

from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from contractctl.errors import ContractctlError
from contractctl.migration import environments
from contractctl.revisions import Environment
from contractctl.revisions.history import ancestors

_OURS = "contractctl_"
"""How the ids begin of the revisions that every plan's revisions start from; see contractctl.revisions."""

Around = Callable[[Connection], AbstractContextManager[None]]


def applied(connection: Connection, environment: Environment) -> frozenset[str]:
    """Every revision that the database has, as its own version table and the revision files say."""
    heads: list[str] = []

    def look(found: tuple[str, ...], _context: MigrationContext) -> Iterable[MigrationStep]:
        heads.extend(found)
        return ()

    with environment.entered() as directory:
        environments.run(environment, directory, connection, look, dont_mutate=True)
        return frozenset(script.revision for script in ancestors(directory, heads))


def naming_convention(connection: Connection, environment: Environment) -> Mapping[Any, Any]:
    """How the application's models name constraints, those that env.py hands to Alembic; empty where it hands none."""
    found: dict[Any, Any] = {}

    def look(_heads: tuple[str, ...], context: MigrationContext) -> Iterable[MigrationStep]:
        given = context.opts["target_metadata"]
        several = given if isinstance(given, list | tuple) else [given]
        found.update(next((one.naming_convention for one in several if one is not None), {}))
        return ()

    with environment.entered() as directory:
        environments.run(environment, directory, connection, look, dont_mutate=True)
    return found


def upgrade(connection: Connection, environment: Environment, revision: str) -> None:
    """Upgrade by exactly this revision in the caller's transaction; other branches stay where they are.

    The revision that its branch begins with comes along where it is not there yet.
    """
    with environment.entered() as directory:
        steps = _upward(connection, environment, directory, revision)
        environments.run(environment, directory, connection, lambda _heads, _context: steps)


def upgrade_alone(engine: Engine, environment: Environment, revision: str, around: Around) -> None:
    """As `upgrade`, in transactions of the revision's own: some of its statements run outside of any.

    `around` is entered with the connection before the first of them, and left in the last.
    """
    with environment.entered() as directory, engine.connect() as connection:
        steps = _upward(connection, environment, directory, revision)
        for step in steps:
            step.migration_fn = _within(around, connection, step.migration_fn)
        connection.rollback()  # the queries so far have begun a transaction
        environments.run(environment, directory, connection, lambda _heads, _context: steps)


def downgrade(connection: Connection, environment: Environment, revision: str) -> None:
    """Downgrade exactly this revision in the caller's transaction; other branches stay where they are."""
    with environment.entered() as directory:
        script = directory.get_revision(revision)
        above = [
            other
            for other in applied(connection, environment) - {revision}
            if revision in {one.revision for one in ancestors(directory, [other])}
        ]
        if above:
            raise ContractctlError(
                f"revision '{revision}' cannot be reverted while others depend on it: {', '.join(sorted(above))}",
                hint="roll those back first",
            )
        step = MigrationStep.downgrade_from_script(directory.revision_map, script)
        environments.run(environment, directory, connection, lambda _heads, _context: [step])


def undo(connection: Connection, environment: Environment, revision: str) -> None:
    """Undo what was done of an interrupted revision, which the database does not count as run."""

    def take_back(_heads: tuple[str, ...], context: MigrationContext) -> Iterable[MigrationStep]:
        script.module.downgrade(**context.opts[environments.ARGUMENTS])
        return ()

    with environment.entered() as directory:
        script = directory.get_revision(revision)
        environments.run(environment, directory, connection, take_back)


def _upward(
    connection: Connection, environment: Environment, directory: ScriptDirectory, revision: str
) -> tuple[MigrationStep, ...]:
    script = directory.get_revision(revision)
    have = applied(connection, environment)
    wanted = {one.revision for one in ancestors(directory, [revision])} - {revision} - have
    ours = sorted(one for one in wanted if one.startswith(_OURS))
    theirs = sorted(wanted.difference(ours))
    if theirs:
        raise ContractctlError(
            f"revision '{revision}' depends on revisions that the database does not have: {', '.join(theirs)}",
            hint=f"run them first: alembic upgrade {theirs[0]}",
        )
    scripts = (*map(directory.get_revision, ours), script)
    return tuple(MigrationStep.upgrade_from_script(directory.revision_map, one) for one in scripts)


def _within(around: Around, connection: Connection, work: Callable[..., None]) -> Callable[..., None]:
    @wraps(work)
    def guarded(**options: object) -> None:
        with around(connection):
            work(**options)

    return guarded

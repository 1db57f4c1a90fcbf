"""How does a user's env.py run over the connection that holds our lock? We stand in for Alembic's context."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from contractctl.databases.places import Place, place
from contractctl.errors import ContractctlError
from contractctl.revisions import Environment

ARGUMENTS = "contractctl_arguments"
"""The context's option with what env.py passes to each revision."""
Steps = Callable[[tuple[str, ...], MigrationContext], Iterable[MigrationStep]]

_LINES = """begin run_migrations_online() with these three lines, and all that follows with else:
        given = config.attributes.get("connection")
        if given is not None:
            do_run_migrations(given)  # context.configure(connection=given, …), then context.run_migrations()"""


def run(
    environment: Environment, directory: ScriptDirectory, connection: Connection, steps: Steps, **options: bool
) -> None:
    """Run the user's env.py for these steps, over our connection and in its transaction.

    An env.py that takes config.attributes["connection"], as Alembic's documentation has it, gets it. Any other opens a
    connection of its own, as it always does. All that it says to context.configure() holds, and the steps run over
    ours all the same, once both connections are found to lead to the same place. Of several databases that it
    goes through, only the one that is meant is migrated. Raise ContractctlError where that comes to nothing.
    """
    config = environment.config()
    config.attributes["connection"] = connection
    run = _Run(EnvironmentContext(config, directory, fn=steps, **options), connection)
    with run.context, _quietly():
        try:
            directory.run_env()
        except (ContractctlError, CommandError):
            raise
        except Exception as error:
            if run.has_begun:
                raise
            raise ContractctlError(
                f"{_env(directory)} cannot be run: {type(error).__name__}: {error}",
                hint=f"fix it, so that 'alembic current' works; or {_LINES}",
            ) from error
    run.demand_begun()


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence Alembic's log of each run, which env.py turns on: it is for people who run Alembic themselves."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


class _Run:
    """One run of env.py: its `alembic.context` is a context of ours that behaves as defined here."""

    def __init__(self, context: EnvironmentContext, ours: Connection) -> None:
        self.context = context
        self.has_begun = False
        self._ours = ours
        self._is_ours = False
        self._elsewhere: list[Place] = []
        self._configure, self._run_migrations = context.configure, context.run_migrations
        context.configure = self.configure  # type: ignore[method-assign] # of this one context
        context.run_migrations = self.run_migrations  # type: ignore[method-assign] # as above

    def configure(self, connection: Connection | None = None, *given: Any, **options: Any) -> None:  # noqa: ANN401 - Alembic's own arguments, passed on
        """As Alembic's, but with our connection in place of one to the same database."""
        begun = self._ours.in_transaction()
        self._is_ours = connection is not None and self._leads_to_ours(connection)
        if not begun:  # asking where it leads has begun a transaction, and Alembic must begin its own
            self._ours.rollback()
        self._configure(self._ours if self._is_ours else connection, *given, **options)

    def run_migrations(self, **arguments: Any) -> None:  # noqa: ANN401 - for the revisions, passed on
        """As Alembic's, except that nothing runs where env.py has configured another database."""
        if not self._is_ours:
            return
        if self.has_begun:
            raise ContractctlError(
                f"{_env(self.context.script)} runs every revision several times in one database, which plans do not"
                " support",
                hint="configure each tenant's schema as a database of its own, with its own URL",
            )
        self.has_begun = True
        self.context.context_opts[ARGUMENTS] = arguments
        self._run_migrations(**arguments)

    def demand_begun(self) -> None:
        """Raise ContractctlError if env.py finished without a run over our connection."""
        if self.has_begun:
            return
        found = ", ".join(dict.fromkeys(map(str, self._elsewhere))) or "no database"
        raise ContractctlError(
            f"{_env(self.context.script)} migrates {found}, and contractctl.toml names the {place(self._ours)}",
            hint=f"name the same database in both places; or {_LINES}",
        )

    def _leads_to_ours(self, connection: Connection) -> bool:
        if connection.connection is self._ours.connection:
            return True
        there = place(connection)
        if there == place(self._ours):
            return True
        self._elsewhere.append(there)
        return False


def _env(directory: ScriptDirectory) -> Path:
    return Path(directory.env_py_location)

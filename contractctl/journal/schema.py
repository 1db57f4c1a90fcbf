"""Are the journal's tables there, and in the form that this contractctl knows?"""

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, select

from contractctl import databases, resources
from contractctl.errors import ContractctlError
from contractctl.journal.tables import VERSION
from contractctl.journal.transactions import plain_words, reading, writing

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"
"""The newest revision in migrations/versions; a test holds the two together."""


def open(engine: Engine) -> None:  # noqa: A001 - read as journal.open
    """Bring the journal's tables to the form that is known here. One SELECT where they are in it already.

    Several processes may do so at once, and one that was killed half-way may do so again.
    """
    with reading(engine) as connection:
        found = version(connection)
    if found == HEAD:
        return
    if found is not None and found not in _known():
        raise ContractctlError(
            f"the journal has been written by a newer contractctl (its tables are at '{found}', known is '{HEAD}')",
            hint="run: pip install --upgrade contractctl",
        )
    database = databases.of(engine)
    with plain_words(engine), database.alone(engine, "the journal's tables"), writing(engine) as connection:
        if version(connection) != HEAD:
            _upgrade(connection)


def version(connection: Connection) -> str | None:
    """The revision that the tables are in; None where there is no journal yet."""
    if not inspect(connection).has_table(VERSION.name):
        return None
    return connection.execute(select(VERSION.c.version_num)).scalar()


def _known() -> frozenset[str]:
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _upgrade(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.migrations()).replace("%", "%%"))
    return config

"""Do the journal's tables exist, in the form that this contractctl knows?"""

from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Engine, PrimaryKeyConstraint, String, inspect, select

from contractctl import databases, resources
from contractctl.errors import ContractctlError
from contractctl.journal.tables import JOURNAL, VERSION
from contractctl.journal.transactions import plain_words, reading, writing

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

HEAD = "0001"
"""The newest revision in migrations/versions; a test keeps the two equal."""


def open(engine: Engine) -> None:  # noqa: A001 - read as journal.open
    """Upgrade the journal's tables to the form that is known here. One SELECT if they have it already.

    Several processes may do so at once, and one that was killed half-way may do so again.
    """
    with reading(engine) as connection:
        found = version(connection)
    if found == HEAD:
        return
    if found is not None and found not in _known():
        raise ContractctlError(
            f"the journal has been written by a newer contractctl (its tables are at revision '{found}', this version"
            f" knows '{HEAD}')",
            hint="run: pip install --upgrade contractctl",
        )
    database = databases.of(engine)
    with plain_words(engine), database.alone(engine, "the journal's tables"), writing(engine) as connection:
        if version(connection) != HEAD:
            _upgrade(connection)


def provide(context: "MigrationContext") -> None:
    """Create the tables from within a revision of the application's history, at once or in the script that it writes.

    Nothing where there are some already; those of an older contractctl are brought up by the next one that opens them.
    """
    from alembic import op

    connection = context.bind
    if not context.as_sql and (connection is None or version(connection) is not None):
        return
    for script in reversed(list(_directory().walk_revisions())):
        script.module.upgrade()
    op.create_table(
        VERSION.name,
        Column("version_num", String(32), nullable=False),
        PrimaryKeyConstraint("version_num", name=f"{VERSION.name}_pkc"),
    )
    op.execute(f"INSERT INTO {VERSION.name} (version_num) VALUES ('{HEAD}')")


def version(connection: Connection) -> str | None:
    """The revision that the tables are in; None where there is no journal yet.

    Raise ContractctlError where something was journalled and nothing tells the revision: nobody may take that for none.
    """
    there = inspect(connection)
    found = connection.execute(select(VERSION.c.version_num)).scalar() if there.has_table(VERSION.name) else None
    if found is None and there.has_table(JOURNAL.name) and connection.execute(select(JOURNAL.c.id).limit(1)).first():
        raise ContractctlError(
            f"the database has a journal, and {VERSION.name}, which holds its schema version, is missing or empty",
            hint=f"restore {VERSION.name} from a backup of this database, together with the other contractctl tables",
        )
    return None if found is None else str(found)


def _known() -> frozenset[str]:
    return frozenset(script.revision for script in _directory().walk_revisions())


def _directory() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


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

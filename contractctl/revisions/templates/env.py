"""Where do this repository's revisions run? Written by contractctl; yours to change."""

from pathlib import Path

from alembic import context
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from contractctl import databases, settings
from contractctl.alembic import configure
from contractctl.errors import ContractctlError

DATABASE = ""
target_metadata = None  # the MetaData of your models, for: alembic revision --autogenerate


def run(connection: Connection) -> None:
    """One revision is one transaction, rows and DDL together."""
    configure(
        connection=connection,
        target_metadata=target_metadata,
        transactional_ddl=databases.of(connection).transactional_ddl,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def url() -> str:
    """The database that contractctl.toml names."""
    found = settings.load(Path(__file__).resolve().parent).database(DATABASE)
    if found is None:
        raise ContractctlError("no database is named", hint='write [database] url = "env:NAME" in contractctl.toml')
    return found.url


def run_online() -> None:
    """On the connection that contractctl hands over, else on one of our own."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    engine = databases.create_engine(url())
    with engine.connect() as connection:
        run(connection)
    engine.dispose()


def run_offline() -> None:
    """As a script (--sql)."""
    configure(url=databases.create_engine(url()).url, target_metadata=target_metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


try:
    if context.is_offline_mode():
        run_offline()
    else:
        run_online()
except ContractctlError as error:
    if context.config.attributes.get("connection") is not None:
        raise
    raise CommandError(f"{error.message} ({error.hint})" if error.hint else error.message) from error

"""Where do this repository's revisions run? Written by contractctl; yours to change."""

from pathlib import Path

from alembic import context
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from contractctl import databases, settings
from contractctl.errors import ContractctlError


def include_name(name: str | None, type_: str, _parent_names: object) -> bool:
    """Alembic's autogenerate leaves contractctl's own tables alone."""
    return not (type_ == "table" and name is not None and name.startswith("contractctl_"))


def run(connection: Connection) -> None:
    """One revision is one transaction, rows and DDL together."""
    context.configure(
        connection=connection,
        target_metadata=None,
        include_name=include_name,
        transactional_ddl=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """On the connection that contractctl hands over, else on the database that contractctl.toml names."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    url = settings.load(Path(__file__).resolve().parent).database_url
    if url is None:
        raise ContractctlError("no database is named", hint='write [database] url = "env:NAME" in contractctl.toml')
    engine = databases.create_engine(url)
    with engine.connect() as connection:
        run(connection)
    engine.dispose()


def run_offline() -> None:
    """As a script (--sql): whatever of the history can be written without reading the database."""
    context.configure(dialect_name="sqlite", literal_binds=True, transactional_ddl=True)
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

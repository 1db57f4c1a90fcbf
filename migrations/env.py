"""How are the tables migrated in which contractctl keeps its journal? Called by contractctl.journal."""

from alembic import context
from sqlalchemy import Connection, create_engine

VERSION_TABLE = "contractctl_version"


def migrate(connection: Connection) -> None:
    """Run what the caller asked for inside the connection's transaction."""
    context.configure(connection=connection, target_metadata=None, version_table=VERSION_TABLE)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with create_engine(context.config.get_main_option("sqlalchemy.url") or "").begin() as opened:
        migrate(opened)

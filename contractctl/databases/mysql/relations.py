"""What surrounds a MariaDB table: views, and names that are taken? And how large is it?"""

from sqlalchemy import Connection

from contractctl.databases import run
from contractctl.databases.mysql.tables import of_table


def is_view(connection: Connection, name: str) -> bool:
    """Whether there is a view of that name."""
    query = f"SELECT count(*) FROM information_schema.VIEWS WHERE {of_table(name)}"
    return bool(run(connection, query).scalar_one())


def parts(connection: Connection, table: str) -> tuple[str, ...]:
    """The names of the table's indexes and constraints, and of every foreign key in its database."""
    schema = of_table(table).partition(" AND ")[0]
    query = (
        f"SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE {of_table(table)} UNION"
        " SELECT CONSTRAINT_NAME FROM information_schema.CHECK_CONSTRAINTS"
        f" WHERE {of_table(table, 'CONSTRAINT_SCHEMA')}"
        " UNION SELECT CONSTRAINT_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS"
        f" WHERE {schema.replace('TABLE_SCHEMA', 'CONSTRAINT_SCHEMA')}"
    )
    return tuple(run(connection, query).scalars())


def part_obstacles(_connection: Connection, _table: str, _name: str) -> tuple[str, ...]:
    """MariaDB needs an index for each foreign key; whether one may go is asked where it is dropped."""
    return ()


def is_scattered(_connection: Connection, _table: str) -> bool:
    """No: a row that goes over to another partition is updated."""
    return False


def column_notes(connection: Connection, table: str) -> tuple[str, ...]:
    """Whom a new column of the table affects, each a sentence."""
    query = f"SELECT DISTINCT GRANTEE FROM information_schema.COLUMN_PRIVILEGES WHERE {of_table(table)} ORDER BY 1"
    return tuple(
        f"{grantee} has privileges only on single columns of '{table}': grant it the new ones before it needs them"
        for grantee in run(connection, query).scalars()
    )


def kept_waiting(connection: Connection, table: str) -> tuple[str, ...]:
    """A writer of what a table refers to has that table open, too."""
    schema = "if(UNIQUE_CONSTRAINT_SCHEMA = DATABASE(), '', concat(UNIQUE_CONSTRAINT_SCHEMA, '.'))"
    query = (
        f"SELECT DISTINCT concat({schema}, REFERENCED_TABLE_NAME) FROM information_schema.REFERENTIAL_CONSTRAINTS"
        f" WHERE {of_table(table, 'CONSTRAINT_SCHEMA')} AND REFERENCED_TABLE_NAME <> TABLE_NAME ORDER BY 1"
    )
    return tuple(str(name) for (name,) in run(connection, query))


def weight(connection: Connection, table: str) -> int:
    """How many bytes the table takes, without indexes, as InnoDB estimates it."""
    query = f"SELECT DATA_LENGTH FROM information_schema.TABLES WHERE {of_table(table)}"
    return int(run(connection, query).scalar() or 0)

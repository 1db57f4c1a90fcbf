"""How is a MariaDB table created and dropped, and how does it hand its name to another?"""

from contractctl.databases import Statement
from contractctl.databases.catalog import Catalog, RenamedTable
from contractctl.databases.mysql.names import literal, quotes
from contractctl.databases.mysql.names import table as table_name
from contractctl.databases.mysql.statements.altering import PATIENCE
from contractctl.databases.mysql.tables import of_table

_EXCLUSIVE = "EXCLUSIVE, for an instant"
_GONE = "contractctl_gone_"


def create_table(_table: str, create: str) -> tuple[Statement, ...]:
    """Make a table by its CREATE TABLE."""
    return (Statement(create, "none", transactional=False),)


def stand_in(catalog: Catalog, table: str, name: str) -> tuple[Statement, ...]:
    """A view that MariaDB itself reads and writes as the table, for those who may read and write the table."""
    columns = quotes(column.name for column in catalog.columns(table)) if catalog.live else "*"
    select = f"SELECT {columns} FROM {table_name(table)}"
    grants = catalog.ask(_GRANTS.format(of=of_table(table), name=literal(table_name(name))), "")
    return (
        Statement(
            f"CREATE OR REPLACE SQL SECURITY INVOKER VIEW {table_name(name)} AS {select}", "none", transactional=False
        ),
        *(Statement(grant, "none", transactional=False) for grant in grants.splitlines()),
    )


def drop_stand_in(name: str) -> tuple[Statement, ...]:
    """Take it away."""
    return (Statement(f"DROP VIEW IF EXISTS {table_name(name)}", "none", transactional=False),)


def take_name(table: str, name: str) -> tuple[Statement, ...]:
    """Let the table take the view's place: one statement, which goes on where the client dies in the middle."""
    place, _, bare = name.rpartition(".")
    gone = table_name(f"{place}.{_GONE}{bare}" if place else f"{_GONE}{bare}")
    rename = f"RENAME TABLE {table_name(name)} TO {gone}, {table_name(table)} TO {table_name(name)}"
    return (_renamed_and(rename, f"DROP VIEW {gone}"),)


def give_name_back(catalog: Catalog, table: str, name: str) -> tuple[Statement, ...]:
    """The table has its old name again, and the view stands in for the new one: for some milliseconds nothing does."""
    view, *grants = stand_in(RenamedTable(catalog, table, name), table, name)
    rename = f"RENAME TABLE {table_name(name)} TO {table_name(table)}"
    return (_renamed_and(rename, view.sql), *grants)


def drop_table(_catalog: Catalog, table: str, _was: str) -> tuple[Statement, ...]:
    """Drop a table. MariaDB refuses while a foreign key refers to it."""
    return (Statement(f"DROP TABLE IF EXISTS {table_name(table)}", _EXCLUSIVE, transactional=False, instant=True),)


def rename_table(table: str, new: str) -> tuple[Statement, ...]:
    """Give a table another name."""
    rename = f"RENAME TABLE {table_name(table)} TO {table_name(new)}"
    return (Statement(rename, _EXCLUSIVE, transactional=False, instant=True),)


def _renamed_and(rename: str, then: str) -> Statement:
    """The rename is final once it is done: what follows waits for whoever uses the table."""
    compound = f"BEGIN NOT ATOMIC\n{rename};\n{PATIENCE};\n{then};\nEND"
    return Statement(compound, _EXCLUSIVE, transactional=False, instant=True)


_GRANTS = """
SELECT coalesce(group_concat('GRANT ', PRIVILEGE_TYPE, ' ON ', {name}, ' TO ', GRANTEE SEPARATOR '\\n'), '')
FROM information_schema.TABLE_PRIVILEGES
WHERE {of} AND PRIVILEGE_TYPE IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
"""

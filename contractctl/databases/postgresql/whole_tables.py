"""How does a table come, go, or get another name? With a view that stands in for it, and those who may use it."""

from contractctl.databases import Statement
from contractctl.databases.looks import Called, Look
from contractctl.databases.postgresql.altering import ALONE, alter
from contractctl.databases.postgresql.names import literal, quote, quotes
from contractctl.databases.postgresql.names import table as of_table

_OF_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE")
_INVOKER = 150000
"""From when on a view can leave the rights to whoever uses it."""


def create_table(create: str) -> tuple[Statement, ...]:
    """Make a table by its CREATE TABLE."""
    return (Statement(create, "none"),)


def stand_in(look: Look, table: str, name: str) -> tuple[Statement, ...]:
    """A view that PostgreSQL itself reads and writes as the table, for those who may read and write the table."""
    columns = quotes(column.name for column in look.columns(table)) if look.live else "*"
    invoker = " WITH (security_invoker = true)" if int(look.ask("SHOW server_version_num", "0")) >= _INVOKER else ""
    grants = look.ask(granting(literal(of_table(table)), of_table(name), _OF_TABLES), "")
    return (
        Statement(f"CREATE VIEW {of_table(name)}{invoker} AS SELECT {columns} FROM {of_table(table)}", "ACCESS SHARE"),
        *(Statement(grant, "none") for grant in grants.splitlines()),
    )


def drop_stand_in(name: str) -> tuple[Statement, ...]:
    """Take it away."""
    return (Statement(f"DROP VIEW {of_table(name)}", "none"),)


def take_name(table: str, name: str) -> tuple[Statement, ...]:
    """Let the table take the view's place."""
    return (*drop_stand_in(name), *rename_table(table, name))


def give_name_back(look: Look, table: str, name: str) -> tuple[Statement, ...]:
    """The table has its old name again, and the view stands in for the new one."""
    view = stand_in(Called(look, table, name), table, name)
    return (*rename_table(name, table), *view)


def drop_table(table: str) -> tuple[Statement, ...]:
    """Drop a table. PostgreSQL refuses while anything depends on it."""
    return (Statement(f"DROP TABLE {of_table(table)}", ALONE),)


def rename_table(table: str, new: str) -> tuple[Statement, ...]:
    """Give a table another name in its schema."""
    return (alter(table, f"RENAME TO {quote(new.rpartition('.')[2])}"),)


def granting(of: str, to: str, privileges: tuple[str, ...]) -> str:
    """SQL: the statements that let those use the one, `to`, who may use the other, whose name is SQL; a line each."""
    return (
        "SELECT coalesce(string_agg(format('GRANT %s ON %s TO %s%s', g.privilege_type, "
        f"{literal(to)}, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,"
        " CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), E'\\n'), '')"
        " FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) g"
        f" WHERE c.oid = to_regclass({of}) AND g.grantee <> c.relowner"
        f" AND g.privilege_type IN ({', '.join(map(literal, privileges))})"
    )

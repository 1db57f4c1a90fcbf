"""How does a table come, go, or get another name? With a view that stands in for it, and those who may use it."""

from contractctl.databases import Statement
from contractctl.databases.catalog import Catalog, RenamedTable
from contractctl.databases.postgresql.names import literal, quote, quotes
from contractctl.databases.postgresql.names import table as of_table
from contractctl.databases.postgresql.statements.altering import ALONE, WRITERS_OUT, alter, referred, shared
from contractctl.databases.postgresql.statements.rights import granting, sharing_columns

_OF_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE")
_INVOKER = 150000
"""From when on there are such views: https://www.postgresql.org/docs/current/sql-createview.html."""


def create_table(table: str, create: str) -> tuple[Statement, ...]:
    """Make a table by its CREATE TABLE. What it refers to gets triggers, and is locked for that."""
    others = set(referred(create)) - {table}
    return (Statement(create, shared(WRITERS_OUT, table, sorted(others)) if others else "none"),)


def stand_in(catalog: Catalog, table: str, name: str, now: str | None = None) -> tuple[Statement, ...]:
    """A view that PostgreSQL itself reads and writes as the table, for those who may read and write the table.

    `now`: what the table is called until the view is made.
    """
    columns = quotes(column.name for column in catalog.columns(table)) if catalog.live else "*"
    here = now or table
    invoker = " WITH (security_invoker = true)" if catalog.ask(_leaves_rights(here), "False") == "True" else ""
    grants = catalog.ask(granting(literal(of_table(here)), of_table(name), _OF_TABLES), "").splitlines()
    return (
        Statement(f"CREATE VIEW {of_table(name)}{invoker} AS SELECT {columns} FROM {of_table(table)}", "ACCESS SHARE"),
        *(Statement(grant, "none") for grant in (*grants, *sharing_columns(catalog, here, name))),
    )


def _leaves_rights(table: str) -> str:
    """SQL: whether a view can check the rights of its user, who must then be allowed to use all its columns.

    Where some may use columns by their names alone, the view has just these rights; unless policies hide rows, too.
    """
    return (
        f"SELECT current_setting('server_version_num')::int >= {_INVOKER} AND (c.relrowsecurity OR NOT EXISTS"
        " (SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL))"
        f" FROM pg_catalog.pg_class c WHERE c.oid = to_regclass({literal(of_table(table))})"
    )


def drop_stand_in(name: str) -> tuple[Statement, ...]:
    """Take it away."""
    return (Statement(f"DROP VIEW {of_table(name)}", "none"),)


def take_name(table: str, name: str) -> tuple[Statement, ...]:
    """Let the table take the view's place."""
    return (*drop_stand_in(name), *rename_table(table, name))


def give_name_back(catalog: Catalog, table: str, name: str) -> tuple[Statement, ...]:
    """The table has its old name again, and the view stands in for the new one."""
    view = stand_in(RenamedTable(catalog, table, name), table, name, now=name)
    return (*rename_table(name, table), *view)


def drop_table(catalog: Catalog, table: str, was: str) -> tuple[Statement, ...]:
    """Drop a table. PostgreSQL refuses while anything depends on it, and locks what it refers to."""
    others = catalog.ask(_referred(table, was), "").splitlines()
    return (Statement(f"DROP TABLE {of_table(table)}", shared(ALONE, table, others)),)


def rename_table(table: str, new: str) -> tuple[Statement, ...]:
    """Give a table another name in its schema."""
    return (alter(table, f"RENAME TO {quote(new.rpartition('.')[2])}"),)


def _referred(*names: str) -> str:
    """SQL: the tables to which a table refers that has one of these names, each on a line."""
    tables = ", ".join(f"to_regclass({literal(of_table(name))})" for name in names)
    return (
        "SELECT coalesce(string_agg(DISTINCT confrelid::regclass::text, E'\\n'), '') FROM pg_catalog.pg_constraint"
        f" WHERE contype = 'f' AND conrelid IN ({tables}) AND confrelid <> conrelid"
    )

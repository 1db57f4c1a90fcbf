"""Which statements would create what a SQLite database holds? SQLite keeps the very texts that created it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from contractctl.databases import Definition, Reference, rows
from contractctl.databases.definitions import foreign
from contractctl.databases.sqlite.names import quote
from contractctl.databases.sqlite.tokens import spoken
from contractctl.errors import ContractctlError

_HOME = "main"


def definitions(
    connection: Connection,
    schemas: Iterable[str] = (),
    _spoken: Iterable[str] = (),
) -> tuple[Definition, ...]:
    """Every table and view, by name; see databases.Database. Raise ContractctlError for a schema that is not `main`."""
    if other := sorted(set(schemas) - {_HOME, ""}):
        raise ContractctlError(
            f"SQLite's file has no schema '{other[0]}'", hint="a SQLite file has a single schema: leave it out"
        )
    made = rows(
        connection,
        "SELECT type, name, tbl_name, sql FROM main.sqlite_schema"
        " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    kinds = _kinds(connection)
    things = [(name, kind, text) for kind, name, _, text in made if kind in {"table", "view"} and not foreign(name)]
    after, without = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for kind, name, table, text in made:
        if kind == "index":
            after[table.lower()].append(text)
        elif kind == "trigger" and not foreign(name):
            without[table.lower()].append(f"trigger {quote(name)}")
    named = {name.lower(): name for name, _, _ in things}
    referred = _referred(connection)
    return tuple(
        Definition(name, quote(name), head=text, refused="it is a virtual table, whose content its module determines")
        if kinds.get(name) == "virtual"
        else Definition(
            name=name,
            shown=quote(name),
            view=kind == "view",
            head=text,
            after=tuple(after[name.lower()]),
            references=_references(name, kind, text, named, referred),
            without=tuple(without[name.lower()]),
        )
        for name, kind, text in things
        if kinds.get(name) != "shadow"
    )


def other_schemas(connection: Connection, schemas: Iterable[str] = ()) -> tuple[str, ...]:  # noqa: ARG001 - as on PostgreSQL
    """A file has one."""
    return ()


def collations(connection: Connection) -> tuple[str | None, Mapping[str, str]]:  # noqa: ARG001 - as on other engines
    """Of a column that names none: https://www.sqlite.org/datatype3.html#collation."""
    return "binary", {}


def _kinds(connection: Connection) -> Mapping[str, str]:
    """Which tables are a module's, and which are those that the module keeps its rows in."""
    return {
        name: kind
        for _, name, kind in rows(connection, "SELECT schema, name, type FROM pragma_table_list")
        if kind in {"virtual", "shadow"}
    }


def _referred(connection: Connection) -> Mapping[str, list[str]]:
    found = defaultdict[str, list[str]](list)
    query = """
        SELECT t.name, k."table" FROM main.sqlite_schema AS t, pragma_foreign_key_list(t.name, 'main') AS k
        WHERE t.type = 'table'"""
    for table, other in rows(connection, query):
        found[table].append(other)
    return found


def _references(
    name: str, kind: str, text: str, named: Mapping[str, str], referred: Mapping[str, list[str]]
) -> tuple[Reference, ...]:
    """What must be there first. No catalogue says what a view reads: its text names it."""
    words = [token.name for token in spoken(text)] if kind == "view" else referred.get(name, [])
    others = (named.get(word.lower()) for word in words)
    return tuple(Reference(other) for other in dict.fromkeys(others) if other is not None and other != name)

"""What does the database hold: a table's columns and key, its text, and what depends on a column?"""

import sqlite3
from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from contractctl.databases import Column, Size
from contractctl.databases.sqlite import definition
from contractctl.databases.sqlite.constraints import constraints
from contractctl.databases.sqlite.names import literal, quote, same
from contractctl.databases.sqlite.tokens import spoken
from contractctl.databases.temporary_names import OURS
from contractctl.errors import ContractctlError
from contractctl.model.amounts import agreeing, counted

_ROW_IDS = ("rowid", "_rowid_", "oid")
_ROW_BYTES = 100
"""Of a row, where nobody knows."""
_GENERATED = (2, 3)
"""`hidden` in https://www.sqlite.org/pragma.html#pragma_table_xinfo for generated columns."""


def create_text(connection: Connection, table: str) -> str:
    """The CREATE TABLE text. Raise ContractctlError where there is no such ordinary table."""
    query = "SELECT type, sql FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')"
    row = connection.exec_driver_sql(query, (table,)).first()
    if row is None:
        raise ContractctlError(f"the database has no table '{table}'", hint="is this the right database?")
    kind, text = str(row[0]), str(row[1])
    words = spoken(text)
    if kind == "view" or (len(words) > 1 and words[1].says("VIRTUAL")):
        raise ContractctlError(
            f"'{table}' is a {'view' if kind == 'view' else 'virtual table'}, and only tables can be staged",
            hint="name the table that holds the rows",
        )
    return text


def exists(connection: Connection, table: str) -> bool:
    """Whether there is a table of that name."""
    query = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type = 'table')"
    return bool(connection.exec_driver_sql(query, (table,)).scalar_one())


def size(connection: Connection, table: str) -> Size:
    """How many rows the table has, counted: SQLite keeps no statistics, and counts millions in a second."""
    rows = connection.exec_driver_sql(f"SELECT count(*) FROM {quote(table)}").scalar_one()
    return Size(int(rows), exact=True)


def is_view(connection: Connection, name: str) -> bool:
    """Whether there is a view of that name."""
    query = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type = 'view')"
    return bool(connection.exec_driver_sql(query, (name,)).scalar_one())


def parts(connection: Connection, table: str) -> tuple[str, ...]:
    """The names of the table's constraints, and of everything that has a name: indexes share theirs with tables."""
    written = (one.name for one in constraints(create_text(connection, table)) if one.name is not None)
    names = connection.exec_driver_sql("SELECT name FROM main.sqlite_schema WHERE type IN ('index', 'table')").scalars()
    return (*written, *names)


def kept_waiting(_connection: Connection, _table: str) -> tuple[str, ...]:
    """None: there is one writer at a time."""
    return ()


def weight(connection: Connection, table: str) -> int:
    """How many bytes the table takes."""
    pages = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ? COLLATE NOCASE"
    try:
        return int(connection.exec_driver_sql(pages, (table,)).scalar_one())
    except OperationalError:  # built without dbstat: https://www.sqlite.org/dbstat.html
        return size(connection, table).rows * _ROW_BYTES


def as_shown(column: Column, *, counted: bool) -> Column:  # noqa: ARG001 - no key that is counted up is staged
    """A column of which only a plan tells: its type means the same however it is written."""
    return column


def columns(connection: Connection, table: str) -> tuple[Column, ...]:
    """The table's columns, in order."""
    written = {entry.name.lower(): entry for entry in definition.columns(create_text(connection, table))}
    rows = connection.exec_driver_sql(f"PRAGMA main.table_xinfo({quote(table)})").all()
    return tuple(
        Column(
            name=name,
            type=type_,
            not_null=bool(not_null),
            default=default,
            key_place=place,
            generated=hidden in _GENERATED,
            collation=written[name.lower()].after("COLLATE") if name.lower() in written else None,
        )
        for _, name, type_, not_null, default, place, hidden in rows
    )


def find_column(connection: Connection, table: str, name: str) -> Column | None:
    """The column of that name, or None."""
    return next((column for column in columns(connection, table) if same(column.name, name)), None)


def key_columns(connection: Connection, table: str) -> tuple[Column, ...]:
    """What finds a row: the primary key's columns in their order, or a name of the row id where there is none."""
    found = columns(connection, table)
    keyed = sorted((column for column in found if column.key_place), key=lambda column: column.key_place)
    if keyed:
        return tuple(keyed)
    taken = {column.name.lower() for column in found}
    free = [name for name in _ROW_IDS if name not in taken]
    if not free:
        raise ContractctlError(
            f"the rows of '{table}' cannot be found: it has no primary key, and its columns hide all names of the"
            " rowid",
            hint="give the table a primary key first",
        )
    return (Column(free[0], "INTEGER", not_null=True, default=None, key_place=1, generated=False, collation=None),)


def without_key(connection: Connection, table: str) -> int:
    """How many rows hold NULL in a primary key, which SQLite allows: https://www.sqlite.org/quirks.html#primary_keys_can_sometimes_contain_nulls."""
    nullable = [column.name for column in columns(connection, table) if column.key_place and not column.not_null]
    if not nullable:
        return 0
    missing = " OR ".join(f"{quote(name)} IS NULL" for name in nullable)
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {quote(table)} WHERE {missing}").scalar_one())


def dependents(connection: Connection, table: str, column: str) -> tuple[str, ...]:
    """What besides the column itself would break without it, each named with its kind.

    SQLite is asked: the column is renamed, and whatever SQLite rewrites along with it depends on it. The rename
    is taken back before this returns. Needs the writer's lock, reads no rows.
    """
    probe = f"{OURS}probe"
    connection.exec_driver_sql("SAVEPOINT contractctl_probe")
    try:
        before, view_columns = _texts(connection), _view_columns(connection)
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} RENAME COLUMN {quote(column)} TO {probe}")
        after, view_columns_after = _texts(connection), _view_columns(connection)
    except OperationalError as error:
        if not _breaks_a_part(error):
            raise
        raise _unanswered(f"'{table}.{column}'", error) from error
    finally:
        connection.exec_driver_sql("ROLLBACK TO contractctl_probe")
        connection.exec_driver_sql("RELEASE contractctl_probe")
    found = [
        _named(kind, name, text, table, probe)
        for (kind, name), text in after.items()
        if text != before.get((kind, name)) and not name.startswith(OURS)
    ]
    stars = [
        f"view '{name}'"
        for name, names in view_columns.items()
        if names != view_columns_after.get(name) and f"view '{name}'" not in found
    ]
    return tuple(sorted({name for name in found if name} | set(stars)))


def _breaks_a_part(error: OperationalError) -> bool:
    """Whether a part of the schema is broken; a full disk or somebody else's lock have codes of their own."""
    return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR


def _unanswered(what: str, error: OperationalError) -> ContractctlError:
    return ContractctlError(
        f"SQLite cannot determine what depends on {what}: {error.orig}",
        hint="fix or drop the view or trigger that it names, and run it again",
    )


def table_dependents(connection: Connection, table: str) -> tuple[str, ...]:
    """What besides the table itself would break without it: SQLite is asked, as in `dependents`."""
    probe = f"{OURS}probe"
    connection.exec_driver_sql("SAVEPOINT contractctl_probe")
    try:
        before = _texts(connection)
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} RENAME TO {probe}")
        after = _texts(connection)
        theirs = set(
            connection.exec_driver_sql("SELECT name FROM main.sqlite_schema WHERE tbl_name = ?", (probe,)).scalars()
        )
    except OperationalError as error:
        if not _breaks_a_part(error):
            raise
        raise _unanswered(f"'{table}'", error) from error
    finally:
        connection.exec_driver_sql("ROLLBACK TO contractctl_probe")
        connection.exec_driver_sql("RELEASE contractctl_probe")
    changed = [key for key, text in after.items() if text != before.get(key) and key[1] not in theirs]
    return tuple(
        sorted(f"foreign key of table '{name}'" if kind == "table" else f"{kind} '{name}'" for kind, name in changed)
    )


def obstacles(
    connection: Connection,
    table: str,
    column: str,
    followed: tuple[str, ...] = (),  # noqa: ARG001 - no table goes over to a copy
) -> tuple[str, ...]:
    """Why the column can never be dropped without rewriting the table: it is part of a key or a constraint."""
    text = create_text(connection, table)
    entry = definition.column(text, column)
    words = {"PRIMARY": "its primary key", "UNIQUE": "a UNIQUE constraint", "REFERENCES": "a foreign key"}
    found = [what for word, what in words.items() if entry.has(word)]
    found_column = find_column(connection, table, column)
    if found_column is not None and found_column.key_place and "its primary key" not in found:
        found.append("its primary key")
    if found_column is not None and found_column.generated:
        found.append("a generated column's expression")
    found += [name for name in dependents(connection, table, column) if name == _IN_TABLE]
    return tuple(f"is part of {what}, and SQLite cannot drop it without rewriting the table" for what in found)


def key_obstacles(_connection: Connection, _table: str, _column: str) -> tuple[str, ...]:
    """What keeps the primary key from going over to another column, as the end of a sentence: always the same."""
    return ("is the primary key, and SQLite cannot change that without rebuilding the table",)


def part_obstacles(_connection: Connection, _table: str, _name: str) -> tuple[str, ...]:
    """Nothing keeps an index from going that is not part of the table's own text."""
    return ()


def is_scattered(_connection: Connection, _table: str) -> bool:
    """No: there are no partitions."""
    return False


def column_notes(_connection: Connection, _table: str) -> tuple[str, ...]:
    """Nobody minds that a table gets a column."""
    return ()


def notes(_connection: Connection, _table: str) -> tuple[str, ...]:
    """Whom what contractctl writes will wake: nobody, as triggers are away meanwhile."""
    return ()


def refusal(connection: Connection, _table: str, expression: str, columns: Iterable[Column]) -> str | None:
    """What this SQLite has against the expression: it may lack a function that another one has."""
    row = ", ".join(f"NULL AS {quote(column.name)}" for column in columns)
    try:
        connection.exec_driver_sql(f"SELECT ({expression}) FROM (SELECT {row}) LIMIT 0")
    except OperationalError as error:
        return f"cannot be computed here: {error.orig}"
    return None


def hindrances(connection: Connection, table: str) -> tuple[str, ...]:
    """What keeps triggers of ours from keeping anything in step on this table, each a sentence."""
    if table.lower() in {"old", "new"}:
        return (f"a trigger would confuse the table '{table}' with its own OLD and NEW; rename the table first",)
    if nulls := without_key(connection, table):
        key = ", ".join(column.name for column in key_columns(connection, table))
        rows, hold = counted(nulls, "row"), agreeing(nulls, "holds", "hold")
        return (f"{rows} of '{table}' {hold} NULL in the primary key ({key}): they cannot be identified",)
    return ()


_IN_TABLE = "a table constraint or a generated column"


def _named(kind: str, name: str, text: str, table: str, probe: str) -> str | None:
    """The dependent's name for people. The table itself only where the column is outside its own definition."""
    if kind != "table":
        return f"{kind} '{name}'"
    if not same(name, table):
        return f"foreign key of table '{name}'"
    entry = definition.column(text, probe)
    outside = [
        token for token in spoken(text) if same(token.name, probe) and not entry.start <= token.start < entry.end
    ]
    return _IN_TABLE if outside else None


def _texts(connection: Connection) -> dict[tuple[str, str], str]:
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL")
    return {(str(kind), str(name)): str(text) for kind, name, text in rows}


def _view_columns(connection: Connection) -> dict[str, tuple[str, ...]]:
    views = connection.exec_driver_sql("SELECT name FROM main.sqlite_schema WHERE type = 'view'").scalars().all()
    return {view: _columns_of_view(connection, view) for view in views if not view.startswith(OURS)}


def _columns_of_view(connection: Connection, view: str) -> tuple[str, ...]:
    query = f"SELECT name FROM pragma_table_info({literal(view)})"
    try:
        return tuple(connection.exec_driver_sql(query).scalars().all())
    except OperationalError:  # a broken view: the rename that follows says so, and names it
        return ()

"""How is a SQLite table changed? What ALTER TABLE can do, and the documented way to edit constraints in its text."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from contractctl.databases import Column, Statement, Synchronisation, Work, run
from contractctl.databases.catalog import Catalog, RenamedTable
from contractctl.databases.ddl import BlockingError, Copying, ForeignKey, Index, foreign_key
from contractctl.databases.sqlite import definition
from contractctl.databases.sqlite.constraints import (
    has_constraint,
    with_constraint,
    with_constraint_name,
    with_name,
    without_constraint,
)
from contractctl.databases.sqlite.names import literal, quote, quotes
from contractctl.databases.sqlite.triggers import drop_triggers, triggers
from contractctl.errors import ContractctlError

promises = False
relaxes_given = True
reads_what_triggers_write = True
keys_bring_indexes = False
sequences = False
remembers_types = False
carries_checks = False
copying: Copying | None = None
_LOCK = "the writer's lock"
_CHECK = "PRAGMA main.quick_check"
_CLOSE = "PRAGMA writable_schema = RESET"


def patience() -> tuple[Statement, ...]:
    """Nothing: how long a connection waits for the writer's lock, the connection says."""
    return ()


def add_column(_catalog: Catalog, table: str, column: Column, _old: str | None = None) -> tuple[Statement, ...]:
    """Add a column. SQLite itself refuses a default that is not the same for all rows."""
    parts = (
        quote(column.name),
        column.type,
        "NOT NULL" if column.not_null else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
        f"COLLATE {quote(column.collation)}" if column.collation else "",
    )
    return (_alter(table, f"ADD COLUMN {' '.join(part for part in parts if part)}"),)


def share_column(_catalog: Catalog, _table: str, _olds: tuple[str, ...], _new: str) -> tuple[Statement, ...]:
    """Nothing: a process that may open the file may use all of it."""
    return ()


def drop_column(table: str, column: str) -> tuple[Statement, ...]:
    """Drop a column: every row is written without it. SQLite refuses while anything depends on it."""
    return (_alter(table, f"DROP COLUMN {quote(column)}", Work.REWRITE),)


def hold(_tables: tuple[str, ...]) -> tuple[Statement, ...]:
    """Nothing: it has one writer at a time."""
    return ()


def rename_columns(table: str, names: Mapping[str, str], _sync: Synchronisation | None) -> tuple[Statement, ...]:
    """Rename columns; SQLite rewrites triggers, views and indexes along with them."""
    return tuple(_alter(table, f"RENAME COLUMN {quote(old)} TO {quote(new)}") for old, new in names.items())


def relax_not_null(catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL."""
    return rewrite(catalog, table, definition.without_not_null(_text(catalog, table), column))


def gives_at_once(_sync: Synchronisation, _column: str) -> bool:
    """No: SQLite has only AFTER triggers for this."""
    return False


def promise_not_null(_catalog: Catalog, _table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing: NOT NULL itself reads the table once, and nobody writes meanwhile either way."""
    return ()


def give_up_not_null(_table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing was promised."""
    return ()


def require_not_null(catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """Forbid NULL in a column that has none."""
    return rewrite(catalog, table, definition.with_not_null(_text(catalog, table), column))


def allow_null(catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL for good."""
    return rewrite(catalog, table, definition.without_not_null_at_all(_text(catalog, table), column))


def set_default(catalog: Catalog, table: str, column: str, default: str | None) -> tuple[Statement, ...]:
    """Give the column this default, or none."""
    return rewrite(catalog, table, definition.with_default(_text(catalog, table), column, default))


def add_check(catalog: Catalog, table: str, name: str, condition: str) -> tuple[Statement, ...]:
    """Add a CHECK, and hold it against every row. Nothing where it exists."""
    return _with_constraint(catalog, table, "check", name, f"CHECK ({condition})")


def add_foreign_key(catalog: Catalog, table: str, key: ForeignKey, _at_once: bool) -> tuple[Statement, ...]:
    """Add a foreign key. SQLite holds it against no row that is there: the caller has looked."""
    return _with_constraint(catalog, table, "foreign-key", key.name, foreign_key(key, quotes, quote))


def add_unique(_catalog: Catalog, _table: str, _name: str, _columns: tuple[str, ...]) -> tuple[Statement, ...]:
    """Nothing: a unique index is all there is."""
    return ()


def drop_constraint(catalog: Catalog, table: str, sort: str, name: str, says: str) -> tuple[Statement, ...]:
    """Drop a constraint; a unique one is an index, unless it is in the table's text."""
    text = _text(catalog, table)
    if sort == "unique" and not has_constraint(text, sort, name, says):
        return drop_index(table, name)
    return rewrite(catalog, table, without_constraint(text, sort, name, says))


def drop_references(_catalog: Catalog, _table: str, _to: str) -> tuple[Statement, ...]:
    """Nothing: the table that refers goes in the same transaction as what made its rows."""
    return ()


def rename_constraint(catalog: Catalog, table: str, sort: str, name: str, new: str) -> tuple[Statement, ...]:
    """Give a constraint another name; an index is built anew under it."""
    if sort in {"index", "unique"}:
        text = catalog.ask(
            f"SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = {literal(name)} COLLATE NOCASE"
        )
        return (*drop_index(table, name), Statement(with_name(text, new), _LOCK, Work.SCAN))
    return rewrite(catalog, table, with_constraint_name(_text(catalog, table), sort, name, new))


def build_index(catalog: Catalog, table: str, index: Index, _at_once: bool) -> tuple[Statement, ...]:
    """Build an index. Nobody writes meanwhile, as SQLite has one writer at a time. Nothing where it exists."""
    there = (
        f"SELECT count(*) FROM main.sqlite_schema WHERE type = 'index' AND name = {literal(index.name)} COLLATE NOCASE"
    )
    if catalog.ask(there, "0") != "0":
        return ()
    unique, where = "UNIQUE " if index.unique else "", f" WHERE {index.where}" if index.where else ""
    sql = f"CREATE {unique}INDEX {quote(index.name)} ON {quote(table)} ({index.columns}){where}"
    return (Statement(sql, _LOCK, Work.SCAN),)


def drop_index(_table: str, name: str, _beside: bool = False) -> tuple[Statement, ...]:
    """Drop an index."""
    return (Statement(f"DROP INDEX {quote(name)}", _LOCK),)


def move_key(_catalog: Catalog, table: str, _columns: tuple[str, ...], _index: str) -> tuple[Statement, ...]:
    """Never: https://www.sqlite.org/lang_altertable.html knows no other key."""
    raise BlockingError(
        f"SQLite cannot change the primary key of '{table}' without rebuilding the table",
        hint="its INTEGER holds 64 bits, and its texts are as long as they are, whatever the type says: leave the type;"
        " for other values add a column with a unique index beside the key, and leave the key",
    )


def hand_over(_catalog: Catalog, _table: str, _old: str, _new: str, _type: str = "") -> tuple[Statement, ...]:
    """Nothing: only an INTEGER PRIMARY KEY counts up, and by itself."""
    return ()


def create_table(_table: str, create: str) -> tuple[Statement, ...]:
    """Make a table by its CREATE TABLE."""
    return (Statement(create, _LOCK),)


def stand_in(catalog: Catalog, table: str, name: str) -> tuple[Statement, ...]:
    """A view, and triggers that write into the table what is written into the view.

    An INSERT through it that leaves a column out gives the column's default, as one into the table would.
    """
    columns = [column for column in catalog.columns(table) if not column.generated]
    written, keyed = quotes(column.name for column in columns), _row_of(catalog, table)
    given = ", ".join(_given(column) for column in columns)
    sets = ", ".join(f"{quote(column.name)} = NEW.{quote(column.name)}" for column in columns)
    every = quotes(column.name for column in catalog.columns(table))
    bodies = {
        "INSERT": f"INSERT INTO {quote(table)} ({written}) VALUES ({given})",
        "UPDATE": f"UPDATE {quote(table)} SET {sets} WHERE {keyed}",
        "DELETE": f"DELETE FROM {quote(table)} WHERE {keyed}",
    }
    return (
        Statement(f"CREATE VIEW {quote(name)} AS SELECT {every} FROM {quote(table)}", _LOCK),
        *(
            Statement(
                f"CREATE TRIGGER {quote(f'contractctl_{name}_{event.lower()}')} INSTEAD OF {event} ON {quote(name)}"
                f" FOR EACH ROW BEGIN {body}; END",
                _LOCK,
            )
            for event, body in bodies.items()
        ),
    )


def drop_stand_in(name: str) -> tuple[Statement, ...]:
    """Take it away, its triggers with it."""
    return (Statement(f"DROP VIEW {quote(name)}", _LOCK),)


def take_name(table: str, name: str) -> tuple[Statement, ...]:
    """Let the table take the view's place."""
    return (*drop_stand_in(name), *rename_table(table, name))


def give_name_back(catalog: Catalog, table: str, name: str) -> tuple[Statement, ...]:
    """The table has its old name again, and the view stands in for the new one."""
    return (*rename_table(name, table), *stand_in(RenamedTable(catalog, table, name), table, name))


def drop_table(_catalog: Catalog, table: str, _was: str) -> tuple[Statement, ...]:
    """Drop a table."""
    return (Statement(f"DROP TABLE {quote(table)}", _LOCK),)


def rename_table(table: str, new: str) -> tuple[Statement, ...]:
    """Give a table another name; SQLite rewrites what names it."""
    return (_alter(table, f"RENAME TO {quote(new)}"),)


def keep_in_step(sync: Synchronisation) -> tuple[Statement, ...]:
    """Create the triggers, in the place of any that are there."""
    return (*stop_keeping(sync), *(Statement(sql, _LOCK) for sql in triggers(sync)))


def stop_keeping(sync: Synchronisation, _columns: tuple[str, ...] = ()) -> tuple[Statement, ...]:
    """Drop them, whether or not they are there."""
    return tuple(Statement(sql, _LOCK) for sql in drop_triggers(sync))


def rewrite(catalog: Catalog, table: str, text: str) -> tuple[Statement, ...]:
    """Give the table another CREATE TABLE text without touching a row, by the documented way to edit constraints.

    https://www.sqlite.org/lang_altertable.html, section 7. The new text is then held against every row of the table.
    """
    if text == _text(catalog, table):
        return ()
    version = int(catalog.ask("PRAGMA main.schema_version"))
    edit = f"UPDATE main.sqlite_schema SET sql = {literal(text)} WHERE type = 'table' AND name = {literal(table)}"
    return (
        Statement("PRAGMA writable_schema = ON", _LOCK),
        Statement(f"{edit} COLLATE NOCASE", _LOCK),
        Statement(f"PRAGMA main.schema_version = {version + 1}", _LOCK),
        Statement(_CLOSE, _LOCK),
        Statement(f"{_CHECK}({quote(table)})", _LOCK, Work.SCAN),
    )


def carry_out(connection: Connection, statements: Iterable[Statement]) -> None:
    """Execute them, one after the other; nobody can edit definitions afterwards, whatever happens."""
    given = tuple(statements)
    try:
        for statement in given:
            _execute(connection, statement)
    finally:
        if any(statement.sql == _CLOSE for statement in given):
            run(connection, _CLOSE)


def _execute(connection: Connection, statement: Statement) -> None:
    try:
        answer = run(connection, statement.sql)
    except OperationalError as error:
        if "may not be modified" not in str(error.orig):
            raise
        raise ContractctlError(
            f"SQLite refuses to change the definition of a table: {error.orig}",
            hint="this connection is in defensive mode; run contractctl with a SQLite built without it",
        ) from error
    if statement.sql.startswith(_CHECK):
        complaints = [str(row[0]) for row in answer]
        if complaints != ["ok"]:
            raise ContractctlError(
                f"a changed definition does not fit the table's rows: {complaints[0]}",
                hint="nothing was changed; fix the rows and run it again",
            )


def _row_of(catalog: Catalog, table: str) -> str:
    names = [column.name for column in catalog.key(table)]
    if not {name.lower() for name in names} <= {column.name.lower() for column in catalog.columns(table)}:
        raise ContractctlError(
            f"'{table}' has no primary key, so a view cannot tell which of its rows is being written",
            hint="give the table a primary key first",
        )
    return " AND ".join(f"{quote(name)} = OLD.{quote(name)}" for name in names)


def _given(column: Column) -> str:
    value = f"NEW.{quote(column.name)}"
    return value if column.default is None else f"coalesce({value}, {column.default})"


def _with_constraint(catalog: Catalog, table: str, sort: str, name: str, sql: str) -> tuple[Statement, ...]:
    text = _text(catalog, table)
    if has_constraint(text, sort, name):
        return ()
    return rewrite(catalog, table, with_constraint(text, f"CONSTRAINT {quote(name)} {sql}"))


def _alter(table: str, action: str, work: Work = Work.NONE) -> Statement:
    return Statement(f"ALTER TABLE {quote(table)} {action}", _LOCK, work)


def _text(catalog: Catalog, table: str) -> str:
    return catalog.ask(
        f"SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = {literal(table)} COLLATE NOCASE"
    )

"""How is a SQLite table changed? What ALTER TABLE can do, and the documented way to edit constraints in its text."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from contractctl.databases import Column, Statement, Synchronisation, Work, run
from contractctl.databases.looks import Look
from contractctl.databases.sqlite import definition
from contractctl.databases.sqlite.names import literal, quote
from contractctl.databases.sqlite.triggers import drop_triggers, triggers
from contractctl.errors import ContractctlError

_LOCK = "the writer's lock"
_CHECK = "PRAGMA main.quick_check"
_CLOSE = "PRAGMA writable_schema = RESET"


def add_column(table: str, column: Column) -> tuple[Statement, ...]:
    """Add a column."""
    parts = (
        quote(column.name),
        column.type,
        "NOT NULL" if column.not_null else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
        f"COLLATE {quote(column.collation)}" if column.collation else "",
    )
    return (_alter(table, f"ADD COLUMN {' '.join(part for part in parts if part)}"),)


def drop_column(table: str, column: str) -> tuple[Statement, ...]:
    """Drop a column: every row is written without it. SQLite refuses while anything depends on it."""
    return (_alter(table, f"DROP COLUMN {quote(column)}", Work.REWRITE),)


def rename_columns(table: str, names: Mapping[str, str], _sync: Synchronisation | None) -> tuple[Statement, ...]:
    """Rename columns; SQLite rewrites triggers, views and indexes along with them."""
    return tuple(_alter(table, f"RENAME COLUMN {quote(old)} TO {quote(new)}") for old, new in names.items())


def relax_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL."""
    return rewrite(look, table, definition.without_not_null(_text(look, table), column))


def promise_not_null(_look: Look, _table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing: NOT NULL itself reads the table once, and nobody writes meanwhile either way."""
    return ()


def give_up_not_null(_table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing was promised."""
    return ()


def require_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Forbid NULL in a column that has none."""
    return rewrite(look, table, definition.with_not_null(_text(look, table), column))


def set_default(look: Look, table: str, column: str, default: str) -> tuple[Statement, ...]:
    """Give a column that has no default this one."""
    return rewrite(look, table, definition.with_default(_text(look, table), column, default))


def keep_in_step(sync: Synchronisation) -> tuple[Statement, ...]:
    """Create the triggers, in the place of any that are there."""
    return (*stop_keeping(sync), *(Statement(sql, _LOCK) for sql in triggers(sync)))


def stop_keeping(sync: Synchronisation) -> tuple[Statement, ...]:
    """Drop them, whether or not they are there."""
    return tuple(Statement(sql, _LOCK) for sql in drop_triggers(sync))


def rewrite(look: Look, table: str, text: str) -> tuple[Statement, ...]:
    """Give the table another CREATE TABLE text without touching a row, by the documented way to edit constraints.

    https://www.sqlite.org/lang_altertable.html, section 7. The new text is then held against every row of the table.
    """
    if text == _text(look, table):
        return ()
    version = int(look.ask("PRAGMA main.schema_version"))
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
                hint="nothing was changed; mend the rows and run it again",
            )


def _alter(table: str, action: str, work: Work = Work.NONE) -> Statement:
    return Statement(f"ALTER TABLE {quote(table)} {action}", _LOCK, work)


def _text(look: Look, table: str) -> str:
    return look.ask(
        f"SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = {literal(table)} COLLATE NOCASE"
    )

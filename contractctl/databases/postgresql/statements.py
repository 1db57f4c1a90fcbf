"""How is a PostgreSQL table changed, so that nobody waits for it?

https://www.postgresql.org/docs/current/sql-altertable.html.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import Connection

from contractctl.databases import Column, Statement, Synchronisation, Work, run
from contractctl.databases.looks import Look
from contractctl.databases.postgresql.expressions import check
from contractctl.databases.postgresql.names import literal, quote
from contractctl.databases.postgresql.names import table as table_name
from contractctl.databases.postgresql.triggers import drop_triggers, triggers

_EXCLUSIVE = "ACCESS EXCLUSIVE"
_TRIGGERS = "SHARE ROW EXCLUSIVE"
_VALIDATE = "SHARE UPDATE EXCLUSIVE"


def add_column(table: str, column: Column) -> tuple[Statement, ...]:
    """Add a column. A default is kept in the catalogue; one whose value is another in each row is refused."""
    if column.default is not None:
        check(column.default, (), f"the default of '{table}.{column.name}'")
    parts = (
        quote(column.name),
        column.type,
        f"COLLATE {table_name(column.collation)}" if column.collation else "",
        "NOT NULL" if column.not_null else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
    )
    return (_alter(table, f"ADD COLUMN {' '.join(part for part in parts if part)}"),)


def drop_column(table: str, column: str) -> tuple[Statement, ...]:
    """Drop a column; its values stay in the rows until these are written anew. RESTRICT is the rule."""
    return (_alter(table, f"DROP COLUMN {quote(column)}"),)


def rename_columns(table: str, names: Mapping[str, str], sync: Synchronisation | None) -> tuple[Statement, ...]:
    """Rename columns. The triggers' functions are text to PostgreSQL: they are made anew over the new names."""
    renamed = tuple(_alter(table, f"RENAME COLUMN {quote(old)} TO {quote(new)}") for old, new in names.items())
    return renamed if sync is None else (*stop_keeping(sync), *renamed, *_created(sync))


def keep_in_step(sync: Synchronisation) -> tuple[Statement, ...]:
    """Create the triggers, in the place of any that are there."""
    return (*stop_keeping(sync), *_created(sync))


def stop_keeping(sync: Synchronisation) -> tuple[Statement, ...]:
    """Drop them, whether or not they are there."""
    return tuple(Statement(sql, _EXCLUSIVE) for sql in drop_triggers(sync))


def relax_not_null(_look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL."""
    return (_alter(table, f"ALTER COLUMN {quote(column)} DROP NOT NULL"),)


def promise_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """A CHECK, at first of new rows alone; then every row is read beside everybody's reads and writes."""
    name, state = _promise(column), _promised(look, table, column)
    if state == "valid":
        return ()
    validate = Statement(
        f"ALTER TABLE {table_name(table)} VALIDATE CONSTRAINT {quote(name)}", _VALIDATE, Work.SCAN, transactional=False
    )
    if state == "new rows":
        return (validate,)
    add = f"ADD CONSTRAINT {quote(name)} CHECK ({quote(column)} IS NOT NULL) NOT VALID"
    return (Statement(f"ALTER TABLE {table_name(table)} {add}", _EXCLUSIVE, transactional=False), validate)


def give_up_not_null(table: str, column: str) -> tuple[Statement, ...]:
    """Take the promise back, whether or not it was given."""
    return (_alter(table, f"DROP CONSTRAINT IF EXISTS {quote(_promise(column))}"),)


def require_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Forbid NULL. PostgreSQL takes the promise's word for it, and reads no row."""
    work = Work.NONE if _promised(look, table, column) == "valid" else Work.SCAN
    return (_alter(table, f"ALTER COLUMN {quote(column)} SET NOT NULL", work), *give_up_not_null(table, column))


def set_default(_look: Look, table: str, column: str, default: str) -> tuple[Statement, ...]:
    """Give the column this default; rows that are there keep what they have."""
    return (_alter(table, f"ALTER COLUMN {quote(column)} SET DEFAULT {default}"),)


def carry_out(connection: Connection, statements: Iterable[Statement]) -> None:
    """Execute them, one after the other."""
    for statement in statements:
        run(connection, statement.sql)


def _created(sync: Synchronisation) -> tuple[Statement, ...]:
    return tuple(Statement(sql, _TRIGGERS) for sql in triggers(sync))


def _alter(table: str, action: str, work: Work = Work.NONE) -> Statement:
    return Statement(f"ALTER TABLE {table_name(table)} {action}", _EXCLUSIVE, work)


def _promise(column: str) -> str:
    """The constraint's name: one a column, told apart where it had to be cut."""
    cut = column.encode()[:30].decode(errors="ignore")
    told = "" if cut == column else "_" + sha256(column.encode()).hexdigest()[:8]
    return f"contractctl_{cut}{told}_not_null"


def _promised(look: Look, table: str, column: str) -> str:
    """`valid`, of `new rows` alone, or not at all."""
    found = (
        "SELECT coalesce((SELECT CASE WHEN convalidated THEN 'valid' ELSE 'new rows' END FROM pg_catalog.pg_constraint"
        f" WHERE conrelid = {literal(table_name(table))}::regclass AND conname = {literal(_promise(column))}), '')"
    )
    return look.ask(found, "valid")

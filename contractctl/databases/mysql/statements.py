"""How is a MariaDB table changed, so that nobody waits for it? https://mariadb.com/kb/en/innodb-online-ddl-overview/.

Every statement commits by itself, and says which ALGORITHM and LOCK it needs: where the server would copy the table,
it refuses instead.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import LOCK_SECONDS, Column, Statement, Synchronisation, Work, run
from contractctl.databases.looks import Look
from contractctl.databases.mysql.names import literal, quote
from contractctl.databases.mysql.names import table as table_name
from contractctl.databases.mysql.renaming import rename_in_step
from contractctl.databases.mysql.tables import of_table
from contractctl.databases.mysql.triggers import create, drop_triggers
from contractctl.databases.mysql.trying import create_functions
from contractctl.errors import ContractctlError

_WAIT = int(LOCK_SECONDS)
_NOT_ONLINE = (1845, 1846)
"""ER_ALTER_OPERATION_NOT_SUPPORTED, with and without a reason: https://mariadb.com/kb/en/mariadb-error-code-reference/."""
_UNLOCK = "UNLOCK TABLES"


def add_column(table: str, column: Column) -> tuple[Statement, ...]:
    """Add a column behind the others."""
    parts = (
        quote(column.name),
        column.type,
        f"COLLATE {column.collation}" if column.collation else "",
        "NOT NULL" if column.not_null else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
    )
    return (_alter(table, f"ADD COLUMN {' '.join(part for part in parts if part)}"),)


def drop_column(table: str, column: str) -> tuple[Statement, ...]:
    """Drop a column; its values stay in the rows until these are written anew."""
    return (_alter(table, f"DROP COLUMN {quote(column)}"),)


def rename_columns(table: str, names: Mapping[str, str], sync: Synchronisation | None) -> tuple[Statement, ...]:
    """Rename columns, and the triggers follow; nobody sees them in between."""
    return rename_in_step(table, names, sync, _WAIT)


def keep_in_step(sync: Synchronisation) -> tuple[Statement, ...]:
    """Create the triggers, each at once in the place of one that is there."""
    functions = (Statement(sql, "none") for sql in create_functions(sync))
    return (*functions, *(Statement(sql, "LOCK=SHARED, for an instant") for sql in create(sync, anew=True).values()))


def stop_keeping(sync: Synchronisation) -> tuple[Statement, ...]:
    """Drop them, whether or not they are there."""
    return tuple(Statement(sql, "LOCK=SHARED, for an instant") for sql in drop_triggers(sync))


def relax_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL: the table is written anew, beside everybody's reads and writes."""
    return (_modified(look, table, column, "NULL"),)


def promise_not_null(_look: Look, _table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing: NOT NULL itself is made beside everybody's reads and writes."""
    return ()


def give_up_not_null(_table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing was promised."""
    return ()


def require_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Forbid NULL in a column that has none: the table is written anew, beside everybody's reads and writes."""
    return (_modified(look, table, column, "NOT NULL"),)


def set_default(_look: Look, table: str, column: str, default: str) -> tuple[Statement, ...]:
    """Give the column this default; rows that are there keep what they have."""
    return (_alter(table, f"ALTER COLUMN {quote(column)} SET DEFAULT {default}"),)


def carry_out(connection: Connection, statements: Iterable[Statement]) -> None:
    """Execute them, one after the other; no table stays locked, whatever happens."""
    given = tuple(statements)
    try:
        for statement in given:
            _execute(connection, statement)
    finally:
        if any(statement.sql == _UNLOCK for statement in given):
            run(connection, _UNLOCK)


def _execute(connection: Connection, statement: Statement) -> None:
    try:
        run(connection, statement.sql)
    except DBAPIError as error:
        code, said = (*getattr(error.orig, "args", ()), 0, "")[:2]
        if code not in _NOT_ONLINE:
            raise
        raise ContractctlError(
            f"MariaDB would copy the table, and hold everybody up meanwhile: {said}",
            hint=f"the statement is: {statement.sql}",
        ) from error


def _alter(table: str, action: str) -> Statement:
    how = "ALGORITHM=INSTANT, LOCK=NONE"
    return Statement(f"ALTER TABLE {table_name(table)} WAIT {_WAIT} {action}, {how}", "LOCK=NONE")


def _modified(look: Look, table: str, column: str, nullable: str) -> Statement:
    """The column as it is, but for its NOT NULL."""
    definition = look.ask(_DEFINITION.format(nullable=nullable, **_of(table), column=literal(column)))
    action = f"MODIFY COLUMN {quote(column)} {definition}, ALGORITHM=INPLACE, LOCK=NONE"
    return Statement(f"ALTER TABLE {table_name(table)} WAIT {_WAIT} {action}", "LOCK=NONE", Work.REWRITE)


def _of(table: str) -> dict[str, str]:
    return {
        "of": of_table(table, "c.TABLE_SCHEMA", "c.TABLE_NAME"),
        "checked": of_table(table, "k.CONSTRAINT_SCHEMA", "k.TABLE_NAME"),
    }


_DEFINITION = """
SELECT concat(c.COLUMN_TYPE,
  if(c.CHARACTER_SET_NAME IS NULL, '', concat(' CHARACTER SET ', c.CHARACTER_SET_NAME, ' COLLATE ', c.COLLATION_NAME)),
  ' {nullable}',
  if(c.COLUMN_DEFAULT IS NULL OR c.COLUMN_DEFAULT = 'NULL', '', concat(' DEFAULT ', c.COLUMN_DEFAULT)),
  if(c.EXTRA LIKE '%on update%', concat(' ON UPDATE ', regexp_replace(c.EXTRA, '.*on update ', '')), ''),
  if(c.EXTRA LIKE '%INVISIBLE%', ' INVISIBLE', ''),
  if(c.COLUMN_COMMENT = '', '', concat(' COMMENT ', quote(c.COLUMN_COMMENT))),
  coalesce((SELECT concat(' CHECK (', k.CHECK_CLAUSE, ')') FROM information_schema.CHECK_CONSTRAINTS k
    WHERE {checked} AND k.LEVEL = 'Column' AND k.CONSTRAINT_NAME = c.COLUMN_NAME), ''))
FROM information_schema.COLUMNS c WHERE {of} AND c.COLUMN_NAME = {column}
"""

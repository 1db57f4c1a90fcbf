"""What would MariaDB do to a column only while others wait, or not as it should? Asked before it is done."""

from contractctl.databases import Column
from contractctl.databases.catalog import Catalog, UntoldError
from contractctl.databases.ddl import BlockingError
from contractctl.databases.mysql.names import literal, quote, same
from contractctl.databases.mysql.names import table as table_name
from contractctl.databases.mysql.tables import odd_indexes, of_table
from contractctl.databases.mysql.types import Family, read

_UNTOLD = """SELECT 1 FROM information_schema.COLUMNS c WHERE {of}
  AND c.DATA_TYPE IN ('binary', 'varbinary')
  AND left(c.COLUMN_DEFAULT, 1) = '''' AND locate('?', c.COLUMN_DEFAULT) > 0"""
"""What is not text stands there as a question mark."""


def demand_online(catalog: Catalog, table: str) -> None:
    """Raise BlockingError where an index keeps MariaDB from writing rows anew while applications write."""
    query = f"SELECT group_concat(INDEX_NAME) FROM ({odd_indexes(table, 'FULLTEXT', 'SPATIAL')}) AS odd"
    try:
        names = catalog.ask(f"SELECT coalesce(({query}), '')")
    except UntoldError:
        return  # the server itself refuses
    if names:
        raise BlockingError(
            f"MariaDB can rewrite the rows of '{table}' only while nobody else writes, because of the FULLTEXT or"
            " SPATIAL index"
            f" {names}",
            hint="drop it first, in a revision of your own, at a time without searches, then"
            f" ALTER TABLE {table_name(table)} FORCE, ALGORITHM=INPLACE, LOCK=NONE, and build it again at a time"
            " without writes",
        )


def demand_no_moment(catalog: Catalog, table: str, column: str) -> None:
    """Raise BlockingError where the column is a TIMESTAMP that can be NULL: to forbid that, MariaDB copies the table.

    Whatever its default ("cannot convert NULL to non-constant DEFAULT"): the copy makes its own moment of each NULL.
    """
    found = _moment(catalog, table, column)
    if found is None or found.not_null:
        return
    raise BlockingError(
        f"MariaDB can forbid NULL in the TIMESTAMP '{column}' of '{table}' only by copying the table, which blocks"
        " writes, and turns each NULL into the time of the copy",
        hint="make it nullable in both versions (where it is NOT NULL now, change that first, in a version of its"
        " own); or give it the type DATETIME; or change it at a time without writes, in a revision of your own (with"
        " explicit_defaults_for_timestamp = ON, and once no row holds NULL), and release the contract with that alone",
    )


def demand_way_back(catalog: Catalog, table: str, column: str) -> None:
    """Raise BlockingError where the column is NOT NULL, and could not become so again, were the plan rolled back."""
    if _moment(catalog, table, column) is None:
        return
    raise BlockingError(
        f"the TIMESTAMP '{column}' of '{table}' has to be nullable for old rows during the plan, and if the plan were"
        " rolled back, MariaDB could forbid NULL again only by copying the table",
        hint="make it nullable first, in a version of its own, and plan the rest",
    )


def demand_known_default(catalog: Catalog, table: str, column: str) -> None:
    """Raise BlockingError where MariaDB does not tell the column's default: of bytes, those that are not text."""
    try:
        found = catalog.ask(f"SELECT count(*) FROM ({untold_default(table, column)}) AS found")
    except UntoldError:
        return  # the script asks by itself
    if found != "0":
        raise BlockingError(f"{lost_default(table, column)}: it would be lost", hint=as_expression(table, column))


def as_expression(table: str, column: str) -> str:
    """What to do about a default that MariaDB does not tell."""
    alter = f"ALTER TABLE {table_name(table)} ALTER COLUMN {quote(column)} SET DEFAULT (unhex('…'))"
    return f"write it as an expression first, which takes an instant: {alter}, ALGORITHM=INSTANT, LOCK=NONE"


def untold_default(table: str, column: str) -> str:
    """SQL that gives a row where the column has a default that MariaDB does not tell."""
    return _UNTOLD.format(of=of_column(table, column))


def lost_default(table: str, column: str) -> str:
    """What is wrong then."""
    return f"MariaDB does not show the default of '{column}' in '{table}', as it is not text"


def of_column(table: str, column: str) -> str:
    """The row of information_schema.COLUMNS, called c, that belongs to the column."""
    return f"{of_table(table, 'c.TABLE_SCHEMA', 'c.TABLE_NAME')} AND c.COLUMN_NAME = {literal(column)}"


def _moment(catalog: Catalog, table: str, column: str) -> Column | None:
    """The column, where it is known to be a TIMESTAMP; else the server itself refuses what it cannot."""
    try:
        found = next((one for one in catalog.columns(table) if same(one.name, column)), None)
    except UntoldError:
        return None
    return found if found is not None and found.type and read(found.type).family is Family.TIMESTAMP else None

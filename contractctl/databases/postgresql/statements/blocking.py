"""What would write every row of a table anew to give it a column? A default that differs, a domain that demands."""

from itertools import pairwise

from contractctl.databases import Column
from contractctl.databases.catalog import Catalog
from contractctl.databases.ddl import BlockingError
from contractctl.databases.postgresql.names import literal
from contractctl.databases.postgresql.tokens import Sort, spoken

_NAMES = (Sort.WORD, Sort.QUOTED)
_VOLATILE = frozenset(
    {
        *("RANDOM", "RANDOM_NORMAL", "GEN_RANDOM_UUID", "UUIDV4", "UUIDV7", "CLOCK_TIMESTAMP", "TIMEOFDAY", "NEXTVAL"),
        *("UUID_GENERATE_V1", "UUID_GENERATE_V1MC", "UUID_GENERATE_V4", "GEN_RANDOM_BYTES", "SETVAL", "CURRVAL"),
    }
)
"""Functions whose value is another each time, for whom no server can be asked; it knows of more."""


def refuse_volatile(catalog: Catalog, table: str, column: str, default: str) -> None:
    """The clock is asked once, for all rows: https://www.postgresql.org/docs/current/ddl-alter.html."""
    said = spoken(default)
    called = {one.name for one, following in pairwise(said) if following.text == "(" and one.sort in _NAMES}
    names = ", ".join(map(literal, sorted({*called, *(name.lower() for name in called)})))
    query = f"SELECT count(*) FROM pg_catalog.pg_proc WHERE provolatile = 'v' AND proname IN ({names})"
    volatile = any(name.upper() in _VOLATILE for name in called)
    if called and (volatile or catalog.ask(query, "0") != "0"):
        raise BlockingError(
            f"the default of '{table}.{column}' differs from row to row ({default}): to add it PostgreSQL would"
            " rewrite the whole table and lock out reads and writes",
            hint="fill it instead (--fill); the default then comes with the contract stage",
        )


def refuse_domain(catalog: Catalog, table: str, column: Column) -> None:
    """A domain's own default and constraints hold for the rows that are there, too."""
    own = catalog.ask(_domain(column.type), "")
    if own == "constraint":
        raise BlockingError(
            f"the type of '{table}.{column.name}' is a domain with constraints ({column.type}): to add it PostgreSQL"
            " would rewrite the whole table and lock out reads and writes",
            hint="give the column the domain's base type, and add the constraint as a CHECK of the table",
        )
    if own == "default" and column.default is None:
        raise BlockingError(
            f"the type of '{table}.{column.name}' is a domain with a default ({column.type}), which would hide that"
            " an application did not set the column",
            hint="give the column the domain's base type; or first move the default from the domain to its columns:"
            " ALTER DOMAIN … DROP DEFAULT",
        )


def _domain(type_: str) -> str:
    """SQL: what a domain, or one below it, says of its values: '', default, constraint."""
    return (
        "WITH RECURSIVE below AS (SELECT t.* FROM pg_catalog.pg_type t"
        f" WHERE t.oid = to_regtype({literal(type_)}) AND t.typtype = 'd'"
        " UNION ALL SELECT t.* FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype AND t.typtype = 'd')"
        " SELECT CASE WHEN bool_or(typnotnull OR EXISTS"
        " (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.contypid = below.oid)) THEN 'constraint'"
        " WHEN bool_or(typdefault IS NOT NULL) THEN 'default' ELSE '' END FROM below"
    )

"""How is a plan carried out on PostgreSQL, 14 or later? What the rest of contractctl uses of it."""

from contractctl.databases.postgresql.engine import alone, create_engine, reading
from contractctl.databases.postgresql.names import literal, quote, same, table
from contractctl.databases.postgresql.reflection import definitions
from contractctl.databases.postgresql.refusals import busy, lost, meaning

__all__ = (
    "alone",
    "busy",
    "create_engine",
    "definitions",
    "literal",
    "lost",
    "meaning",
    "quote",
    "reading",
    "same",
    "table",
)

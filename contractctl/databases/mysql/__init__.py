"""How is a plan carried out on MariaDB, 10.6 or later? What the rest of contractctl uses of it.

MySQL itself speaks the same protocol and behaves differently where it matters (DDL, triggers, locks): it is refused.
"""

from contractctl.databases.mysql.engine import alone, create_engine, reading
from contractctl.databases.mysql.names import literal, quote, same, table
from contractctl.databases.mysql.reflection import definitions
from contractctl.databases.mysql.refusals import busy, lost, meaning

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

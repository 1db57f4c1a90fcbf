"""Where do more observations lie than memory holds? In a file of SQLite that nobody else sees, gone with its use."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

_MEMORY = 32_768
"""KiB that SQLite may take."""


@contextmanager
def table(columns: str) -> Iterator[sqlite3.Connection]:
    """A database with this table in it, inside a transaction that is never committed."""
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute(f"PRAGMA cache_size = -{_MEMORY}")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute(f"CREATE TABLE {columns}")
        database.execute("BEGIN")
        yield database

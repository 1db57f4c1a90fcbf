"""Where are observations kept that do not fit into memory? In a private SQLite file that is deleted after use."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

_MEMORY = 32_768
"""SQLite's cache, in KiB."""


@contextmanager
def table(columns: str) -> Iterator[sqlite3.Connection]:
    """A database with this table in it, inside a transaction that is never committed."""
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute(f"PRAGMA cache_size = -{_MEMORY}")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute(f"CREATE TABLE {columns}")
        database.execute("BEGIN")
        yield database

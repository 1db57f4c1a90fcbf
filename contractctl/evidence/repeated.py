"""Which lines came before? However many there are: what memory does not hold lies in a file that goes with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256

_MEMORY = 32_768
"""KiB that SQLite may take."""


@dataclass(frozen=True, slots=True)
class Known:
    """The lines up to now."""

    _database: sqlite3.Connection

    def repeats(self, line: str) -> bool:
        """Whether a line came before; from now on it has. Raise sqlite3.Error where there is no room left."""
        added = self._database.execute("INSERT OR IGNORE INTO line VALUES (?)", (sha256(line.encode()).digest(),))
        return added.rowcount == 0


@contextmanager
def known() -> Iterator[Known]:
    """No line yet."""
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute(f"PRAGMA cache_size = -{_MEMORY}")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE line (digest BLOB PRIMARY KEY) WITHOUT ROWID")
        database.execute("BEGIN")
        yield Known(database)

"""Which lines came before? However many there are: those that do not fit into memory lie in a temporary file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from contractctl.evidence.beyond_memory import table


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
    with table("line (digest BLOB PRIMARY KEY) WITHOUT ROWID") as database:
        yield Known(database)

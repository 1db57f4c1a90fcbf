"""What does SQLite say to it? A database in memory that obeys, refuses, or is stopped."""

import sqlite3

ENGINE = f"SQLite {sqlite3.sqlite_version}"
_STEPS = 2_000_000
"""Virtual-machine instructions after which a statement is stopped: a witness is small, a runaway query is not."""


def memory() -> sqlite3.Connection:
    """An empty database in which foreign keys hold and nothing runs for ever."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("PRAGMA foreign_keys = ON")
    database.set_progress_handler(lambda: 1, _STEPS)
    return database


def ask(database: sqlite3.Connection, statement: str, look: str | None = None) -> list[tuple[object, ...]] | str:
    """The rows of a statement, or of the look after it; SQLite's own words where it refuses."""
    try:
        rows = database.execute(statement).fetchall()
        return database.execute(look).fetchall() if look else rows
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
        return str(error)


def run(database: sqlite3.Connection, statement: str) -> str | None:
    """Run one statement; SQLite's own words where it refuses, None where it obeys."""
    answer = ask(database, statement)
    return answer if isinstance(answer, str) else None

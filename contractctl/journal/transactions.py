"""How does the journal's database get read and written, and what does its refusal mean in plain words?"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from contractctl.databases import sqlite
from contractctl.errors import ContractctlError

_MEANINGS = {
    "readonly": ("the database cannot be written", "give this user the right to write the file and its folder"),
    "disk is full": ("the disk is full", "make room; whatever was finished is kept, and the same command goes on"),
    "unable to open": ("the database file cannot be opened", "see to the file, its folder and its rights"),
    "locked": ("another process has been writing for too long", "end long transactions, and run it again"),
    "disk i/o": ("the disk does not answer", "see to the disk; whatever was finished is kept"),
    "not a database": ("the file is no SQLite database", "is the address right?"),
    "malformed": ("the database file is damaged", "restore it; PRAGMA integrity_check shows what is wrong"),
    "append-only": ("the journal is append-only, and somebody tried to change it", "leave contractctl_journal alone"),
}
"""What SQLite's sentences hold, and what they mean: https://www.sqlite.org/rescode.html."""


class RefusedError(ContractctlError):
    """The database did not do what it was asked; nothing of that transaction was kept."""


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds rows and DDL together. Raise RefusedError where the database will not."""
    with plain_words(), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot; holds no writer up."""
    with plain_words(), sqlite.reading(engine).connect() as connection:
        yield connection


@contextmanager
def plain_words() -> Iterator[None]:
    """Turn the driver's errors into one sentence and something to do."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        message, hint = _meaning(_said(error))
        raise RefusedError(message, hint=hint) from error


def busy(error: BaseException) -> bool:
    """Whether the database only asks to come again later."""
    cause = error.__cause__ if isinstance(error, RefusedError) else error
    said = _said(cause).lower()
    return "locked" in said or "busy" in said


def _said(error: BaseException | None) -> str:
    """The driver's own sentence, with or without SQLAlchemy around it."""
    return str(getattr(error, "orig", error))


def _meaning(said: str) -> tuple[str, str]:
    for word, (message, hint) in _MEANINGS.items():
        if word in said.lower():
            return f"{message}: {said}", hint
    return f"the database refused: {said}", "mend what it names; whatever was finished is kept"

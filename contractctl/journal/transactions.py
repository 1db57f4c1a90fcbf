"""How is the journal's database read and written, and what do its errors mean in plain words?"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from contractctl import databases
from contractctl.errors import ContractctlError


class RefusedError(ContractctlError):
    """The database refused; nothing of that transaction was kept.

    Only if the connection was `lost` during a commit it may have been kept: whoever repeats it must do
    nothing twice.
    """

    def __init__(self, message: str, *, hint: str, busy: bool, lost: bool) -> None:
        super().__init__(message, hint=hint)
        self.busy = busy
        """Whether a later try may succeed."""
        self.lost = lost
        """Whether the connection is gone, or the server."""


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction for rows, and for DDL where the engine can. Raise RefusedError if the database refuses."""
    with plain_words(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot; blocks no writer."""
    with plain_words(engine), databases.of(engine).reading(engine).connect() as connection:
        yield connection


@contextmanager
def plain_words(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into one sentence and a hint."""
    try:
        yield
    except (DBAPIError, PendingRollbackError, sqlite3.DatabaseError) as error:
        database = databases.of(engine)
        message, hint = database.meaning(error)
        raise RefusedError(message, hint=hint, busy=database.busy(error), lost=database.lost(error)) from error


def busy(error: BaseException) -> bool:
    """Whether a later try may succeed."""
    return isinstance(error, RefusedError) and error.busy

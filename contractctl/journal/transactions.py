"""How does the journal's database get read and written, and what does its refusal mean in plain words?"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from contractctl import databases
from contractctl.errors import ContractctlError


class RefusedError(ContractctlError):
    """The database did not do what it was asked; nothing of that transaction was kept.

    Only where the connection was `lost` while a transaction ended it may have been kept: whoever repeats it must do
    nothing twice.
    """

    def __init__(self, message: str, *, hint: str, busy: bool, lost: bool) -> None:
        super().__init__(message, hint=hint)
        self.busy = busy
        """Whether the database only asks to come again later."""
        self.lost = lost
        """Whether the connection is gone, or the server."""


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds rows, and DDL where the engine can. Raise RefusedError where the database will not."""
    with plain_words(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot; holds no writer up."""
    with plain_words(engine), databases.of(engine).reading(engine).connect() as connection:
        yield connection


@contextmanager
def plain_words(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into one sentence and something to do."""
    try:
        yield
    except (DBAPIError, PendingRollbackError, sqlite3.DatabaseError) as error:
        database = databases.of(engine)
        message, hint = database.meaning(error)
        raise RefusedError(message, hint=hint, busy=database.busy(error), lost=database.lost(error)) from error


def busy(error: BaseException) -> bool:
    """Whether the database only asks to come again later."""
    return isinstance(error, RefusedError) and error.busy

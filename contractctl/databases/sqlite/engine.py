"""How is a SQLite database opened? With transactions that begin where SQLAlchemy says so."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy import create_engine as sqlalchemy_engine

from contractctl.databases.opening import parse
from contractctl.databases.sqlite.rows import offer_checksum

_BUSY_SECONDS = 10.0
_TRY_MILLISECONDS = 5
_READING = "contractctl_reading"


def create_engine(url: str, *, busy_seconds: float = _BUSY_SECONDS) -> Engine:
    """An engine whose transactions hold rows and DDL together, and take the writer's lock when they begin.

    Python's driver opens a transaction late and never for DDL; here BEGIN IMMEDIATE is sent at once, so that two
    writers wait for each other (`busy_seconds`) instead of failing half-way. The journal mode and foreign_keys stay as
    the file's users have them. `reading(engine)` takes no lock.
    """
    engine = sqlalchemy_engine(parse(url).set(drivername="sqlite"), connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _take_over_transactions)
    event.listen(engine, "begin", partial(_begin, busy_seconds))
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for reading only: its transactions see one snapshot and hold no writer up."""
    return engine.execution_options(**{_READING: True})


def unhurried(engine: Engine) -> Engine:
    """The same engine: whether commits wait for the disk is up to the file's users."""
    return engine


@contextmanager
def alone(_engine: Engine, _what: str) -> Iterator[None]:
    """Be the only writer: SQLite has one."""
    yield


def _take_over_transactions(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's record
    connection.isolation_level = None
    offer_checksum(connection)


def _begin(busy_seconds: float, connection: Connection) -> None:
    if connection.get_execution_options().get(_READING, False):
        connection.exec_driver_sql("BEGIN")
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - narrows for mypy; the engine is ours
    driver.execute(f"PRAGMA busy_timeout = {_TRY_MILLISECONDS}")
    try:
        if not any(_takes_the_lock(driver) for _ in range(int(busy_seconds * 1000 / _TRY_MILLISECONDS))):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")


def _takes_the_lock(driver: sqlite3.Connection) -> bool:
    """Ask for the writer's lock, every few milliseconds.

    SQLite itself waits longer and longer between two tries and never gets its turn beside an application that
    writes without a pause.
    """
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def heed(_connection: Connection) -> None:
    """Nothing: what it answers is whole."""

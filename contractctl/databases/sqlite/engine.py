"""How is a SQLite database opened? With transactions that begin where SQLAlchemy says so."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy import create_engine as sqlalchemy_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from contractctl.errors import ContractctlError

_BUSY_SECONDS = 10.0
_READING = "contractctl_reading"


def create_engine(url: str) -> Engine:
    """An engine whose transactions hold rows and DDL together, and take the writer's lock when they begin.

    Python's driver opens a transaction late and never for DDL; here BEGIN IMMEDIATE is sent at once, so that two
    writers wait for each other (10 seconds) instead of failing half-way. The journal mode and foreign_keys stay as
    the file's users have them. `reading(engine)` takes no lock.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ContractctlError(
            "the database's address is no SQLAlchemy URL", hint="write it like sqlite:///shop.db"
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise ContractctlError(
            f"'{parsed.get_backend_name()}' is no database that contractctl can migrate", hint="use sqlite:///FILE"
        )
    engine = sqlalchemy_engine(parsed, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _take_over_transactions)
    event.listen(engine, "begin", _begin)
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for reading only: its transactions see one snapshot and hold no writer up."""
    return engine.execution_options(**{_READING: True})


def _take_over_transactions(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's record
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

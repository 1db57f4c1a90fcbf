"""Which engine is used? Each is a package here; what they share is in modules of its own, exported from this one."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from contractctl.databases.costs import Statement, Work
from contractctl.databases.counts import Compared, Filled, Measured, Size
from contractctl.databases.definitions import Definition, Reference
from contractctl.databases.engines import Database, Door
from contractctl.databases.synchronisation import (
    SIDE_TABLES,
    Across,
    Column,
    Copied,
    Crossed,
    Follower,
    Held,
    Key,
    KeyPart,
    Synced,
    Synchronisation,
    key_text,
    read_key,
)
from contractctl.errors import ContractctlError

__all__ = (
    "LOCK_SECONDS",
    "SIDE_TABLES",
    "Across",
    "Column",
    "Compared",
    "Copied",
    "Crossed",
    "Database",
    "Definition",
    "Door",
    "Filled",
    "Follower",
    "Held",
    "Key",
    "KeyPart",
    "Measured",
    "Reference",
    "Size",
    "Statement",
    "Synced",
    "Synchronisation",
    "Work",
    "create_engine",
    "for_url",
    "key_text",
    "named",
    "of",
    "read_key",
    "rows",
    "run",
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, CursorResult, Engine

LOCK_SECONDS = 2.0
"""How long our transactions wait for a lock on a server: later sessions queue behind them."""


def of(bind: "Engine | Connection") -> Database:
    """The engine's module for an open connection or engine."""
    return named(bind.dialect.name)


def named(dialect: str) -> Database:
    """The engine's module for a dialect: SQLAlchemy's name, or the one that contract.toml knows."""
    match dialect:
        case "sqlite":
            from contractctl.databases import sqlite

            return sqlite
        case "postgresql" | "postgres":
            from contractctl.databases import postgresql

            return postgresql
        case "mysql" | "mariadb":
            from contractctl.databases import mysql

            return mysql
        case _:
            raise ContractctlError(
                f"'{dialect}' is not a database that contractctl can migrate",
                hint="use sqlite:///FILE, postgresql://… or mariadb://…",
            )


def for_url(url: str) -> Database:
    """The engine's module for an address. Raise ContractctlError if plans cannot run there."""
    from contractctl.databases import opening

    return named(opening.parse(url).get_backend_name())


def create_engine(url: str) -> "Engine":
    """Open the database at the address, with contractctl's driver, whichever driver the address names."""
    return for_url(url).create_engine(url)


@contextmanager
def opened(url: str) -> "Iterator[Engine]":
    """The same as a block: its connections are closed at the end."""
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def run(connection: "Connection", sql: str) -> "CursorResult[*tuple[Any, ...]]":
    """Run SQL literally: a `%` in it is a `%`, whatever it means to the driver when there are parameters."""
    return connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def rows(connection: "Connection", sql: str) -> list[Any]:
    """The rows that SQL returns, run literally."""
    return list(run(connection, sql))

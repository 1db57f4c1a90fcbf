"""How are rows of SQLite found, written unseen, and summed up?"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Key, Synced, Synchronisation
from contractctl.databases.crossing import HERE, THERE
from contractctl.databases.sqlite.names import literal, quote, quotes

CHECKSUM = "contractctl_checksum"

_BAD_ROW = (
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_TOOBIG,
)
"""Primary result codes that a row's own value can cause: https://www.sqlite.org/rescode.html."""


def add_new(target: str, select: str) -> str:
    """INSERT INTO target select, without the rows whose key is there already."""
    return f"INSERT OR IGNORE INTO {target} {select}"


def beyond(sync: Synchronisation, key: Key) -> str:
    """Whether a row's key lies beyond this one."""
    return f"({quotes(sync.key)}) > ({', '.join(map(literal, key))})"


def up_to(sync: Synchronisation, key: Key) -> str:
    """Whether a row's key does not."""
    return f"({quotes(sync.key)}) <= ({', '.join(map(literal, key))})"


def has_key(sync: Synchronisation, key: Key) -> str:
    """Whether a row has just this key."""
    return " AND ".join(f"{quote(name)} = {literal(part)}" for name, part in zip(sync.key, key, strict=True))


def key_list(sync: Synchronisation, row: str) -> str:
    """The SELECT list that brings a row's key to Python."""
    return ", ".join(f"{row}.{quote(name)}" for name in sync.key)


def update_from(of: str, sets: Iterable[tuple[str, str]], source: str, on: str) -> str:
    """UPDATE of a table from a query's rows."""
    values = ", ".join(f"{quote(name)} = {value}" for name, value in sets)
    return f"UPDATE {quote(of)} AS {THERE} SET {values} FROM ({source}) AS {HERE} WHERE {on}"


def problem(_sync: Synchronisation, _pair: Synced) -> None:
    """What an expression says that raises: SQLite cannot catch it."""


def blames_a_row(error: DBAPIError) -> bool:
    """Whether a row's own value may have caused it."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _BAD_ROW


@contextmanager
def unseen(connection: Connection, sync: Synchronisation) -> Iterator[None]:
    """Within it the table has no triggers; afterwards it has them again, byte for byte and in their order.

    Other connections never see it without: the caller's transaction holds the writer's lock, and SQLite's DDL is
    part of it. Ours go too: they would find nothing to do, ten times slower.
    """
    query = "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
    found = connection.exec_driver_sql(f"{query} ORDER BY rowid", (sync.table,)).all()
    with connection.begin_nested():  # an error in between brings them back, whatever the caller then does
        for name, _ in found:
            connection.exec_driver_sql(f"DROP TRIGGER main.{quote(name)}")
        yield
        for _, text in found:
            connection.exec_driver_sql(text)


def checksum(values: Iterable[tuple[str, str]]) -> str:
    """SQL: an aggregate over rows of values; of a connection that `offer_checksum` has seen."""
    return f"{CHECKSUM}({', '.join(f'CAST({value} AS BLOB)' for value, _ in values)})"


def offer_checksum(driver: sqlite3.Connection) -> None:
    """Let the connection know the aggregate."""
    driver.create_aggregate(CHECKSUM, -1, _Checksum)  # type: ignore[arg-type] # typeshed knows integers only


class _Checksum:
    """An SQL aggregate over rows of BLOBs and NULLs, in the order in which they are read."""

    def __init__(self) -> None:
        self._sum = hashlib.blake2b(digest_size=16)

    def step(self, *values: bytes | None) -> None:
        self._sum.update(repr(values).encode())

    def finalize(self) -> str:
        return self._sum.hexdigest()

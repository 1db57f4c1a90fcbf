"""What do the engines share? The values that say which columns are kept in step, and what a batch came to."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contractctl.model.plan import Transform

if TYPE_CHECKING:
    from sqlalchemy import Engine

KeyPart = int | float | str | bytes | None
Key = tuple[KeyPart, ...]
"""One row's key: its primary key's values in their order, or the row id alone."""

QUIESCED = "__quiesced"
"""What a column's name ends with while it is browned out."""


@dataclass(frozen=True, slots=True)
class Synced:
    """One pair of columns kept in step. `old` and `new` are the columns' names in the database as it stands now."""

    old: str
    new: str
    """The same as old where one column is only kept filled: transform.up then gives the value instead of NULL."""
    transform: Transform
    old_default: str | None
    """The old column's default as SQL: an INSERT that leaves it there has not given the old side."""
    required: bool = False
    """Both sides promise NOT NULL: a writer who breaks the promise is refused, as before."""
    label: str = ""
    """The pair's name in the side tables, the same through all stages; empty means the new column's name."""

    @property
    def name(self) -> str:
        return self.label or self.new

    @property
    def one_sided(self) -> bool:
        return self.old.lower() == self.new.lower()


@dataclass(frozen=True, slots=True)
class Synchronisation:
    """What one plan keeps in step on one table."""

    plan: str
    table: str
    key: tuple[str, ...]
    """The columns that find a row: the primary key, or the row id's name where there is none."""
    columns: tuple[Synced, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """What one batch of the backfill did."""

    rows: int
    """Rows that were changed."""
    set_aside: int
    """Rows that were newly set aside, with their error, because they cannot be converted."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing both sides over one range of keys found."""

    rows: int
    differing: tuple[Key, ...]
    """Keys of the rows that differ, conflicts among them; rows that were set aside are not: they are counted apart."""
    checksum_old: str
    """Over key and the value that the old side asks for. Equal to checksum_new exactly when nothing differs."""
    checksum_new: str


def key_text(key: Iterable[KeyPart]) -> str:
    """A key as the side tables hold it: a JSON array; bytes stand as {"blob": "HEX"}."""
    parts = [{"blob": part.hex().upper()} if isinstance(part, bytes) else part for part in key]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def read_key(text: str) -> Key:
    """The key that `key_text` wrote."""
    parts = json.loads(text)
    return tuple(bytes.fromhex(part["blob"]) if isinstance(part, dict) else part for part in parts)


def create_engine(url: str) -> "Engine":
    """The engine for a database's address: so far SQLite's, which see."""
    from contractctl.databases import sqlite

    return sqlite.create_engine(url)

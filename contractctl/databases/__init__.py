"""What do the engines share? The values that say what is kept in step, and what an engine's module offers."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Engine
    from sqlalchemy.exc import DBAPIError

    from contractctl.databases.ddl import Statements

KeyPart = int | float | str | bytes | None
Key = tuple[KeyPart, ...]
"""One row's key: its primary key's values in their order, or the row id alone."""

LOCK_SECONDS = 2.0
"""How long a transaction of ours waits for a lock on a server: whoever comes later waits behind it."""

QUIESCED = "__quiesced"
"""What a column's name ends with while it is browned out."""

SIDE_TABLES = ("contractctl_kept", "contractctl_set_aside", "contractctl_conflict")
"""In which triggers and backfill keep their marks on rows."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the database has it now."""

    name: str
    type: str
    """As the database writes it; may be empty in SQLite."""
    not_null: bool = False
    default: str | None = None
    """As an SQL expression."""
    key_place: int = 0
    """From 1 in the primary key; 0 outside of it."""
    generated: bool = False
    collation: str | None = None
    unique: tuple[tuple[str, ...], ...] = ()
    """Unique indexes that it stands in, each by its columns: where a trigger must ask before the row is written."""
    checks: tuple[str, ...] = ()
    """What it must fulfil, as SQL over the table's columns in quotes: where a trigger must ask as well."""
    on_update: str | None = None
    """What it becomes by itself whenever its row is updated by a statement that does not name it."""
    guards: tuple[str, ...] = ()
    """Whatever may refuse a value in it besides NOT NULL, as text with itself as @: where triggers must know of it."""
    never_null: bool = False
    """NOT NULL, or a constraint that says the same: where triggers must know of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """One column of a side, under the name that it has in the database now, and what it should hold."""

    name: str
    type: str
    value: str
    """SQL over the other side's columns: what this one should hold, as it would store it."""
    default: str | None = None
    """As SQL: an INSERT that leaves it there has not given this side."""
    column: Column | None = None
    """As the database has it: what it refuses, where a trigger must know that before."""


@dataclass(frozen=True, slots=True)
class Synced:
    """Two sets of columns kept in step: most often one column each."""

    old: tuple[Held, ...]
    """None where one new column is only kept filled: its value then stands instead of NULL."""
    new: tuple[Held, ...]
    lossy: bool = False
    """Declared: old values need not come back from the new ones."""
    required: bool = False
    """Both sides promise NOT NULL: a writer who breaks the promise is refused, as before."""
    plain: bool = False
    """One column each, of one type, holding the very same value: nothing can be lost either way."""
    label: str = ""
    """Its name in the side tables, the same through all stages; empty means the first new column's name."""
    reads: tuple[Column, ...] = ()
    """Of one that is only kept filled: the columns that its value may be made of."""
    counted: bool = False
    """The old side has a value of its own wherever it is not given: it was given where the new side was not."""

    @property
    def name(self) -> str:
        return self.label or self.new[0].name

    @property
    def one_sided(self) -> bool:
        return not self.old

    @property
    def is_key(self) -> bool:
        """Whether the old side is the table's primary key: both sides' values are as unlike as each other."""
        return len(self.old) == 1 and self.old[0].column is not None and self.old[0].column.key_place > 0

    @property
    def exact(self) -> bool:
        """Whether a value must come back from the other side to count as converted."""
        return not (self.one_sided or self.lossy or self.plain)


@dataclass(frozen=True, slots=True)
class Crossed:
    """A column of one table and the one of another table that holds the same."""

    old: str
    new: str
    type: str
    absent: str = "NULL"
    """As SQL: what the old one holds where the new one is NULL, or its row is not there."""


@dataclass(frozen=True, slots=True)
class Across:
    """Another table, whose columns are the new side: databases/crossing.py says when both are in step."""

    table: str
    here: tuple[str, ...] = ()
    """Columns of the old side's table, of which no two rows hold the same."""
    there: tuple[str, ...] = ()
    """Columns of the other table: rows that hold the same as `here` belong together."""
    key_types: tuple[str, ...] = ()
    """Of these columns, as the database writes them."""
    columns: tuple[Crossed, ...] = ()
    makes_rows: bool = False
    """Whether a value without a row there makes one, and whoever deletes the old side's row deletes it."""


@dataclass(frozen=True, slots=True)
class Synchronisation:
    """What one plan keeps in step on one table, or between it and another one."""

    plan: str
    table: str
    key: tuple[str, ...]
    """The columns that find a row: the primary key, or the row id's name where there is none."""
    columns: tuple[Synced, ...]
    key_types: tuple[str, ...] = ()
    """Of the key's columns, as the database writes them."""
    across: Across | None = None
    """The new side where that is in another table; there are no `columns` then."""
    by_itself: tuple[str, ...] = ()
    """Columns that an UPDATE changes by itself, unless it says that they stay."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What one batch of the backfill did."""

    rows: int
    """Rows that were changed."""
    set_aside: int
    """Rows that were newly set aside, with their error, because they cannot be converted."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a table has."""

    rows: int
    exact: bool
    """Counted; otherwise it is what the engine's statistics say."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a server says of how busy it is, or of how far a replica is behind."""

    value: float | None
    """None where it cannot be told."""
    of: str
    """What was measured, as the rest of a sentence that begins with the value; without one, why there is none."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing both sides over one range of keys found."""

    rows: int
    differing: tuple[Key, ...]
    """Keys of the rows that differ, conflicts among them; rows that were set aside are not: they are counted apart."""
    checksum_old: str
    """Over key and the value that the old side asks for. Equal to checksum_new exactly when nothing differs."""
    checksum_new: str


class Work(StrEnum):
    """What a statement does to the rows that are there."""

    NONE = "none"
    """Only the catalogue changes."""
    SCAN = "scan"
    """Every row is read."""
    REWRITE = "rewrite"
    """Every row is written anew."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a revision, and what it costs everybody else."""

    sql: str
    lock: str
    """In the engine's own words: ACCESS EXCLUSIVE, LOCK=NONE, …"""
    work: Work = Work.NONE
    transactional: bool = True
    """Whether it can stand in a transaction with others."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a table or view needs of another one."""

    to: str
    """The other one's name, as in its definition."""
    clause: str = ""
    """The foreign key, where it stands apart from `Definition.lines`."""
    apart: bool = False
    """Whether it can only be added afterwards."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A table or view as the statements that make it, without semicolons; databases/definitions.py joins them."""

    name: str
    """As the engine has it; its schema before it where the name alone would not find it."""
    shown: str = ""
    """The same as SQL."""
    schema: str = ""
    """Its schema, where that stands before its name."""
    view: bool = False
    before: tuple[str, ...] = ()
    """Statements that make what it is made with, and others may be, too: types, sequences."""
    head: str = ""
    """`CREATE TABLE orders`; the whole statement where there are no lines."""
    lines: tuple[str, ...] = ()
    """Columns and constraints, in the parentheses behind the head."""
    tail: str = ""
    """What stands behind the parentheses."""
    after: tuple[str, ...] = ()
    """Statements about it: indexes, comments."""
    references: tuple[Reference, ...] = ()
    without: tuple[str, ...] = ()
    """What belongs to it and is not written down here, each by kind and name: `trigger 'touch'`."""
    refused: str = ""
    """Why it is not written down at all, where it is not."""


class Door(Protocol):
    """How a database is opened, and what its refusals mean."""

    def create_engine(self, url: str, /) -> "Engine":
        """An engine whose transactions never wait long for somebody else's lock, in a session as it must be."""

    def reading(self, engine: "Engine", /) -> "Engine":
        """The same engine for reading only: its transactions see one snapshot and hold no writer up."""

    def unhurried(self, connection: "Connection", /) -> None:
        """Let this transaction's commit not wait for the disk, where a transaction may say that for itself.

        A fall of the server may then take it back, and never what was committed later without it.
        """

    def alone(self, engine: "Engine", what: str, /) -> AbstractContextManager[None]:
        """Do what only one process at a time may do to this database, in transactions of its own; others wait."""

    def busy(self, error: BaseException, /) -> bool:
        """Whether the database only asks to come again: a lock was not free, or two got into each other's way."""

    def lost(self, error: BaseException, /) -> bool:
        """Whether the connection is gone, or the server: what was asked last may or may not have been done."""

    def meaning(self, error: BaseException, /) -> tuple[str, str]:
        """A driver's error in plain words, and what to do."""

    def quote(self, name: str, /) -> str:
        """An identifier, whatever stands in it."""

    def table(self, name: str, /) -> str:
        """A table's name as it stands in SQL; on servers `shop.orders` is table orders of the schema shop."""

    def literal(self, value: KeyPart, /) -> str:
        """A value as SQL, the same whatever the session's settings are."""

    def same(self, one: str, other: str, /) -> bool:
        """Whether the engine takes both for the name of one column."""

    def definitions(self, connection: "Connection", schemas: Iterable[str] = (), /) -> tuple[Definition, ...]:
        """Every table and view of these schemas, by name; none, or an empty name, is the schema that is searched first.

        What belongs to the engine, to its extensions, to contractctl or to Alembic is left out.
        """

    def other_schemas(self, connection: "Connection", schemas: Iterable[str] = (), /) -> tuple[str, ...]:
        """Those with tables or views of somebody's that definitions() leaves out."""

    def collations(self, connection: "Connection", /) -> tuple[str | None, Mapping[str, str]]:
        """The collation of a text column that names none, and of one that names a character set only."""


class Database(Door, Protocol):
    """What an engine's module offers. Everything is SQL text; values stand in it as literals."""

    one_writer: bool
    """Whether whoever writes holds all others up who want to."""
    transactional_ddl: bool
    """Whether what a revision does to tables is undone with its transaction."""
    weighed_by: str
    """What `weight` goes by."""
    locking: str
    """What makes a SELECT keep its rows from others until the transaction ends; empty where nobody else can write."""

    @property
    def ddl(self) -> "Statements":
        """How it changes tables."""

    def heed(self, connection: "Connection", /) -> None:
        """Let whatever leaves something out of its answer be refused on a connection that others have opened, too."""

    def carry_out(self, connection: "Connection", statements: Iterable[Statement], /) -> None:
        """Execute them, one after the other, and leave the session as it was, whatever happens."""

    def differs(self, column: str, value: str, type_: str, /) -> str:
        """Whether a column of this type does not hold the very value, NULL being one; binary, never NULL."""

    def agrees(self, column: str, value: str, type_: str, /) -> str:
        """The opposite of `differs`."""

    def is_name(self, expression: str, name: str, /) -> bool:
        """Whether the expression is this column's name and nothing else."""

    def bind(self, expression: str, values: Mapping[str, str], /) -> str:
        """The expression with SQL in the place of column names."""

    def json_array(self, values: Iterable[tuple[str, str]], /) -> str:
        """SQL of values, each with its type, as the text of a JSON array, as `key_text` writes it."""

    def now(self) -> str:
        """SQL: this moment as a text, ISO 8601, UTC."""

    def add_new(self, target: str, select: str, /) -> str:
        """INSERT INTO target select, without the rows whose key is there already. target: table (columns)."""

    def beyond(self, sync: Synchronisation, key: Key, /) -> str:
        """Whether a row's key lies beyond this one; found by the key's index."""

    def up_to(self, sync: Synchronisation, key: Key, /) -> str:
        """Whether a row's key does not."""

    def has_key(self, sync: Synchronisation, key: Key, /) -> str:
        """Whether a row has just this key."""

    def key_list(self, sync: Synchronisation, row: str, /) -> str:
        """The SELECT list that brings a row's key to Python; `row` is the table or its alias, quoted."""

    def checksum(self, values: Iterable[tuple[str, str]], /) -> str:
        """SQL: an aggregate over rows of values, each with its type."""

    def update_from(self, table: str, sets: Iterable[tuple[str, str]], source: str, on: str, /) -> str:
        """UPDATE of a table, called `there`, from a query's rows, called `here`; sets: columns and their values."""

    def blames_a_row(self, error: "DBAPIError", /) -> bool:
        """Whether a row's own value may have caused it, so that others are worth trying without it."""

    def problem(self, sync: Synchronisation, pair: Synced, /) -> str | None:
        """SQL over a row: what is said where the old side's expressions raise, else NULL. None: they never do, or the
        engine cannot catch it.
        """

    def unseen(self, connection: "Connection", sync: Synchronisation, /) -> AbstractContextManager[None]:
        """Within it what is written fires no triggers, as far as the engine and our rights allow."""

    def check(self, expression: str, columns: Iterable[str], role: str, /) -> None:
        """Raise ContractctlError unless the expression gives the same value for the same row, whenever asked."""

    def storing(self, connection: "Connection | None", table: str, /) -> Callable[[str, Column, Iterable[Column]], str]:
        """What turns an expression over other columns into what one column of the table would store of it."""

    def outside(self, default: str, /) -> str:
        """A column's default as an expression that means the same outside of the column's definition."""

    def as_shown(self, column: Column, /, *, counted: bool) -> Column:
        """A column of which only a plan tells, as `columns` would show it as far as that is sure.

        counted: the database counts it up, by what the plan does not say.
        """

    def exists(self, connection: "Connection", table: str, /) -> bool:
        """Whether there is a table of that name."""

    def load(self, connection: "Connection", /) -> Measured:
        """How much the server has to do. Raise ContractctlError where there is no server."""

    def lag(self, connection: "Connection", /) -> Measured:
        """How many seconds the furthest replica is behind, told by the primary. Raise ContractctlError: it cannot."""

    def own_lag(self, connection: "Connection", /) -> Measured:
        """How many seconds a replica is behind, told by itself."""

    def size(self, connection: "Connection", table: str, /) -> Size | None:
        """How many rows the table has, told at once; None where the engine cannot."""

    def columns(self, connection: "Connection", table: str, /) -> tuple[Column, ...]:
        """The table's columns, in order. Raise ContractctlError where there is no such ordinary table."""

    def is_view(self, connection: "Connection", name: str, /) -> bool:
        """Whether there is a view of that name."""

    def parts(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """The names of constraints and indexes with which one of the table's could collide."""

    def table_dependents(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """What besides the table itself would break without it, each named with its kind."""

    def weight(self, connection: "Connection", table: str, /) -> int:
        """How many bytes the table takes, as far as that is known without reading it."""

    def key_columns(self, connection: "Connection", table: str, /) -> tuple[Column, ...]:
        """What finds a row. Raise ContractctlError where nothing does."""

    def dependents(self, connection: "Connection", table: str, column: str, /) -> tuple[str, ...]:
        """What besides the column itself would break without it, each named with its kind."""

    def notes(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """Whom what contractctl writes will wake, each a sentence."""

    def refusal(
        self, connection: "Connection", table: str, expression: str, columns: Iterable[Column], /
    ) -> str | None:
        """What the database itself has against an expression over these columns, as the end of a sentence."""

    def obstacles(self, connection: "Connection", table: str, column: str, /) -> tuple[str, ...]:
        """What keeps the engine from ever dropping the column by itself, each as the end of a sentence."""

    def key_obstacles(self, connection: "Connection", table: str, column: str, /) -> tuple[str, ...]:
        """What keeps the primary key from ever going from this column over to another one, as ends of sentences."""

    def hindrances(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """What keeps triggers of ours from keeping anything in step on this table, each a sentence."""

    def triggers(self, sync: Synchronisation, /) -> tuple[str, ...]:
        """The statements that create the triggers: one set for the whole plan and table."""

    def drop_triggers(self, sync: Synchronisation, /) -> tuple[str, ...]:
        """The statements that drop them, whether or not they are there."""

    def missing_triggers(self, connection: "Connection", sync: Synchronisation, /) -> tuple[str, ...]:
        """The names of those that are gone, or switched off."""


def key_text(key: Iterable[KeyPart]) -> str:
    """A key as the side tables hold it: a JSON array; bytes stand as {"blob": "HEX"}."""
    parts = [{"blob": part.hex().upper()} if isinstance(part, bytes) else part for part in key]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def read_key(text: str) -> Key:
    """The key that `key_text` wrote."""
    parts = json.loads(text)
    return tuple(bytes.fromhex(part["blob"]) if isinstance(part, dict) else part for part in parts)


def of(bind: "Engine | Connection") -> Database:
    """The engine's module for what is open."""
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
                f"'{dialect}' is no database that contractctl can migrate",
                hint="use sqlite:///FILE, postgresql://… or mariadb://…",
            )


def for_url(url: str) -> Database:
    """The engine's module for an address. Raise ContractctlError where plans cannot be carried out there."""
    from contractctl.databases import opening

    return named(opening.parse(url).get_backend_name())


def create_engine(url: str) -> "Engine":
    """Open the database at the address, with the driver that is used here, whichever driver the address names."""
    return for_url(url).create_engine(url)


def run(connection: "Connection", sql: str) -> "CursorResult[*tuple[Any, ...]]":
    """Run SQL as it stands: a `%` in it is a `%`, whatever the driver takes it for when there are parameters."""
    return connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def rows(connection: "Connection", sql: str) -> list[Any]:
    """What SQL gives, as it stands: rows to take apart."""
    return list(run(connection, sql))

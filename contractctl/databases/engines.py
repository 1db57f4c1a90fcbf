"""What does every engine's module offer? Protocols, against which mypy checks the three modules."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from contractctl.databases.costs import Statement
from contractctl.databases.counts import Measured, Size
from contractctl.databases.definitions import Definition
from contractctl.databases.synchronisation import Column, Key, KeyPart, Synced, Synchronisation

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import DBAPIError

    from contractctl.databases.ddl import Statements


class Door(Protocol):
    """How a database is opened, and what its errors mean."""

    def create_engine(self, url: str, /) -> "Engine":
        """An engine whose transactions never wait long for somebody else's lock, with its sessions set up."""

    def reading(self, engine: "Engine", /) -> "Engine":
        """The same engine for reading only: its transactions see one snapshot and block no writer."""

    def unhurried(self, engine: "Engine", /) -> "Engine":
        """The same engine, but commits do not wait for the disk, where a transaction can choose that.

        A crash of the server may then lose one, but never without losing what was committed later, too.
        """

    def alone(self, engine: "Engine", what: str, /) -> AbstractContextManager[None]:
        """Do what only one process at a time may do to this database, in transactions of its own; others wait."""

    def busy(self, error: BaseException, /) -> bool:
        """Whether a later try may succeed: a lock was not free, or there was a deadlock."""

    def lost(self, error: BaseException, /) -> bool:
        """Whether the connection or the server is gone: the last statement may or may not have been executed."""

    def meaning(self, error: BaseException, /) -> tuple[str, str]:
        """A driver's error in plain words, and a hint."""

    def quote(self, name: str, /) -> str:
        """An identifier, whatever is in it."""

    def table(self, name: str, /) -> str:
        """A table's name in SQL; on servers `shop.orders` is the table orders of the schema shop."""

    def literal(self, value: KeyPart, /) -> str:
        """A value as SQL, the same whatever the session's settings are."""

    def same(self, one: str, other: str, /) -> bool:
        """Whether the engine takes both for the name of one column."""

    def definitions(
        self, connection: "Connection", schemas: Iterable[str] = (), spoken: Iterable[str] = (), /
    ) -> tuple[Definition, ...]:
        """Every table and view of these schemas, by name; none, or an empty name, is the schema that is searched first.

        What belongs to the engine, to its extensions, to contractctl or to Alembic is left out. A server that keeps
        names in other letters than they are given says those of `spoken` as they stand there.
        """

    def other_schemas(self, connection: "Connection", schemas: Iterable[str] = (), /) -> tuple[str, ...]:
        """Other schemas with users' tables or views, which definitions() leaves out."""

    def collations(self, connection: "Connection", /) -> tuple[str | None, Mapping[str, str]]:
        """The collation of a text column that names none, and of one that names a character set only."""


class Database(Door, Protocol):
    """What an engine's module offers. Everything is SQL text, with values as literals."""

    one_writer: bool
    """Whether one writer blocks all other writers."""
    transactional_ddl: bool
    """Whether DDL is undone with its transaction."""
    weighed_by: str
    """Where `weight` comes from."""
    locking: str
    """What makes a SELECT lock its rows until the transaction ends; empty if nobody else can write."""

    @property
    def ddl(self) -> "Statements":
        """How it changes tables."""

    def heed(self, connection: "Connection", /) -> None:
        """Make incomplete answers an error, also on a connection that others have opened."""

    def carry_out(self, connection: "Connection", statements: Iterable[Statement], /) -> None:
        """Execute them, one after the other, and leave the session as it was, whatever happens."""

    def differs(self, column: str, value: str, type_: str, /) -> str:
        """Whether a column of this type does not hold the very value, NULL being one; binary, never NULL."""

    def agrees(self, column: str, value: str, type_: str, /) -> str:
        """The opposite of `differs`."""

    def is_name(self, expression: str, name: str, /) -> bool:
        """Whether the expression is this column's name and nothing else."""

    def bind(self, expression: str, values: Mapping[str, str], /) -> str:
        """The expression with SQL in place of column names."""

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
        """Whether a row's own value may have caused the error, so that the others are worth trying without it."""

    def problem(self, sync: Synchronisation, pair: Synced, /) -> str | None:
        """SQL over a row: the error if the old side's expressions raise, else NULL. None: they never do, or the
        engine cannot catch it.
        """

    def unseen(self, connection: "Connection", sync: Synchronisation, /) -> AbstractContextManager[None]:
        """Inside this block, writes fire no triggers, as far as the engine and our privileges allow."""

    def check(self, expression: str, columns: Iterable[str], role: str, /) -> None:
        """Raise ContractctlError unless the expression gives the same value for the same row, whenever asked."""

    def storing(self, connection: "Connection | None", table: str, /) -> Callable[[str, Column, Iterable[Column]], str]:
        """What converts an expression over other columns into what one column of the table would store."""

    def outside(self, default: str, /) -> str:
        """A column's default as an expression that means the same outside the column's definition."""

    def as_shown(self, column: Column, /, *, counted: bool) -> Column:
        """A column of which only a plan tells, as `columns` would show it as far as that is sure.

        counted: the database counts it up, by what the plan does not say.
        """

    def exists(self, connection: "Connection", table: str, /) -> bool:
        """Whether there is a table of that name."""

    def load(self, connection: "Connection", /) -> Measured:
        """How much the server has to do. Raise ContractctlError where there is no server."""

    def lag(self, connection: "Connection", /) -> Measured:
        """The lag in seconds of the slowest replica, as the primary knows it. Raise ContractctlError if it cannot."""

    def own_lag(self, connection: "Connection", /) -> Measured:
        """The lag in seconds that a replica itself reports."""

    def size(self, connection: "Connection", table: str, /) -> Size | None:
        """How many rows the table has, without counting for long; None if the engine cannot tell."""

    def columns(self, connection: "Connection", table: str, /) -> tuple[Column, ...]:
        """The table's columns, in order. Raise ContractctlError where there is no such ordinary table."""

    def is_view(self, connection: "Connection", name: str, /) -> bool:
        """Whether there is a view of that name."""

    def parts(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """The names of constraints and indexes with which one of the table's could collide."""

    def part_obstacles(self, connection: "Connection", table: str, name: str, /) -> tuple[str, ...]:
        """What prevents dropping a constraint or an index, each as the end of a sentence."""

    def column_notes(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """Whom a new column of the table affects, each a sentence."""

    def table_dependents(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """What besides the table itself would break without it, each named with its kind."""

    def weight(self, connection: "Connection", table: str, /) -> int:
        """How many bytes the table takes, as far as that is known without reading it."""

    def kept_waiting(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """Other tables whose writers wait while this one is locked, although no statement names them."""

    def key_columns(self, connection: "Connection", table: str, /) -> tuple[Column, ...]:
        """The columns that identify a row. Raise ContractctlError if none do."""

    def dependents(self, connection: "Connection", table: str, column: str, /) -> tuple[str, ...]:
        """What besides the column itself would break without it, each named with its kind."""

    def notes(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """What contractctl's writes will trigger, each a sentence."""

    def refusal(
        self, connection: "Connection", table: str, expression: str, columns: Iterable[Column], /
    ) -> str | None:
        """Why the database rejects an expression over these columns, as the end of a sentence."""

    def obstacles(
        self, connection: "Connection", table: str, column: str, followed: tuple[str, ...] = (), /
    ) -> tuple[str, ...]:
        """What prevents dropping just this column, each as the end of a sentence."""

    def key_obstacles(self, connection: "Connection", table: str, column: str, /) -> tuple[str, ...]:
        """What prevents moving the primary key from this column to another one, as ends of sentences."""

    def hindrances(self, connection: "Connection", table: str, /) -> tuple[str, ...]:
        """What prevents our triggers from keeping anything in step on this table, each a sentence."""

    def is_scattered(self, connection: "Connection", table: str, /) -> bool:
        """Whether triggers see a row that an UPDATE moves within the table as deleted and inserted."""

    def triggers(self, sync: Synchronisation, /) -> tuple[str, ...]:
        """The statements that create the triggers: one set for the whole plan and table."""

    def drop_triggers(self, sync: Synchronisation, /) -> tuple[str, ...]:
        """The statements that drop them, whether or not they are there."""

    def missing_triggers(self, connection: "Connection", sync: Synchronisation, /) -> tuple[str, ...]:
        """The names of triggers that are gone or disabled."""

"""What does the battery ask of an engine? One table, an application's connection, and contractctl's beside it.

A new engine is one more `Words` in ENGINES: how it writes what tests need of SQL. Test files fill these words into
their DDL: shop.table("CREATE TABLE t (id {key}, old {text})"), and every test then runs on the engine as well. Whatever
only one engine has is tested in the folder of its name, where `words` is that engine alone.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pymysql
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from contractctl.databases import (
    Database,
    Filled,
    Key,
    Synchronisation,
    batches,
    comparison,
    filling,
    mysql,
    postgresql,
    repairing,
    run,
    sqlite,
)
from contractctl.model.plan import Transform
from contractctl.operations.locating import synchronisation
from contractctl.operations.pairs import Pair

_ROW = "plan {mark}, table_name {mark}, {quoted_key} {mark}, column_name {mark}"
_OF_ROW = "PRIMARY KEY (plan, table_name, {quoted_key}, column_name)"
SIDE_TABLES = (
    f"CREATE TABLE contractctl_conflict (id {{key}}, {_ROW}, old_value {{mark}}, new_value {{mark}}, at {{mark}})",
    "CREATE INDEX contractctl_conflict_row ON contractctl_conflict (plan, table_name, {quoted_key})",
    f"CREATE TABLE contractctl_set_aside ({_ROW}, error {{mark}}, {_OF_ROW})",
    f"CREATE TABLE contractctl_kept ({_ROW}, {_OF_ROW})",
)


@dataclass(frozen=True, slots=True)
class Collated:
    """A text type that takes different texts for the same."""

    type: str
    one: str
    other: str
    """Another text, which `=` takes for the same."""
    before: tuple[str, ...] = ()
    """Statements that make the type or its collation."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A primary key of a kind of its own."""

    columns: str
    """In DDL, two of them."""
    constraint: str
    """In DDL, behind all columns; may be empty."""
    rows: tuple[tuple[object, ...], ...]
    """Keys, in any order."""
    before: tuple[str, ...] = ()
    tail: str = ""
    """In DDL, behind the table."""

    @property
    def table(self) -> str:
        parts = (self.columns, "old {text}", "new {text}", self.constraint)
        return f"CREATE TABLE t ({', '.join(part for part in parts if part)}){self.tail}"


@dataclass(frozen=True, slots=True)
class Words:
    """How an engine writes what the battery needs, and what it calls its refusals."""

    name: str
    database: Database
    server: str
    """Whose `…_url` fixture gives a fresh database."""
    connect: Callable[[str], Any]
    """An application's connection, every statement a transaction of its own unless it says BEGIN."""
    marker: str
    """How a value's place is written."""
    types: Mapping[str, str]
    """What stands in braces in the battery's DDL: key (an integer that fills itself), text (short enough for a key),
    mark (the same for side tables, whose keys are what they are, byte for byte),
    integer, clock (a text column's default that asks the clock)."""
    to_integer: str
    """How a text becomes an integer, or an error or something else where it is none; {} is its name."""
    to_text: str
    first_word: str
    """Of a text of two words, NULL or wrong in a text of one; {} is its name."""
    other_words: str
    joined: str
    """Two texts, {0} and {1}, and a blank between them."""
    parsed: str
    """What takes a JSON text for JSON, as text again, and raises where it is none; {} is its name."""
    unparsed: str
    """What it says then, in part."""
    not_null: tuple[type[Exception], str]
    """What a writer is told who breaks a promise of NOT NULL: exception, and pattern for "column {}"."""
    upserts: tuple[str, ...]
    """Statements that write 'Bea' to {side} of row 1, whether it is there or not."""
    ignored: tuple[str, ...]
    """Inserts of 'Bea' on the new side that do nothing where row 1 is there."""
    collated: tuple[Collated, ...]
    keys: tuple[Keys, ...]
    series: str
    """INSERT that gives the old side of {count} rows a name."""
    begin: tuple[str, ...] = ()
    """What an application says first."""

    def __str__(self) -> str:
        return self.name


class Shop:
    """One database; `app` is how an application sees it, `engine` how contractctl does."""

    def __init__(self, words: Words, url: str) -> None:
        self.words = words
        self.database = words.database
        self.url = url
        self.app = self.connect()
        for statement in SIDE_TABLES:
            self.run(self.written(statement))
        self.engine = words.database.create_engine(url)
        self.sync = Synchronisation("plan", "t", ("id",), ())

    def connect(self) -> Any:
        """One more connection of an application's."""
        app = self.words.connect(self.url)
        for statement in self.words.begin:
            app.cursor().execute(statement)
        return app

    def close(self) -> None:
        self.app.close()
        self.engine.dispose()

    def written(self, ddl: str) -> str:
        """DDL of the battery in the engine's words."""
        return ddl.format(quoted_key=self.database.quote("key"), **self.words.types)

    def table(self, ddl: str, *pairs: Pair, rows: tuple[tuple[object, ...], ...] = (), start: bool = True) -> None:
        """Create table t, put rows in before the triggers are there, then create these."""
        if ddl:
            self.run(self.written(ddl))
        if rows:
            places = ", ".join([self.words.marker] * len(rows[0]))
            self.run("BEGIN")
            self.app.cursor().executemany(f"INSERT INTO t VALUES ({places})", rows)
            self.run("COMMIT")
        with self.engine.begin() as connection:
            self.sync = synchronisation(connection, "plan", "t", pairs)
        if start:
            self.start()

    def start(self) -> None:
        """Create the triggers."""
        with self.engine.begin() as connection:
            for statement in self.database.triggers(self.sync):
                run(connection, statement)

    def stop(self) -> None:
        """Drop the triggers."""
        with self.engine.begin() as connection:
            for statement in self.database.drop_triggers(self.sync):
                run(connection, statement)

    def run(self, sql: str, *values: object, app: Any = None) -> Any:
        """One statement of an application's; each ? takes a value."""
        cursor = (app or self.app).cursor()
        return cursor.execute(sql.replace("?", self.words.marker), values) if values else cursor.execute(sql)

    def rows(self, sql: str = "SELECT * FROM t ORDER BY id", *values: object, app: Any = None) -> list[tuple[Any, ...]]:
        cursor = (app or self.app).cursor()
        cursor.execute(sql.replace("?", self.words.marker), values) if values else cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]

    def marks(self, table: str) -> list[tuple[object, ...]]:
        key = self.database.quote("key")
        return self.rows(f"SELECT {key}, column_name FROM contractctl_{table} ORDER BY {key}")

    def fill(self, limit: int = 1000) -> Filled:
        """Backfill the whole table in batches, smaller ones where a row is refused."""
        after: Key | None = None
        rows = aside = 0
        while True:
            try:
                with self.engine.begin() as connection:
                    upto = batches.upper_key(self.database, connection, self.sync, after, limit)
                    if upto is None:
                        return Filled(rows, aside)
                    filled = filling.fill(self.database, connection, self.sync, after, upto)
            except DBAPIError as error:
                if limit <= filling.SEARCHED or not self.database.blames_a_row(error):
                    raise
                limit //= 2
            else:
                rows, aside, after = rows + filled.rows, aside + filled.set_aside, upto

    def differing(self) -> tuple[Key, ...]:
        with self.engine.begin() as connection:
            return comparison.compare(self.database, connection, self.sync, None, None).differing

    def facts(self) -> dict[str, int]:
        with self.engine.begin() as connection:
            return comparison.facts(self.database, connection, self.sync)

    def repair(self, side: repairing.Side, *keys: Key) -> int:
        with self.engine.begin() as connection:
            return repairing.repair(self.database, connection, self.sync, keys, side)

    def settle(self) -> int:
        with self.engine.begin() as connection:
            return repairing.settle(self.database, connection, self.sync)


@contextmanager
def opened(words: Words, url: str) -> Iterator[Shop]:
    """A shop in a fresh database."""
    shop = Shop(words, url)
    try:
        yield shop
    finally:
        shop.close()


def pair(words: Words, transform: Transform | None = None, *, required: bool = False) -> Pair:
    """The columns old and new; both hold the same where nothing else is said."""
    quote = words.database.quote
    way = transform or Transform(quote("old"), quote("new"))
    return Pair({"old": way.down}, {"new": way.up}, way.lossy, required)


def number(words: Words, old: str = "old", new: str = "new") -> Transform:
    """The old column holds texts and the new one integers."""
    return Transform(words.to_integer.format(old), words.to_text.format(new))


def _sqlite_application(url: str) -> sqlite3.Connection:
    return sqlite3.connect(str(make_url(url).database), isolation_level=None, timeout=10)


def each(engines: Iterable[Words], cases: Callable[[Words], Iterable[Any]]) -> list[Any]:
    """Parameters for cases that each engine has of its own: parametrize(("words", "case"), …, indirect=["words"])."""
    return [
        pytest.param(words, case, id=f"{words}-{number}")
        for words in engines
        for number, case in enumerate(cases(words))
    ]


SQLITE = Words(
    name="sqlite",
    database=sqlite,
    server="sqlite",
    connect=_sqlite_application,
    marker="?",
    types={
        "key": "INTEGER PRIMARY KEY",
        "text": "TEXT",
        "mark": "TEXT",
        "integer": "INTEGER",
        "clock": "CURRENT_TIMESTAMP",
    },
    to_integer="CAST({} AS INTEGER)",
    to_text="CAST({} AS TEXT)",
    first_word="substr({0}, 1, instr({0}, ' ') - 1)",
    other_words="substr({0}, instr({0}, ' ') + 1)",
    joined="{0} || ' ' || {1}",
    parsed="{} -> '$'",
    unparsed="malformed JSON",
    not_null=(sqlite3.IntegrityError, r"NOT NULL constraint failed: t\.{}"),
    upserts=(
        "INSERT INTO t (id, {side}) VALUES (1, 'Bea') ON CONFLICT (id) DO UPDATE SET {side} = excluded.{side}",
        "INSERT OR REPLACE INTO t (id, {side}) VALUES (1, 'Bea')",
        "REPLACE INTO t (id, {side}) VALUES (1, 'Bea')",
        "INSERT INTO t (id, {side}) VALUES (1, 'Bea'), (2, 'Bea') ON CONFLICT DO UPDATE SET {side} = excluded.{side}",
        "UPDATE OR REPLACE t SET {side} = 'Bea'",
        "INSERT INTO t (id, {side}) SELECT 1, 'Bea' WHERE 1 ON CONFLICT (id) DO UPDATE SET {side} = excluded.{side}",
    ),
    ignored=(
        "INSERT INTO t (id, new) VALUES (1, 'Bea') ON CONFLICT DO NOTHING",
        "INSERT OR IGNORE INTO t (id, new) VALUES (1, 'Bea')",
    ),
    collated=(Collated("TEXT COLLATE NOCASE", "ann", "ANN"), Collated("TEXT COLLATE RTRIM", "ann", "ann  ")),
    keys=tuple(
        Keys(columns, constraint, rows, tail=tail)
        for tail in ("", " WITHOUT ROWID", " STRICT")
        for columns, constraint, rows in (
            ("a TEXT, b INTEGER", "PRIMARY KEY (b, a)", (("x", 2), ("y", 1), ("x", 1), ("z", 3))),
            ("a TEXT COLLATE NOCASE, b INTEGER", "PRIMARY KEY (a, b)", (("b", 1), ("A", 2), ("B", 3), ("a", 1))),
            ("a BLOB, b TEXT", "PRIMARY KEY (a)", ((b"\x01", ""), (b"\xff", ""), (b"", ""))),
            ("a TEXT, b TEXT", "PRIMARY KEY (a)", (("2b6", ""), ("10f", ""), ("", ""), ("ü", ""))),
            ("a REAL, b TEXT", "PRIMARY KEY (a)", ((0.1, ""), (1e300, ""), (-2.5, ""))),
            ("a TEXT, b TEXT", "PRIMARY KEY (a)", (('a"b', ""), ("ä'\\\n", ""), ("", ""))),
            ("a, b TEXT", "PRIMARY KEY (a)", ((1, ""), ("1", ""), (b"1", ""))),
            ("a TEXT, b TEXT", "", (("same", ""), ("same", ""), (None, None))),
            ("rowid TEXT, oid TEXT", "", (("same", ""), ("same", ""))),
            ("plan TEXT, key TEXT", "PRIMARY KEY (plan, key)", (("a", "b"), ("b", "a"))),
        )
        if tail != " WITHOUT ROWID" or constraint
        if tail != " STRICT" or not columns.startswith("a,")
    ),
    series="INSERT INTO t (old) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    " SELECT 'name ' || i FROM n",
)
SQLITE_RECURSIVE = replace(SQLITE, name="sqlite-recursive", begin=("PRAGMA recursive_triggers = ON",))
SQLITE_WAL = replace(SQLITE, name="sqlite-wal", begin=("PRAGMA journal_mode = WAL",))


def _postgresql_application(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


_CASELESS = "CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
_DOMAIN = "CREATE DOMAIN code AS integer CHECK (value > 0)"
_ON_KEY = "ON CONFLICT ON CONSTRAINT t_pkey"
_MERGED = "WHEN NOT MATCHED THEN INSERT (id, {side}) VALUES (s.id, 'Bea') WHEN MATCHED THEN"
_ENUM = "CREATE TYPE size AS ENUM ('small', 'large', 'huge')"

POSTGRESQL = Words(
    name="postgresql",
    database=postgresql,
    server="postgresql",
    connect=_postgresql_application,
    marker="%s",
    types={
        "key": "INTEGER GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        "text": "TEXT",
        "mark": "TEXT",
        "integer": "INTEGER",
        "clock": "CURRENT_TIMESTAMP",
    },
    to_integer="CAST({} AS INTEGER)",
    to_text="CAST({} AS TEXT)",
    first_word="split_part({}, ' ', 1)",
    other_words="nullif(split_part({}, ' ', 2), '')",
    joined="{0} || ' ' || {1}",
    parsed="({}::json)::text",
    unparsed="invalid input syntax for type json",
    not_null=(
        psycopg.errors.NotNullViolation,
        'null value in column "{}" of relation "t" violates not-null constraint',
    ),
    upserts=(
        "INSERT INTO t (id, {side}) VALUES (1, 'Bea') ON CONFLICT (id) DO UPDATE SET {side} = excluded.{side}",
        "INSERT INTO t (id, {side}) VALUES (1, 'Bea'), (2, 'Bea') ON CONFLICT (id) DO UPDATE SET {side} = 'Bea'",
        f"INSERT INTO t (id, {{side}}) SELECT 1, 'Bea' {_ON_KEY} DO UPDATE SET {{side}} = excluded.{{side}}",
        f"MERGE INTO t USING (VALUES (1), (2)) AS s (id) ON t.id = s.id {_MERGED} UPDATE SET {{side}} = 'Bea'",
        "WITH g AS (DELETE FROM t WHERE id = 1 RETURNING id) INSERT INTO t (id, {side}) SELECT id + 1, 'Bea' FROM g",
    ),
    ignored=(
        "INSERT INTO t (id, new) VALUES (1, 'Bea') ON CONFLICT DO NOTHING",
        "INSERT INTO t (id, new) VALUES (1, 'Bea') ON CONFLICT (id) DO UPDATE SET new = 'Bea' WHERE false",
        f"MERGE INTO t USING (VALUES (1)) AS s (id) ON t.id = s.id {_MERGED.format(side='new')} DO NOTHING",
    ),
    collated=(
        Collated("TEXT COLLATE caseless", "ann", "ANN", (_CASELESS,)),
        Collated("VARCHAR(9) COLLATE caseless", "ann", "ANN", (_CASELESS,)),
        Collated("CITEXT", "ann", "ANN", ("CREATE EXTENSION citext",)),
    ),
    keys=(
        Keys("a TEXT, b INTEGER", "PRIMARY KEY (b, a)", (("x", 2), ("y", 1), ("x", 1), ("z", 3))),
        Keys(
            "a TEXT COLLATE caseless, b INTEGER",
            "PRIMARY KEY (a, b)",
            (("b", 1), ("A", 2), ("B", 3), ("a", 4)),
            (_CASELESS,),
        ),
        Keys("a BYTEA, b TEXT", "PRIMARY KEY (a)", ((b"\x01", ""), (b"\xff", ""), (b"", ""))),
        Keys(
            "a TEXT, b TEXT",
            "PRIMARY KEY (a)",
            (("2b6", ""), ("10f", ""), ("", ""), ("ü", ""), ('a"b', ""), ("ä'\\\n", "")),
        ),
        Keys("a VARCHAR(9), b CHAR(3)", "PRIMARY KEY (a, b)", (("x", "a"), ("x", "b  "), ("x ", "abc"))),
        Keys(
            "a FLOAT8, b TEXT",
            "PRIMARY KEY (a)",
            ((0.1, ""), (1e300, ""), (-2.5, ""), (float("inf"), ""), (float("nan"), "")),
        ),
        Keys(
            "a NUMERIC, b TEXT",
            "PRIMARY KEY (a)",
            ((Decimal("1.10"), ""), (Decimal(9), ""), (Decimal(10), ""), (Decimal("1e30"), ""), (Decimal(-2), "")),
        ),
        Keys("a UUID, b TEXT", "PRIMARY KEY (a)", ((UUID(int=1), ""), (UUID(int=2**127), ""), (UUID(int=77), ""))),
        Keys(
            "a TIMESTAMPTZ, b DATE",
            "PRIMARY KEY (a, b)",
            (("2024-03-31 02:30+01", "2024-02-29"), ("infinity", "infinity"), ("2024-03-31 02:30+02", "0044-03-15 BC")),
        ),
        Keys(
            "a TIMESTAMP, b INTERVAL",
            "PRIMARY KEY (a, b)",
            (("2024-03-31 02:30:00.000001", "1 mon"), ("2024-03-31 02:30", "1 day 3 hours"), ("-infinity", "-1 year")),
        ),
        Keys("a BIGINT, b BOOLEAN", "PRIMARY KEY (a, b)", ((2**63 - 1, True), (-(2**63), False), (-(2**63), True))),
        Keys("a code, b size", "PRIMARY KEY (b, a)", ((1, "small"), (1, "huge"), (7, "large")), (_DOMAIN, _ENUM)),
        Keys("a TEXT NOT NULL, b INTEGER NOT NULL", "UNIQUE (b, a)", (("x", 2), ("y", 1), ("x", 1))),
        Keys("plan TEXT, key TEXT", "PRIMARY KEY (plan, key)", (("a", "b"), ("b", "a"))),
        Keys("a SMALLINT, b INET", "PRIMARY KEY (a, b)", ((1, "10.0.0.1"), (1, "::1"), (-1, "10.0.0.0/8"))),
    ),
    series="INSERT INTO t (old) SELECT 'name ' || i FROM generate_series(1, {count}) AS i",
)


def _mariadb_application(url: str) -> "pymysql.Connection[Any]":
    """As most applications have it: REPEATABLE READ, and the server's own sql_mode."""
    address = make_url(url)
    return pymysql.connect(
        host=address.host or "",
        port=address.port or 0,
        user=address.username,
        database=str(address.database),
        charset="utf8mb4",
        autocommit=True,
    )


MARIADB = Words(
    name="mariadb",
    database=mysql,
    server="mariadb",
    connect=_mariadb_application,
    marker="%s",
    types={
        "key": "INTEGER PRIMARY KEY AUTO_INCREMENT",
        "text": "VARCHAR(120)",
        "mark": "VARCHAR(180) COLLATE utf8mb4_nopad_bin",
        "integer": "BIGINT",
        "clock": "(CURRENT_TIMESTAMP)",
    },
    to_integer="CAST({} AS SIGNED)",
    to_text="CAST({} AS CHAR)",
    first_word="substring_index({0}, ' ', 1)",
    other_words="substring({0}, locate(' ', {0}) + 1)",
    joined="concat({0}, ' ', {1})",
    parsed="if(json_valid({0}), {0}, cast({0} AS SIGNED))",
    unparsed="Truncated incorrect INTEGER value",
    not_null=(pymysql.err.IntegrityError, "Column '{}' cannot be null"),
    upserts=(
        "INSERT INTO t (id, {side}) VALUES (1, 'Bea') ON DUPLICATE KEY UPDATE {side} = VALUES({side})",
        "REPLACE INTO t (id, {side}) VALUES (1, 'Bea')",
        "INSERT INTO t (id, {side}) VALUES (1, 'Bea'), (2, 'Bea') ON DUPLICATE KEY UPDATE {side} = 'Bea'",
        "INSERT INTO t (id, {side}) SELECT 1, 'Bea' ON DUPLICATE KEY UPDATE {side} = VALUES({side})",
        "REPLACE INTO t (id, {side}) SELECT id, 'Bea' FROM t",
        "UPDATE t JOIN (SELECT 1 AS n) AS one ON one.n = t.id SET t.{side} = 'Bea'",
    ),
    ignored=(
        "INSERT IGNORE INTO t (id, new) VALUES (1, 'Bea')",
        "INSERT INTO t (id, new) VALUES (1, 'Bea') ON DUPLICATE KEY UPDATE id = t.id",
    ),
    collated=(
        Collated("VARCHAR(40) COLLATE utf8mb4_general_ci", "ann", "ANN"),
        Collated("VARCHAR(40) COLLATE utf8mb4_general_ci", "ann", "änn"),
        Collated("VARCHAR(40) COLLATE utf8mb4_bin", "ann", "ann  "),
        Collated("VARCHAR(40) CHARACTER SET latin1", "ann", "ANN "),
    ),
    keys=(
        Keys("a VARCHAR(20), b INTEGER", "PRIMARY KEY (b, a)", (("x", 2), ("y", 1), ("x", 1), ("z", 3))),
        Keys(
            "a VARCHAR(20) COLLATE utf8mb4_general_ci, b INTEGER",
            "PRIMARY KEY (a, b)",
            (("b", 1), ("A", 2), ("B", 3), ("a", 1)),
        ),
        Keys("a VARBINARY(20), b TEXT", "PRIMARY KEY (a)", ((b"\x01", ""), (b"\xff", ""), (b"", ""))),
        Keys("a BINARY(3), b TEXT", "PRIMARY KEY (a)", ((b"\x01", ""), (b"\xff\x00\x01", ""), (b"", ""))),
        Keys("a VARCHAR(20), b TEXT", "PRIMARY KEY (a)", (("2b6", ""), ("10f", ""), ("", ""), ("ü", ""))),
        Keys("a DOUBLE, b TEXT", "PRIMARY KEY (a)", ((0.1, ""), (1e300, ""), (-2.5, ""))),
        Keys("a FLOAT, b TEXT", "PRIMARY KEY (a)", ((0.1, ""), (1e30, ""), (-2.5, ""))),
        Keys("a VARCHAR(20), b TEXT", "PRIMARY KEY (a)", (('a"b', ""), ("ä'\\\n", ""), ("", ""))),
        Keys("a UUID, b TEXT", "PRIMARY KEY (a)", (("6ccd780c-baba-1026-9564-5b8c656024db", ""), ("0" * 32, ""))),
        Keys("a DATETIME(6), b TEXT", "PRIMARY KEY (a)", (("2020-01-01 00:00:00.000001", ""), ("1999-01-01", ""))),
        Keys("a TIMESTAMP, b TEXT", "PRIMARY KEY (a)", (("2020-01-01 00:00:00", ""), ("1999-01-01 07:00:00", ""))),
        Keys("a DECIMAL(38, 2), b TEXT", "PRIMARY KEY (a)", (("123456789012345678901.50", ""), ("-1.5", ""))),
        Keys("a BIGINT UNSIGNED, b TEXT", "PRIMARY KEY (a)", ((2**64 - 1, ""), (0, ""), (2**53 + 1, ""), (2**53, ""))),
        Keys("a BIT(9), b TEXT", "PRIMARY KEY (a)", ((b"\x01\xff", ""), (b"\x00\x01", ""))),
        Keys("a VARCHAR(20) NOT NULL, b TEXT", "UNIQUE (a)", (("x", ""), ("y", ""))),
        Keys("plan VARCHAR(20), `key` VARCHAR(20)", "PRIMARY KEY (plan, `key`)", (("a", "b"), ("b", "a"))),
    ),
    series="INSERT INTO t (old) SELECT concat('name ', seq) FROM seq_1_to_{count}",
)

ENGINES = (SQLITE, POSTGRESQL, MARIADB)

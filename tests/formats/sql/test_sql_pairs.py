"""Is each labelled pair judged right, and does the engine itself say what the label says?"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pymysql
import pytest
from sql_pairs import PARENT, WORKS, Pair, pairs

from contractctl.compatibility import compare
from contractctl.formats import sql
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Status, Undecided
from tests.servers import HOST, Server

PAIRS = pairs()
LABELLED = [pytest.param(pair, id=f"{pair.dialect}: {pair.name}") for pair in PAIRS]


@pytest.mark.parametrize("pair", LABELLED)
def test_a_pair_of_tables_is_judged_as_its_label_says(pair: Pair) -> None:
    assert [judged(pair.dialect, *tables) for *tables, _ in pair.directions()] == [
        None if proofs is None else set(proofs) - {WORKS} for *_, proofs in pair.directions()
    ]


def judged(dialect: str, client: str, provider: str) -> set[str] | None:
    schemas = [sql.parse(Source((File("t.sql", text),)), Policy(dialect)) for text in (client, provider)]
    found = list(sql.incompatibilities(*schemas))
    if any(isinstance(one, Undecided) for one in found):
        answer = compare(client, provider, format="sql", dialect=dialect).backward
        assert answer.status is Status.UNKNOWN or any(one.breaks for one in answer.findings)
        return None
    return {one.rule.removeprefix("sql-") for one in found}


Outcome = list[tuple[Any, ...]] | str
"""The rows that came back, or why the engine refused."""
Sandbox = Callable[[str, str], Outcome]
"""To the tables and the statements; what becomes of the last."""


@pytest.mark.parametrize("pair", [p for p in LABELLED if p.values[0].dialect == "sqlite"])
def test_sqlite_says_what_the_label_says(pair: Pair) -> None:
    proven(pair, in_sqlite)


@pytest.mark.parametrize("pair", [p for p in LABELLED if p.values[0].dialect == "postgresql"])
def test_postgresql_says_what_the_label_says(pair: Pair, postgresql_server: Server) -> None:
    with psycopg.connect(postgresql_server.url().replace("+psycopg", "")) as connection:
        proven(pair, in_postgresql(connection))


@pytest.mark.parametrize("pair", [p for p in LABELLED if p.values[0].dialect == "mysql"])
def test_mariadb_says_what_the_label_says(pair: Pair, mariadb_server: Server) -> None:
    with closing(pymysql.connect(host=HOST, port=mariadb_server.port, user="root", autocommit=True)) as connection:
        proven(pair, in_mariadb(connection))


def proven(pair: Pair, sandbox: Sandbox) -> None:
    for client, provider, proofs in pair.directions():
        for rule, proof in (proofs or {}).items():
            how, _, statements = proof.partition(" ") if proof.startswith(("differs ", "foreign ")) else ("", "", proof)
            outcomes = tuple(sandbox(tables, statements) for tables in (client, provider))
            assert shows("works" if rule == WORKS else how, *outcomes), (rule, proof, outcomes)


def shows(how: str, client: Outcome, provider: Outcome) -> bool:
    took, takes = not isinstance(client, str), not isinstance(provider, str)
    match how:
        case "works":
            return took and takes and repr(client) == repr(provider)
        case "differs":
            return took and takes and repr(client) != repr(provider)
        case "foreign":
            return not took and takes
        case _:
            return took and not takes


def in_sqlite(tables: str, statements: str) -> Outcome:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        return last(connection.cursor(), tables, statements, sqlite3.Error)


def in_postgresql(connection: "psycopg.Connection[Any]") -> Sandbox:
    """Tables in a schema that is never committed."""

    def run(tables: str, statements: str) -> Outcome:
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA pairs")
            cursor.execute("SET LOCAL search_path TO pairs; SET LOCAL TIME ZONE 'UTC'")
            try:
                return last(cursor, tables, statements, psycopg.Error)
            finally:
                connection.rollback()

    return run


def in_mariadb(connection: "pymysql.Connection[Any]") -> Sandbox:
    @contextmanager
    def database() -> Iterator[Any]:
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE pairs CHARACTER SET utf8mb4")
            try:
                cursor.execute("USE pairs")
                yield cursor
            finally:
                cursor.execute("DROP DATABASE pairs")

    def run(tables: str, statements: str) -> Outcome:
        with database() as cursor:
            return last(cursor, tables, statements, pymysql.Error)

    return run


def last(cursor: Any, tables: str, statements: str, refusal: type[Exception]) -> Outcome:
    """What becomes of the last statement; tables and the statements before it are taken."""
    parent = ["INSERT INTO u VALUES (1)"] if PARENT in tables else []
    *before, asked = statements.split("; ")
    for statement in (*filter(None, tables.split(";")), *parent, *before):
        cursor.execute(statement)
    try:
        cursor.execute(asked)
    except refusal as error:
        return str(error)
    return list(cursor.fetchall()) if cursor.description else []

"""Does what is said not to touch a column work the same without it? Each database is asked."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from random import Random
from typing import Any

import psycopg
import pymysql
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from contractctl.statements import Touch, touch
from tests.budgets import budget
from tests.servers import Server
from tests.statements.random_statements import DEPENDENT, LEFT, TABLES, WITHOUT, Grammar
from tests.statements.test_statements import LABELLED, target

Outcome = tuple[object, ...] | None
Both = Callable[[str], tuple[Outcome, Outcome]]
"""What a statement gives, and leaves behind, with the column and without; None where it fails."""

STATEMENTS = 40
"""Of each seed; one in eight or so is taken by the server."""
WHOLE_ROW = "CREATE FUNCTION f_customer(it orders) RETURNS text LANGUAGE sql STABLE AS 'SELECT it::text'"
TRIGGER = """CREATE TRIGGER audited AFTER INSERT ON audit
BEGIN UPDATE audit SET note = (SELECT max(customer) FROM orders); END"""


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Both]:
    with closing(sqlite3.connect(":memory:")) as there, closing(sqlite3.connect(":memory:")) as gone:
        there.create_function("concat", 2, lambda *parts: "".join(map(str, parts)))
        yield both(there, gone, (TRIGGER,))


@pytest.fixture(scope="module")
def postgresql(postgresql_server: Server) -> Iterator[Both]:
    with connected(postgresql_server) as there, connected(postgresql_server) as gone:
        yield both(there, gone, (WHOLE_ROW,))


@pytest.fixture(scope="module")
def mysql(mariadb_server: Server) -> Iterator[Both]:
    with connected(mariadb_server) as there, connected(mariadb_server) as gone:
        yield both(there, gone, ())


@contextmanager
def connected(server: Server) -> Iterator[Any]:
    with server.database() as url:
        engine = create_engine(url)
        with closing(engine.raw_connection()) as connection:
            yield connection
        engine.dispose()


def both(there: Any, gone: Any, also: tuple[str, ...]) -> Both:
    for connection, scripts in ((there, (TABLES, DEPENDENT)), (gone, (WITHOUT,))):
        for one in (*filter(str.strip, ";".join(scripts).split(";")), *also):
            connection.cursor().execute(one)
        connection.commit()
    return lambda sql: (outcome(there, sql), outcome(gone, sql))


def outcome(connection: Any, sql: str) -> Outcome:
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else ()
        left = []
        for one in LEFT:
            cursor.execute(one)
            left.append(cursor.fetchall())
    except (sqlite3.Error, psycopg.Error, pymysql.Error):
        return None
    else:
        return sorted(map(repr, rows)), *left
    finally:
        connection.rollback()


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database(request: pytest.FixtureRequest) -> tuple[str, Both]:
    return request.param, request.getfixturevalue(request.param)


def test_what_is_labelled_not_to_touch_is_the_same_without_the_column(database: tuple[str, Both]) -> None:
    dialect, ask = database
    labelled = [sql for kind, of, sql in LABELLED if (kind, of) == (Touch.NONE, dialect)]
    found = [(sql, *ask(sql)) for sql in labelled if ";" not in sql and not sql.startswith(("COPY", "SHOW"))]
    told = [(sql, there, gone) for sql, there, gone in found if there is not None]

    assert [sql for sql, there, gone in told if there != gone] == []
    assert len(told) >= 30


@budget(50)
@given(st.integers(0, 2**32))
def test_what_fails_or_differs_without_the_column_is_never_said_not_to_touch_it(
    database: tuple[str, Both], seed: int
) -> None:
    dialect, ask = database
    grammar = Grammar(Random(seed), dialect)
    for sql in (grammar.statement() for _ in range(STATEMENTS)):
        there, gone = ask(sql)
        if there is not None and there != gone:
            assert touch(sql, target(dialect)).touch is not Touch.NONE, sql


def test_a_proposed_value_is_the_column_s_where_nothing_was_given(sqlite: Both) -> None:
    sql = "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET total = excluded.customer"
    there, gone = sqlite(sql)

    assert there is not None
    assert there != gone
    assert touch(sql, target("sqlite")).touch is Touch.WRITES

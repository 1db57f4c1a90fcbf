"""Do constraints, indexes and defaults come without locking anybody out, and go on where they have failed?"""

from collections.abc import Callable

import psycopg
import pymysql
import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Column, Statement
from contractctl.databases.catalog import Live
from contractctl.databases.ddl import ForeignKey, Index
from contractctl.errors import ContractctlError
from contractctl.operations.steps import AddForeignKey, Step
from tests.databases.shops import MARIADB, POSTGRESQL, Shop

TABLES = (
    "CREATE TABLE names (name {text} PRIMARY KEY)",
    "INSERT INTO names VALUES ('x')",
    "CREATE TABLE t (id {key}, old {text})",
)
postgresql = pytest.mark.parametrize("words", [POSTGRESQL], ids=str)


def carried_out(shop: Shop, statements: Callable[[Live], tuple[Statement, ...]]) -> list[str]:
    """What was done, as a revision does it outside of a transaction."""
    with shop.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = statements(Live(shop.database, connection))
        shop.database.carry_out(connection, found)
        return [statement.sql for statement in found if statement.lock != "none"]


def a_check(catalog: Live) -> tuple[Statement, ...]:
    return POSTGRESQL.database.ddl.add_check(catalog, "t", "promised", "old <> ''")


def a_foreign_key(catalog: Live) -> tuple[Statement, ...]:
    key = ForeignKey("promised", ("old",), "names", ("name",))
    return POSTGRESQL.database.ddl.add_foreign_key(catalog, "t", key, at_once=False)


@postgresql
@pytest.mark.parametrize("promise", [a_check, a_foreign_key])
def test_a_promise_binds_writers_at_once_and_is_proven_beside_them(shop, promise):
    """Hazard 30, 40: rows that break it may be there already; where these failed it, only the proof comes again."""
    for ddl in TABLES:
        shop.run(shop.written(ddl))
    shop.run("INSERT INTO t (old) VALUES ('')")
    with pytest.raises(DBAPIError, match="promised"):
        carried_out(shop, promise)
    with pytest.raises(psycopg.errors.IntegrityError, match="promised"):
        shop.run("INSERT INTO t (old) VALUES ('')")
    shop.run("UPDATE t SET old = 'x'")
    writer = shop.connect()
    shop.run("BEGIN", app=writer)
    shop.run("INSERT INTO t (old) VALUES ('x')", app=writer)
    done = carried_out(shop, promise)
    writer.close()

    assert done == ['ALTER TABLE "t" VALIDATE CONSTRAINT "promised"']
    assert shop.rows("SELECT convalidated FROM pg_constraint WHERE conname = 'promised'") == [(True,)]
    assert carried_out(shop, promise) == []


@postgresql
def test_an_index_that_a_failed_build_has_left_is_built_anew(shop):
    """Hazard 31."""

    def build(catalog: Live) -> tuple[Statement, ...]:
        return shop.database.ddl.build_index(catalog, "t", Index("one", "old", unique=True), at_once=False)

    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'one'::regclass"
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT)")
    shop.run("INSERT INTO t VALUES (1, 'a'), (2, 'a')")
    with pytest.raises(DBAPIError, match="could not create unique index"):
        carried_out(shop, build)
    assert shop.rows(valid) == [(False,)]
    shop.run("UPDATE t SET old = 'b' WHERE id = 2")

    assert [sql.split()[0] for sql in carried_out(shop, build)] == ["DROP", "CREATE"]
    assert shop.rows(valid) == [(True,)]
    assert carried_out(shop, build) == []


@pytest.mark.parametrize("words", [POSTGRESQL, MARIADB], ids=str)
def test_a_default_that_would_write_every_row_anew_is_refused(shop, words):
    """Hazard 38: any other stands in the catalogue, and in every row at once."""
    volatile = {"postgresql": "gen_random_uuid()::text", "mariadb": "(uuid())"}

    def add(default: str) -> list[str]:
        column = Column("new", words.types["text"], not_null=True, default=default)
        return carried_out(shop, lambda catalog: shop.database.ddl.add_column(catalog, "t", column))

    shop.run(shop.written("CREATE TABLE t (id {key}, old {text})"))
    shop.run("INSERT INTO t (old) VALUES ('Ann')")
    with pytest.raises(ContractctlError, match=r"differs from row to row|would copy the table"):
        add(volatile[words.server])
    assert shop.rows() == [(1, "Ann")]

    add("'open'")
    assert shop.rows() == [(1, "Ann", "open")]


@pytest.mark.parametrize("words", [MARIADB], ids=str)
def test_a_row_that_comes_while_a_foreign_key_is_made_is_found(shop):
    """Hazard 40: MariaDB holds a key against no row that is there; a second catalog tells, as often as it is asked."""
    for ddl in TABLES:
        shop.run(shop.written(ddl))
    step = AddForeignKey("t", "promised", ("old",), "names", ("name",))

    def write(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        if "ADD CONSTRAINT" in sql:
            shop.run("INSERT INTO t (old) VALUES ('nobody')")

    event.listen(shop.engine, "before_cursor_execute", write)
    for _ in range(2):
        with pytest.raises(ContractctlError, match="1 row of 't' refers to no row of 'names'"):
            carried_through(shop, step)
    with pytest.raises(pymysql.err.IntegrityError, match="promised"):
        shop.run("INSERT INTO t (old) VALUES ('nobody else')")

    shop.run("DELETE FROM t")
    carried_through(shop, step)


def carried_through(shop: Shop, step: Step) -> None:
    with shop.engine.connect() as connection:
        step.run(connection)

"""Does a constraint change in a CREATE TABLE text, and nothing else?"""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractctl.databases import sqlite
from contractctl.databases.catalog import Live
from contractctl.databases.sqlite import constraints, definition, statements, tables
from contractctl.databases.sqlite.tokens import tokens
from contractctl.errors import ContractctlError

ODD = """CREATE TABLE "or,der(s" (  -- a comment, with ( and "
  id INTEGER PRIMARY KEY /* not null */,
  [customer name] VARCHAR(10, 2) COLLATE NOCASE CONSTRAINT "must, be" NOT NULL ON CONFLICT ABORT DEFAULT ('a,b' || ')'),
  `check` TEXT CHECK (`check` IS NOT NULL), plain, "NOT" NULL, last text not  null -- end
  , UNIQUE ([customer name], plain), CHECK (plain NOT NULL)
) STRICT, WITHOUT ROWID"""


def rewrite(connection, text):
    statements.carry_out(connection, statements.rewrite(Live(sqlite, connection), "t", text))


def test_columns_are_told_from_table_constraints():
    names = [column.name for column in definition.columns(ODD)]

    assert names == ["id", "customer name", "check", "plain", "NOT", "last"]
    assert definition.options(ODD) == ("STRICT", "WITHOUT", "ROWID")


@pytest.mark.parametrize("column", ["customer name", "last", "LAST"])
def test_not_null_is_relaxed_and_restored_to_the_byte(column):
    relaxed = definition.without_not_null(ODD, column)

    assert relaxed != ODD
    assert definition.without_not_null(relaxed, column) == relaxed
    assert definition.with_not_null(relaxed, column) == ODD


@pytest.mark.parametrize("column", ["id", "check", "plain", "NOT"])
def test_a_column_without_not_null_is_left_alone_and_can_get_it(column):
    assert definition.without_not_null(ODD, column) == ODD

    changed = definition.with_not_null(ODD, column)
    assert len(changed) == len(ODD) + len(" NOT NULL")
    assert definition.column(changed, column).has("NOT", "NULL")


def test_the_edited_text_means_to_sqlite_what_it_says(shop):
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT NOT NULL, new TEXT /* , */ -- and\n )")
    shop.run("INSERT INTO t VALUES (1, 'a', 'b')")
    with shop.engine.begin() as connection:
        text = definition.without_not_null(tables.create_text(connection, "t"), "old")
        rewrite(connection, text)
        again = definition.with_not_null(tables.create_text(connection, "t"), "new")
        rewrite(connection, definition.with_default(again, "new", "'x'"))
    shop.run("INSERT INTO t (id) VALUES (2)")

    assert shop.rows() == [(1, "a", "b"), (2, None, "x")]
    with pytest.raises(sqlite3.IntegrityError):
        shop.run("INSERT INTO t VALUES (3, 'a', NULL)")
    assert shop.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_text_that_does_not_fit_the_rows_is_taken_back(shop):
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, new TEXT)")
    shop.run("INSERT INTO t VALUES (1, NULL)")
    before = shop.rows("SELECT * FROM sqlite_schema")

    changed = definition.with_not_null(str(before[-1][4]), "new")
    with pytest.raises(ContractctlError, match="does not fit the table's rows"), shop.engine.begin() as connection:
        rewrite(connection, changed)
    assert shop.rows("SELECT * FROM sqlite_schema") == before
    shop.run("INSERT INTO t VALUES (2, NULL)")


def test_a_running_application_notices_the_change_at_once(shop):
    """Hazard 35: statements it has prepared before are prepared again."""
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT NOT NULL)")
    insert = "INSERT INTO t (id) VALUES (?)"
    with pytest.raises(sqlite3.IntegrityError):
        shop.run(insert, 1)
    with shop.engine.begin() as connection:
        rewrite(connection, definition.without_not_null(tables.create_text(connection, "t"), "old"))

    shop.run(insert, 1)
    assert shop.rows() == [(1, None)]


@given(st.text(alphabet="ab'\"`[](),-/*\n \\x1éü0", max_size=40))
def test_tokens_joined_are_the_text_again(text):
    assert "".join(token.text for token in tokens(text)) == text


def test_a_check_without_a_name_is_found_while_its_column_has_another_one() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT CHECK (customer <> ''), at CHECK (at))"
    )
    connection.execute("ALTER TABLE orders RENAME COLUMN customer TO customer__quiesced")
    ((create,),) = connection.execute("SELECT sql FROM sqlite_schema")

    without = constraints.without_constraint(create, "check", "orders_customer_check", "CHECK (customer <> '')")

    assert [one.says for one in constraints.constraints(without)] == [("CHECK", "(", "AT", ")")]
    with pytest.raises(ContractctlError, match="no check 'orders_customer_check'"):
        constraints.without_constraint(without, "check", "orders_customer_check", "CHECK (customer <> '')")


@pytest.mark.parametrize("said", ["customer TEXT UNIQUE", "customer TEXT, UNIQUE (customer)"])
def test_a_unique_constraint_without_a_name_is_not_taken_for_an_index(said: str) -> None:
    with pytest.raises(ContractctlError, match="SQLite cannot drop it without rewriting the table"):
        constraints.without_constraint(
            f"CREATE TABLE orders (id INTEGER PRIMARY KEY, {said})",
            "unique",
            "orders_customer_key",
            "UNIQUE (customer)",
        )

"""Is everything found that depends on a column? And is an expression refused that cannot be trusted?"""

import pytest

from contractctl import databases
from contractctl.databases import sqlite as database
from contractctl.databases.sqlite import expressions, tables
from contractctl.errors import ContractctlError

DEPENDENTS = {
    "view 'v'": "CREATE VIEW v AS SELECT upper(x.old) FROM t AS x",
    "view 'everything'": "CREATE VIEW everything AS SELECT * FROM t",
    "index 'i'": "CREATE INDEX i ON t (id, old)",
    "index 'partial'": "CREATE INDEX partial ON t (id) WHERE old > 'a'",
    "trigger 'r'": "CREATE TRIGGER r AFTER UPDATE OF old ON t BEGIN SELECT 1; END",
    "trigger 'reads'": "CREATE TRIGGER reads AFTER INSERT ON t BEGIN SELECT NEW.old; END",
    "foreign key of table 'child'": "CREATE TABLE child (name TEXT REFERENCES t (old))",
}


@pytest.mark.parametrize(("name", "ddl"), DEPENDENTS.items())
def test_what_depends_on_a_column_is_named(shop, name, ddl):
    """Hazard 34."""
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT UNIQUE, new TEXT)")
    shop.run(ddl)
    schema = shop.rows("SELECT * FROM sqlite_schema")
    with shop.engine.begin() as connection:
        found = tables.dependents(connection, "t", "old")

    assert found == (name,)
    assert shop.rows("SELECT * FROM sqlite_schema") == schema


def test_what_only_mentions_the_name_does_not_depend_on_the_column(shop):
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT DEFAULT 'old' CHECK (old <> 'old'), new TEXT)")
    shop.run("CREATE TABLE other (old TEXT)")
    shop.run("CREATE VIEW v AS SELECT old, 'old' FROM other")
    shop.run("CREATE VIEW w AS SELECT id, new AS old FROM t")
    with shop.engine.begin() as connection:
        assert tables.dependents(connection, "t", "old") == ()


@pytest.mark.parametrize(
    ("ddl", "what"),
    [
        ("CREATE TABLE t (old TEXT PRIMARY KEY, new TEXT)", "its primary key"),
        ("CREATE TABLE t (id, old TEXT, PRIMARY KEY (id, old))", "its primary key"),
        ("CREATE TABLE t (id, old TEXT UNIQUE)", "a UNIQUE constraint"),
        ("CREATE TABLE t (id, old TEXT, UNIQUE (id, old))", "a table constraint"),
        ("CREATE TABLE t (id, old TEXT, CHECK (old > id))", "a table constraint"),
        ("CREATE TABLE t (id, old TEXT, loud AS (upper(old)))", "a generated column"),
        ("CREATE TABLE t (id PRIMARY KEY, old TEXT REFERENCES t (id))", "a foreign key"),
        ("CREATE TABLE t (id, old TEXT AS (id || 'x'))", "a generated column"),
    ],
)
def test_a_column_that_cannot_be_dropped_is_refused_with_the_reason(shop, ddl, what):
    """Hazard 10, 40."""
    shop.run(ddl)
    with shop.engine.begin() as connection:
        found = tables.obstacles(connection, "t", "old")

    assert any(what in reason for reason in found)


def test_a_broken_view_elsewhere_is_named_and_nothing_is_changed(shop):
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT)")
    shop.run("CREATE VIEW broken AS SELECT gone FROM nowhere")

    with pytest.raises(ContractctlError, match="broken"), shop.engine.begin() as connection:
        tables.dependents(connection, "t", "old")


@pytest.mark.parametrize(
    "volatile",
    [
        "random()",
        "old || hex(randomblob(4))",
        "coalesce(old, CURRENT_TIMESTAMP)",
        "date('now')",
        "datetime()",
        "strftime('%s')",
        "CASE WHEN old = 'x' THEN datetime('NOW') ELSE old END",
        "datetime(old, 'localtime')",
        "strftime('%H', old, 'UTC')",
        "changes()",
        "last_insert_rowid()",
    ],
)
def test_an_expression_that_changes_by_itself_is_refused(volatile):
    """Hazard 7, 42: SQLite's zone is that of the process which writes."""
    with pytest.raises(ContractctlError, match="does not always give the same value"):
        expressions.check(volatile, ("old",), "up of 't.new'")


@pytest.mark.parametrize("wrong", ["other", '"other"', "(SELECT 1)", "old +", "nofunction(old)", "count(old)", "?"])
def test_an_expression_that_is_none_over_the_row_is_refused(wrong):
    with pytest.raises(ContractctlError):
        expressions.check(wrong, ("old",), "up of 't.new'")


@pytest.mark.parametrize("fine", ["old", '"old"', "upper(OLD)", "date(old)", "strftime('%Y', old)"])
def test_an_expression_over_the_row_is_accepted(fine):
    expressions.check(fine, ("old",), "up of 't.new'")


def test_a_database_that_is_none_of_ours_is_refused_in_words():
    with pytest.raises(ContractctlError, match="'oracle' is not a database"):
        databases.create_engine("oracle://localhost/x")
    with pytest.raises(ContractctlError, match="cannot be read by SQLAlchemy"):
        databases.create_engine("shop.db")


def test_reading_holds_no_writer_up(shop):
    shop.run("PRAGMA journal_mode = WAL")
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    with database.reading(shop.engine).begin() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one()
        shop.run("PRAGMA busy_timeout = 100")
        shop.run("INSERT INTO t VALUES (1)")

        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one() == 0

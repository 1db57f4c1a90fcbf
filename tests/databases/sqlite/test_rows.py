"""How does the backfill of SQLite go unseen, find its rows, and wait?"""

import pytest
from sqlalchemy.exc import OperationalError

from contractctl.databases import batches, filling
from contractctl.databases import sqlite as database
from contractctl.databases.sqlite import unseen

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, other TEXT)"


def many(count: int) -> tuple[tuple[object, ...], ...]:
    return tuple((n, f"name {n}", None, None) for n in range(1, count + 1))


def test_the_backfill_is_seen_by_no_trigger_of_the_application(shop, pair):
    """Hazard 15, 33: updated_at and audit triggers do not fire, and are there afterwards byte for byte, in order."""
    shop.run("CREATE TABLE audit (what TEXT)")
    shop.run(T)
    shop.run("create  trigger stamp after update on T begin update t set other = 'now' where id = new.id; end")
    shop.run("CREATE TRIGGER audited AFTER UPDATE OF new ON t BEGIN\n  INSERT INTO audit VALUES (NEW.new);\nEND")
    shop.table("", pair(), rows=many(20))
    shop.run("CREATE TRIGGER [la st] AFTER UPDATE ON t BEGIN INSERT INTO audit VALUES ('last'); END")
    triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid"
    before = shop.rows(triggers)
    shop.fill(limit=6)

    assert shop.rows("SELECT * FROM audit") == []
    assert shop.rows("SELECT count(*) FROM t WHERE other IS NULL AND new = old") == [(20,)]
    assert shop.rows(triggers) == before
    shop.run("UPDATE t SET new = 'Bea' WHERE id = 1")
    assert ("last",) in shop.rows("SELECT * FROM audit")


def test_a_batch_that_is_rolled_back_leaves_nothing_half_done(shop, pair):
    """Hazard 22: rows, marks and triggers are one transaction with whatever the caller adds."""
    shop.run(T)
    shop.run("CREATE TRIGGER stamp AFTER UPDATE ON t BEGIN UPDATE t SET other = 'x' WHERE id = NEW.id; END")
    shop.table("", pair(), rows=many(10))
    schema = shop.rows("SELECT * FROM sqlite_schema")
    with shop.engine.connect() as connection:
        connection.begin()
        filling.fill(database, connection, shop.sync, None, None)
        connection.rollback()

    assert shop.rows("SELECT count(*) FROM t WHERE new IS NOT NULL") == [(0,)]
    assert shop.rows("SELECT * FROM sqlite_schema") == schema


def test_an_error_in_the_middle_brings_the_triggers_back_even_where_the_caller_goes_on(shop, pair):
    """Hazard 33: a caller that commits all the same."""
    shop.table(T, pair())
    triggers = shop.rows("SELECT * FROM sqlite_schema WHERE type = 'trigger'")
    with shop.engine.begin() as connection, pytest.raises(KeyboardInterrupt), unseen(connection, shop.sync):
        raise KeyboardInterrupt

    assert shop.rows("SELECT * FROM sqlite_schema WHERE type = 'trigger'") == triggers


def test_a_batch_reads_its_rows_and_no_others(shop, pair):
    """Hazard 24."""
    ddl = "CREATE TABLE t (a TEXT, b INTEGER, old TEXT, new TEXT, PRIMARY KEY (a, b))"
    shop.table(ddl, pair())
    seen = []
    shop.engine.dispose()
    with shop.engine.begin() as connection:
        connection.connection.driver_connection.set_trace_callback(seen.append)
        upto = batches.upper_key(database, connection, shop.sync, ("a", 1), 10) or ("b", 2)
        filling.fill(database, connection, shop.sync, ("a", 1), upto)
        connection.connection.driver_connection.set_trace_callback(None)
    walks = [sql for sql in seen if '"t"' in sql and sql.startswith(("SELECT", "UPDATE"))]

    assert walks
    for sql in walks:
        steps = " ".join(str(row) for row in shop.rows(f"EXPLAIN QUERY PLAN {sql}"))
        assert "SCAN t" not in steps


def test_a_busy_database_is_no_bad_row(shop, pair):
    """Hazard 25: an error that no row can help is passed on."""
    shop.table(T, pair(), rows=many(5))
    shop.run("BEGIN IMMEDIATE")
    engine = database.create_engine(shop.url, busy_seconds=0.05)

    with engine.connect() as connection, pytest.raises(OperationalError, match="locked"):
        connection.begin()
    shop.run("ROLLBACK")
    engine.dispose()
    assert shop.marks("set_aside") == []

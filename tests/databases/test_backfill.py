"""Does the backfill fill every row once, whatever happens beside it? Hazard numbers are those of the staging design."""

import sqlite3
import threading
import time

import pytest
from sqlalchemy.exc import OperationalError

from contractctl.databases import batches, comparison, key_text, read_key
from contractctl.databases import sqlite as database
from contractctl.databases.sqlite import unseen
from contractctl.model.plan import Transform

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, other TEXT)"


def many(count: int) -> tuple[tuple[object, ...], ...]:
    return tuple((n, f"name {n}", None, None) for n in range(1, count + 1))


def test_filling_twice_changes_nothing_the_second_time(shop, pair):
    shop.table(T, pair(), rows=many(100))

    assert shop.fill(limit=7).rows == 100
    assert shop.fill(limit=7).rows == 0
    assert shop.differing() == ()


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


def test_a_gap_in_the_keys_is_not_the_end(shop, pair):
    """Hazard 17."""
    shop.table(T, pair(), rows=((1, "a", None, None), (10**12, "b", None, None), (-5, "c", None, None)))

    assert shop.fill(limit=1).rows == 3


def test_batches_go_by_key_and_lose_no_row_that_comes_goes_or_moves_meanwhile(shop, pair):
    """Hazard 18, 19, 20: deletes, inserts and key changes between two batches."""
    shop.table(T, pair(), rows=many(30))
    with shop.engine.begin() as connection:
        upto = batches.upper_key(database, connection, shop.sync, None, 10)
        batches.fill(database, connection, shop.sync, None, upto)
    shop.run("DELETE FROM t WHERE id = 10")
    shop.run("DELETE FROM t WHERE id = 15")
    shop.run("UPDATE t SET id = 1000 WHERE id = 20")
    shop.run("UPDATE t SET id = -1 WHERE id = 21")
    shop.run("INSERT INTO t (id, old) VALUES (-2, 'early')")
    while upto is not None:
        with shop.engine.begin() as connection:
            after, upto = upto, batches.upper_key(database, connection, shop.sync, upto, 10)
            batches.fill(database, connection, shop.sync, after, upto)

    assert shop.facts()["remaining"] == 1  # row -1 moved to where the backfill had been: verify finds it
    assert shop.differing() == ((-1,),)
    assert shop.repair("old", (-1,)) == 1
    assert shop.differing() == ()


def test_a_batch_that_is_rolled_back_leaves_nothing_half_done(shop, pair):
    """Hazard 22: rows, marks and triggers are one transaction with whatever the caller adds."""
    shop.run(T)
    shop.run("CREATE TRIGGER stamp AFTER UPDATE ON t BEGIN UPDATE t SET other = 'x' WHERE id = NEW.id; END")
    shop.table("", pair(), rows=many(10))
    schema = shop.rows("SELECT * FROM sqlite_schema")
    with shop.engine.connect() as connection:
        connection.begin()
        batches.fill(database, connection, shop.sync, None, None)
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


KEYS = [
    ("a TEXT, b INTEGER", "PRIMARY KEY (b, a)", [("x", 2), ("y", 1), ("x", 1), ("z", 3)]),
    ("a TEXT COLLATE NOCASE, b INTEGER", "PRIMARY KEY (a, b)", [("b", 1), ("A", 2), ("B", 3), ("a", 1)]),
    ("a BLOB, b TEXT", "PRIMARY KEY (a)", [(b"\x01", ""), (b"\xff", ""), (b"", "")]),
    ("a TEXT, b TEXT", "PRIMARY KEY (a)", [("2b6", ""), ("10f", ""), ("", ""), ("ü", "")]),
    ("a TEXT, b TEXT", "CHECK (1)", [("same", ""), ("same", ""), (None, None)]),
    ("rowid TEXT, oid TEXT", "CHECK (1)", [("same", ""), ("same", "")]),
    ("plan TEXT, key TEXT", "PRIMARY KEY (plan, key)", [("a", "b"), ("b", "a")]),
]


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        (f"({key[0]}, old TEXT, new TEXT, {key[1]}){tail}", key[2])
        for key in KEYS
        for tail in ("", " WITHOUT ROWID")
        if not tail or "PRIMARY" in key[1]
    ],
)
def test_every_kind_of_key_is_walked_in_batches(shop, pair, shout, table, keys):
    """Hazard 23: composite, text, blob, collated keys, and none at all."""
    rows = tuple((*key, "Ann", None) for key in keys)
    shop.table(f"CREATE TABLE t {table}", pair(shout), rows=rows)
    shop.run("UPDATE t SET new = 'McDonald'" + (" WHERE _rowid_ = 1" if "WITHOUT" not in table else ""))
    marked = len(shop.marks("kept"))

    assert shop.fill(limit=1).rows == len(keys) - marked
    assert marked == (len(keys) if "WITHOUT" in table else 1)
    assert shop.differing() == ()


def test_a_batch_reads_its_rows_and_no_others(shop, pair):
    """Hazard 24."""
    ddl = "CREATE TABLE t (a TEXT, b INTEGER, old TEXT, new TEXT, PRIMARY KEY (a, b))"
    shop.table(ddl, pair())
    seen = []
    shop.engine.dispose()
    with shop.engine.begin() as connection:
        connection.connection.driver_connection.set_trace_callback(seen.append)
        upto = batches.upper_key(database, connection, shop.sync, ("a", 1), 10) or ("b", 2)
        batches.fill(database, connection, shop.sync, ("a", 1), upto)
        connection.connection.driver_connection.set_trace_callback(None)
    walks = [sql for sql in seen if '"t"' in sql and sql.startswith(("SELECT", "UPDATE"))]

    assert walks
    for sql in walks:
        steps = " ".join(str(row) for row in shop.rows(f"EXPLAIN QUERY PLAN {sql}"))
        assert "SCAN t" not in steps


def test_one_bad_row_is_set_aside_with_its_error_and_stops_nobody(shop, pair):
    """Hazard 25: an expression that raises on some rows."""
    parsed = Transform("old -> '$'", "new", lossy=True)
    shop.table(T, pair(parsed), rows=tuple((n, "{}" if n % 10 else "{broken", None, None) for n in range(1, 101)))
    filled = shop.fill(limit=64)

    assert (filled.rows, filled.set_aside) == (90, 10)
    assert shop.rows("SELECT DISTINCT error FROM contractctl_set_aside") == [("malformed JSON",)]
    assert shop.fill(limit=64).rows == 0
    assert shop.differing() == ()
    assert shop.facts()["set_aside"] == 10


def test_rows_that_cannot_be_converted_are_set_aside_and_counted(shop, pair, number):
    """Hazard 25, 44."""
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new INTEGER)"
    shop.table(ddl, pair(number), rows=((1, "1", None), (2, "two", None), (3, None, None), (4, "4", None)))
    filled = shop.fill()

    assert (filled.rows, filled.set_aside) == (2, 1)
    assert shop.marks("set_aside") == [("[2]", "new")]
    assert shop.rows("SELECT new FROM t ORDER BY id") == [(1,), (None,), (None,), (4,)]
    assert shop.facts()["remaining"] == shop.facts()["new_side_nulls"] == 0
    assert shop.fill().set_aside == 0


def test_a_busy_database_is_no_bad_row(shop, pair):
    """Hazard 25: an error that no row can help is passed on."""
    shop.table(T, pair(), rows=many(5))
    shop.run("BEGIN IMMEDIATE")
    engine = database.create_engine(f"sqlite:///{shop.path}", busy_seconds=0.05)

    with engine.connect() as connection, pytest.raises(OperationalError, match="locked"):
        connection.begin()
    shop.run("ROLLBACK")
    engine.dispose()
    assert shop.marks("set_aside") == []


def test_a_unique_collision_sets_aside_only_the_row_that_collides(shop, pair, shout):
    """Hazard 45."""
    shop.table(T, pair(shout), rows=((1, "Bob", None, None), (2, "bob", None, None), (3, "Cem", None, None)))
    shop.run("CREATE UNIQUE INDEX one ON t (new)")
    filled = shop.fill()

    assert (filled.rows, filled.set_aside) == (2, 1)
    assert shop.marks("set_aside") == [("[2]", "new")]
    assert "UNIQUE" in shop.rows("SELECT error FROM contractctl_set_aside")[0][0]


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_writers_of_both_versions_lose_nothing_while_rows_are_filled(shop, pair, journal):
    """Hazard 1, 4, 19, 20 at once: each writer reads back what it wrote, and at the end nothing differs."""
    shop.run(f"PRAGMA journal_mode = {journal}")
    shop.table(T, pair(), rows=many(3000))
    stop, lost = threading.Event(), []

    def writer(column: str, first: int) -> None:
        app = sqlite3.connect(shop.path, isolation_level=None, timeout=10)
        n = 0
        while not stop.is_set():
            n += 1
            key, value = first + (n * 37) % 1000, f"{column} {n}"
            app.execute(f"UPDATE t SET {column} = ? WHERE id = ?", (value, key))
            if app.execute("SELECT old, new FROM t WHERE id = ?", (key,)).fetchone() != (value, value):
                lost.append((key, value))
            if n % 10 == 0:
                app.execute(f"INSERT INTO t ({column}) VALUES (?)", (value,))
            time.sleep(0.002)
        app.close()

    threads = [threading.Thread(target=writer, args=args) for args in (("old", 1), ("new", 1500))]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    shop.fill(limit=400)
    stop.set()
    for thread in threads:
        thread.join()

    assert lost == []
    assert shop.differing() == ()
    assert shop.facts() == {"remaining": 0, "set_aside": 0, "conflicts": 0, "new_side_nulls": 0, "differing": 0}


def test_checksums_are_equal_exactly_when_nothing_differs(shop, pair):
    shop.table(T, pair(), rows=many(50))
    shop.fill()
    with shop.engine.begin() as connection:
        same = comparison.compare(database, connection, shop.sync, None, None)
    shop.run("DROP TRIGGER contractctl_plan_t_update")
    shop.run("UPDATE t SET new = 'x' WHERE id = 7")
    with shop.engine.begin() as connection:
        other = comparison.compare(database, connection, shop.sync, (3,), (9,))

    assert same.checksum_old == same.checksum_new
    assert (same.rows, same.differing) == (50, ())
    assert other.checksum_old != other.checksum_new
    assert (other.rows, other.differing) == (6, ((7,),))


def test_two_hundred_thousand_rows_are_filled_and_compared_in_seconds(shop, pair):
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT)"
    shop.table(ddl, pair())
    shop.run("DROP TRIGGER contractctl_plan_t_insert")
    shop.run(
        "INSERT INTO t (old) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
        " SELECT 'name ' || i FROM n"
    )
    begun = time.monotonic()
    filled = shop.fill(limit=5000)
    differing = shop.differing()

    assert filled.rows == 200_000
    assert differing == ()
    assert time.monotonic() - begun < 10  # about 0.6 s on an idle machine


def test_a_key_reads_back_from_its_text():
    key = (1, 'a"b\\\n\x01ü', b"\x00\xff", 0.1, None)

    assert read_key(key_text(key)) == key

"""How does the backfill of PostgreSQL go unseen, find its rows, and get on with writers?"""

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from contractctl.databases import batches, comparison, filling, run
from contractctl.databases.postgresql import lost, notes, unseen
from contractctl.model.plan import Transform
from contractctl.operations.pairs import Pair

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, other TEXT)"
_STAMP = "BEGIN INSERT INTO audit VALUES (TG_NAME); NEW.other := 'now'; RETURN NEW; END"
AUDIT = (
    "CREATE TABLE audit (what TEXT)",
    f"CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS $$ {_STAMP} $$",
    "CREATE TRIGGER stamp BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION audited()",
    "CREATE TRIGGER zz AFTER UPDATE OF new ON t FOR EACH ROW EXECUTE FUNCTION audited()",
)


def many(count: int) -> tuple[tuple[object, ...], ...]:
    return tuple((n, f"name {n}", None, None) for n in range(1, count + 1))


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def waits_for_a_lock(shop: Any) -> bool:
    return shop.rows("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") != [(0,)]


@pytest.mark.parametrize("way", ["plain", "computed"])
def test_the_backfill_is_seen_by_no_trigger_of_the_application(shop, pair, shout, way):
    """Hazard 15: nor by ours, which would find nothing to do."""
    shop.run(T)
    for statement in AUDIT:
        shop.run(statement)
    shop.table("", pair() if way == "plain" else pair(shout), rows=many(20))
    shop.fill(limit=6)
    shop.repair("old", (3,))

    assert shop.rows("SELECT * FROM audit") == []
    assert shop.rows("SELECT count(*) FROM t WHERE other IS NULL AND upper(new) = upper(old)") == [(20,)]
    with shop.engine.begin() as connection:
        assert notes(connection, "t") == ()
    shop.run("UPDATE t SET new = 'Bea' WHERE id = 1")
    assert shop.rows("SELECT * FROM audit") == [("stamp",), ("zz",)]


def test_what_makes_the_backfill_unseen_ends_with_it(shop, pair):
    """Hazard 15: in the caller's own transaction, whatever happens in between."""
    shop.table(T, pair(), rows=many(1))
    names = ("session_replication_role", "contractctl.unseen")
    settings = ", ".join(f"current_setting('{name}', true)" for name in names)
    shown = f"SELECT concat({settings})"
    with shop.engine.begin() as connection:
        before = run(connection, shown).scalar_one()
        with unseen(connection, shop.sync):
            assert run(connection, shown).scalar_one() == "replicaplan"
        assert run(connection, shown).scalar_one() == before == "origin"
        with pytest.raises(DBAPIError), connection.begin_nested(), unseen(connection, shop.sync):
            run(connection, "SELECT 1 / 0")
        assert run(connection, shown).scalar_one() == before


@pytest.mark.parametrize("way", ["plain", "computed"])
def test_a_user_who_may_not_be_a_replica_fills_all_the_same_and_says_who_sees_it(shop, pair, shout, way, role):
    """Hazard 15, 27: the application's triggers fire, ours do nothing."""
    shop.run(T)
    for statement in AUDIT:
        shop.run(statement)
    shop.table("", pair() if way == "plain" else pair(shout), rows=many(20), start=False)
    if way == "computed":
        shop.run("INSERT INTO t VALUES (50, 'mcdonald', 'McDonald')")
    for name in ("t", "audit", "contractctl_kept", "contractctl_conflict", "contractctl_set_aside"):
        shop.run(f"ALTER TABLE {name} OWNER TO {role}")
    shop.run(f"GRANT CREATE ON SCHEMA public TO {role}")
    shop.engine.dispose()
    url = make_url(shop.url).set(username=role).render_as_string(hide_password=False)
    shop.engine = shop.database.create_engine(url)
    shop.table("", pair() if way == "plain" else pair(shout))
    if way == "computed":
        shop.run("UPDATE t SET old = 'mcdonald', new = 'McDonald' WHERE id = 50")
        shop.run("UPDATE t SET new = 'MacDonald' WHERE id = 50")
        shop.repair("new", (50,))
    shop.run("TRUNCATE audit")
    filled = shop.fill(limit=7)

    assert filled.rows == 20
    assert len(shop.rows("SELECT * FROM audit")) == 2 * filled.rows
    assert shop.differing() == ()
    with shop.engine.begin() as connection:
        told = notes(connection, "t")
    assert [note.split("'")[1] for note in told] == ["stamp", "zz"]
    assert all("session_replication_role" in note for note in told)
    shop.run(f"GRANT SET ON PARAMETER session_replication_role TO {role}")
    with shop.engine.begin() as connection:
        assert notes(connection, "t") == ()


def test_the_backfill_passes_over_no_foreign_key(shop, pair, shout):
    """Hazard 15, 40: as a replica it would; where a key could be broken it does not write as one."""
    shop.run("CREATE TABLE names (name TEXT PRIMARY KEY)")
    shop.run("INSERT INTO names VALUES ('ANN')")
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT REFERENCES names, other TEXT)")
    shop.table("", pair(shout), rows=((1, "Ann", None, None), (2, "Bob", None, None)))
    filled = shop.fill()

    assert (filled.rows, filled.set_aside) == (1, 1)
    assert shop.rows("SELECT new FROM t ORDER BY id") == [("ANN",), (None,)]
    assert "foreign key" in shop.rows("SELECT error FROM contractctl_set_aside")[0][0]


def test_a_renamed_foreign_key_is_filled_unseen(shop, pair):
    """Hazard 15, 40: the old column's key has been looked at."""
    shop.run("CREATE TABLE names (name TEXT PRIMARY KEY)")
    shop.run("INSERT INTO names VALUES ('Ann')")
    shop.run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT REFERENCES names, new TEXT REFERENCES names, other TEXT)"
    )
    for statement in AUDIT:
        shop.run(statement)
    shop.table("", pair(), rows=((1, "Ann", None, None),))
    shop.fill()

    assert shop.rows("SELECT old, new FROM t") == [("Ann", "Ann")]
    assert shop.rows("SELECT * FROM audit") == []


def test_a_batch_reads_its_rows_and_no_others(shop, pair):
    """Hazard 24."""
    shop.table("CREATE TABLE t (a NUMERIC, b INTEGER, old TEXT, new TEXT, PRIMARY KEY (a, b))", pair())
    shop.run("INSERT INTO t SELECT i % 50, i, 'name ' || i FROM generate_series(1, 20000) AS i")
    shop.run("UPDATE t SET new = NULL")  # in step by our trigger: nothing but the plans is looked at
    shop.run("ANALYZE t")
    seen: list[str] = []
    event.listen(shop.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    with shop.engine.begin() as connection:
        upto = batches.upper_key(shop.database, connection, shop.sync, ("20", 5000), 100)
        filling.fill(shop.database, connection, shop.sync, ("20", 5000), upto)
        comparison.compare(shop.database, connection, shop.sync, ("20", 5000), upto)
        walks = [sql for sql in seen if 'FROM "t"' in sql or 'UPDATE "t"' in sql]
        plans = ["\n".join(run(connection, f"EXPLAIN {sql}").scalars()) for sql in walks]

    assert len(plans) >= 4
    assert "Sort" not in plans[0]
    for plan in plans:
        assert "Seq Scan on t" not in plan
        assert "ROW(a, b) > ROW('20'::numeric, 5000)" in plan.partition("Index Cond: ")[2].partition("\n")[0]


@pytest.mark.parametrize("type_", ["NUMERIC", "REAL", "NUMERIC(6,2)"])
def test_batches_follow_each_other_as_keys_do_and_not_as_their_texts(shop, pair, type_):
    """Hazard 23: as texts '10' and '100' come first, and a batch of two rows would have four."""
    rows = tuple((n, f"Name {n}", None) for n in (9, 10, 11, 100, 101))
    shop.table(f"CREATE TABLE t (id {type_} PRIMARY KEY, old TEXT, new TEXT)", pair(), rows=rows)

    with shop.engine.begin() as connection:
        first = batches.upper_key(shop.database, connection, shop.sync, None, 2)
        last = batches.last_key(shop.database, connection, shop.sync)
    assert (float(first[0]), float(last[0])) == (10, 101)
    assert shop.fill(limit=2).rows == 5


def test_a_value_that_is_written_while_its_row_is_filled_stays(shop, pair, shout):
    """Hazard 1, 4, 19: the batch waits for the writer's row; it sees the value then, and must heed its mark."""
    shop.table(T, pair(shout), rows=((1, "Ann", None, None), (2, "Bea", None, None), (3, "Cem", "C", None)))
    writer = shop.connect()
    shop.run("BEGIN", app=writer)
    shop.run("UPDATE t SET new = 'McDonald' WHERE id = 1", app=writer)
    shop.run("UPDATE t SET old = 'x', new = 'y' WHERE id = 2", app=writer)
    shop.run("UPDATE t SET new = 'MacX' WHERE id = 3", app=writer)
    filling = threading.Thread(target=shop.fill)
    filling.start()
    eventually(lambda: waits_for_a_lock(shop))
    shop.run("COMMIT", app=writer)
    filling.join()
    writer.close()

    assert shop.rows("SELECT old, new FROM t ORDER BY id") == [("mcdonald", "McDonald"), ("x", "y"), ("macx", "MacX")]
    assert shop.differing() == ((2,),)
    assert shop.facts() == {"remaining": 0, "set_aside": 0, "conflicts": 1, "new_side_nulls": 0, "differing": 1}


def test_a_row_that_its_writer_mends_while_it_is_set_aside_is_not(shop, pair, number):
    """Hazard 19, 25."""
    shop.table(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new INTEGER)", pair(number), rows=((1, "many", None),)
    )
    writer = shop.connect()
    shop.run("BEGIN", app=writer)
    shop.run("UPDATE t SET old = '7' WHERE id = 1", app=writer)
    filling = threading.Thread(target=shop.fill)
    filling.start()
    eventually(lambda: waits_for_a_lock(shop))
    shop.run("COMMIT", app=writer)
    filling.join()
    writer.close()

    assert shop.rows() == [(1, "7", 7)]
    assert shop.marks("set_aside") == []


def test_a_writer_who_locks_rows_in_another_order_is_a_deadlock_and_no_bad_row(shop, pair):
    """Hazard 21, 25: told to the caller, who tries again."""
    shop.table(T, pair(), rows=many(2))
    shop.run("ALTER SYSTEM SET deadlock_timeout = '50ms'")
    shop.run("SELECT pg_reload_conf()")
    writer = shop.connect()
    try:
        shop.run("BEGIN", app=writer)
        shop.run("SET deadlock_timeout = '1min'", app=writer)
        shop.run("UPDATE t SET other = 'x' WHERE id = 2", app=writer)
        errors: list[BaseException] = []

        def fill() -> None:
            try:
                shop.fill()
            except DBAPIError as error:
                errors.append(error)

        filling = threading.Thread(target=fill)
        filling.start()
        eventually(lambda: waits_for_a_lock(shop))
        shop.run("UPDATE t SET other = 'x' WHERE id = 1", app=writer)
        shop.run("COMMIT", app=writer)
        filling.join()
    finally:
        writer.close()
        shop.run("ALTER SYSTEM RESET deadlock_timeout")
        shop.run("SELECT pg_reload_conf()")

    assert [shop.database.busy(error) for error in errors] == [True]
    assert shop.marks("set_aside") == []
    assert shop.fill().rows == 2


def test_a_snapshot_of_a_long_reader_is_not_disturbed_and_disturbs_nobody(shop, pair):
    """Hazard 26, 28: a repeatable-read transaction sees its own moment, and writes rows that were filled meanwhile."""
    shop.table(T, pair(), rows=many(3))
    reader = shop.connect()
    shop.run("BEGIN ISOLATION LEVEL REPEATABLE READ", app=reader)
    assert shop.rows("SELECT new FROM t WHERE id = 1", app=reader) == [(None,)]
    assert shop.fill().rows == 3
    assert shop.rows("SELECT new FROM t WHERE id = 1", app=reader) == [(None,)]
    with pytest.raises(psycopg.errors.SerializationFailure):  # as after anybody else's write
        shop.run("UPDATE t SET old = 'x' WHERE id = 1", app=reader)
    shop.run("ROLLBACK", app=reader)
    shop.run("BEGIN ISOLATION LEVEL REPEATABLE READ", app=reader)
    shop.run("UPDATE t SET old = 'x' WHERE id = 1", app=reader)
    shop.run("COMMIT", app=reader)
    reader.close()

    assert shop.rows("SELECT old, new FROM t WHERE id = 1") == [("x", "x")]


def test_serializable_writers_of_different_rows_do_not_fail_for_our_marks(shop, pair):
    """Hazard 28: nobody looks into the side tables where there is nothing to mark."""
    shop.table(T, pair(), rows=tuple((n, "a", "a", None) for n in range(1, 3)))
    apps = [shop.connect() for _ in range(2)]
    for number, app in enumerate(apps, 1):
        shop.run("BEGIN ISOLATION LEVEL SERIALIZABLE", app=app)
        shop.run("UPDATE t SET old = 'b' WHERE id = ?", number, app=app)
    for app in apps:
        shop.run("COMMIT", app=app)
        app.close()

    assert shop.rows("SELECT old, new FROM t") == [("b", "b"), ("b", "b")]


def test_a_bad_row_among_many_is_found_at_once(shop, pair):
    """Hazard 25: not by halving the batch again and again."""
    parsed = Transform("old::json", "new::text", lossy=True)
    rows = tuple((n, "{}" if n % 500 else "{broken", None) for n in range(1, 2001))
    shop.table("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new JSON)", pair(parsed), rows=rows)
    seen: list[str] = []
    event.listen(shop.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    filled = shop.fill(limit=2000)

    assert (filled.rows, filled.set_aside) == (1996, 4)
    assert len(seen) < 60


def test_values_that_a_transform_and_a_foreign_key_refuse_are_each_set_aside_for_their_own_reason(shop):
    """Hazard 25, 45."""
    shop.run("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
    shop.run("INSERT INTO numbers VALUES (1)")
    shop.run("CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new INTEGER REFERENCES numbers)")
    shop.table(
        "",
        Pair({"old": "new::text"}, {"new": "old::integer"}),
        rows=((1, "1", None), (2, "2", None), (3, "many", None), (4, "01", None)),
    )
    shop.fill()

    errors = dict(shop.rows("SELECT key, error FROM contractctl_set_aside"))
    assert shop.rows("SELECT new FROM t ORDER BY id") == [(1,), (None,), (None,), (None,)]
    assert "foreign key" in errors["[2]"]
    assert "invalid input syntax" in errors["[3]"]
    assert "cannot be converted" in errors["[4]"]


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("the database system is starting up", True),
        ("the database system is not yet accepting connections\nDETAIL:  Consistent recovery state", True),
        ("the database system is not accepting connections\nDETAIL:  Hot standby mode is disabled.", False),
        ('database "shop" does not exist', False),
    ],
)
def test_a_server_that_is_about_to_answer_is_waited_for(said, gone):
    """Hazard 22: after a fall it says so in several ways."""
    assert lost(psycopg.OperationalError(f"connection failed: FATAL:  {said}")) is gone

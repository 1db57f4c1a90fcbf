"""Do writers and backfill get on, with the locks that InnoDB takes? Applications write under REPEATABLE READ."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pymysql
import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from contractctl.databases import batches, filling, run
from contractctl.databases import mysql as database
from contractctl.model.plan import Transform

T = "CREATE TABLE t (id {key}, old {text}, new {text}, other {text})"
NO_FACTS = {"remaining": 0, "set_aside": 0, "conflicts": 0, "new_side_nulls": 0, "differing": 0}
SHOUT = Transform("upper(old)", "lower(new)", lossy=True)


def many(rows: int) -> tuple[tuple[object, ...], ...]:
    return tuple((n, f"name {n}", None, None) for n in range(1, rows + 1))


@contextmanager
def beside(shop: Any, *works: Callable[[Any], None]) -> Iterator[list[BaseException]]:
    """Each work in a thread of its own, with an application's connection of its own; what they raised."""
    raised: list[BaseException] = []

    def working(work: Callable[[Any], None]) -> None:
        app = shop.connect()
        try:
            work(app)
        except BaseException as error:  # noqa: BLE001 - told by the test
            raised.append(error)
        finally:
            app.close()

    threads = [threading.Thread(target=working, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        for thread in threads:
            thread.join()


class Log:
    """What writers have committed, in the order of each row's locks: a ticket is drawn while the lock is held."""

    def __init__(self) -> None:
        self._tickets = count()
        self._lock = threading.Lock()
        self._written: list[tuple[int, int, str, str | None]] = []

    def ticket(self) -> int:
        with self._lock:
            return next(self._tickets)

    def committed(self, ticket: int, key: int, side: str, value: str | None) -> None:
        self._written.append((ticket, key, side, value))

    def replayed(self, rows: dict[int, tuple[str, str]], up: Any, down: Any) -> dict[int, tuple[str, str]]:
        """What the rows must hold after all that."""
        for _, key, side, value in sorted(self._written):
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = (value, up(value)) if side == "old" else (down(value), value)
        return rows


def writer(log: Log, side: str, seed: int, keys: int, stop: threading.Event) -> Callable[[Any], None]:
    """One version of the application: it updates, upserts, deletes and takes back, a row at a time."""

    def write(app: Any) -> None:
        chance, cursor = random.Random(seed), app.cursor()
        for n in count():
            if stop.is_set():
                return
            key, value, what = chance.randint(1, keys), f"{side} {seed} {n}", chance.random()
            upsert = f"INSERT INTO t (id, {side}) VALUES (%s, %s) ON DUPLICATE KEY UPDATE {side} = VALUES({side})"
            cursor.execute("BEGIN")
            if what < 0.6:
                if not cursor.execute(f"UPDATE t SET {side} = %s WHERE id = %s", (value, key)):
                    cursor.execute("ROLLBACK")
                    continue
            elif what < 0.9:
                cursor.execute(upsert, (key, value))
            elif cursor.execute("DELETE FROM t WHERE id = %s", (key,)):
                value = None
            else:
                cursor.execute("ROLLBACK")
                continue
            ticket = log.ticket()
            if chance.random() < 0.1:
                cursor.execute("ROLLBACK")
                continue
            cursor.execute("COMMIT")
            log.committed(ticket, key, side, value)

    return write


@pytest.mark.parametrize("lossy", [False, True])
def test_what_writers_of_both_versions_have_committed_is_what_the_table_holds(shop, pair, lossy):
    """Hazard 1, 3, 19, 20, 28: their own logs are replayed, and no writer was ever refused or ended in a deadlock."""
    shop.table(T, pair(SHOUT) if lossy else pair(), rows=many(600))
    log, stop = Log(), threading.Event()
    writers = [writer(log, side, seed, 700, stop) for seed, side in enumerate(("old", "new", "old", "new"))]
    with beside(shop, *writers) as raised:
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            patiently(lambda: shop.fill(limit=40))
        stop.set()
    patiently(lambda: shop.fill(limit=1000))

    up, down = (str.upper, str.lower) if lossy else (str, str)
    expected = log.replayed({n: (f"name {n}", up(f"name {n}")) for n in range(1, 601)}, up, down)
    assert raised == []
    assert {key: (old, new) for key, old, new, _ in shop.rows()} == expected
    assert shop.differing() == ()
    assert shop.facts() == NO_FACTS


def patiently(work: Callable[[], Any]) -> Any:
    """As a backfill does it: what only asks to come again comes again."""
    while True:
        try:
            return work()
        except DBAPIError as error:
            if not database.busy(error):
                raise


def test_a_deadlock_is_told_as_one_and_leaves_nothing_half_done(shop, pair):
    """Hazard 21: the savepoint has gone with the transaction."""
    shop.table(T, pair(), rows=many(20))
    shop.run("CREATE TABLE heavy (n INT)")

    def heavy(app: Any) -> None:
        app.cursor().execute("BEGIN")
        app.cursor().execute("INSERT INTO heavy SELECT seq FROM seq_1_to_500")  # the lighter one of the two is ended
        app.cursor().execute("UPDATE t SET other = 'mine' WHERE id = 15")
        app.cursor().execute("UPDATE t SET other = 'mine' WHERE id = 5")
        app.cursor().execute("COMMIT")

    told: list[DBAPIError] = []
    with shop.engine.connect() as connection:
        transaction = connection.begin()
        filling.fill(database, connection, shop.sync, None, (10,))
        with beside(shop, heavy) as raised:
            try:
                waiting(shop)
                filling.fill(database, connection, shop.sync, (10,), None)
            except DBAPIError as error:
                told.append(error)
            finally:
                transaction.rollback()

    assert raised == []
    assert [database.busy(error) and "Deadlock" in str(error) for error in told] == [True]
    assert shop.rows("SELECT count(*) FROM t WHERE new IS NOT NULL") == [(0,)]
    assert shop.fill().rows == 20
    assert shop.rows("SELECT id FROM t WHERE other = 'mine' AND old = new ORDER BY id") == [(5,), (15,)]


def waiting(shop: Any) -> None:
    """Until a transaction waits for a lock. Whoever asks more often than ten times a second sees the same for ever."""
    watch = shop.connect()
    for _ in range(50):
        if shop.rows("SELECT trx_id FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'", app=watch):
            break
        time.sleep(0.2)
    else:
        pytest.fail("nobody waits")
    watch.close()


def test_a_row_that_somebody_holds_for_long_costs_the_backfill_its_patience_and_nothing_else(shop, pair):
    """Hazard 21, 29: 1205, and what was filled before it in the same batch is taken back."""
    shop.table(T, pair(), rows=many(5))
    holder = shop.connect()
    holder.cursor().execute("BEGIN")
    holder.cursor().execute("UPDATE t SET other = 'mine' WHERE id = 4")
    begun = time.monotonic()
    with pytest.raises(DBAPIError) as caught:
        shop.fill()
    waited = time.monotonic() - begun
    holder.close()

    assert database.busy(caught.value)
    assert waited < 10
    assert shop.rows("SELECT count(*) FROM t WHERE new IS NOT NULL") == [(0,)]
    assert shop.marks("set_aside") == []
    assert shop.fill().rows == 5


def test_a_long_transaction_keeps_nobody_from_writing_marks(shop, pair):
    """Hazard 28: under REPEATABLE READ a DELETE that finds nothing locks the gap in which others want to insert."""
    shop.table(T, pair(SHOUT), rows=(*many(4), (9, "x", "X", None)))
    with applications(shop, 2) as (first, second):
        for app in (first, second):
            app.cursor().execute("SET innodb_lock_wait_timeout = 1")
            app.cursor().execute("BEGIN")
        for app, keys in ((first, (1, 9)), (second, (2, 3))):
            for key in keys:
                app.cursor().execute(f"UPDATE t SET old = 'ann' WHERE id = {key}")
        for app, key in ((first, 1), (second, 2), (first, 9), (second, 3)):
            app.cursor().execute(f"UPDATE t SET old = 'p', new = 'q' WHERE id = {key}")
            app.cursor().execute(f"INSERT INTO t (id, new) VALUES ({key + 10}, 'McDonald')")
        for app in (first, second):
            app.cursor().execute("COMMIT")

    assert [key for key, _ in shop.marks("conflict")] == ["[1]", "[2]", "[3]", "[9]"]
    assert len(shop.marks("kept")) == 4


@contextmanager
def applications(shop: Any, number: int) -> Iterator[list[Any]]:
    apps = [shop.connect() for _ in range(number)]
    try:
        yield apps
    finally:
        for app in apps:
            app.close()


def test_a_transaction_with_an_old_snapshot_settles_what_it_cannot_see(shop, pair):
    """Hazard 28: its plain reads do not show the mark, which was written since; the row itself tells."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None), (2, "Ann", "Ann", None)))
    app = shop.connect()
    app.cursor().execute("BEGIN")
    assert shop.rows("SELECT count(*) FROM t", app=app) == [(2,)]
    shop.run("UPDATE t SET old = 'x', new = 'y' WHERE id = 1")
    app.cursor().execute("UPDATE t SET new = 'Bea' WHERE id = 1")
    app.cursor().execute("COMMIT")
    app.close()

    assert shop.rows("SELECT old, new FROM t WHERE id = 1") == [("Bea", "Bea")]
    assert shop.facts() == NO_FACTS


def test_a_snapshot_of_a_long_reader_is_not_disturbed_and_disturbs_nobody(shop, pair):
    """Hazard 26, 28: it sees its own moment, and writes rows that were filled meanwhile."""
    shop.table(T, pair(), rows=many(3))
    reader = shop.connect()
    shop.run("BEGIN", app=reader)
    asked = "SELECT new FROM t WHERE id = 1"
    assert shop.rows(asked, app=reader) == [(None,)]
    assert shop.fill().rows == 3
    assert shop.rows(asked, app=reader) == [(None,)]
    shop.run("UPDATE t SET old = 'x' WHERE id = 1", app=reader)
    shop.run("COMMIT", app=reader)
    reader.close()

    assert shop.rows("SELECT old, new FROM t WHERE id = 1") == [("x", "x")]
    assert shop.facts() == NO_FACTS


def test_a_batch_reads_its_rows_and_no_others(shop, pair, number):
    """Hazard 24: a composite key, and every statement that names the table."""
    shop.table(
        "CREATE TABLE t (a VARCHAR(20), b INT, old {text}, new BIGINT, PRIMARY KEY (a, b))", pair(number), start=False
    )
    shop.run("INSERT INTO t (a, b, old) SELECT concat('a', seq DIV 100), seq, seq FROM seq_1_to_20000")
    shop.run("ANALYZE TABLE t")
    with shop.engine.begin() as connection:
        for statement in database.triggers(shop.sync):
            run(connection, statement)
    seen: list[str] = []
    event.listen(shop.engine, "before_cursor_execute", lambda _c, _cursor, sql, *_: seen.append(sql))
    with shop.engine.begin() as connection:
        after = ("a5", 510)
        upto = batches.upper_key(database, connection, shop.sync, after, 300)
        assert upto is not None
        assert filling.fill(database, connection, shop.sync, after, upto).rows == 300
    walks = [sql for sql in seen if "`t`" in sql and sql.lstrip().startswith(("SELECT", "UPDATE", "INSERT"))]

    assert len(walks) >= 4
    for sql in walks:
        for plan in shop.rows(f"EXPLAIN {sql}"):
            if plan[2] == "t":
                assert plan[3] == "range", (plan, sql)
                assert int(plan[8]) < 3000 or "LIMIT 1 " in sql, (plan, sql)


def test_killed_writers_leave_both_sides_as_they_were(shop, pair):
    """What was not committed is not there, marks and all."""
    shop.table(T, pair(), rows=((1, "Ann", "Ann", None),))
    app = shop.connect()
    app.cursor().execute("BEGIN")
    app.cursor().execute("UPDATE t SET old = 'x', new = 'y'")
    shop.run(f"KILL {app.thread_id()}")
    with pytest.raises(pymysql.err.OperationalError):
        app.cursor().execute("COMMIT")

    assert shop.rows() == [(1, "Ann", "Ann", None)]
    assert shop.facts() == NO_FACTS


def test_writers_of_a_unique_column_end_in_no_deadlock(shop, pair):
    """Hazard 28, 45: nobody looks for the value under the new side's index, whose gap would then be locked."""
    shop.table("CREATE TABLE t (id {key}, old {text} UNIQUE, new {text} UNIQUE)", pair())
    refused: list[BaseException] = []

    def insert(app: Any) -> None:
        for n in range(150):
            side = ("old", "new")[n % 2]
            try:
                app.cursor().execute("BEGIN")
                app.cursor().execute(f"INSERT INTO t ({side}) VALUES (%s)", (f"{n:06d} {app.thread_id()}",))
                app.cursor().execute("COMMIT")
            except pymysql.err.MySQLError as error:
                refused.append(error)

    with beside(shop, *[insert] * 6) as raised:
        pass

    assert raised == refused == []
    assert shop.rows("SELECT count(*), sum(old = new) FROM t") == [(900, 900)]


def test_a_value_that_is_taken_is_refused_as_without_us(shop, pair):
    """Hazard 45: by the writer's own side."""
    shop.table("CREATE TABLE t (id {key}, old {text} UNIQUE, new {text} UNIQUE)", pair(), rows=((1, "Ann", None),))
    for side in ("old", "new"):
        with pytest.raises(pymysql.err.IntegrityError, match="Duplicate entry 'Ann'"):
            shop.run(f"INSERT INTO t ({side}) VALUES ('Ann')")

    assert shop.rows("SELECT old, new FROM t") == [("Ann", None)]

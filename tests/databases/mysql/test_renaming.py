"""Do columns change their names while both versions write, with no write refused and none out of step?"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pymysql
import pytest
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Statement, run
from contractctl.databases import mysql as database
from contractctl.databases.catalog import Live, RenamedColumns
from contractctl.databases.mysql.triggers import EVENTS
from contractctl.operations.locating import seen
from contractctl.operations.pairs import Pair

T = "CREATE TABLE t (id {key}, old {text}, new {text}, n INT NOT NULL DEFAULT 0)"
THERE = {"old": "old__quiesced"}
BACK = {"old__quiesced": "old"}
UNKNOWN_COLUMN = 1054


def renames(shop: Any, names: dict[str, str], *pairs: Pair) -> tuple[Statement, ...]:
    """The statements that rename, with the triggers as they must be then."""
    with shop.engine.connect() as connection:
        catalog = RenamedColumns(Live(database, connection), "t", names, database.same)
        return database.ddl.rename_columns("t", names, seen(database, catalog, "plan", "t", pairs))


def carry_out(shop: Any, statements: tuple[Statement, ...]) -> None:
    with shop.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        database.carry_out(connection, statements)


def names_of(shop: Any) -> tuple[str, ...]:
    return tuple(name for (name, *_) in shop.rows("SHOW COLUMNS FROM t"))


@contextmanager
def writing(shop: Any, writers: int = 4) -> Iterator[list[str]]:
    """Applications that write both sides of rows of their own, whatever name the old one has; what went wrong."""
    stop, wrong = threading.Event(), list[str]()

    def write(first: int) -> None:
        app, old = shop.connect(), "old"
        cursor = app.cursor()
        for n in range(1_000_000):
            if stop.is_set():
                break
            key, value = first + n % 20, f"{first} {n}"
            for side in (old, "new"):
                try:
                    cursor.execute(f"UPDATE t SET {side} = %s, n = n + 1 WHERE id = %s", (f"{side} {value}", key))
                    cursor.execute("SELECT * FROM t WHERE id = %s", (key,))
                    row = cursor.fetchone()
                    if row[1] != row[2] or row[1] != f"{side} {value}":
                        wrong.append(f"{side} {value}: {row}")
                except pymysql.err.OperationalError as error:
                    # the old name is gone by plan: whoever uses it is told so, and everybody else goes on
                    if error.args[0] != UNKNOWN_COLUMN or side == "new" or "in 'NEW'" in error.args[1]:
                        wrong.append(str(error))
                    old = "old__quiesced" if old == "old" else "old"
        app.close()

    threads = [threading.Thread(target=write, args=(1 + 100 * place,)) for place in range(writers)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_writers_of_both_versions_go_on_while_names_change(shop, pair):
    """Hazard 32, 46: there and back, again and again."""
    rows = tuple((first + n, "a", "a", 0) for first in (1, 101, 201, 301) for n in range(20))
    shop.table(T, pair(), rows=rows)
    there, back = renames(shop, THERE, pair()), None
    with writing(shop) as wrong:
        for _ in range(3):
            carry_out(shop, there)
            time.sleep(0.1)
            back = back or renames(shop, BACK, pair())
            carry_out(shop, back)
            time.sleep(0.1)

    assert wrong == []
    assert names_of(shop) == ("id", "old", "new", "n")
    assert shop.rows("SELECT count(*) FROM t WHERE NOT (old <=> new)") == [(0,)]
    assert shop.rows("SELECT min(n) > 0 FROM t") == [(1,)]
    with shop.engine.begin() as connection:
        assert database.missing_triggers(connection, shop.sync) == ()


def test_one_name_may_take_the_others_place(shop):
    """A change of type: the new column takes the old one's name over, CHECK and unique index with it."""
    pair = Pair({"old": "CAST(via AS CHAR)"}, {"old": "CAST(old AS SIGNED)"}, via="via")
    shop.table("CREATE TABLE t (id {key}, old {text}, via BIGINT UNIQUE CHECK (via <> 13))", pair)
    shop.run("INSERT INTO t (old) VALUES ('12'), ('13'), ('12')")
    carry_out(shop, renames(shop, {"old": "old__quiesced", "via": "old"}, pair))
    shop.run("INSERT INTO t (old) VALUES (5)")
    shop.run("INSERT INTO t (old__quiesced) VALUES ('5'), ('13'), ('6')")

    held = [("12", 12), ("13", None), ("12", None), ("5", 5), ("5", None), ("13", None), ("6", 6)]
    assert shop.rows("SELECT old__quiesced, old FROM t ORDER BY id") == held
    with shop.engine.connect() as connection:
        sync = seen(database, Live(database, connection), "plan", "t", (pair,))
        assert database.missing_triggers(connection, sync) == ()


def test_a_table_that_somebody_reads_for_long_is_waited_for_and_then_left_alone(shop, pair):
    """Hazard 29: nobody stands in the queue behind us for longer than the lock may take."""
    shop.table(T, pair(), rows=((1, "a", "a", 0),))
    statements = renames(shop, THERE, pair())
    reader = shop.connect()
    reader.cursor().execute("BEGIN")
    reader.cursor().execute("SELECT * FROM t")
    begun = time.monotonic()
    with pytest.raises(DBAPIError) as caught:
        carry_out(shop, statements)
    waited = time.monotonic() - begun
    reader.close()

    assert database.busy(caught.value)
    assert waited < 10
    assert names_of(shop)[1] == "old"
    carry_out(shop, statements)
    assert names_of(shop)[1] == "old__quiesced"


def test_the_death_of_the_client_splits_nothing(shop, pair):
    """Hazard 32: gone at whatever moment, the names and the triggers have changed together, or not at all."""
    rows = tuple((first + n, "a", "a", 0) for first in (1, 101, 201, 301) for n in range(20))
    shop.table(T, pair(), rows=rows)
    ways = {"old": renames(shop, THERE, pair())}
    carry_out(shop, ways["old"])
    ways["old__quiesced"] = renames(shop, BACK, pair())
    ends = set()
    with writing(shop, writers=2) as wrong:
        for attempt in range(16):
            name = names_of(shop)[1]
            cut_off(shop, ways[name], after=attempt % 8 * 0.004)
            ends.add(names_of(shop)[1] != name)
            assert triggers_speak_of(shop, names_of(shop)[1])

    assert wrong == []
    assert ends == {True, False}
    assert shop.rows(f"SELECT count(*) FROM t WHERE NOT ({names_of(shop)[1]} <=> new)") == [(0,)]


def cut_off(shop: Any, statements: tuple[Statement, ...], *, after: float) -> None:
    """Carried out by a client whose socket is closed so many seconds later, as the kernel does it for the dead."""
    with shop.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver = connection.connection.driver_connection
        session, sock = driver.thread_id(), driver._sock
        dying = threading.Timer(after, sock.shutdown, (socket.SHUT_RDWR,))
        dying.start()
        with suppress(DBAPIError):
            database.carry_out(connection, statements)
        dying.join()
        connection.invalidate()
    ended(shop, session)


def ended(shop: Any, session: int) -> None:
    """Until what the dead client has sent is done: the server hears of its death only then."""
    for _ in range(200):
        if shop.rows(f"SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = {session}") == [(0,)]:
            return
        time.sleep(0.05)
    pytest.fail("the server still works on it")


def triggers_speak_of(shop: Any, name: str) -> bool:
    bodies = shop.rows("SELECT ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()")
    return len(bodies) == len(EVENTS) and all(f".`{name}`" in body for (body,) in bodies)


def test_where_the_server_dies_in_between_writes_fail_until_the_triggers_are_made_anew(shop, pair):
    """Hazard 32: never silently out of step. What is half done is told, and mended by doing it again."""
    shop.table(T, pair(), rows=((1, "a", "a", 0),))
    shop.run("ALTER TABLE t RENAME COLUMN old TO old__quiesced")
    with pytest.raises(pymysql.err.OperationalError, match="Unknown column"):
        shop.run("UPDATE t SET new = 'b'")

    with shop.engine.connect() as connection:
        sync = seen(database, Live(database, connection), "plan", "t", (pair(),))
        gone = database.missing_triggers(connection, sync)
    assert len(gone) == len(EVENTS)
    carry_out(shop, database.ddl.keep_in_step(sync))
    shop.run("UPDATE t SET new = 'b'")
    with shop.engine.connect() as connection:
        assert database.missing_triggers(connection, sync) == ()
        assert run(connection, "SELECT old__quiesced, new FROM t").all() == [("b", "b")]

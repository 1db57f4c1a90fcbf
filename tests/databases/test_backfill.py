"""Does the backfill fill every row once, whatever happens beside it? On every engine.

Hazard numbers are those of the staging design.
"""

import threading
import time

import pytest

from contractctl.databases import batches, comparison, filling, key_text, read_key, run
from contractctl.model.plan import Transform
from tests.databases import shops
from tests.databases.shops import ENGINES, SQLITE_WAL

T = "CREATE TABLE t (id {key}, old {text}, new {text}, other {text})"


def many(count: int) -> tuple[tuple[object, ...], ...]:
    return tuple((n, f"name {n}", None, None) for n in range(1, count + 1))


def test_filling_twice_changes_nothing_the_second_time(shop, pair):
    shop.table(T, pair(), rows=many(100))

    assert shop.fill(limit=7).rows == 100
    assert shop.fill(limit=7).rows == 0
    assert shop.differing() == ()


def test_a_gap_in_the_keys_is_not_the_end(shop, pair):
    """Hazard 17."""
    ddl = "CREATE TABLE t (id BIGINT PRIMARY KEY, old {text}, new {text})"
    shop.table(ddl, pair(), rows=((1, "a", None), (10**12, "b", None), (-5, "c", None)))

    assert shop.fill(limit=1).rows == 3


def test_batches_go_by_key_and_lose_no_row_that_comes_goes_or_moves_meanwhile(shop, pair):
    """Hazard 18, 19, 20: deletes, inserts and key changes between two batches."""
    shop.table(T, pair(), rows=many(30))
    with shop.engine.begin() as connection:
        upto = batches.upper_key(shop.database, connection, shop.sync, None, 10)
        filling.fill(shop.database, connection, shop.sync, None, upto)
    shop.run("DELETE FROM t WHERE id = 10")
    shop.run("DELETE FROM t WHERE id = 15")
    shop.run("UPDATE t SET id = 1000 WHERE id = 20")
    shop.run("UPDATE t SET id = -1 WHERE id = 21")
    shop.run("INSERT INTO t (id, old) VALUES (-2, 'early')")
    while upto is not None:
        with shop.engine.begin() as connection:
            after, upto = upto, batches.upper_key(shop.database, connection, shop.sync, upto, 10)
            filling.fill(shop.database, connection, shop.sync, after, upto)

    assert shop.facts()["remaining"] == 1  # row -1 moved to where the backfill had been: verify finds it
    assert shop.differing() == ((-1,),)
    assert shop.repair("old", (-1,)) == 1
    assert shop.differing() == ()


def test_a_batch_that_is_rolled_back_leaves_nothing_half_done(shop, pair, number):
    """Hazard 22: rows and marks are one transaction with whatever the caller adds."""
    rows = ((1, "1", None), (2, "two", None), (3, "3", None))
    shop.table("CREATE TABLE t (id {key}, old {text}, new {integer})", pair(number), rows=rows)
    with shop.engine.connect() as connection:
        transaction = connection.begin()
        filled = filling.fill(shop.database, connection, shop.sync, None, None)
        transaction.rollback()

    assert (filled.rows, filled.set_aside) == (2, 1)
    assert shop.rows() == list(rows)
    assert shop.marks("set_aside") == []
    assert shop.fill().rows == 2


@pytest.mark.parametrize(("words", "keys"), shops.each(ENGINES, lambda words: words.keys), indirect=["words"])
def test_every_kind_of_key_is_walked_in_batches(shop, pair, shout, keys):
    """Hazard 23: composite, text, binary, collated keys, and whatever else finds a row."""
    for statement in keys.before:
        shop.run(statement)
    shop.table(keys.table, pair(shout), rows=tuple((*key, "Ann", None) for key in keys.rows))

    assert shop.fill(limit=1).rows == len(keys.rows)
    assert shop.fill(limit=2).rows == 0
    assert shop.differing() == ()


def test_one_bad_row_is_set_aside_with_its_error_and_stops_nobody(shop, pair, words):
    """Hazard 25: an expression that raises on some rows."""
    parsed = Transform(words.parsed.format("old"), "new", lossy=True)
    shop.table(T, pair(parsed), rows=tuple((n, "{}" if n % 10 else "{broken", None, None) for n in range(1, 101)))
    filled = shop.fill(limit=64)

    assert (filled.rows, filled.set_aside) == (90, 10)
    errors = shop.rows("SELECT DISTINCT error FROM contractctl_set_aside")
    assert all(words.unparsed in error for (error,) in errors)
    assert shop.fill(limit=64).rows == 0
    assert shop.differing() == ()
    assert shop.facts()["set_aside"] == 10


def test_rows_that_cannot_be_converted_are_set_aside_and_counted(shop, pair, number):
    """Hazard 25, 44."""
    ddl = "CREATE TABLE t (id {key}, old {text}, new {integer})"
    shop.table(ddl, pair(number), rows=((1, "1", None), (2, "two", None), (3, None, None), (4, "4", None)))
    filled = shop.fill()

    assert (filled.rows, filled.set_aside) == (2, 1)
    assert shop.marks("set_aside") == [("[2]", "new")]
    assert shop.rows("SELECT new FROM t ORDER BY id") == [(1,), (None,), (None,), (4,)]
    assert shop.facts()["remaining"] == shop.facts()["new_side_nulls"] == 0
    assert shop.fill().set_aside == 0


def test_a_unique_collision_sets_aside_only_the_row_that_collides(shop, pair, shout):
    """Hazard 45."""
    shop.table(T, pair(shout), rows=((1, "Bob", None, None), (2, "bob", None, None), (3, "Cem", None, None)))
    shop.run("CREATE UNIQUE INDEX one ON t (new)")
    filled = shop.fill()

    assert (filled.rows, filled.set_aside) == (2, 1)
    assert shop.marks("set_aside") == [("[2]", "new")]
    ((error,),) = shop.rows("SELECT error FROM contractctl_set_aside")
    assert "unique" in error.lower() or "duplicate" in error.lower()


@pytest.mark.parametrize("words", [*ENGINES, SQLITE_WAL], ids=str, indirect=True)
def test_writers_of_both_versions_lose_nothing_while_rows_are_filled(shop, pair):
    """Hazard 1, 4, 19, 20 at once: each writer reads back what it wrote, and at the end nothing differs."""
    shop.table(T, pair(), rows=many(3000))
    stop, lost, done = threading.Event(), [], {"old": 0, "new": 0}

    def writer(column: str, first: int) -> None:
        app = shop.connect()
        while not stop.is_set():
            n = done[column] = done[column] + 1
            key, value = first + (n * 37) % 1000, f"{column} {n}"
            shop.run(f"UPDATE t SET {column} = ? WHERE id = ?", value, key, app=app)
            if shop.rows("SELECT old, new FROM t WHERE id = ?", key, app=app) != [(value, value)]:
                lost.append((key, value))
            if n % 10 == 0:
                shop.run(f"INSERT INTO t (id, {column}) VALUES (?, ?)", first * 10_000 + n, value, app=app)
            time.sleep(0.002)
        app.close()

    threads = [threading.Thread(target=writer, args=args) for args in (("old", 1), ("new", 1500))]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    shop.fill(limit=400)
    while min(done.values()) < 50:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()

    assert lost == []
    assert shop.rows("SELECT count(*) FROM t")[0][0] > 3000
    assert shop.differing() == ()
    assert shop.facts() == {"remaining": 0, "set_aside": 0, "conflicts": 0, "new_side_nulls": 0, "differing": 0}


def test_checksums_are_equal_exactly_when_nothing_differs(shop, pair):
    shop.table(T, pair(), rows=many(50))
    shop.fill()
    with shop.engine.begin() as connection:
        same = comparison.compare(shop.database, connection, shop.sync, None, None)
    shop.stop()
    shop.run("UPDATE t SET new = 'x' WHERE id = 7")
    with shop.engine.begin() as connection:
        other = comparison.compare(shop.database, connection, shop.sync, (3,), (9,))

    assert same.checksum_old == same.checksum_new
    assert (same.rows, same.differing) == (50, ())
    assert other.checksum_old != other.checksum_new
    assert (other.rows, other.differing) == (6, ((7,),))


@pytest.mark.parametrize(
    ("one", "other"), [((None, ""), ("", None)), (("a", "bc"), ("ab", "c")), ((None, "x"), (None, None))]
)
def test_no_two_rows_have_one_checksum(shop, pair, one, other):
    """NULL is not an empty text, and where a value ends counts."""
    shop.table(T, pair())
    sums = []
    for a, b in (one, other):
        shop.run("DELETE FROM t")
        shop.run("INSERT INTO t (id, other, old) VALUES (1, ?, ?)", a, b)
        columns = [(shop.database.quote(name), "text") for name in ("other", "old")]
        with shop.engine.begin() as connection:
            query = f"SELECT {shop.database.checksum(columns)} FROM t"
            sums.append(run(connection, query).scalar_one())

    assert sums[0] != sums[1]


def test_two_hundred_thousand_rows_are_filled_and_compared_in_seconds(shop, pair, words):
    shop.table("CREATE TABLE t (id {key}, old {text}, new {text})", start=False)
    shop.run(words.series.format(count=200_000))
    shop.table("", pair())
    begun = time.monotonic()
    filled = shop.fill(limit=5000)
    differing = shop.differing()

    assert filled.rows == 200_000
    assert differing == ()
    assert time.monotonic() - begun < 60  # a second or two on an idle machine


def test_a_key_reads_back_from_its_text():
    key = (1, 'a"b\\\n\x01ü', b"\x00\xff", 0.1, None)

    assert read_key(key_text(key)) == key

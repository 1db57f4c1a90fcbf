"""Do columns of two tables stay in step, whichever is written and by how many at once, on every engine?"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy.exc import DBAPIError

from contractctl.databases import comparison
from contractctl.operations.pairs import Crossing
from tests.databases import shops
from tests.databases.shops import Shop, Words

ENGINES = (shops.SQLITE, shops.SQLITE_RECURSIVE, shops.POSTGRESQL, shops.MARIADB)
SERVERS = (shops.POSTGRESQL, shops.MARIADB)
EXTRACTED = Crossing(
    old={"street": "", "town": ""},
    new={"street": "", "city": ""},
    lossy=True,
    source="t",
    to="u",
    on={"id": "t_id"},
    absent={"town": "'-'"},
    makes_rows=True,
)
MOVED = Crossing(old={"phone": ""}, new={"phone": ""}, lossy=True, source="t", to="u", on={"u_id": "id"})
BOTH_MOVED = Crossing(
    old={"phone": "", "town": ""}, new={"phone": "", "town": ""}, lossy=True, source="t", to="u", on={"u_id": "id"}
)
BOTH_MOVE = (
    "CREATE TABLE u (id integer PRIMARY KEY, phone {text}, town {text})",
    "CREATE TABLE t (id integer PRIMARY KEY, u_id integer UNIQUE, phone {text}, town {text})",
)
EXTRACTION = (
    "CREATE TABLE t (id integer PRIMARY KEY, street {text}, town {text}, amount {text})",
    "CREATE TABLE u (t_id integer PRIMARY KEY, street {text}, city {text}, FOREIGN KEY (t_id) REFERENCES t (id))",
)
MOVE = (
    "CREATE TABLE u (id integer PRIMARY KEY, phone {text})",
    "CREATE TABLE t (id integer PRIMARY KEY, u_id integer UNIQUE, phone {text})",
)


@pytest.fixture
def shop(words: Words, request: pytest.FixtureRequest) -> Iterator[Shop]:
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        if words.server == "sqlite":
            shop.run("PRAGMA foreign_keys = ON")
        yield shop


def start(shop: Shop, tables: tuple[str, ...], pair: Crossing, *before: str) -> None:
    for sql in (*tables, *before):
        shop.run(shop.written(sql))
    shop.table("", pair)


def both(shop: Shop) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What either version reads, the key first; both are in step, too."""
    assert shop.differing() == ()
    return shop.rows("SELECT id, street, town FROM t ORDER BY id"), shop.rows("SELECT * FROM u ORDER BY t_id")


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_an_extracted_row_says_what_its_columns_say_whichever_is_written(shop):
    """Hazards 3, 5, 11."""
    start(shop, EXTRACTION, EXTRACTED)

    shop.run("INSERT INTO t (id, street, town) VALUES (1, 'A', 'Rome'), (2, NULL, '-')")
    assert both(shop) == ([(1, "A", "Rome"), (2, None, "-")], [(1, "A", "Rome")])
    shop.run("INSERT INTO t (id, amount) VALUES (3, 'x')")
    shop.run("INSERT INTO u VALUES (3, 'C', NULL)")
    assert both(shop)[0][2] == (3, "C", "-")
    shop.run("UPDATE t SET street = 'b' WHERE id < 3")
    assert both(shop)[1][:2] == [(1, "b", "Rome"), (2, "b", "-")]
    shop.run("UPDATE u SET city = 'Oslo', street = NULL WHERE t_id < 3")
    assert both(shop)[0][:2] == [(1, None, "Oslo"), (2, None, "Oslo")]
    shop.run("UPDATE t SET street = NULL, town = '-' WHERE id = 1")
    assert both(shop)[1][0] == (1, None, "-")
    shop.run("DELETE FROM u WHERE t_id = 2")
    assert both(shop)[0][1] == (2, None, "-")
    shop.run("DELETE FROM t WHERE id IN (1, 2)")
    assert both(shop) == ([(3, "C", "-")], [(3, "C", None)])
    assert shop.marks("kept") == []


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_an_upsert_that_finds_its_row_writes_what_it_was_given_and_nothing_of_the_partners(shop):
    """Hazards 5, 11: of either version, also NULL, and what readers of the old one get instead."""
    start(shop, EXTRACTION, EXTRACTED)
    shop.run("INSERT INTO t (id, street, town) VALUES (1, 'A', 'Rome'), (2, 'B', 'Oslo')")

    shop.run(_upsert(shop, "t", "id", street=None, town="'-'"))
    shop.run(_upsert(shop, "t", "id", amount="'x'", street="'a'"))
    assert both(shop)[0] == [(1, "a", "-"), (2, "B", "Oslo")]
    shop.run(_upsert(shop, "u", "t_id", street=None, city="'Bonn'"))
    assert both(shop)[0] == [(1, None, "Bonn"), (2, "B", "Oslo")]


def _upsert(shop: Shop, table: str, key: str, **values: str | None) -> str:
    """What writes all of these values to row 1, whether it is there or not."""
    update = ("ON DUPLICATE KEY UPDATE", "VALUES({0})")
    if shop.words.server != "mariadb":
        update = (f"ON CONFLICT ({key}) DO UPDATE SET", "excluded.{0}")
    sets = ", ".join(f"{name} = {update[1].format(name)}" for name in values)
    given = ", ".join(value or "NULL" for value in values.values())
    return f"INSERT INTO {table} ({key}, {', '.join(values)}) VALUES (1, {given}) {update[0]} {sets}"


@pytest.mark.parametrize("words", [shops.SQLITE, shops.SQLITE_RECURSIVE, shops.MARIADB], ids=str)
def test_what_replace_leaves_out_is_gone_from_both_sides_and_stays_where_triggers_are_not_told(shop, words):
    """Hazard 11: without recursive_triggers SQLite deletes a replaced row unseen; so says operations/README.md."""
    start(shop, EXTRACTION, EXTRACTED)
    shop.run("INSERT INTO t (id, street, town) VALUES (1, 'A', 'Rome'), (2, 'B', 'Oslo')")

    shop.run("REPLACE INTO t (id, amount) VALUES (1, 'x')")
    shop.run("REPLACE INTO u (t_id, street) VALUES (2, 'C')")
    gone = ([(1, None, "-"), (2, "C", "-")], [(2, "C", None)])
    kept = ([(1, "A", "Rome"), (2, "C", "Oslo")], [(1, "A", "Rome"), (2, "C", "Oslo")])
    assert both(shop) == (kept if words is shops.SQLITE else gone)


REFERENCES = ", FOREIGN KEY (t_id) REFERENCES t (id)"
ALONG = [
    pytest.param(words, key, id=f"{words}-{number}")
    for words in ENGINES
    for number, key in enumerate(("", REFERENCES, f"{REFERENCES} ON DELETE CASCADE ON UPDATE CASCADE"))
    if words is not shops.MARIADB or key != REFERENCES  # it asks such a key before any trigger
]


@pytest.mark.parametrize(("words", "key"), ALONG)
def test_an_extracted_row_goes_along_with_the_key_of_its_partner_and_takes_nothing_back(shop, key):
    """Hazards 13, 19: whatever its foreign key says."""
    start(shop, (EXTRACTION[0], EXTRACTION[1].replace(REFERENCES, key)), EXTRACTED)
    shop.run("INSERT INTO t (id, street, town) VALUES (2, 'B', 'Oslo'), (1, 'A', 'Rome'), (3, NULL, '-')")

    shop.run("UPDATE t SET id = id + 1, street = 'b', town = '-' WHERE id = 3")
    shop.run("UPDATE t SET id = 3, street = NULL, town = 'Bonn' WHERE id = 2")
    shop.run("UPDATE t SET id = 2 WHERE id = 1")
    assert both(shop)[0] == [(2, "A", "Rome"), (3, None, "Bonn"), (4, "b", "-")]
    shop.run("DELETE FROM t WHERE id > 2")
    assert both(shop) == ([(2, "A", "Rome")], [(2, "A", "Rome")])
    assert shop.marks("kept") == []


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_rows_that_were_there_are_filled_once_and_what_was_taken_away_stays_away(shop):
    """Hazards 1, 19, 22."""
    rows = "INSERT INTO t (id, street, town) VALUES (1, 'A', 'Rome'), (2, 'B', '-'), (3, NULL, '-'), (4, 'D', 'Bonn')"
    start(shop, EXTRACTION, EXTRACTED, rows)
    shop.run("UPDATE t SET amount = 'y'")
    shop.run("UPDATE t SET street = 'a' WHERE id = 1")
    assert shop.facts()["differing"] == 2

    assert (shop.fill(limit=2).rows, shop.fill().rows) == (2, 0)
    assert both(shop)[1] == [(1, "a", "Rome"), (2, "B", "-"), (4, "D", "Bonn")]
    shop.run("DELETE FROM u WHERE t_id = 4")
    assert shop.fill().rows == 0
    assert both(shop)[0][3] == (4, None, "-")
    assert set(shop.facts().values()) == {0}


@pytest.mark.parametrize("words", [shops.MARIADB], ids=str)
def test_what_is_invisible_is_moved_like_the_rest(shop):
    there, here = MOVE
    hidden = "u_id integer INVISIBLE UNIQUE, phone {text} INVISIBLE)"
    here = here.replace("u_id integer UNIQUE, phone {text})", hidden)
    rows = "INSERT INTO t (id, u_id, phone) VALUES (1, 1, '11'), (2, 2, '22'), (3, 3, '33')"
    start(shop, (there, here), MOVED, "INSERT INTO u (id) VALUES (1), (2), (3)", rows)

    assert shop.fill().rows == 3
    assert (shop.rows("SELECT * FROM u ORDER BY id"), shop.differing()) == ([(1, "11"), (2, "22"), (3, "33")], ())


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_a_moved_value_goes_where_its_row_goes_and_without_one_it_stays_and_is_counted(shop):
    """Hazards 1, 19, 25."""
    start(
        shop, MOVE, MOVED, "INSERT INTO u (id) VALUES (1), (2), (3)", "INSERT INTO t VALUES (1, 1, '11'), (9, 9, '99')"
    )

    def read() -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        assert shop.differing() == ()
        return shop.rows("SELECT id, phone FROM t ORDER BY id"), shop.rows("SELECT id, phone FROM u ORDER BY id")

    assert (shop.fill().rows, shop.facts()["set_aside"]) == (1, 1)
    assert read() == ([(1, "11"), (9, "99")], [(1, "11"), (2, None), (3, None)])
    shop.run("INSERT INTO u (id) VALUES (9)")
    assert (read()[1][3], shop.facts()["set_aside"]) == ((9, "99"), 0)
    shop.run("UPDATE t SET u_id = 2 WHERE id = 1")
    assert read()[1][:2] == [(1, None), (2, "11")]
    shop.run("UPDATE u SET phone = '33' WHERE id = 3")
    shop.run("UPDATE t SET u_id = 3 WHERE id = 1")
    assert read() == ([(1, "33"), (9, "99")], [(1, None), (2, "11"), (3, "33"), (9, "99")])
    shop.run("INSERT INTO t (id, u_id) VALUES (5, 2)")
    assert read()[0][1] == (5, "11")
    shop.run("DELETE FROM t WHERE id = 5")
    shop.run("DELETE FROM u WHERE id = 9")
    assert read() == ([(1, "33"), (9, None)], [(1, None), (2, None), (3, "33")])


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_who_writes_one_moved_column_loses_no_other_that_is_not_filled_yet(shop):
    """Hazards 1, 5."""
    rows = "INSERT INTO t VALUES (1, 1, '11', 'Rome'), (2, 2, '22', 'Oslo'), (4, 4, '44', 'Bonn'), (5, 5, '55', 'Ulm')"
    start(shop, BOTH_MOVE, BOTH_MOVED, "INSERT INTO u (id) VALUES (1), (2), (3)", rows)
    shop.run("UPDATE u SET town = 'Kiel' WHERE id = 1")
    shop.run("INSERT INTO u (id, phone) VALUES (4, '4')")
    shop.run("UPDATE u SET id = 5 WHERE id = 3")
    shop.run("INSERT INTO u (id, phone) VALUES (6, '66')")
    shop.run("INSERT INTO t (id, u_id, town) VALUES (6, 6, 'Bari')")
    assert shop.rows("SELECT id, phone, town FROM t ORDER BY id") == [
        *((1, "11", "Kiel"), (2, "22", "Oslo"), (4, "4", "Bonn"), (5, "55", "Ulm"), (6, "66", "Bari"))
    ]

    assert shop.fill().rows == 3
    assert shop.rows("SELECT * FROM u ORDER BY id") == shop.rows("SELECT id, phone, town FROM t ORDER BY id")
    assert shop.differing() == ()


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_what_was_written_behind_the_triggers_back_is_named_and_repaired_from_either_side(shop):
    start(shop, EXTRACTION, EXTRACTED)
    shop.run("INSERT INTO t (id, street, town) VALUES (1, 'A', 'Rome'), (2, 'B', 'Oslo'), (3, 'C', 'Bonn')")
    shop.stop()
    shop.run("UPDATE u SET street = 'x' WHERE t_id < 3")
    shop.run("DELETE FROM u WHERE t_id = 3")
    with shop.engine.begin() as connection:
        assert comparison.only_in_new(shop.database, connection, shop.sync) == ((1,), (2,))
    assert shop.differing() == ((1,), (2,), (3,))

    shop.repair("old", (1,), (3,))
    shop.repair("new", (2,))
    assert both(shop) == ([(1, "A", "Rome"), (2, "x", "Oslo"), (3, "C", "Bonn")],) * 2


@pytest.mark.parametrize("moved", [False, True], ids=["extracted", "moved"])
@pytest.mark.parametrize("words", SERVERS, ids=str)
def test_a_thousand_writes_on_both_tables_at_once_leave_every_row_in_step(shop, moved):
    """Hazards 19, 21, 28: while the rows that were there are filled. Whoever meets a deadlock writes again."""
    if moved:
        start(shop, MOVE_OF_A_REFERENCE, MOVED, _many("u (id)", "({n})"), _many("t", "({n}, {n}, 'A{n}')"))
    else:
        start(shop, EXTRACTION, EXTRACTED, _many("t (id, street, town)", "({n}, 'A{n}', 'Rome')"))
    errors: list[str] = []
    statements = MOVING if moved else EXTRACTING
    writers = [threading.Thread(target=_write, args=(shop, statements, seed, errors)) for seed in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        _patiently(shop, lambda: shop.fill(limit=7))
        time.sleep(0.02)
    _patiently(shop, shop.fill)

    assert errors == []
    assert shop.differing() == ()
    assert shop.facts()["differing"] == 0
    assert len(shop.rows("SELECT * FROM t")) > ROWS / 4
    assert shop.marks("kept") == []
    orphans = "SELECT count(*) FROM u WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.id = u.t_id)"
    assert moved or shop.rows(orphans) == [(0,)]


ROWS = 40
MOVE_OF_A_REFERENCE = (MOVE[0], MOVE[1].replace(", phone", " REFERENCES u (id), phone"))
EXTRACTING = (
    "UPDATE t SET street = '{s}' WHERE id = {n}",
    "UPDATE u SET street = '{s}' WHERE t_id = {n}",
    "UPDATE u SET city = '{s}' WHERE t_id = {n}",
    "UPDATE t SET street = NULL, town = '-' WHERE id = {n}",
    "INSERT INTO u VALUES ({n}, '{s}', '{s}')",
    "DELETE FROM u WHERE t_id = {n}",
    "DELETE FROM t WHERE id = {n}",
    "INSERT INTO t (id, street, town) VALUES ({n}, '{s}', '{s}')",
    "INSERT INTO t (id, amount, town) VALUES ({n}, '{s}', '-')",
)
MOVING = (
    "UPDATE t SET phone = '{s}' WHERE id = {n}",
    "UPDATE u SET phone = '{s}' WHERE id = {n}",
    "UPDATE u SET phone = NULL WHERE id = {n}",
    "UPDATE t SET u_id = NULL WHERE id = {n}",
    "UPDATE t SET u_id = {m} WHERE id = {n}",
    "DELETE FROM t WHERE id = {n}",
    "INSERT INTO t VALUES ({n}, {m}, '{s}')",
    "INSERT INTO t (id, u_id) VALUES ({n}, {m})",
)


def _many(into: str, row: str) -> str:
    return f"INSERT INTO {into} VALUES {', '.join(row.replace('{n}', str(n)) for n in range(1, ROWS + 1))}"


def _write(shop: Shop, statements: tuple[str, ...], seed: int, errors: list[str]) -> None:
    app, dice = shop.connect(), random.Random(seed)
    for turn in range(250):
        n, m = dice.randint(1, ROWS), dice.randint(1, ROWS)
        sql = dice.choice(statements).format(n=n, m=m, s=f"{seed}-{turn}")
        try:
            shop.run(sql, app=app)
        except Exception as error:  # noqa: BLE001 - whatever it is must be one of two sorts
            if not (isinstance(error, REFUSED) or shop.database.busy(error)):
                errors.append(f"{sql}: {error!r}")
    app.close()


REFUSED = (psycopg.errors.IntegrityError, pymysql.err.IntegrityError)
"""A key that is there already, or a partner that is not."""


def _patiently(shop: Shop, work: Callable[[], object]) -> None:
    """As `migrate` does: again, where somebody else holds a lock."""
    while True:
        try:
            work()
        except DBAPIError as error:
            if not shop.database.busy(error):
                raise
        else:
            return

"""Do rows that share one of another table stay in step with it, and is none of their values overwritten unasked?"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.event import listen, remove

from contractctl.operations.pairs import Crossing
from tests.databases import shops
from tests.databases.shops import Shop, Words
from tests.databases.test_across import _patiently, start

ENGINES = (shops.SQLITE, shops.SQLITE_RECURSIVE, shops.POSTGRESQL, shops.MARIADB)
SERVERS = (shops.POSTGRESQL, shops.MARIADB)
SHARED = Crossing(
    old={"city": "", "zone": ""},
    new={"city": "", "area": ""},
    lossy=True,
    source="t",
    to="u",
    on={"u_id": "id"},
    absent={"zone": "'-'"},
    shared=True,
)
EXTRACTED = replace(SHARED, makes_rows=True)
TABLES = (
    "CREATE TABLE u (id integer PRIMARY KEY, city {text}, area {text})",
    "CREATE TABLE t (id integer PRIMARY KEY, u_id integer, city {text}, zone {text})",
    "CREATE INDEX t_u ON t (u_id)",
)


@pytest.fixture
def shop(words: Words, request: pytest.FixtureRequest) -> Iterator[Shop]:
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        yield shop


def read(shop: Shop) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    assert shop.marks("kept") == []
    return shop.rows("SELECT id, city, zone FROM t ORDER BY id"), shop.rows("SELECT * FROM u ORDER BY id")


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_a_shared_row_writes_all_that_share_it_and_one_of_them_writes_itself_and_the_shared_one(shop):
    """Hazards 3, 4, 5: what others hold is overwritten by nobody who has not written it."""
    start(shop, TABLES, SHARED, "INSERT INTO u (id) VALUES (1), (2)")
    shop.run("INSERT INTO t VALUES (1, 1, 'Rome', 'S'), (2, 1, 'Rome', 'S')")
    shop.run("INSERT INTO t (id, u_id) VALUES (3, 1), (4, 2)")
    assert read(shop) == (
        [(1, "Rome", "S"), (2, "Rome", "S"), (3, "Rome", "S"), (4, None, "-")],
        [(1, "Rome", "S"), (2, None, None)],
    )
    shop.run("UPDATE u SET city = 'Oslo' WHERE id = 1")
    shop.run("UPDATE u SET city = 'Bonn', area = 'B' WHERE id = 2")
    assert read(shop)[0] == [(1, "Oslo", "S"), (2, "Oslo", "S"), (3, "Oslo", "S"), (4, "Bonn", "B")]
    shop.run("UPDATE t SET city = 'Ulm' WHERE u_id = 1")
    assert read(shop)[1] == [(1, "Ulm", "S"), (2, "Bonn", "B")]
    assert set(shop.facts().values()) == {0}
    shop.run("UPDATE t SET city = 'Kiel', zone = NULL WHERE id = 2")
    assert read(shop) == (
        [(1, "Ulm", "S"), (2, "Kiel", "-"), (3, "Ulm", "S"), (4, "Bonn", "B")],
        [(1, "Kiel", "-"), (2, "Bonn", "B")],
    )
    assert (shop.differing(), shop.facts()["conflicts"]) == (((1,), (3,)), 4)
    shop.run("UPDATE u SET city = 'Ulm', area = NULL WHERE id = 1")
    assert read(shop)[0][:3] == [(1, "Ulm", "-"), (2, "Ulm", "-"), (3, "Ulm", "-")]
    shop.run("DELETE FROM t WHERE u_id = 1")
    shop.run("DELETE FROM u WHERE id = 2")
    assert read(shop) == ([(4, "Bonn", "B")], [(1, "Ulm", None)])
    assert (shop.facts()["set_aside"], shop.facts()["differing"]) == (1, 0)


@pytest.mark.parametrize("words", SERVERS, ids=str)
def test_rows_that_follow_a_shared_one_to_its_new_key_keep_what_they_disagree_on(shop):
    """Hazards 13, 19: a foreign key writes them, and no application."""
    references = "u_id integer REFERENCES u (id) ON UPDATE CASCADE"
    rows = "INSERT INTO t VALUES (1, 1, 'Rome', 'S'), (2, 1, 'Oslo', 'S'), (3, 1, NULL, 'N')"
    tables = (TABLES[0], TABLES[1].replace("u_id integer", references), TABLES[2])
    start(shop, tables, SHARED, "INSERT INTO u VALUES (1, 'Rome', 'S'), (9, 'Bonn', 'B')", rows)

    shop.run("UPDATE u SET id = 5 WHERE id = 1")
    assert read(shop)[1] == [(5, "Rome", "S"), (9, "Bonn", "B")]
    assert read(shop)[0] == [(1, "Rome", "S"), (2, "Oslo", "S"), (3, None, "N")]
    shop.run("UPDATE u SET id = 6, city = 'Ulm' WHERE id = 5")
    assert read(shop)[0] == [(1, "Ulm", "S"), (2, "Ulm", "S"), (3, "Ulm", "N")]
    shop.run("UPDATE t SET u_id = 9 WHERE id = 3")
    assert read(shop)[0][2] == (3, "Bonn", "B")


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_a_row_that_goes_over_to_another_shared_one_heeds_it_and_leaves_the_former_as_it_is(shop):
    """Hazards 11, 19."""
    start(shop, TABLES, SHARED, "INSERT INTO u (id) VALUES (1), (2), (3)")
    shop.run("INSERT INTO t VALUES (1, 1, 'Rome', 'S'), (2, 2, 'Oslo', '-')")

    shop.run("UPDATE t SET u_id = 2 WHERE id = 1")
    assert read(shop) == ([(1, "Oslo", "S"), (2, "Oslo", "-")], [(1, "Rome", "S"), (2, "Oslo", "S"), (3, None, None)])
    assert shop.differing() == ((2,),)
    shop.run("UPDATE t SET u_id = 3, city = 'Bonn' WHERE id = 1")
    assert read(shop)[1][1:] == [(2, "Oslo", "S"), (3, "Bonn", "S")]
    shop.run("UPDATE t SET zone = 'S' WHERE id = 2")
    shop.run("UPDATE t SET u_id = 9 WHERE id = 1")
    shop.run("INSERT INTO u (id) VALUES (9)")
    shop.run("INSERT INTO u (id, area) VALUES (8, 'N')")
    assert read(shop)[1][3:] == [(8, None, "N"), (9, "Bonn", "S")]
    assert set(shop.facts().values()) == {0}


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_rows_that_were_there_fill_the_shared_one_where_they_agree_and_are_in_conflict_where_they_do_not(shop):
    """Hazards 1, 4, 19, 22: nobody guesses which of them is right."""
    rows = "INSERT INTO t VALUES (1, 1, 'Rome', 'S'), (2, 1, 'Rome', 'N'), (3, 2, 'Oslo', '-'), (4, 2, 'Oslo', '-')"
    more = "INSERT INTO t VALUES (5, 3, 'A', '-'), (6, 3, NULL, '-'), (7, 7, 'X', '-')"
    start(shop, TABLES, SHARED, "INSERT INTO u (id) VALUES (1), (2), (3)", rows, more)
    shop.run("UPDATE u SET area = 'E' WHERE id = 2")
    assert read(shop)[0][2:4] == [(3, "Oslo", "E"), (4, "Oslo", "E")]

    assert (shop.fill(limit=2).rows, shop.fill().rows) == (2, 0)
    assert read(shop)[1] == [(1, "Rome", None), (2, "Oslo", "E"), (3, None, None)]
    facts = shop.facts()
    assert (shop.differing(), facts["remaining"], facts["conflicts"], facts["set_aside"]) == (
        ((1,), (2,), (5,)),
        0,
        3,
        1,
    )
    assert shop.repair("old", (1,), (5,)) == shop.repair("new", (5,)) == 0
    shop.run("UPDATE u SET city = 'A' WHERE id = 3")
    shop.run("UPDATE t SET zone = 'S' WHERE id = 2")
    assert read(shop)[0] == [
        *((1, "Rome", "S"), (2, "Rome", "S"), (3, "Oslo", "E"), (4, "Oslo", "E")),
        *((5, "A", "-"), (6, "A", "-"), (7, "X", "-")),
    ]
    assert shop.differing() == ()


@pytest.mark.parametrize("crossing", [SHARED, EXTRACTED], ids=["moved", "extracted"])
@pytest.mark.parametrize("words", [shops.SQLITE], ids=str)
def test_rows_that_do_not_agree_cost_twice_as_much_where_there_are_twice_as_many(shop, crossing):
    """Hazard 24: nobody looks at all of them again with every batch."""
    start(shop, TABLES, crossing, *(["INSERT INTO u (id) VALUES (1)"] if crossing is SHARED else []))
    shop.stop()
    effort = []
    for rows in (300, 600):
        shop.run("DELETE FROM t")
        same = ", ".join(f"({n}, 1, 'Rome', '-')" for n in range(1, rows))
        shop.run(f"INSERT INTO t VALUES {same}, ({rows}, 1, 'Oslo', '-')")
        effort.append(_steps(shop, lambda: shop.fill(limit=10)))

    assert read(shop)[1] == ([(1, None, None)] if crossing is SHARED else [])
    assert effort[1] < 3 * effort[0]


def _steps(shop: Shop, work: Callable[[], object]) -> int:
    """How much SQLite has done for it, in hundreds of its machine's instructions."""
    done = 0

    def count() -> int:
        nonlocal done
        done += 1
        return 0

    def listening(connection: Any, *_: object) -> None:
        connection.set_progress_handler(count, 100)

    listen(shop.engine, "checkout", listening)
    try:
        work()
    finally:
        remove(shop.engine, "checkout", listening)
    return done


@pytest.mark.parametrize("words", [shops.SQLITE, shops.MARIADB], ids=str)
def test_a_row_shares_what_its_collation_takes_for_the_same_key(shop):
    """Hazard 14: however each of them writes it."""
    kind = "VARCHAR(20) COLLATE utf8mb4_general_ci" if shop.words is shops.MARIADB else "TEXT COLLATE NOCASE"
    tables = [table.replace("id integer PRIMARY KEY, city", f"id {kind} PRIMARY KEY, city") for table in TABLES]
    start(shop, tuple(table.replace("u_id integer", f"u_id {kind}") for table in tables), EXTRACTED)

    shop.run("INSERT INTO t VALUES (1, 'Ann', 'Rome', '-'), (2, 'ANN', 'Rome', '-'), (3, 'ann', 'Oslo', 'S')")
    shop.run("UPDATE t SET city = 'Bonn' WHERE id = 2")
    assert read(shop) == ([(1, "Rome", "-"), (2, "Bonn", "-"), (3, "Oslo", "S")], [("Ann", "Bonn", "S")])
    shop.run("UPDATE u SET city = 'Ulm', area = NULL WHERE id = 'aNN'")
    assert read(shop)[0] == [(1, "Ulm", "-"), (2, "Ulm", "-"), (3, "Ulm", "-")]


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_what_was_written_behind_the_triggers_back_is_repaired_from_either_side(shop):
    start(shop, TABLES, SHARED, "INSERT INTO u (id) VALUES (1), (2)")
    shop.run("INSERT INTO t VALUES (1, 1, 'A', '-'), (2, 1, 'A', '-'), (3, 2, 'B', '-'), (4, 2, 'B', '-')")
    shop.stop()
    shop.run("UPDATE u SET city = 'x'")

    assert shop.repair("old", (1,)) == 1
    assert shop.repair("new", (3,), (4,)) == 2
    assert read(shop)[0] == [(1, "A", "-"), (2, "A", "-"), (3, "x", "-"), (4, "x", "-")]
    assert shop.differing() == ()


@pytest.mark.parametrize("words", SERVERS, ids=str)
def test_hundreds_of_writes_of_whole_groups_on_both_tables_at_once_leave_every_row_in_step(shop):
    """Hazards 19, 21, 28: while the rows that were there are filled. Whoever meets a deadlock writes again."""
    start(shop, TABLES, SHARED, *_many())
    writers = [_Writer(shop, seed) for seed in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        _patiently(shop, lambda: shop.fill(limit=7))
        time.sleep(0.02)
    _patiently(shop, shop.fill)

    assert [error for writer in writers for error in writer.errors] == []
    assert set(shop.facts().values()) == {0}
    shared, sharing = read(shop)[1], shop.rows("SELECT DISTINCT u_id, city, zone FROM t ORDER BY u_id")
    assert sharing == shared
    for n, *values in shared:
        for name, value in zip(("city", "zone"), values, strict=True):
            assert value in {writer.last.get((n, name)) for writer in writers} | {f"{n}"}
    assert sum(len(writer.last) for writer in writers) > GROUPS


GROUPS = 8
WHOLE = (
    ("UPDATE u SET city = '{s}' WHERE id = {n}", "city"),
    ("UPDATE u SET area = '{s}' WHERE id = {n}", "zone"),
    ("UPDATE t SET city = '{s}' WHERE u_id = {n}", "city"),
    ("UPDATE t SET city = '{s}', zone = '{s}' WHERE u_id = {n}", "city zone"),
)


def _many() -> Iterator[str]:
    yield f"INSERT INTO u (id) VALUES {', '.join(f'({n})' for n in range(GROUPS))}"
    rows = [f"({row}, {n}, '{n}', '{n}')" for row in range(3 * GROUPS) for n in [row % GROUPS]]
    yield f"INSERT INTO t VALUES {', '.join(rows)}"


def _hurried(shop: Shop) -> Any:
    """An application's connection on which a deadlock is found at once."""
    app = shop.connect()
    if shop.words is shops.POSTGRESQL:
        shop.run("SET deadlock_timeout = '5ms'", app=app)
    return app


class _Writer(threading.Thread):
    """An application that writes all rows that share one, or the shared one, and remembers what it wrote last."""

    def __init__(self, shop: Shop, seed: int) -> None:
        super().__init__()
        self._shop, self._dice = shop, random.Random(seed)
        self.last: dict[tuple[int, str], str] = {}
        self.errors: list[str] = []

    def run(self) -> None:
        app = _hurried(self._shop)
        for turn in range(100):
            n, (sql, names), said = self._dice.randrange(GROUPS), self._dice.choice(WHOLE), f"{self.name} {turn}"
            try:
                self._shop.run(sql.format(n=n, s=said), app=app)
                self.last |= {(n, name): said for name in names.split()}
            except Exception as error:  # noqa: BLE001 - whatever it is must be a deadlock
                self.errors += [] if self._shop.database.busy(error) else [f"{sql}: {error!r}"]
        app.close()


@pytest.mark.parametrize("extracted", [False, True], ids=["moved", "extracted"])
@pytest.mark.parametrize("words", SERVERS, ids=str)
def test_what_several_wrote_at_once_each_in_rows_of_its_own_reads_as_their_logs_say(shop, extracted):
    """Hazards 1, 4, 19: replayed one by one."""
    if extracted:
        start(shop, TABLES, EXTRACTED)
    else:
        start(shop, TABLES, SHARED, f"INSERT INTO u (id) VALUES {', '.join(f'({n})' for n in range(40))}")
    apps = [_Application(shop, seed, extracted=extracted) for seed in range(4)]
    for app in apps:
        app.start()
    while any(app.is_alive() for app in apps):
        _patiently(shop, shop.fill)
        time.sleep(0.02)

    assert [error for app in apps for error in app.errors] == []
    shared, rows = {}, {}
    for app in apps:
        shared |= app.shared
        rows |= app.rows
    assert dict(shop.rows("SELECT id, city FROM u")) == {n: city for n, city in shared.items() if city or not extracted}
    assert {row: (n, city) for row, n, city in shop.rows("SELECT id, u_id, city FROM t")} == rows
    apart = sorted((row,) for row, (n, city) in rows.items() if city != shared[n])
    assert (sorted(shop.differing()), shop.facts()["conflicts"]) == (apart, len(apart))
    assert read(shop)


class _Application(threading.Thread):
    """Writes ten shared rows of its own and what shares them, and keeps beside what each must hold then."""

    def __init__(self, shop: Shop, seed: int, *, extracted: bool) -> None:
        super().__init__()
        self._extracted = extracted
        self._shop, self._dice, self._own = shop, random.Random(seed), range(10 * seed, 10 * seed + 10)
        self.shared: dict[int, str | None] = dict.fromkeys(self._own)
        self.rows: dict[int, tuple[int, str | None]] = {}
        self.errors: list[str] = []

    def run(self) -> None:
        app = self._shop.connect()
        deeds = (self._insert, self._insert, self._leave_out, self._update, self._share, self._move, self._remove)
        for turn in range(100):
            n, row = self._dice.choice(self._own), self._dice.choice([*self.rows, -1])
            deed = self._dice.choice(deeds) if row >= 0 else self._insert
            sql = deed(n, row, 1000 * self._own.start + turn)
            while True:
                try:
                    self._shop.run(sql, app=app)
                    break
                except Exception as error:  # noqa: BLE001 - whatever it is must be a deadlock
                    if not self._shop.database.busy(error):
                        self.errors.append(f"{sql}: {error!r}")
                        break
        app.close()

    def _insert(self, n: int, _row: int, turn: int) -> str:
        self.rows[turn], self.shared[n] = (n, f"{turn}"), f"{turn}"
        return f"INSERT INTO t (id, u_id, city) VALUES ({turn}, {n}, '{turn}')"

    def _leave_out(self, n: int, _row: int, turn: int) -> str:
        self.rows[turn] = n, self.shared[n]
        return f"INSERT INTO t (id, u_id) VALUES ({turn}, {n})"

    def _update(self, _n: int, row: int, turn: int) -> str:
        n, _ = self.rows[row]
        self.rows[row], self.shared[n] = (n, f"{turn}"), f"{turn}"
        return f"UPDATE t SET city = '{turn}' WHERE id = {row}"

    def _share(self, n: int, _row: int, turn: int) -> str:
        if self.shared[n] is not None or not self._extracted:  # else it is not there yet
            self.shared[n] = f"{turn}"
            self.rows |= {row: (of, f"{turn}") for row, (of, _) in self.rows.items() if of == n}
        return f"UPDATE u SET city = '{turn}' WHERE id = {n}"

    def _move(self, n: int, row: int, _turn: int) -> str:
        of, city = self.rows[row]
        said = city if of == n or self.shared[n] is None else self.shared[n]
        self.rows[row] = n, said
        self.shared[n] = self.shared[n] if of == n else said
        return f"UPDATE t SET u_id = {n} WHERE id = {row}"

    def _remove(self, _n: int, row: int, _turn: int) -> str:
        del self.rows[row]
        return f"DELETE FROM t WHERE id = {row}"


@pytest.mark.parametrize("words", ENGINES, ids=str)
def test_a_new_tables_row_comes_with_the_first_that_shares_it_holds_what_all_agree_on_and_stays(shop):
    """Hazards 1, 4, 19, 22."""
    rows = (
        "INSERT INTO t VALUES (1, 1, 'A', 'S'), (2, 1, 'A', 'N'), (3, 2, 'B', '-'), (4, 2, 'B', '-'), (5, 3, 'C', '-')"
    )
    start(shop, TABLES, EXTRACTED, rows, "INSERT INTO t VALUES (6, 4, 'D', '-'), (7, 4, 'E', '-'), (8, 5, NULL, '-')")
    shop.run("UPDATE t SET zone = 'W' WHERE id = 5")
    assert read(shop)[1] == [(3, "C", "W")]

    assert [shop.fill(limit=3).rows, shop.fill().rows] == [2, 0]
    assert read(shop)[1] == [(1, "A", None), (2, "B", None), (3, "C", "W")]
    facts = shop.facts()
    assert (shop.differing(), facts["conflicts"], facts["remaining"]) == (((1,), (2,), (6,), (7,)), 4, 0)
    shop.run("INSERT INTO u (id, city, area) VALUES (4, 'F', 'Y'), (6, 'G', NULL)")
    shop.run("UPDATE t SET zone = 'S' WHERE u_id = 1")
    shop.run("INSERT INTO t (id, u_id, city) VALUES (9, 7, 'H')")
    shop.run("UPDATE t SET city = 'I' WHERE id = 8")
    shop.run("INSERT INTO t (id, u_id) VALUES (10, 6), (11, 8)")
    shop.run("UPDATE t SET u_id = 9 WHERE id = 9")
    shop.run("DELETE FROM t WHERE u_id = 2")
    assert read(shop) == (
        [
            *((1, "A", "S"), (2, "A", "S"), (5, "C", "W"), (6, "F", "Y"), (7, "F", "Y")),
            *((8, "I", "-"), (9, "H", "-"), (10, "G", "-"), (11, None, "-")),
        ],
        [
            *((1, "A", "S"), (2, "B", None), (3, "C", "W"), (4, "F", "Y"), (5, "I", None), (6, "G", None)),
            *((7, "H", None), (9, "H", None)),
        ],
    )
    assert set(shop.facts().values()) == {0}

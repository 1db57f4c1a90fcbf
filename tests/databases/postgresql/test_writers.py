"""Is everything there that writers of both versions were told is written, whatever runs beside them?

Each writer keeps a log of what was committed. Every row counts its writes, so that the logs of all writers can be put
in order and replayed: the table must hold what the replay comes to.
"""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from tests.databases.shops import Shop

ROWS = 600
AGAIN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable)


@dataclass
class Writer:
    """One version of an application."""

    shop: Shop
    side: str
    number: int
    log: list[tuple[int, int, str, str]] = field(default_factory=list)
    """Row, which of its writes it was, side, value."""
    born: dict[int, tuple[str, str]] = field(default_factory=dict)

    def work(self, stop: threading.Event) -> None:
        chance, app = random.Random(self.number), self.shop.connect()
        while not stop.is_set():
            try:
                chance.choice((self.update, self.update, self.several, self.upsert, self.come_and_go))(app, chance)
            except AGAIN:
                app.rollback()
            time.sleep(0.001)
        app.close()

    def value(self, chance: random.Random) -> str:
        return f"{self.side} {self.number} {chance.random()}"

    def update(self, app: Any, chance: random.Random) -> None:
        key, value = chance.randint(1, ROWS), self.value(chance)
        written = self.shop.rows(
            f"UPDATE t SET {self.side} = ?, n = n + 1 WHERE id = ? RETURNING n", value, key, app=app
        )
        self.log += [(key, n, self.side, value) for (n,) in written]

    def several(self, app: Any, chance: random.Random) -> None:
        """Some rows in one transaction, which is taken back now and then."""
        keys, value, made = chance.sample(range(1, ROWS + 1), 5), self.value(chance), []
        with app.transaction(force_rollback=chance.random() < 0.3) as transaction:
            for key in keys:
                query = f"UPDATE t SET {self.side} = ?, n = n + 1 WHERE id = ? RETURNING n"
                made += [(key, n, self.side, value) for (n,) in self.shop.rows(query, value, key, app=app)]
        if not transaction.force_rollback:
            self.log += made

    def upsert(self, app: Any, chance: random.Random) -> None:
        key, value = chance.randint(1, ROWS), self.value(chance)
        query = (
            f"INSERT INTO t (id, {self.side}, n) VALUES (?, ?, 0)"
            f" ON CONFLICT (id) DO UPDATE SET {self.side} = excluded.{self.side}, n = t.n + 1 RETURNING n"
        )
        self.log += [(key, n, self.side, value) for (n,) in self.shop.rows(query, key, value, app=app)]

    def come_and_go(self, app: Any, chance: random.Random) -> None:
        """Rows of this writer's own, before and behind where the backfill is."""
        key, value = self.number * 100_000 * chance.choice((1, -1)) + chance.randint(1, 500), self.value(chance)
        if key in self.born:
            if chance.random() < 0.5:
                self.shop.run("DELETE FROM t WHERE id = ?", key, app=app)
                del self.born[key]
            return
        self.shop.run(f"INSERT INTO t (id, {self.side}) VALUES (?, ?)", key, value, app=app)
        self.born[key] = (self.side, value)


def made(side: str, value: str, up: Any, down: Any) -> tuple[str, str]:
    return (value, up(value)) if side == "old" else (down(value), value)


def beside(writers: list[Writer], shop: Shop) -> None:
    """Fill the table three times while all of them write."""
    stop = threading.Event()
    threads = [threading.Thread(target=writer.work, args=(stop,)) for writer in writers]
    for thread in threads:
        thread.start()
    for limit in (37, 150, 1000):
        while not filled(shop, limit):
            pass
    while min(len(writer.log) for writer in writers) < 150:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()


def filled(shop: Shop, limit: int) -> bool:
    try:
        shop.fill(limit=limit)
    except DBAPIError as error:
        if not shop.database.busy(error):
            raise
        return False
    return True


@pytest.mark.parametrize("way", ["plain", "computed", "guarded"])
def test_nothing_that_was_committed_is_lost_beside_a_backfill(shop, pair, shout, way):
    """Hazard 1, 3, 11, 19, 20, 21: two writers of each version, and three backfills one after the other."""
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, old TEXT, new TEXT, n INTEGER NOT NULL DEFAULT 0)"
    shop.run(ddl)
    if way == "guarded":
        shop.run("CREATE UNIQUE INDEX ON t (new, id)")
    rows = tuple((n, f"Name {n}", None, 0) for n in range(1, ROWS + 1))
    shop.table("", pair(shout) if way != "plain" else pair(), rows=rows)
    up, down = (str, str) if way == "plain" else (str.upper, str.lower)
    writers = [Writer(shop, side, number) for number, side in enumerate(("old", "new", "old", "new"), 1)]
    beside(writers, shop)

    expected = {n: ("Name " + str(n), up(f"Name {n}")) for n in range(1, ROWS + 1)}
    for key, _, side, value in sorted(entry for writer in writers for entry in writer.log):
        expected[key] = made(side, value, up, down)
    for writer in writers:
        expected |= {key: made(side, value, up, down) for key, (side, value) in writer.born.items()}
    assert {row[0]: row[1:] for row in shop.rows("SELECT id, old, new FROM t")} == expected
    assert shop.differing() == ()
    assert shop.facts() == {"remaining": 0, "set_aside": 0, "conflicts": 0, "new_side_nulls": 0, "differing": 0}

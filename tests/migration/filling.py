"""Shops whose sides are kept in step and whose rows are still to be filled, and who is at work on them."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shop
from sqlalchemy import Connection, Engine, create_engine, text

from contractctl import databases, journal, operations
from contractctl.backfill import Crew, Outside, Progress, executors
from contractctl.databases import Synchronisation, run
from contractctl.migration import Context
from contractctl.model.plan import Plan, Transform
from contractctl.operations.locating import synchronisation
from contractctl.operations.pairs import Pair

ROWS = 2000


def renaming(up: str, down: str, *, lossy: bool = False, not_null: bool = True) -> Plan:
    """The shop's plan with other values."""
    parameters = {"old_not_null": "yes", **({"not_null": "yes"} if not_null else {})}
    operation = replace(shop.OPERATION, transform=Transform(up, down, lossy=lossy), parameters=parameters)
    return replace(shop.PLAN, operations=(operation,))


PLANS = {
    "plain": shop.PLAN,
    "shout": renaming("upper(customer_name)", "lower(full_name)", lossy=True),
    "nobody": renaming("upper(customer_name)", "coalesce(lower(full_name), 'nobody')", lossy=True, not_null=False),
    "strict": renaming(
        "CASE WHEN substr(customer_name, 1, 9) = 'customer ' THEN customer_name END", "full_name", not_null=False
    ),
}


def made(folder: Path, url: str | None, plan: Plan = shop.PLAN, rows: int = ROWS) -> None:
    """A shop with so many orders, whose sides are kept in step."""
    shop.make(folder, rows=0, plan=plan, url=url)
    orders = [{"id": n, "name": f"customer {n}"} for n in range(1, rows + 1)]
    with shop.connected(folder) as connection:
        connection.execute(text("INSERT INTO orders VALUES (:id, :name, 1)"), orders)
        connection.commit()
    shop.dual_writing(folder, plan=plan).engine.dispose()


@contextmanager
def fresh(request: pytest.FixtureRequest, engine: str) -> Iterator[str | None]:
    """A database of its own; None for a file in the shop's folder."""
    if engine == "sqlite":
        yield None
        return
    with request.getfixturevalue(f"{engine}_server").database() as url:
        yield url


_OPENED: list[Engine] = []


def engine_of(folder: Path) -> Engine:
    """As contractctl opens it; closed when the test is over."""
    _OPENED.append(shop.engine_of(folder))
    return _OPENED[-1]


def context(folder: Path, **changes: Any) -> Context:
    """An operator's context over the folder."""
    return shop.context(folder, **{"engine": engine_of(folder), **changes})


def close() -> None:
    """Close what was opened."""
    while _OPENED:
        _OPENED.pop().dispose()


def threads(folder: Path, count: int = 3) -> Crew:
    """Workers in this process."""
    return executors.of(ThreadPoolExecutor(count), count, shop.url_of(folder))


def synced(folder: Path, plan: Plan = shop.PLAN) -> tuple[Engine, Synchronisation]:
    """What the plan keeps in step on orders, and the engine to ask."""
    engine = engine_of(folder)
    with journal.reading(engine) as connection:
        return engine, operations.synchronisations(plan, connection)[0]


def things(engine: Engine, ddl: str, rows: str) -> Synchronisation:
    """A table of things of our own, filled by INSERT INTO things `rows`, whose old and new names are kept in step."""
    with engine.begin() as connection:
        run(connection, f"CREATE TABLE things ({ddl})")
        run(connection, f"INSERT INTO things {rows}")
    with engine.begin() as connection:
        sync = synchronisation(connection, "things", "things", (Pair({"old_name": ""}, {"new_name": ""}),))
        for statement in databases.of(engine).triggers(sync):
            run(connection, statement)
    return sync


def outside(told: Callable[[Progress], None] = lambda _: None, **changes: Any) -> Outside:
    """The real world."""
    return Outside(time.time, time.sleep, random.random, lambda _: None, told, **changes)


def at_work(work: Callable[[], Any]) -> "Future[Any]":
    """Somebody at work beside the test."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future


def unfilled(folder: Path) -> int:
    """How many orders have two sides that differ."""
    return sum(old != new for old, new in shop.rows(folder, "SELECT customer_name, full_name FROM orders"))


_ISOLATED = {
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "mysql": "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
}
"""An application says for itself how it wants to be isolated, whatever the default is."""


class Writer(threading.Thread):
    """An application of either version, and what it has been told is committed."""

    def __init__(self, folder: Path, column: str, seed: int) -> None:
        super().__init__()
        self.folder, self.column, self.random = folder, column, random.Random(seed)
        self.values: dict[int, str | None] = {}
        self.stop = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        engine = create_engine(shop.url_of(self.folder), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                if connection.dialect.name in _ISOLATED:
                    run(connection, _ISOLATED[connection.dialect.name])
                turn = 0
                while not self.stop.is_set():
                    turn += 1
                    self.write(connection, turn)
                    time.sleep(0.002)
        except Exception as error:  # noqa: BLE001 - the test tells of it
            self.error = error
        engine.dispose()

    def write(self, connection: Connection, turn: int) -> None:
        """Each writer has rows of its own: those whose key is odd, or even."""
        own = 0 if self.column == "customer_name" else 1
        key = self.random.randrange(ROWS // 2) * 2 + 2 - own
        value = f"{self.column} {turn}"
        match turn % 5:
            case 0:
                key = 10_000 + 2 * turn + own
                run(connection, f"INSERT INTO orders (id, {self.column}, total_cents) VALUES ({key}, '{value}', 1)")
            case 1:
                run(connection, f"DELETE FROM orders WHERE id = {key}")
                value = None
            case 2:
                run(connection, f"DELETE FROM orders WHERE id = {-key}")
                run(connection, f"UPDATE orders SET id = -id WHERE id = {key}")
                self.values[-key] = self.values.get(key, f"customer {key}")
                value = None
            case _:
                if run(connection, f"UPDATE orders SET {self.column} = '{value}' WHERE id = {key}").rowcount == 0:
                    value = None
        self.values[key] = value

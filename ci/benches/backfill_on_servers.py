"""What does a staged rename cost a server? The backfill beside one UPDATE, and whoever reads and writes meanwhile.

PostgreSQL and MariaDB are started for it, and wait for their disk. BENCH_ROWS=5000000 adds a size.

What triggers cost a writer is measured twice. Where commits wait for the disk a transaction takes as long as the disk's
clock ticks, four milliseconds on a rented machine: twenty writes fit into one tick or need a second one, and the loss
jumps between nothing and half with whatever else the machine does. So the same transactions are also written to two
tables in turn, with triggers and without, on a server that waits for no disk: what is left is what triggers cost.

Single reads and writes are timed before the backfill, beside it, and beside a process that only computes: on few
processors whoever is busy shows in their 99th percentile, whatever it does.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from measuring import Row, seconds

sys.path.insert(0, str(Path(__file__).parents[2]))

from sqlalchemy import Engine

from contractctl import backfill, databases, journal
from contractctl.backfill import executors
from contractctl.databases import LOCK_SECONDS, Synchronisation, comparison, run
from contractctl.operations.locating import synchronisation
from contractctl.operations.pairs import Pair
from tests import servers
from tests.servers import Kind

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

SIZES = (10_000, 100_000, 1_000_000)
WRITES = 6_000
TRANSACTION = 20
WATCHED_ROWS = 1_000_000
BY_TWO = 1_000_000
"""So many rows are worth a second worker."""
ROUNDS = 5
GENTLY = 5_000
WATCHED_SECONDS = {"idle": 3.0, "gently": 3.0, "computing": 2.0, "fast": 0.6}
"""So long a round."""
KINDS = {kind.name: kind for kind in (servers.POSTGRESQL, servers.MARIADB)}
DDL = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name VARCHAR(60) NOT NULL, total INTEGER NOT NULL)"
SERIES = {
    "postgresql": "SELECT i, 'Customer ' || i, i FROM generate_series(1, {rows}) AS g(i)",
    "mariadb": "SELECT seq, CONCAT('Customer ', seq), seq FROM seq_1_to_{rows}",
}
SETTLED = {"postgresql": "VACUUM ANALYZE orders", "mariadb": "ANALYZE TABLE orders"}
OUTSIDE = backfill.Outside(time.time, time.sleep, Random(0).random, lambda _: None, lambda _: None)
AS_A_COPY = "CREATE TABLE copied AS SELECT id, customer_name, total, customer_name AS full_name FROM orders"


def measure(_folder: Path) -> Iterator[Row]:
    """For each server in turn."""
    more = os.environ.get("BENCH_ROWS")
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    yield "what else the machine does", "load", load
    for kind in KINDS.values():
        with servers.running(kind, durable=True) as server:
            for size in (*SIZES, *((int(more),) if more else ())):
                with server.database() as url:
                    yield from _fill(kind, url, size)
            with server.database() as url:
                yield _writers(kind, url)
            with server.database() as url:
                yield from _watched(kind, url)
        with servers.running(kind) as server, server.database() as url:
            yield _writers_in_turn(kind, url)


@dataclass(frozen=True, slots=True)
class Shop:
    """A table of orders whose column is being renamed."""

    kind: Kind
    engine: Engine
    sync: Synchronisation

    def do(self, *statements: str) -> None:
        """Each in a transaction of its own."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                run(connection, statement)

    def triggers(self) -> None:
        with self.engine.begin() as connection:
            for statement in databases.of(self.engine).triggers(self.sync):
                run(connection, statement)

    def fill(self, workers: int = 1) -> float:
        """How long the backfill takes."""
        crew = executors.crew(workers, self.engine.url.render_as_string(hide_password=False))
        return seconds(partial(backfill.backfill, self.engine, self.sync, backfill.Pace(), OUTSIDE, crew))

    def fill_for(self, seconds_: float, pace: backfill.Pace) -> None:
        """Go on with the backfill for so long."""
        end = time.monotonic() + seconds_
        outside = replace(OUTSIDE, stopping=lambda: time.monotonic() > end)
        with suppress(backfill.StoppedError):
            backfill.backfill(self.engine, self.sync, pace, outside)
            raise SystemExit("all rows are filled: what is measured beside the backfill is measured beside nothing")


@contextmanager
def _shop(kind: Kind, url: str, rows: int) -> Iterator[Shop]:
    engine = databases.create_engine(url)
    journal.open(engine)
    with engine.begin() as connection:
        run(connection, DDL)
        run(connection, f"INSERT INTO orders {SERIES[kind.name].format(rows=rows)}")
        run(connection, "ALTER TABLE orders ADD full_name VARCHAR(60)")
    with engine.begin() as connection:
        sync = synchronisation(connection, "renamed", "orders", (Pair({"customer_name": ""}, {"full_name": ""}),))
    shop = Shop(kind, engine, sync)
    shop.do(SETTLED[kind.name])
    yield shop
    engine.dispose()


def _fill(kind: Kind, url: str, rows: int) -> Iterator[Row]:
    """One UPDATE and one copy first, both on the table as it was; each leaves it so."""
    with _shop(kind, url, rows) as shop:
        single = seconds(partial(shop.do, "UPDATE orders SET full_name = customer_name"))
        copied = seconds(partial(shop.do, AS_A_COPY))
        shop.do("DROP TABLE copied", "DROP TABLE orders")
    _empty(url)
    with _shop(kind, url, rows) as shop:
        shop.triggers()
        kept = seconds(partial(shop.do, "UPDATE orders SET full_name = customer_name"))
        shop.do(*databases.of(shop.engine).drop_triggers(shop.sync), "DROP TABLE orders")
    _empty(url)
    beside = ((single, "one bare UPDATE"), (kept, "one with the triggers there"), (copied, "CREATE TABLE AS"))
    for workers in (1, 2) if rows >= BY_TWO else (1,):
        taken = _filled(kind, url, rows, workers)
        ratios = ", ".join(f"{seconds_ / taken:.2f} × {what}" for seconds_, what in beside)
        by = "" if workers == 1 else f", {workers} workers"
        yield f"{kind.name}: backfill of {rows:,} rows{by}", f"{rows / taken:,.0f} rows/s", ratios


def _filled(kind: Kind, url: str, rows: int, workers: int) -> float:
    """How long it takes, on a table of its own."""
    with _shop(kind, url, rows) as shop:
        shop.triggers()
        taken = shop.fill(workers)
        with shop.engine.connect() as connection:
            if comparison.facts(databases.of(shop.engine), connection, shop.sync)["differing"]:
                raise SystemExit("the backfill has left rows that differ")
        shop.do(*databases.of(shop.engine).drop_triggers(shop.sync), "DROP TABLE orders")
    _empty(url)
    return taken


def _empty(url: str) -> None:
    engine = databases.create_engine(url)
    with engine.begin() as connection:
        run(connection, "DELETE FROM contractctl_checkpoint")
    engine.dispose()


def _writers(kind: Kind, url: str) -> Row:
    """Point updates of the renamed column, turn by turn with triggers and without."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    with _shop(kind, url, 50_000) as shop, closing(_application(kind, url)) as application:
        shop.do("UPDATE orders SET full_name = customer_name")
        for turn in range(6):
            with_triggers = bool(turn % 2)
            if with_triggers:
                shop.triggers()
            taken[with_triggers].append(seconds(partial(_write, application, turn)))
            if with_triggers:
                shop.do(*databases.of(shop.engine).drop_triggers(shop.sync))
    return _lost(f"{kind.name}: point updates with triggers, kept on disk", min(taken[True]), min(taken[False]))


def _writers_in_turn(kind: Kind, url: str) -> Row:
    """The same, transaction by transaction: what else the machine does meets both alike."""
    taken = {"orders": 0.0, "bare": 0.0}
    with _shop(kind, url, 50_000) as shop, closing(_application(kind, url)) as application:
        shop.do("UPDATE orders SET full_name = customer_name", DDL.replace("orders", "bare"))
        shop.do("ALTER TABLE bare ADD full_name VARCHAR(60)", "INSERT INTO bare SELECT * FROM orders")
        shop.triggers()
        with application.cursor() as cursor:
            for number in range(WRITES // TRANSACTION):
                for table in sorted(taken, reverse=bool(number % 2)):
                    taken[table] += seconds(partial(_write_some, cursor, 0, number, table))
    return _lost(f"{kind.name}: point updates with triggers, no disk waited for", taken["orders"], taken["bare"])


def _lost(what: str, with_: float, without: float) -> Row:
    return what, f"{WRITES / with_:,.0f} writes/s", f"{1 - without / with_:.0%} fewer than without; bar: 40%"


def _write(application: Any, turn: int) -> None:  # noqa: ANN401 - a driver's connection
    with application.cursor() as cursor:
        for number in range(WRITES // TRANSACTION):
            _write_some(cursor, turn, number)


def _write_some(cursor: Any, turn: int, number: int, table: str = "orders") -> None:  # noqa: ANN401 - a driver's
    cursor.execute("BEGIN")
    for at in range(TRANSACTION):
        key = (number * TRANSACTION + at) * 7919 % 50_000 + 1
        cursor.execute(f"UPDATE {table} SET customer_name = %s WHERE id = %s", (f"Name {turn} {number}", key))
    cursor.execute("COMMIT")


def _application(kind: Kind, url: str) -> Any:  # noqa: ANN401 - a driver's connection
    from sqlalchemy.engine import make_url

    found = make_url(url)
    return kind.connect(int(found.port or 0), str(found.database))


READ = "SELECT total FROM orders WHERE id = %s"
WRITE = "UPDATE orders SET customer_name = %s WHERE id = %s"


def _watched(kind: Kind, url: str) -> Iterator[Row]:
    """Single reads and writes while nothing else is done, beside a backfill, and beside a process that only computes.

    All in turn, again and again: what else the machine does meets them alike.
    """
    taken: dict[str, dict[str, list[float]]] = {what: {READ: [], WRITE: []} for what in WATCHED_SECONDS}
    with _shop(kind, url, WATCHED_ROWS) as shop:
        shop.triggers()
        for _ in range(ROUNDS):
            for what, seconds_ in WATCHED_SECONDS.items():
                for statement, found in _beside(kind, url, partial(_at_work, shop, what, seconds_)).items():
                    taken[what][statement] += found
    for statement, name in ((READ, "read"), (WRITE, "write")):
        worst = {what: _worst(found[statement]) for what, found in taken.items()}
        times = {what: f"{one / worst['idle']:.2f} ×" for what, one in worst.items()}
        without = f"{worst['idle'] * 1000:.1f} ms without it; {times['computing']} beside computing"
        yield (
            f"{kind.name}: 99th percentile of a point {name} beside it, as fast as it can and with --rate {GENTLY}",
            f"{worst['fast'] * 1000:.1f} ms, {worst['gently'] * 1000:.1f} ms",
            f"{times['fast']}, {times['gently']} {without}; bar: 1.50 ×",
        )
    longest = max(max(taken[what][WRITE]) for what in ("fast", "gently"))
    yield (
        f"{kind.name}: longest point write beside it, its wait for locks included",
        f"{longest * 1000:.0f} ms",
        f"bar: {LOCK_SECONDS * 1000:.0f} ms, lock_timeout",
    )


def _at_work(shop: Shop, what: str, seconds_: float) -> None:
    if what == "computing":
        busy = get_context("spawn").Process(target=_count_for, args=(seconds_,))
        busy.start()
        busy.join()
    elif what == "idle":
        time.sleep(seconds_)
    else:
        shop.fill_for(seconds_, backfill.Pace(rows_per_second=GENTLY if what == "gently" else None))


def _beside(kind: Kind, url: str, work: Callable[[], object]) -> dict[str, list[float]]:
    """How long each read and each write took, of applications of their own: another process is not held up by us."""
    spawned = get_context("spawn")
    stop, tell = spawned.Event(), spawned.SimpleQueue()
    applications = [spawned.Process(target=_watch, args=(kind.name, url, what, stop, tell)) for what in (READ, WRITE)]
    for application in applications:
        application.start()
    for _ in applications:
        tell.get()  # it is connected
    try:
        work()
    finally:
        stop.set()
        taken = dict(tell.get() for _ in applications)
        for application in applications:
            application.join()
    return taken


def _count_for(seconds_: float) -> None:
    end = time.monotonic() + seconds_
    while time.monotonic() < end:
        pass


def _watch(kind: str, url: str, statement: str, stop: Event, tell: "SimpleQueue[Any]") -> None:
    """Read or write single rows, until the process is told to stop."""
    chance, taken = Random(statement), list[float]()
    with closing(_application(KINDS[kind], url)) as application, application.cursor() as cursor:
        tell.put(statement)
        for turn in count():
            if stop.wait(0.002):
                break
            key = chance.randint(1, WATCHED_ROWS)
            values = (f"Name {turn}", key) if statement == WRITE else (key,)
            begin = time.perf_counter()
            cursor.execute(statement, values)
            taken.append(time.perf_counter() - begin)
    tell.put((statement, taken))


def _worst(taken: list[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(taken, n=100)[98]

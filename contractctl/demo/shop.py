"""What does the shop do all day? It reads and writes orders, in an old version or in a new one.

Started as `python -m contractctl.demo.shop`, once for each version; the versions run side by side.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from contractctl.demo.customers import Customers, cents
from contractctl.demo.events import Publisher
from contractctl.demo.life import Life, say
from contractctl.demo.place import here
from contractctl.demo.routes import RELEASES, Routes
from contractctl.demo.sides import Side
from contractctl.demo.telemetry import measured

READS, CORRECTIONS = 0.60, 0.38
"""Shares of all requests; the rest are new orders."""
LANES = 2
"""Every order belongs to one lane, by its number, and only one process at a time writes in a lane."""

Work = Callable[[Side, int], str | None]
"""Serves one request for one order; gives back the name that it wrote, where it wrote one."""


class Shop:
    """One process of the shop. Reads any order, writes those of its own lane, and logs every write that it made."""

    def __init__(self, options: argparse.Namespace, connection: Connection, routes: Routes, log: IO[str]) -> None:
        self._random = Random(f"{options.version} {options.lane}")  # noqa: S311 - customers need no secrets
        self._customers = Customers(Path("customers.txt"), self._random)
        self._publisher = Publisher(Path(f"events/shop-{options.version}.avro"), RELEASES[options.version].event)
        self._connection = connection
        self._routes = routes
        self._log = log
        self._lane: int = options.lane
        lasts = [_last_order(connection, lane) for lane in range(LANES)]
        self._known = min(lasts)
        self._last = lasts[self._lane]
        self.served = self.failed = 0

    def look_around(self) -> None:
        """What need not be done at every request."""
        self._customers.look_again()
        self._publisher.publish()

    def close(self) -> None:
        self._publisher.publish(now=True)

    def serve(self) -> None:
        """One request. Where it fails, that is counted and written down, and the next customer is served."""
        work, order = self._next_request()
        route = self._routes.of(order)
        began = time.perf_counter()
        try:
            with self._connection.begin():
                name = work(route.side, order)
        except (SQLAlchemyError, LookupError) as error:
            self.failed += 1
            route.went(well=False)
            say(f"order {order}, {route.side.column}: {error}")
            return
        self.served += 1
        route.went(well=True)
        if name is not None:
            self._note(order, name, time.perf_counter() - began)

    def _next_request(self) -> tuple[Work, int]:
        kind = self._random.random()
        if kind < READS:
            return self._read, self._random.randint(1, self._known)
        if kind < READS + CORRECTIONS:
            return self._correct, self._random.randint(1, self._last // LANES) * LANES - self._lane
        return self._place, self._last + LANES

    def _read(self, side: Side, order: int) -> None:
        if not side.name_on(self._connection, order):
            raise LookupError("nobody's name is on it")

    def _correct(self, side: Side, order: int) -> str:
        name = self._customers.next()
        side.correct(self._connection, order, name)
        return name

    def _place(self, side: Side, order: int) -> str:
        name = self._customers.next()
        side.place(self._connection, order, name, cents(order))
        return name

    def _note(self, order: int, name: str, seconds: float) -> None:
        """Only after the commit: what is in the log, the database has promised to keep."""
        entry = {"at": time.time(), "order": order, "name": name, "ms": round(seconds * 1000, 1)}
        self._log.write(json.dumps(entry, ensure_ascii=False) + "\n")
        if order > self._last:
            self._last = order
            self._publisher.order_placed(order, name, cents(order))


def _last_order(connection: Connection, lane: int) -> int:
    last = connection.execute(text(f"SELECT max(id) FROM orders WHERE id % {LANES} = {lane}")).scalar_one()
    connection.rollback()
    return int(last)


def main() -> None:
    """Work until asked to stop, then say what was done."""
    options = _options()
    life = Life()
    engine = here().engine(Path())
    log_file = Path(f"logs/shop-{options.version}.jsonl")
    with (
        measured("shop", options.version, engine) as instruments,
        engine.connect() as connection,
        log_file.open("a", buffering=1, encoding="utf-8") as log,
    ):
        routes = Routes(RELEASES[options.version], options.plan, instruments.meter)
        shop = Shop(options, connection, routes, log)
        say(f"shop {options.version} is open")
        for requests in life.bursts(options.rate):
            shop.look_around()
            for _ in range(requests):
                shop.serve()
        shop.close()
    say(f"shop {options.version} is closed: {shop.served:,} requests served, {shop.failed:,} failed")


def _options() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m contractctl.demo.shop", description=__doc__)
    asked.add_argument("--version", choices=RELEASES, required=True, help="which version of the shop to be")
    asked.add_argument("--lane", type=int, choices=range(LANES), required=True, help="which orders are its own")
    asked.add_argument("--rate", type=float, default=300, help="requests a second")
    asked.add_argument(
        "--plan", default="", help="the plan whose canary share decides between the old and the new column"
    )
    return asked.parse_args()


if __name__ == "__main__":
    main()

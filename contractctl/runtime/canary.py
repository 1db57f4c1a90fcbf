"""Which path does a request take? The same key always the same one, and more keys the new one as the share grows."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Protocol

from opentelemetry.metrics import Meter, get_meter

_EVERYBODY = 100.0


class Canary:
    """The canary of one plan, as an application sees it.

    `percent` gives the share of the moment; see `percent_from`. Each request is counted with `count`: counter
    `contract.canary.requests`, all four of its series from the start on.
    """

    def __init__(self, plan: str, percent: Callable[[], float], *, meter: Meter | None = None) -> None:
        self._plan = plan
        self._percent = percent
        meter = meter or get_meter("contractctl.runtime")
        self._counter = meter.create_counter("contract.canary.requests", "{request}", "Requests of a canary by path")
        for path in ("old", "new"):
            for outcome in ("ok", "bad"):
                self._add(0, path, outcome)

    def takes_new(self, key: str) -> bool:
        """Whether the request of this key (a customer, an order) takes the new path."""
        return bucket(self._plan, key) < self._percent()

    def count(self, *, new: bool, ok: bool) -> None:
        """A request went well, or not, on the path that it took."""
        self._add(1, "new" if new else "old", "ok" if ok else "bad")

    def _add(self, count: int, path: str, outcome: str) -> None:
        self._counter.add(
            count, {"contract.plan": self._plan, "contract.path": path, "contract.outcome": outcome}
        )  # fmt: skip


def bucket(plan: str, key: str) -> float:
    """Where a key stands between 0 and 100, evenly spread; another plan spreads the same keys otherwise."""
    drawn = int.from_bytes(sha256(f"{plan}\0{key}".encode()).digest()[:8])
    return drawn / 2**64 * _EVERYBODY


class _Connection(Protocol):
    """What is used of a DB-API connection."""

    def cursor(self) -> Any: ...  # noqa: ANN401 - PEP 249 has no types
    def close(self) -> None: ...


def percent_from(
    connect: Callable[[], _Connection],
    plan: str,
    *,
    seconds: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[], float]:
    """A reader of the share that `contractctl migrate canary` sets; it asks the database every `seconds`.

    Where the database cannot be asked, the last known share stays; before the first answer it is 0: the old path.
    """
    known, asked_at = 0.0, -float("inf")

    def percent() -> float:
        nonlocal known, asked_at
        now = clock()
        if now - asked_at >= seconds:
            asked_at = now
            try:
                known = _ask(connect, plan)
            except Exception:  # noqa: BLE001 - every driver has exceptions of its own, and the application must go on
                return known
        return known

    return percent


def _ask(connect: Callable[[], _Connection], plan: str) -> float:
    connection = connect()
    try:
        cursor = connection.cursor()
        # a plan's name is no parameter here: drivers disagree on how one is written, and there are few rows
        cursor.execute("SELECT plan, percent FROM contractctl_canary")
        return next((float(percent) for name, percent in cursor.fetchall() if name == plan), 0.0)
    finally:
        connection.close()

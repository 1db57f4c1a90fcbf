"""Which path does a request take? Always the same for one key; as the share grows, more keys take the new one."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Literal, Protocol

from opentelemetry.metrics import Meter, get_meter

_EVERYBODY = 100.0
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Where buckets of durations end, in seconds: a plan's slow_seconds is one of them, unless a view sets others."""


class Canary:
    """The canary of one plan, as an application sees it.

    `percent` returns the current share; see `percent_from`. `count` counts each request in the counter
    `contract.canary.requests`, whose four series exist from the start, and its duration in the histogram
    `contract.canary.duration`; `shadow` counts in `contract.shadow.reads`.
    """

    def __init__(self, plan: str, percent: Callable[[], float], *, meter: Meter | None = None) -> None:
        self._plan = plan
        self._percent = percent
        meter = meter or get_meter("contractctl.runtime")
        self._counter = meter.create_counter("contract.canary.requests", "{request}", "Requests of a canary by path")
        self._duration = meter.create_histogram(
            "contract.canary.duration",
            "s",
            "How long requests of a canary took",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        self._shadow = meter.create_counter("contract.shadow.reads", "{read}", "Reads made on both paths")
        for path in ("old", "new"):
            for outcome in ("ok", "bad"):
                self._add(0, path, outcome)

    def takes_new(self, key: str) -> bool:
        """Whether a request with this key (a customer, an order) takes the new path."""
        return bucket(self._plan, key) < self._percent()

    def count(self, *, new: bool, ok: bool, seconds: float | None = None) -> None:
        """Count a request: the path that it took, whether it succeeded, and its duration."""
        path = "new" if new else "old"
        self._add(1, path, "ok" if ok else "bad")
        if seconds is not None:
            self._duration.record(seconds, {"contract.plan": self._plan, "contract.path": path})

    def shadow(self, result: Literal["same", "different", "ignored", "skipped"]) -> None:
        """Count a read made on both paths. ignored: a rule explains the difference; skipped: it was not compared."""
        self._shadow.add(1, {"contract.plan": self._plan, "contract.result": result})

    def _add(self, count: int, path: str, outcome: str) -> None:
        self._counter.add(count, {"contract.plan": self._plan, "contract.path": path, "contract.outcome": outcome})


def bucket(plan: str, key: str) -> float:
    """A key's place between 0 and 100, evenly spread; another plan spreads the same keys differently."""
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
    """A function that returns the share set by `contractctl migrate canary`; it asks the database every `seconds`.

    If the database does not answer, the last known share stays; before the first answer it is 0: the old path.
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
        # a plan's name is not a parameter here: drivers disagree on how one is written, and there are few rows
        cursor.execute("SELECT plan, percent FROM contractctl_canary")
        return next((float(percent) for name, percent in cursor.fetchall() if name == plan), 0.0)
    finally:
        connection.close()

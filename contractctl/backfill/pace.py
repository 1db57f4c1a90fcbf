"""How fast may a backfill go? As many rows at a time as fit a batch's time, and no more than it may take."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from contractctl.backfill.progress import Progress

FIRST_BATCH = 500
_LEAST_BATCH = 10
_LARGEST_BATCH = 50_000
_PAUSE_SHARE = 0.5
"""Pause after a batch, as a share of the time that it took: other writers of a SQLite file poll for their turn."""
_LEAST_PAUSE = 0.004


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a backfill may take from everybody else."""

    batch_seconds: float = 0.05
    """How long one batch may hold others up: its rows are chosen for it, batch by batch."""
    rows_per_second: float | None = None
    """All workers together."""
    max_load: float | None = None
    """Nothing is done while the server has more to do than this."""
    max_lag: float | None = None
    """Nothing is done while a replica is further behind than so many seconds, or while that is not known."""
    replicas: tuple[str, ...] = field(default=(), repr=False)
    """The addresses of replicas that are asked themselves how far behind they are."""
    patience_seconds: float = 120.0
    """How long a lock, or a server that is gone, is waited for."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What a backfill needs from outside of it."""

    clock: Callable[[], float]
    """Unix seconds."""
    sleep: Callable[[float], None]
    random: Callable[[], float]
    """From 0 to 1."""
    hold: Callable[[Connection], None]
    """Proves in a transaction that this operator is still the one, or raises."""
    told: Callable[[Progress], None]
    token: int = 1
    """This operator's fencing token: whoever has a smaller one does not go on."""
    stopping: Callable[[], bool] = lambda: False
    """Whether somebody wants it to end after this batch."""


def next_limit(limit: int, spent: float, pace: Pace) -> int:
    """As many rows as should fit the target time, at most twice or half as many as before."""
    factor = pace.batch_seconds / spent if spent > 0 else 2.0
    return round(min(largest(pace), max(_LEAST_BATCH, limit * min(2.0, max(0.5, factor)))))


def largest(pace: Pace) -> int:
    """Never more than a second's worth where the rate is limited: the pause after a batch stays short."""
    return _LARGEST_BATCH if pace.rows_per_second is None else max(1, min(_LARGEST_BATCH, int(pace.rows_per_second)))


def pause_after(spent: float, rows: int, pace: Pace) -> float:
    """How long to do nothing after a batch."""
    fair = max(_LEAST_PAUSE, spent * _PAUSE_SHARE)
    throttle = rows / pace.rows_per_second - spent if pace.rows_per_second else 0.0
    return max(fair, throttle)

"""How fast may a backfill go? As many rows at a time as fit the time of a batch, and no more than the rate allows."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from contractctl.backfill.progress import Progress
from contractctl.databases import Size

FIRST_BATCH = 2_000
_LEAST_BATCH = 10
LARGEST_BATCH = 50_000
_MANY_ROWS = 5_000
"""A batch may always have this many rows: a table that small is filled in a moment."""
_FEW = 200
_TOGETHER_SECONDS, _ROWS_SECONDS = 0.05, 0.2
_PAUSE_SHARE = 0.5
"""As a share of the time that a batch took."""
_LEAST_PAUSE = 0.004


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a backfill may slow down applications."""

    batch_seconds: float | None = None
    """How long one batch may block others: its size is chosen for that, batch by batch. None: as suits the engine."""
    rows_per_second: float | None = None
    """All workers together."""
    max_load: float | None = None
    """Pause while the server has more to do than this."""
    max_lag: float | None = None
    """Pause while a replica lags more than so many seconds, or while its lag is unknown."""
    replicas: tuple[str, ...] = field(default=(), repr=False)
    """The addresses of replicas to ask for their lag."""
    patience_seconds: float = 120.0
    """How long to wait for a lock, or for a server that is gone."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What a backfill needs from outside."""

    clock: Callable[[], float]
    """Unix seconds."""
    sleep: Callable[[float], None]
    random: Callable[[], float]
    """From 0 to 1."""
    hold: Callable[[Connection], None]
    """Proves in a transaction that this operator still holds the lease, or raises."""
    told: Callable[[Progress], None]
    token: int = 1
    """This operator's fencing token: a process with a smaller one must stop."""
    stopping: Callable[[], bool] = lambda: False
    """Whether it should end after this batch."""


def batch_seconds(pace: Pace, *, one_writer: bool) -> float:
    """Less where all writers have to wait, not only those of the same rows."""
    if pace.batch_seconds is not None:
        return pace.batch_seconds
    return _TOGETHER_SECONDS if one_writer else _ROWS_SECONDS


def next_limit(limit: int, spent: float, target: float, most: int) -> int:
    """As many rows as should fit the target time, at most twice and at least half as many as before."""
    factor = target / spent if spent > 0 else 2.0
    return round(min(most, max(_LEAST_BATCH, limit * min(2.0, max(0.5, factor)))))


def most_rows(pace: Pace, most: int) -> int:
    """Never more than a second's worth where the rate is limited: the pause after a batch stays short."""
    return most if pace.rows_per_second is None else max(1, min(most, int(pace.rows_per_second)))


def largest_batch(size: Size | None, *, one_writer: bool) -> int:
    """For a table of this size. Where others only wait for the rows that we have locked, these should be few.

    What one write in two hundred waits for does not show in the 99th percentile.
    """
    if one_writer or size is None:
        return LARGEST_BATCH
    return min(LARGEST_BATCH, max(_MANY_ROWS, size.rows // _FEW))


def pause_after(spent: float, rows: int, pace: Pace, *, one_writer: bool) -> float:
    """How long to pause after a batch. Where one writer blocks all others, they poll for their turn."""
    fair = max(_LEAST_PAUSE, spent * _PAUSE_SHARE) if one_writer else 0.0
    throttle = rows / pace.rows_per_second - spent if pace.rows_per_second else 0.0
    return max(fair, throttle)

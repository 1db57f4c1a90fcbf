"""How far is a backfill, how fast, and when will it end? An estimate is a range, and unknown without a basis."""

from collections import deque
from dataclasses import dataclass

from contractctl.backfill.checkpoints import Checkpoint
from contractctl.databases import Size

_LATELY = 30.0
"""Seconds over which the current speed is measured."""
_STATISTICS = (0.8, 1.25)
"""How far a table's true size may be from its statistics, so that the estimate is honest about it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one table is."""

    table: str
    filled: int
    """Rows filled in this run."""
    set_aside: int
    """Rows set aside in this run."""
    seen: int
    """Rows visited, in this run and before; triggers had filled some of them already."""
    size: Size | None
    """Rows of the table when this run began; None where the database cannot say."""
    seconds: float
    """Seconds since this run began."""
    speeds: tuple[float, float] | None = None
    """Rows visited per second, in this whole run and lately, the slower rate first; None before there is one."""
    waited: float = 0.0
    """Seconds of this run during which it was paused."""
    why: str = ""
    """Why it is paused right now; empty if it is not."""
    workers: int = 1
    done: bool = False

    @property
    def share(self) -> float | None:
        """From 0 to 1; None if the table's size is unknown."""
        if self.done:
            return 1.0
        bounds = self._sizes()
        if bounds is None or self.size is None or self.size.rows == 0:
            return None
        return min(self.seen / self.size.rows, 1.0)

    @property
    def left_seconds(self) -> tuple[float, float] | None:
        """At least and at most, including pauses and throttling; None if unknown."""
        if self.done:
            return 0.0, 0.0
        bounds = self._sizes()
        if bounds is None or self.speeds is None or self.speeds[0] <= 0:
            return None
        slow, fast = self.speeds
        least, most = (max(0.0, size - self.seen) for size in bounds)
        return least / fast, most / slow

    def _sizes(self) -> tuple[float, float] | None:
        """The range of the table's size; None if more rows than that have been seen."""
        if self.size is None:
            return None
        low, high = (self.size.rows * share for share in ((1.0, 1.0) if self.size.exact else _STATISTICS))
        return (low, high) if self.seen <= high or self.size.exact else None


class Meter:
    """Reads the progress of one run from its checkpoints."""

    def __init__(self, table: str, start: Checkpoint, size: Size | None, now: float) -> None:
        self._table, self._start, self._size, self._began = table, start, size, now
        self._lately = deque([(now, start.seen)])
        self._read_at, self._waited = now, 0.0

    def read(self, reached: Checkpoint, now: float, workers: int = 1) -> Progress:
        """The progress at this moment."""
        self._lately.append((now, reached.seen))
        self._waited += now - self._read_at if reached.why else 0.0
        self._read_at = now
        while len(self._lately) > 2 and self._lately[1][0] <= now - _LATELY:  # noqa: PLR2004 - first and last stay
            self._lately.popleft()
        return Progress(
            table=self._table,
            filled=reached.rows - self._start.rows,
            set_aside=reached.set_aside - self._start.set_aside,
            seen=reached.seen,
            size=self._size,
            seconds=now - self._began,
            speeds=self._speeds(reached, now),
            waited=self._waited,
            why=reached.why,
            workers=workers,
            done=reached.done,
        )

    def _speeds(self, reached: Checkpoint, now: float) -> tuple[float, float] | None:
        moments = ((self._began, self._start.seen), self._lately[0])
        found = sorted((reached.seen - seen) / (now - at) for at, seen in moments if now > at)
        return (found[0], found[-1]) if found and found[-1] > 0 else None

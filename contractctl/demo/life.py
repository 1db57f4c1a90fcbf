"""When does one of the shop's processes work, and when does it stop?"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType

PARENT = "CONTRACTCTL_DEMO_PARENT"
"""The process that must live; without it, as when started by hand, the shell."""
TICK = 0.02
"""Seconds between two bursts of requests."""


def say(words: str) -> None:
    """One line of output, flushed at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


class Life:
    """Alive until it is asked to stop, or until the process that started it is gone."""

    def __init__(self) -> None:
        self._stopping = False
        self._parent = int(os.environ.get(PARENT) or os.getppid())
        for asked in (signal.SIGTERM, signal.SIGINT):
            signal.signal(asked, self._stop)

    @property
    def ended(self) -> bool:
        return self._stopping or os.getppid() != self._parent

    def bursts(self, per_second: float) -> Iterator[int]:
        """How many requests are due, tick by tick; a pause is not made up for, customers have gone by then."""
        owed = 0.0
        due = time.monotonic()
        while not self.ended:
            owed += per_second * TICK
            yield int(owed)
            owed -= int(owed)
            due = max(due + TICK, time.monotonic() - TICK)
            time.sleep(max(0.0, due - time.monotonic()))

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

"""Which column does a request go through? The canary share decides, for the same order always the same way."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.metrics import Meter

from contractctl.demo.place import here
from contractctl.demo.sides import NEW, NEW_AS_SHIPPED_IN_2_0, OLD, Side
from contractctl.runtime.canary import Canary, percent_from

FOLLOW_EVERY = 0.2
"""Seconds after which a new share is followed, at the latest."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version of the shop."""

    new: Side | None
    """Its code for the new column; version 1.0 has never heard of one."""
    event: str
    """The version of the event's contract that it publishes."""


RELEASES = {
    "1.0": Release(None, "1.0.0"),
    "2.0": Release(NEW_AS_SHIPPED_IN_2_0, "1.1.0"),
    "2.0.1": Release(NEW, "1.1.0"),
}


@dataclass(frozen=True, slots=True)
class Route:
    """Where one request goes, and whom to tell how it went."""

    side: Side
    is_new: bool
    canary: Canary | None

    def went(self, *, well: bool) -> None:
        if self.canary:
            self.canary.count(new=self.is_new, ok=well)


class Routes:
    """The old column alone, or both, as the release has code for."""

    def __init__(self, release: Release, plan: str, meter: Meter) -> None:
        self._canary = Canary(plan, _share(plan), meter=meter) if release.new else None
        self._old = Route(OLD, is_new=False, canary=self._canary)
        self._new = Route(release.new or OLD, is_new=True, canary=self._canary)

    def of(self, order: int) -> Route:
        return self._new if self._canary and self._canary.takes_new(str(order)) else self._old


def _share(plan: str) -> Callable[[], float]:
    engine = here().engine(Path())
    return percent_from(engine.raw_connection, plan, seconds=FOLLOW_EVERY)

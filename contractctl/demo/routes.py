"""Which column does a request go through? The canary share decides, the same way for the same order every time."""

from collections.abc import Callable
from dataclasses import dataclass

from contractctl.demo.sides import NEW, NEW_AS_SHIPPED_IN_2_0, OLD, Side


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
    path: str
    """old or new, as the canary counts them."""


class Routes:
    def __init__(self, new: Side | None, takes_new: Callable[[str], bool]) -> None:
        self._old = Route(OLD, "old")
        self._new = Route(new, "new") if new else self._old
        self._takes_new = takes_new

    def of(self, order: int) -> Route:
        return self._new if self._takes_new(str(order)) else self._old

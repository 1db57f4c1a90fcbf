"""Does a quiet time contain the runs that come at the end of a month, a quarter, a year? In UTC."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contractctl.errors import ContractctlError
from contractctl.model.contract import Party

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_LEAST_DAYS = {"month": (28, 31), "quarter": (89, 92), "year": (365, 366)}
_AROUND = timedelta(days=1)
"""A run at the end of a month starts within a day of midnight on either side."""


@dataclass(frozen=True, slots=True)
class End:
    """An end that the quiet time does not contain, and when it will."""

    name: str
    until: float


def uncovered_end(calendar: Sequence[str], party: Party | None, since: float, now: float) -> End | None:
    """The last of the ends asked for, by the plan or by the consumer's own cadence, that [since, now] lacks."""
    open_ends = [end for name in _asked(calendar, party) if (end := _uncovered(name, since, now))]
    return max(open_ends, key=lambda end: end.until, default=None)


def _asked(calendar: Sequence[str], party: Party | None) -> Iterator[str]:
    cadence = party.cadence_days if party else None
    for name, (low, high) in _LEAST_DAYS.items():
        if name in calendar or (cadence is not None and low <= cadence <= high):
            yield name
    for name in calendar:
        if name not in _MONTHS:
            raise ContractctlError(f"'{name}' is not a known calendar period", hint="write month, quarter or year")


def _uncovered(name: str, since: float, now: float) -> End | None:
    first = datetime.fromtimestamp(since, UTC) + _AROUND
    end = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while end < first or (end.month - 1) % _MONTHS[name]:
        end = (end + timedelta(days=32)).replace(day=1)
    until = (end + _AROUND).timestamp()
    return End(name, until) if until > now else None

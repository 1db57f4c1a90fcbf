"""What did a source count at the running share, interval by interval? It measures outcomes or durations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from contractctl import canary
from contractctl.canary import Counts, Look
from contractctl.evidence.observations import SHADOW
from contractctl.evidence.records import look_end
from contractctl.model.evidence import Record, Series

MEASURES = {"outcome": ("ok", "bad"), "speed": ("timed", "fast"), "shadow": SHADOW}
"""The label that says what is counted, and its words."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The records of one source."""

    running: tuple[Record, ...]
    """Of the running share, in order."""
    earlier: tuple[Record, ...]
    """Of earlier shares: the baseline at 100 %."""
    since: float
    """When the running share was entered."""
    records: tuple[str, ...]
    plan: str

    @property
    def until(self) -> float:
        """The end of what was observed."""
        return self.running[-1].window_to

    @property
    def seconds(self) -> float:
        """How long the running share has been observed."""
        return self.until - self.since

    @property
    def silent(self) -> float:
        """For how many seconds of it nobody reported any request, nor that there was none."""
        return sum(_silent(record) for record in self.running)

    @property
    def series(self) -> list[Series]:
        """What was counted at the running share."""
        return _series(self, self.running)

    @property
    def measures(self) -> set[str]:
        """What the source has counted at this share; a record that does not name its measure counts requests."""
        found = {measure for one in self.series for measure in MEASURES if measure in one.labels}
        return found or {"outcome"}


def _silent(record: Record) -> float:
    if not record.expected_heartbeats:
        return 0.0
    told = (record.observed_heartbeats or 0.0) / record.expected_heartbeats
    return (record.window_to - record.window_from) * max(0.0, 1 - told)


def looks(observed: Observed) -> tuple[Look, ...]:
    """Requests and failures in each interval since the share was entered."""
    return _looks(observed, observed.running)


def dated(observed: Observed, bake: float) -> list[tuple[float, Look]]:
    """The same in chronological order, each with the moment by which all of it had been counted."""
    found = []
    for (index, number), look in _tallied(observed, observed.running, _outcome).items():
        end = observed.running[index].window_to
        if number.isdecimal():
            end = min(end, observed.since + look_end(int(number), bake))
        found.append((end, _look(look)))
    return sorted(found, key=itemgetter(0))


def earlier_old(observed: Observed) -> Counts:
    """The old path at earlier shares."""
    return canary.summed(_looks(observed, observed.earlier)).old


def total(observed: Observed, measure: str, word: str, **labels: str) -> float:
    """How many there were since the share was entered."""
    return sum(
        one.value
        for one in observed.series
        if one.labels.get(measure) == word and all(one.labels.get(key) == text for key, text in labels.items())
    )


def tallied(
    observed: Observed, records: Sequence[Record], word: Callable[[Mapping[str, str]], str | None]
) -> list[Mapping[tuple[str, str], float]]:
    """How many there were in each interval, by path and label; what has no label is left out."""
    return list(_tallied(observed, records, word).values())


def _tallied(
    observed: Observed, records: Sequence[Record], word: Callable[[Mapping[str, str]], str | None]
) -> Mapping[tuple[int, str], Mapping[tuple[str, str], float]]:
    """The same by record and by number of the look."""
    counts: dict[tuple[int, str], dict[tuple[str, str], float]] = {}
    for index, record in enumerate(records):
        for one in _series(observed, [record]):
            if (said := word(one.labels)) is not None:
                look = counts.setdefault((index, one.labels.get("look", "")), {})
                side = one.labels["path"], said
                look[side] = look.get(side, 0.0) + one.value
    return counts


def _looks(observed: Observed, records: Sequence[Record]) -> tuple[Look, ...]:
    return tuple(_look(look) for look in tallied(observed, records, _outcome))


def _outcome(labels: Mapping[str, str]) -> str | None:
    return labels.get("outcome")


def _look(counted: Mapping[tuple[str, str], float]) -> Look:
    return Look(_counts(counted, "new"), _counts(counted, "old"))


def _counts(look: Mapping[tuple[str, str], float], path: str) -> Counts:
    every = sum(count for (side, _), count in look.items() if side == path)
    return Counts(look.get((path, "bad"), 0.0), every)


def _series(observed: Observed, records: Sequence[Record]) -> list[Series]:
    return [
        one for record in records for one in record.series if one.labels.get("plan", observed.plan) == observed.plan
    ]

"""What did a source count at the running share, look by look? A measure is how requests went, or how long they took."""

from collections.abc import Sequence
from dataclasses import dataclass

from contractctl import canary
from contractctl.canary import Counts, Look
from contractctl.evidence.observations import SHADOW
from contractctl.model.evidence import Record, Series

MEASURES = {"outcome": ("ok", "bad"), "speed": ("timed", "fast"), "shadow": SHADOW}
"""The label that says what is counted, and its words."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The records of one source."""

    running: tuple[Record, ...]
    """Of the running share, one after the other."""
    earlier: tuple[Record, ...]
    """Of earlier shares: what 100 % is held against."""
    seconds: float
    """How long the running share has been observed."""
    records: tuple[str, ...]
    plan: str

    @property
    def measures(self) -> set[str]:
        """What the source has counted at this share; a record that says nothing is one of requests."""
        found = {measure for one in _series(self, self.running) for measure in MEASURES if measure in one.labels}
        return found or {"outcome"}


def looks(observed: Observed, measure: str, bad: str) -> tuple[Look, ...]:
    """The looks since the share was entered; bad are those with the word `bad`, all are those with any word."""
    return _looks(observed, observed.running, measure, bad)


def earlier_old(observed: Observed, measure: str, bad: str) -> Counts:
    """The old path at earlier shares."""
    return canary.summed(_looks(observed, observed.earlier, measure, bad)).old


def total(observed: Observed, measure: str, word: str, **labels: str) -> float:
    """How many there were since the share was entered."""
    return sum(
        one.value
        for one in _series(observed, observed.running)
        if one.labels.get(measure) == word and all(one.labels.get(key) == text for key, text in labels.items())
    )


def _looks(observed: Observed, records: Sequence[Record], measure: str, bad: str) -> tuple[Look, ...]:
    counts: dict[tuple[int, str], dict[tuple[str, bool], float]] = {}
    for index, record in enumerate(records):
        for one in _series(observed, [record]):
            if measure in one.labels:
                look = counts.setdefault((index, one.labels.get("look", "")), {})
                side = one.labels["path"], one.labels[measure] == bad
                look[side] = look.get(side, 0.0) + one.value
    return tuple(Look(_counts(look, "new"), _counts(look, "old")) for look in counts.values())


def _counts(look: dict[tuple[str, bool], float], path: str) -> Counts:
    bad = look.get((path, True), 0.0)
    return Counts(bad, bad + look.get((path, False), 0.0))


def _series(observed: Observed, records: Sequence[Record]) -> list[Series]:
    return [
        one for record in records for one in record.series if one.labels.get("plan", observed.plan) == observed.plan
    ]

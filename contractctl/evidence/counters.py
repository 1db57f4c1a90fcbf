"""How much did a counter grow between its samples, with births and resets?"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from contractctl.evidence.spans import Span


@dataclass(frozen=True, slots=True)
class Growth:
    """What was counted between two samples. Times in Unix seconds."""

    begin: float
    end: float
    count: float
    reset: bool = False
    """The counter restarted in between: what it had counted before that is lost."""


def growth(
    samples: Iterable[tuple[float, float]], known_before: float, restarts: Sequence[Span] = ()
) -> Iterator[Growth]:
    """The growth from sample to sample. `samples` are (time, value) in order of time.

    A counter whose first sample comes after `known_before` was born there: all it holds was counted since. The
    first sample of an older one is only where counting starts. A smaller value is a restart: it counts in full. So does
    any value that has one of the `restarts` before it; they are in order and apart from each other.
    """
    ends = [end for _, end in restarts]
    previous: tuple[float, float] | None = None
    for at, value in samples:
        if previous is None:
            yield Growth(at, at, value if at > known_before else 0.0)
        elif value < previous[1] or _between(restarts, ends, previous[0], at):
            yield Growth(previous[0], at, value, reset=True)
        else:
            yield Growth(previous[0], at, value - previous[1])
        previous = at, value


def _between(restarts: Sequence[Span], ends: Sequence[float], before: float, after: float) -> bool:
    """Whether the first restart that ended after `before` began before `after`."""
    found = bisect_right(ends, before)
    return found < len(ends) and restarts[found][0] < after

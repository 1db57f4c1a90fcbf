"""What are the union and the difference of spans of time? A span is (begin, end) in Unix seconds."""

import math
from collections.abc import Iterable, Iterator

Span = tuple[float, float]


def merged(spans: Iterable[Span], *, reach: float = 0.0) -> list[Span]:
    """The same time in order, without overlaps; what lies no further apart than `reach` belongs together."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1] + reach:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def without(spans: Iterable[Span], others: Iterable[Span]) -> Iterator[Span]:
    """The parts of `spans` that lie in none of `others`."""
    taken = merged(others)
    for begin, end in merged(spans):
        at = begin
        for low, high in taken:
            if high <= at or low >= end:
                continue
            if low > at:
                yield at, low
            at = max(at, high)
        if at < end:
            yield at, end


def seconds(spans: Iterable[Span], begin: float, end: float) -> float:
    """How much of the time from `begin` to `end` they cover."""
    inside = ((max(low, begin), min(high, end)) for low, high in merged(spans))
    return math.fsum(high - low for low, high in inside if high > low)

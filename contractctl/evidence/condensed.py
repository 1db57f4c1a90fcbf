"""How are very many observations condensed? In bounded memory, so that the records made of them stay the same.

Of each reader, two reads a step of time: the first and the last, with all that was counted. Of each instrument, how
long it was alive without a gap. Of a canary, the sums of each look, apart where nothing was told for a while.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

from contractctl.evidence.observations import Lost, Observations, Read, Request, Sign
from contractctl.evidence.questions import Question, sign_of_life_seconds
from contractctl.evidence.records import REACH, baseline, certainty, look, reaches_back, speaks_of
from contractctl.evidence.spans import merged

_T = TypeVar("_T", Sign, Request)
_STEPS = 1_000
"""In a window of reads. Only a pause between reads of half a window makes anybody wait longer."""
_LEAST = 50_000
"""Up to this many are kept as they come."""
_EARLIER = -1
"""The look of what came before the share."""
_LONG_AGO = -2
"""The look of what says no more than that it can be counted."""
MOST = 250_000
"""The most observations that are kept of each kind."""


@dataclass(slots=True)
class Condenser:
    """Condenses the observations of a source while they are taken."""

    seen: Observations
    question: Question
    _room: int = 0

    def look_after(self) -> None:
        """To be called whenever something was taken."""
        seen = self.seen
        if len(seen.reads) + len(seen.signs) + len(seen.requests) + len(seen.lost) >= max(_LEAST, self._room):
            condense(seen, self.question)
            kept: tuple[list[Any], ...] = (seen.reads, seen.signs, seen.requests, seen.lost)
            if any(len(one) > MOST for one in kept):
                seen.spoiled(
                    f"truncated: more than {MOST:,} readers, and the times when they read, are too many to keep apart"
                )
                for one in kept:
                    del one[MOST:]
            self._room = 2 * sum(map(len, kept))


def condense(seen: Observations, question: Question) -> None:
    """Leave as many as are needed to make the same records."""
    seen.earliest, seen.latest = seen.span
    fields = question.fields
    rules = question.plan.reads
    since = seen.latest - max((reaches_back(question, field) for field in fields), default=0.0)
    reads = (
        one for one in seen.reads if one.end >= since and any(certainty(one, field) is not None for field in fields)
    )
    seen.reads[:] = _reads(reads, max(1.0, rules.window_seconds / _STEPS))
    signs = (one for one in seen.signs if any(speaks_of(one, field) for field in fields))
    seen.signs[:] = _signs(signs, partial(near, question))
    seen.requests[:] = _requests(seen.requests, question)
    seen.lost[:] = _lost(seen.lost)


def near(question: Question, consumer: str = "") -> float:
    """How many seconds apart two signs of life may be to cover the time between them: a consumer's, or anybody's."""
    listed = [question.consumers.get(field.contract, ()) for field in question.fields]
    parties = [next((one for one in own if one.name == consumer), None) for own in listed]
    every = min(sign_of_life_seconds(question.plan.reads, party) for party in (parties or [None]))
    return every * 2 * REACH


def _reads(reads: Iterable[Read], step: float) -> list[Read]:
    first: dict[tuple[object, ...], Read] = {}
    last: dict[tuple[object, ...], Read] = {}
    for one in reads:
        key = one.contract, one.path, one.consumer, one.version, one.certainty, one.count > 0, one.end // step
        known = first.get(key)
        if known is None or one.end < known.end:
            first[key] = one
            if known is not None:
                last[key] = _together(last.get(key), known)
        elif one.end == known.end:
            first[key] = replace(known, count=known.count + one.count)
        else:
            last[key] = _together(last.get(key), one)
    return [*first.values(), *last.values()]


def _together(known: Read | None, one: Read) -> Read:
    """The index of the later one."""
    if known is None:
        return one
    return replace(known if known.end > one.end else one, count=known.count + one.count)


def _signs(signs: Iterable[Sign], apart: Callable[[str], float]) -> list[Sign]:
    """One that stands for all of those that are close enough to cover the time between them."""
    found: dict[tuple[str, str, str, str], set[Sign]] = {}
    for one in signs:
        found.setdefault((one.consumer, one.version, one.contract, one.path), set()).add(one)
    return [
        run
        for (consumer, *_), own in found.items()
        for run in runs(sorted(own, key=attrgetter("begin", "at")), apart(consumer))
    ]


def runs(signs: Sequence[Sign], apart: float) -> Iterator[Sign]:
    """Of sorted signs of life that differ only in their time, what stands for those that are close to each other."""
    return _joined(signs, apart, attrgetter("at"), _lasting)


def _lasting(run: Sign, one: Sign) -> Sign:
    at = max(run.at, one.at)
    return replace(run, at=at, lasted=at - run.begin, count=run.count + one.count)


def _joined(
    ordered: Sequence[_T], apart: float, end: Callable[[_T], float], both: Callable[[_T, _T], _T]
) -> Iterator[_T]:
    """One for all that are close enough to leave no gap between them, in the order of their beginnings."""
    run = ordered[0]
    for one in ordered[1:]:
        if one.begin - end(run) > apart:
            yield run
            run = one
        else:
            run = both(run, one)
    yield run


def _requests(requests: Iterable[Request], question: Question) -> list[Request]:
    since, bake = question.since, question.plan.canary.bake_seconds
    if since is None:
        return []
    alike: dict[tuple[object, ...], list[Request]] = {}
    for one in requests:
        if one.plan not in ("", question.plan.name):
            continue
        if one.end > since:
            number = look(one.end - since, bake)
        else:
            number = _EARLIER if baseline(one, since, bake) else _LONG_AGO
        key = number, one.plan, one.path, one.outcome, one.measure, one.bound
        alike.setdefault(key, []).append(replace(one, count=0.0) if number == _LONG_AGO else one)
    near = question.plan.reads.heartbeat_seconds * 2 * REACH
    return [
        run
        for (number, *_), own in alike.items()
        for apart in [math.inf if number == _LONG_AGO else near]
        for run in _joined(sorted(own, key=attrgetter("begin")), apart, attrgetter("end"), _summed)
    ]


def _summed(run: Request, one: Request) -> Request:
    return replace(run, end=max(run.end, one.end), count=run.count + one.count)


def _lost(lost: Iterable[Lost]) -> list[Lost]:
    spans: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for one in lost:
        spans.setdefault((one.metric, one.consumer), []).append((one.begin, one.end))
    return [Lost(*key, *span) for key, found in spans.items() for span in merged(found)]

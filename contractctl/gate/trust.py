"""Can a record be relied on? Too old, from the future, not a number, partial: each has its reason."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contractctl.gate.words import moment, span
from contractctl.model.decision import WAITING_MENDS, Condition, Outcome, Unknown
from contractctl.model.evidence import SKEW_SECONDS, Kind, Record, Series

_OVER_TIME = frozenset({Kind.READS, Kind.HEARTBEAT, Kind.CANARY})
"""Kinds that are counted over a window; the others hold at one moment."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a record, or the lack of one, proves nothing."""

    reason: Unknown
    words: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment of the decision, and how old evidence may be at it."""

    now: float
    fresh_seconds: float
    patience: float
    """Seconds until fresher evidence can exist."""


def flaw(record: Record, clock: Clock, *, old_is_fine: bool = False) -> Flaw | None:
    """The first thing that is wrong with a record; None where it can be relied on."""
    if record.problem is not None:
        return _problem(record, clock)
    if not all(math.isfinite(at) for at in (record.collected_at, record.window_from, record.window_to)):
        return Flaw(Unknown.UNPARSEABLE, f"{record.source}: a time of the window is not a number")
    lasted = record.window_to - record.window_from
    if lasted < 0 or (lasted == 0 and record.kind in _OVER_TIME):
        return Flaw(Unknown.UNPARSEABLE, f"{record.source}: the window ends before it begins")
    latest = max(record.collected_at, record.window_to)
    if latest > clock.now + SKEW_SECONDS:
        ahead = span(latest - clock.now)
        return Flaw(
            Unknown.STALE,
            f"{record.source}: the evidence is {ahead} ahead of this clock: one of the two clocks is wrong",
        )
    if not old_is_fine and (stale := _stale(record, clock)):
        return stale
    return _numbers(record)


def _problem(record: Record, clock: Clock) -> Flaw:
    reason, _, words = (record.problem or "").partition(":")
    known = next((one for one in Unknown if one.value == reason.strip()), Unknown.SOURCE_ERROR)
    retry = clock.patience if known in WAITING_MENDS else None
    return Flaw(known, f"{record.source}: {words.strip() or record.problem}", retry)


def _stale(record: Record, clock: Clock) -> Flaw | None:
    oldest = min(record.collected_at, record.window_to)
    age = clock.now - oldest
    if age <= clock.fresh_seconds:
        return None
    words = (
        f"{record.source}: last observed at {moment(oldest)}, {span(age)} ago; {span(clock.fresh_seconds)} are allowed"
    )
    return Flaw(Unknown.STALE, words, clock.patience)


def _numbers(record: Record) -> Flaw | None:
    counted = record.kind is not Kind.COMPATIBILITY
    for beats in (record.expected_heartbeats, record.observed_heartbeats):
        if beats is not None and not (math.isfinite(beats) and beats >= 0):
            return Flaw(Unknown.UNPARSEABLE, f"{record.source}: {beats} is not a number of heartbeats")
    for series in record.series:
        if record.kind in _OVER_TIME and (at := _impossible_time(record, series)) is not None:
            words = f"{record.source}: {at} is not a time in the window ({_labels(series.labels)})"
            return Flaw(Unknown.UNPARSEABLE, words)
        if counted and not (math.isfinite(series.value) and series.value >= 0):
            return Flaw(
                Unknown.UNPARSEABLE, f"{record.source}: {series.value} is not a count ({_labels(series.labels)})"
            )
    if not 0 < record.sampling_ratio <= 1:
        return Flaw(Unknown.UNPARSEABLE, f"{record.source}: {record.sampling_ratio} is not a sampling ratio")
    return None


def _impossible_time(record: Record, series: Series) -> float | None:
    """A sighting outside the window that counted it, or a gap of no length."""
    begin = record.window_from - SKEW_SECONDS if record.kind is Kind.READS else -math.inf
    end = record.window_to + SKEW_SECONDS
    sights = (
        at
        for at in (series.first_seen, series.last_seen)
        if at is not None and not (math.isfinite(at) and begin <= at <= end)
    )
    gap = series.longest_gap
    return next(sights, gap if gap is not None and not 0 <= gap < math.inf else None)


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={text}" for key, text in sorted(labels.items()))


def unknown(condition: Condition, flaw: Flaw) -> Condition:
    """The same condition, left open by a flaw."""
    return replace(
        condition,
        outcome=Outcome.UNKNOWN,
        message=flaw.words,
        observed="unknown",
        reason=flaw.reason,
        retry_after=flaw.retry_after,
    )

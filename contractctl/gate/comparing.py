"""Is the proportion of bad requests no greater on the new path than on the old? Worse, as good, or not yet known."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from contractctl import canary
from contractctl.canary import Alarm, Counts, Look, Spread
from contractctl.gate.case import Case
from contractctl.gate.trust import Clock, Flaw, unknown
from contractctl.gate.words import number, percent, span
from contractctl.model.amounts import agreeing
from contractctl.model.decision import Condition, Outcome, Unknown

_EVERYBODY = 100.0
_LOOKS = 12
"""An inconclusive canary is looked at this many times per bake time: every five minutes of an hour."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared, and the words for it."""

    name: str
    sample: str
    did: str
    """`failed`, `took longer than 0.5 s`."""
    nouns: str
    """`failures`, `slow requests`."""
    looks: tuple[Look, ...]
    before: Counts
    """The old path at earlier shares: the baseline at 100 %."""
    seconds: float
    records: tuple[str, ...]
    percent: float

    @property
    def both(self) -> Look:
        """All looks added up. At 100 % the old path is what it was at the earlier shares."""
        seen = canary.summed(self.looks)
        return seen if self.percent < _EVERYBODY else Look(seen.new, seen.old.plus(self.before))

    @property
    def course(self) -> tuple[float, ...]:
        """The e-value after each look; at 100 % all looks count as one."""
        if self.percent >= _EVERYBODY:
            return (canary.e_value([self.both]),)
        return tuple(canary.e_value(self.looks[:seen]) for seen in range(1, len(self.looks) + 1))

    @property
    def alarm(self) -> Alarm:
        if self.percent < _EVERYBODY:
            return canary.alarm(self.looks)
        return canary.alarm_alone(self.both, [look.new for look in self.looks])


def margin(case: Case, it: Compared) -> float:
    """By how much the new path's proportion of bad requests may exceed the old path's."""
    rules = case.plan.canary
    return canary.margin(it.both.old, rules.relative_margin, rules.absolute_margin)


def compared(case: Case, it: Compared) -> Iterator[Condition]:
    """Whether it is not worse, and shown to be as good."""
    found = it.alarm
    yield _not_worse(case, it, found)
    yield _as_good(case, it, found.spread)


def _not_worse(case: Case, it: Compared, found: Alarm) -> Condition:
    both = it.both
    bursts = f", E = {found.guarded:.3g} in bursts" if found.doubtful or found.spread.detected else ""
    passed = Condition(
        name=f"canary {it.name}",
        outcome=Outcome.PASS,
        message=f"{_did(it, 'new', both.new)}, {_did(it, 'old', both.old)}",
        observed=f"E = {found.e:.3g}{bursts}",
        threshold=f"E < {canary.ALARM:g}",
        sample=both.new.total + both.old.total,
        records=it.records,
    )
    if found.doubtful:
        words = f"{passed.message}: worse, if they did not come in bursts; {_why(it, found)}"
        waiting = max(case.plan.canary.bake_seconds / _LOOKS, case.clock.patience)
        return replace(unknown(passed, Flaw(Unknown.TOO_FEW_SAMPLES, words, waiting)), observed=passed.observed)
    if not found.raised:
        return passed
    words = f"{passed.message}: the new path is worse"
    remedy = f"take the share back and fix the new path: contractctl migrate canary {case.plan.name} 0"
    return replace(passed, outcome=Outcome.FAIL, message=words, remedy=remedy)


def _why(it: Compared, found: Alarm) -> str:
    return "without the worst interval nothing points to it" if found.one_look else _spread(it, found.spread)


def _spread(it: Compared, spread: Spread) -> str:
    if spread.detected:
        return f"the {it.nouns} spread {spread.factor:.2g} times as much between intervals as chance would explain"
    looks = "one interval is" if spread.freedom == 0 else f"{spread.freedom + 1} intervals are"
    return f"{looks} not enough yet"


def _did(it: Compared, path: str, counts: Counts) -> str:
    if counts.total == 0:
        return f"no request took the {path} path"
    share = percent(counts.rate)
    return f"{number(counts.bad)} of {number(counts.total)} requests {it.did} on the {path} path ({share})"


def _as_good(case: Case, it: Compared, spread: Spread) -> Condition:
    """Non-inferiority and the minimum sample: no sign of being worse does not yet show that it is as good.

    Where failures come in bursts, a sample counts for correspondingly less than its size.
    """
    rules, both, wide = case.plan.canary, it.both, spread.widening
    allowed = margin(case, it)
    new, old = canary.thinned(both.new, wide), canary.thinned(both.old, wide)
    low, high = canary.difference(new, old) if both.old.total else canary.wilson(new)
    least = math.ceil(canary.least_requests(rules.absolute_margin) * wide)
    seen = f"{number(both.new.total)} requests on the new path: at most {percent(max(high, 0.0))} more {it.nouns}"
    passed = Condition(
        name=f"canary {it.sample}",
        outcome=Outcome.PASS,
        message=f"{seen}; {_spread(it, spread)}" if spread.detected else seen,
        observed=seen,
        threshold=f"at most {percent(allowed)} more {it.nouns}, shown by at least {number(least)} requests",
        sample=both.new.total,
        interval=(low, high),
        records=it.records,
    )
    missing = max(0.0, least - both.new.total)
    if high > allowed:
        more = canary.requests_until_shown(new, old, allowed)
        missing = math.inf if more is None and both.new.total else max(missing, (more or 0.0) * wide)
    if missing <= 0:
        return passed
    found = _more_needed(math.ceil(missing) if math.isfinite(missing) else missing, it, allowed, case.clock)
    if spread.detected:
        found = replace(found, words=f"{found.words}; {_spread(it, spread)}")
    return unknown(passed, found)


def _more_needed(missing: float, it: Compared, allowed: float, clock: Clock) -> Flaw:
    """How many more requests are needed, and when they will have arrived at the current rate."""
    both = it.both
    rate = both.new.total / it.seconds if it.seconds > 0 else 0.0
    if math.isinf(missing):
        gap = percent(max(both.new.rate - both.old.rate, 0.0))
        words = f"{gap} more {it.nouns} on the new path, {percent(allowed)} are allowed: not shown to be as good"
        return Flaw(Unknown.TOO_FEW_SAMPLES, words, max(it.seconds, clock.patience))
    noun = agreeing(missing, "request")
    if rate <= 0:
        words = f"needs {number(missing)} more {noun} at this share; none took the new path so far"
        return Flaw(Unknown.TOO_FEW_SAMPLES, words, max(it.seconds, clock.patience))
    words = f"needs {number(missing)} more {noun} at this share, about {span(missing / rate)} at the current rate"
    return Flaw(Unknown.TOO_FEW_SAMPLES, words, max(1.0, missing / rate))

"""Is the canary healthy at the share that is running now: share, errors, sample, bake?"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from contractctl import canary
from contractctl.canary import Counts, Look
from contractctl.gate.case import Case
from contractctl.gate.trust import Clock, Flaw, flaw, unknown
from contractctl.gate.words import number, part, percent, span
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Kind, Record
from contractctl.model.plan import Plan

_MISMATCH = 0.001
"""Below this chance, and beyond the tolerance, the observed share is not the one asked for."""
_EVERYBODY = 100.0


@dataclass(frozen=True, slots=True)
class _Observed:
    """What one source counted at the running share."""

    looks: tuple[Look, ...]
    before: Counts
    """The old path at earlier shares: what 100 % is held against."""
    seconds: float
    """How long the running share has been observed."""
    records: tuple[str, ...]


def healthy(case: Case) -> Iterator[Condition]:
    """Every condition on the requests of the running share, source by source: sources may count the same requests."""
    about = [record for record in case.of(Kind.CANARY) if _concerns(record, case.plan)]
    sources = sorted({(record.source, record.query) for record in about})
    asked = Condition(
        name="canary requests",
        outcome=Outcome.PASS,
        message="",
        observed="counted",
        threshold="counts of both paths",
        remedy=f"run: contractctl evidence collect {case.plan.name}",
    )
    if not sources:
        missing = Flaw(Unknown.MISSING_SOURCE, "no source has counted the requests of the canary")
        yield unknown(asked, missing)
    for source in sources:
        own = [record for record in about if (record.source, record.query) == source]
        observed = _observed(case, own)
        if isinstance(observed, Flaw):
            yield replace(unknown(asked, observed), records=tuple(record.digest for record in own))
            continue
        yield _share(case, observed)
        yield _errors(case, observed)
        yield _good_enough(case, observed)
        yield _baked(case, observed)


def _concerns(record: Record, plan: Plan) -> bool:
    named = {series.labels["plan"] for series in record.series if "plan" in series.labels}
    return not named or plan.name in named


def _observed(case: Case, own: Sequence[Record]) -> _Observed | Flaw:
    """The looks since the share was entered, or why they cannot be relied on."""
    newest = max(own, key=lambda record: (record.window_to, record.collected_at))
    flaws = (flaw(record, case.clock, old_is_fine=record is not newest) for record in [newest, *own])
    if found := next((one for one in flaws if one), None):
        return found
    if any(record.sampling_ratio < 1 for record in own):
        return Flaw(Unknown.SAMPLED, f"{newest.source}: only a part of the requests was counted")
    if not newest.series:
        return Flaw(Unknown.MISSING_SOURCE, f"{newest.source}: no counter of the canary answered; absent is not zero")
    since, slack = case.standing.since, case.plan.reads.heartbeat_seconds
    running = _disjoint([record for record in own if record.window_from >= since - slack / 2])
    earlier = _disjoint([record for record in own if record.window_to <= since + slack / 2])
    if newest not in running:
        words = f"{newest.source}: the evidence mixes this share with the one before: collect it again"
        return Flaw(Unknown.WINDOW_NOT_COVERED, words, case.clock.patience)
    seconds = newest.window_to - since
    hole = _hole(running, since)
    if hole > max(slack, (1 - case.plan.reads.coverage) * seconds):
        words = f"{newest.source}: {span(hole)} of the {span(seconds)} at this share were not observed"
        return Flaw(Unknown.WINDOW_NOT_COVERED, words)
    looks, before = _looks(case.plan, running), _looks(case.plan, earlier)
    if isinstance(looks, Flaw):
        return looks
    if isinstance(before, Flaw):
        return before
    digests = tuple(record.digest for record in [*earlier, *running])
    return _Observed(looks, canary.summed(before).old, seconds, digests)


def _disjoint(records: Sequence[Record]) -> list[Record]:
    """The newest record for every stretch of time: two answers over the same window are one observation."""
    taken: list[Record] = []
    for record in sorted(records, key=lambda one: (-one.collected_at, one.window_from)):
        if all(record.window_to <= one.window_from or record.window_from >= one.window_to for one in taken):
            taken.append(record)
    return sorted(taken, key=lambda one: one.window_from)


def _hole(running: Sequence[Record], since: float) -> float:
    """The longest stretch since the share was entered that no record covers."""
    reached, longest = since, 0.0
    for record in running:
        longest = max(longest, record.window_from - reached)
        reached = max(reached, record.window_to)
    return longest


def _looks(plan: Plan, records: Sequence[Record]) -> tuple[Look, ...] | Flaw:
    counts: dict[tuple[int, str], dict[tuple[str, str], float]] = {}
    for index, record in enumerate(records):
        for series in record.series:
            if series.labels.get("plan", plan.name) != plan.name:
                continue
            side = (series.labels.get("path", ""), series.labels.get("outcome", ""))
            if side[0] not in ("old", "new") or side[1] not in ("ok", "bad"):
                words = f"{record.source}: path '{side[0]}' with outcome '{side[1]}' is none of old and new, ok and bad"
                return Flaw(Unknown.UNPARSEABLE, words)
            look = counts.setdefault((index, series.labels.get("look", "")), {})
            look[side] = look.get(side, 0.0) + series.value
    return tuple(Look(_counts(look, "new"), _counts(look, "old")) for look in counts.values())


def _counts(look: dict[tuple[str, str], float], path: str) -> Counts:
    bad = look.get((path, "bad"), 0.0)
    return Counts(bad, bad + look.get((path, "ok"), 0.0))


def _share(case: Case, observed: _Observed) -> Condition:
    tolerance, asked = case.plan.canary.share_tolerance, case.standing.percent
    seen = canary.summed(observed.looks)
    everything = seen.new.total + seen.old.total
    share = seen.new.total / everything * 100 if everything else 0.0
    passed = Condition(
        name="canary share",
        outcome=Outcome.PASS,
        message=f"{share:.3g} % of {number(everything)} requests took the new path, {asked:g} % were asked for",
        observed=f"{share:.3g} %",
        threshold=f"{asked:g} % ± {tolerance:g} points",
        sample=everything,
        records=observed.records,
    )
    if everything == 0:
        words = f"no request was counted in {span(observed.seconds)}"
        return unknown(passed, Flaw(Unknown.TOO_FEW_SAMPLES, words, max(observed.seconds, case.clock.patience)))
    chance = canary.binomial_two_sided(round(seen.new.total), round(everything), asked / 100)
    if abs(share - asked) <= tolerance or chance >= _MISMATCH:
        return passed
    return replace(
        passed,
        outcome=Outcome.UNKNOWN,
        reason=Unknown.SHARE_MISMATCH,
        remedy="see why the applications do not follow the share: contractctl.runtime.canary gives it to them",
    )


def _sides(case: Case, observed: _Observed) -> tuple[tuple[Look, ...], Look]:
    """What is compared, look by look and summed. At 100 % the old path is what it was at the shares before."""
    seen = canary.summed(observed.looks)
    if case.standing.percent < _EVERYBODY:
        return observed.looks, seen
    one = Look(seen.new, seen.old.plus(observed.before))
    return (one,), one


def _errors(case: Case, observed: _Observed) -> Condition:
    looks, both = _sides(case, observed)
    e = canary.e_value(looks)
    passed = Condition(
        name="canary errors",
        outcome=Outcome.PASS,
        message=f"{_failed('new', both.new)}, {_failed('old', both.old)}",
        observed=f"E = {e:.3g}",
        threshold=f"E < {canary.ALARM:g}",
        sample=both.new.total + both.old.total,
        records=observed.records,
    )
    if e < canary.ALARM:
        return passed
    words = f"{passed.message}: the new path is worse"
    remedy = f"take the share back and mend the new path: contractctl migrate canary {case.plan.name} 0"
    return replace(passed, outcome=Outcome.FAIL, message=words, remedy=remedy)


def _failed(path: str, counts: Counts) -> str:
    if counts.total == 0:
        return f"no request took the {path} path"
    share = percent(counts.rate)
    return f"{number(counts.bad)} of {number(counts.total)} requests failed on the {path} path ({share})"


def _good_enough(case: Case, observed: _Observed) -> Condition:
    """Non-inferiority and the least sample: not seen to be worse is not yet seen to be as good."""
    rules = case.plan.canary
    _, both = _sides(case, observed)
    allowed = canary.margin(both.old, rules.relative_margin, rules.absolute_margin)
    low, high = canary.difference(both.new, both.old) if both.old.total else canary.wilson(both.new)
    least = canary.least_requests(rules.absolute_margin)
    seen = f"{number(both.new.total)} requests on the new path: at most {percent(max(high, 0.0))} more failures"
    passed = Condition(
        name="canary sample",
        outcome=Outcome.PASS,
        message=seen,
        observed=seen,
        threshold=f"at most {percent(allowed)} more failures, shown by at least {number(least)} requests",
        sample=both.new.total,
        interval=(low, high),
        records=observed.records,
    )
    missing = max(0.0, least - both.new.total)
    if high > allowed:
        more = canary.requests_until_shown(both.new, both.old, allowed)
        missing = math.inf if more is None and both.new.total else max(missing, more or 0.0)
    if missing <= 0:
        return passed
    return unknown(passed, _more_needed(missing, both, allowed, observed, case.clock))


def _more_needed(missing: float, both: Look, allowed: float, observed: _Observed, clock: Clock) -> Flaw:
    """How many more requests, and when they will have come at the present rate."""
    rate = both.new.total / observed.seconds if observed.seconds > 0 else 0.0
    if math.isinf(missing):
        gap = percent(max(both.new.rate - both.old.rate, 0.0))
        words = f"the new path fails {gap} more often, {percent(allowed)} are allowed: not shown to be as good"
        return Flaw(Unknown.TOO_FEW_SAMPLES, words, max(observed.seconds, clock.patience))
    noun = "request" if missing == 1 else "requests"
    if rate <= 0:
        words = f"needs {number(missing)} more {noun} at this share; none took the new path so far"
        return Flaw(Unknown.TOO_FEW_SAMPLES, words, max(observed.seconds, clock.patience))
    words = f"needs {number(missing)} more {noun} at this share, about {span(missing / rate)} at the present rate"
    return Flaw(Unknown.TOO_FEW_SAMPLES, words, max(1.0, missing / rate))


def _baked(case: Case, observed: _Observed) -> Condition:
    needed, share = case.plan.canary.bake_seconds, case.standing.percent
    passed = Condition(
        name="canary bake",
        outcome=Outcome.PASS,
        message=f"observed for {span(observed.seconds)} at {share:g} %",
        observed=span(observed.seconds),
        threshold=span(needed),
        records=observed.records,
    )
    if observed.seconds >= needed:
        return passed
    words = f"observed for {part(observed.seconds, needed)} at {share:g} %"
    return unknown(passed, Flaw(Unknown.BAKING, words, needed - observed.seconds))

"""Is the canary healthy at the share that is running now: share, errors, latency, shadow reads, bake?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from contractctl import canary
from contractctl.evidence.rollouts.shares import is_share
from contractctl.gate import comparing, latency, shadow
from contractctl.gate.case import Case
from contractctl.gate.counts import MEASURES, Observed, earlier_old, looks
from contractctl.gate.everybody import everybody
from contractctl.gate.trust import Flaw, flaw, unknown
from contractctl.gate.words import number, part, span
from contractctl.model.amounts import counted
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Kind, Record
from contractctl.model.plan import Plan

_EVERYBODY = 100.0
_FOLLOW = "check why the applications do not follow the share: they get it from contractctl.runtime.canary"
_MISMATCH = 0.001
"""Below this probability, and beyond the tolerance, the observed share is not the requested one."""


def healthy(case: Case) -> Iterator[Condition]:
    """Every condition on the requests of the running share, source by source: sources may count the same requests."""
    asked = Condition(
        name="canary requests",
        outcome=Outcome.PASS,
        message="",
        observed="counted",
        threshold="counts of both paths",
        remedy=f"run: contractctl evidence collect {case.plan.name}",
    )
    measured: set[str] = set()
    for own in _by_source(case):
        observed = _observed(case, own)
        if isinstance(observed, Flaw):
            measured.add("outcome")
            yield replace(unknown(asked, observed), records=tuple(record.digest for record in own))
            continue
        found = observed.measures
        measured |= found
        if "outcome" in found:
            yield _share(case, observed)
            yield from comparing.compared(case, _errors(case, observed))
            yield _baked(case, observed)
        if "speed" in found:
            yield from latency.fast_enough(case, observed)
        if "shadow" in found:
            yield shadow.same(case, observed)
    if "outcome" not in measured:
        missing = Flaw(Unknown.MISSING_SOURCE, "no source has counted the requests of the canary")
        yield unknown(asked, missing)
    if "speed" not in measured and case.plan.canary.slow_seconds is not None:
        yield latency.missing(case)
    if "shadow" not in measured and case.plan.canary.shadow_tolerance is not None:
        yield shadow.missing(case)


def comparisons(case: Case) -> Iterator[comparing.Compared]:
    """What the conditions on errors and latency compare, source by source."""
    for own in _by_source(case):
        observed = _observed(case, own)
        if isinstance(observed, Flaw):
            continue
        if "outcome" in observed.measures:
            yield _errors(case, observed)
        if "speed" in observed.measures and (timed := latency.timed(case, observed)):
            yield timed


def _by_source(case: Case) -> Iterator[list[Record]]:
    requests = (record for record in case.of(Kind.CANARY) if not is_share(record))
    about = [record for record in requests if _concerns(record, case.plan)]
    for source in sorted({(record.source, record.query) for record in about}):
        yield [record for record in about if (record.source, record.query) == source]


def _concerns(record: Record, plan: Plan) -> bool:
    named = {series.labels["plan"] for series in record.series if "plan" in series.labels}
    return not named or plan.name in named


def _observed(case: Case, own: Sequence[Record]) -> Observed | Flaw:
    """The looks since the share was entered, or why they cannot be relied on."""
    newest = max(own, key=lambda record: (record.window_to, record.collected_at))
    flaws = (flaw(record, case.clock, old_is_fine=record is not newest) for record in [newest, *own])
    if found := next((one for one in flaws if one), None):
        return found
    if any(record.sampling_ratio < 1 for record in own):
        return Flaw(Unknown.SAMPLED, f"{newest.source}: only some of the requests were counted")
    if not newest.series:
        return Flaw(Unknown.MISSING_SOURCE, f"{newest.source}: no counter of the canary answered; absent is not zero")
    since, slack = case.standing.since, case.plan.reads.heartbeat_seconds
    running = _disjoint([record for record in own if record.window_from >= since - slack / 2])
    earlier = _disjoint([record for record in own if record.window_to <= since + slack / 2])
    if newest not in running:
        words = f"{newest.source}: the evidence mixes this share with the previous one: collect it again"
        return Flaw(Unknown.WINDOW_NOT_COVERED, words, case.clock.patience)
    seconds = newest.window_to - since
    hole = _hole(running, since)
    if hole > max(slack, (1 - case.plan.reads.coverage) * seconds):
        words = f"{newest.source}: {span(hole)} of the {span(seconds)} at this share were not observed"
        return Flaw(Unknown.WINDOW_NOT_COVERED, words)
    digests = tuple(record.digest for record in [*earlier, *running])
    observed = Observed(tuple(running), tuple(earlier), since, digests, case.plan.name)
    return _strange(observed) or _uncounted(observed) or observed


def _strange(observed: Observed) -> Flaw | None:
    """An unknown label is not counted as good."""
    for record in (*observed.running, *observed.earlier):
        for series in record.series:
            labels = series.labels
            known = [words for measure, words in MEASURES.items() if labels.get(measure) in words]
            sided = labels.get("path", "") in ("old", "new") or "shadow" in labels
            if labels.get("plan", observed.plan) == observed.plan and not (len(known) == 1 and sided):
                said = ", ".join(
                    f"{key} '{text}'" for key, text in sorted(labels.items()) if key not in ("plan", "look")
                )
                return Flaw(Unknown.UNPARSEABLE, f"{record.source}: the meaning of {said} is unknown")
    return None


def _uncounted(observed: Observed) -> Flaw | None:
    """A source that counts only successes would never show a failure."""
    own = {one.labels.get("outcome") for one in observed.series if one.labels.get("path") == "new"}
    if "ok" not in own or "bad" in own:
        return None
    source = observed.running[-1].source
    words = f"{source}: no counter of failures on the new path answered; absent is not zero"
    return Flaw(Unknown.MISSING_SOURCE, words)


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


def _share(case: Case, observed: Observed) -> Condition:
    tolerance, asked = case.plan.canary.share_tolerance, case.standing.percent
    seen = canary.summed(looks(observed))
    everything = seen.new.total + seen.old.total
    share = seen.new.total / everything * 100 if everything else 0.0
    passed = Condition(
        name="canary share",
        outcome=Outcome.PASS,
        message=f"{share:.3g} % of {number(everything)} requests took the new path, {asked:g} % requested",
        observed=f"{share:.3g} %",
        threshold=f"{asked:g} % ± {tolerance:g} points",
        sample=everything,
        records=observed.records,
    )
    if everything == 0:
        words = f"no request was counted in {span(observed.seconds)}"
        return unknown(passed, Flaw(Unknown.TOO_FEW_SAMPLES, words, max(observed.seconds, case.clock.patience)))
    passed = replace(passed, remedy=_FOLLOW)
    if asked == _EVERYBODY:
        return everybody(case, observed, passed)
    chance = canary.binomial_two_sided(round(seen.new.total), round(everything), asked / 100)
    if abs(share - asked) <= tolerance or chance >= _MISMATCH:
        return replace(passed, remedy=None)
    return replace(passed, outcome=Outcome.UNKNOWN, reason=Unknown.SHARE_MISMATCH)


def _errors(case: Case, observed: Observed) -> comparing.Compared:
    return comparing.Compared(
        name="errors",
        sample="sample",
        did="failed",
        nouns="failures",
        looks=looks(observed),
        before=earlier_old(observed),
        seconds=observed.seconds,
        records=observed.records,
        percent=case.standing.percent,
    )


def _baked(case: Case, observed: Observed) -> Condition:
    needed, share = case.plan.canary.bake_seconds, case.standing.percent
    own = looks(observed)
    without = sum(1 for look in own if _is_without(look, share))
    counted_for = observed.seconds - observed.silent
    seconds = counted_for * (1 - without / max(len(own), 1))
    passed = Condition(
        name="canary bake",
        outcome=Outcome.PASS,
        message=f"observed for {span(counted_for)} at {share:g} %",
        observed=span(counted_for),
        threshold=span(needed),
        records=observed.records,
    )
    if seconds >= needed:
        return passed
    words = f"observed for {part(seconds, needed)} at {share:g} %"
    if observed.silent >= 1:
        words += f"; for {span(observed.silent)} nobody has counted a request, or reported that there was none"
    if without:
        words += f"; in {without} of {counted(len(own), 'interval')} no request took the new path"
    return unknown(passed, Flaw(Unknown.BAKING, words, needed - seconds))


def _is_without(look: canary.Look, share: float) -> bool:
    """Whether so many requests took the old path that, at this share, some should have taken the new one."""
    return not look.new.total and (1 - share / 100) ** look.old.total < _MISMATCH

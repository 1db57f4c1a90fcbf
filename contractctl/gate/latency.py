"""Is the new path as fast? The proportion of requests above a bucket's bound, by the same test as errors."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from contractctl import canary
from contractctl.canary import Counts, Look
from contractctl.gate import comparing
from contractctl.gate.case import Case
from contractctl.gate.counts import Observed, tallied, total
from contractctl.gate.trust import Flaw, unknown
from contractctl.gate.words import number
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Record


def missing(case: Case) -> Condition:
    """The plan requires it, and nobody has timed a request."""
    return unknown(_asked(case), Flaw(Unknown.MISSING_SOURCE, "no source has timed the requests of the canary"))


def fast_enough(case: Case, observed: Observed) -> Iterator[Condition]:
    """Both conditions; none where the plan does not say what slow is."""
    seconds = case.plan.canary.slow_seconds
    if seconds is None:
        return
    bound = f"{seconds:g}"
    if found := _unusable(case, observed, bound):
        yield replace(unknown(_asked(case), found), records=observed.records)
        return
    yield from comparing.compared(case, _timed(case, observed, bound))


def timed(case: Case, observed: Observed) -> comparing.Compared | None:
    """What to compare; None where nothing can be compared."""
    seconds = case.plan.canary.slow_seconds
    if seconds is None or _unusable(case, observed, f"{seconds:g}"):
        return None
    return _timed(case, observed, f"{seconds:g}")


def _timed(case: Case, observed: Observed, bound: str) -> comparing.Compared:
    before = canary.summed(_looks(observed, observed.earlier, bound))
    return comparing.Compared(
        name="latency",
        sample="sample of latency",
        did=f"took longer than {bound} s",
        nouns="slow requests",
        looks=_looks(observed, observed.running, bound),
        before=before.old,
        seconds=observed.seconds,
        records=observed.records,
        percent=case.standing.percent,
    )


def _asked(case: Case) -> Condition:
    return Condition(
        name="canary latency",
        outcome=Outcome.PASS,
        message="",
        observed="timed",
        threshold=f"requests of both paths, by whether they took longer than {case.plan.canary.slow_seconds:g} s",
        remedy=f"run: contractctl evidence collect {case.plan.name}",
    )


def _unusable(case: Case, observed: Observed, bound: str) -> Flaw | None:
    """A slow request that was not timed would go unseen."""
    for path in ("new", "old"):
        timed = total(observed, "speed", "timed", path=path)
        fast = total(observed, "speed", "fast", path=path, bound=bound)
        known = any(one.labels.get("bound") == bound for record in observed.running for one in record.series)
        if timed and not known:
            return Flaw(Unknown.UNPARSEABLE, f"no bucket ends at {bound} s: it is unknown which requests are slow")
        if fast > timed:
            return Flaw(Unknown.CONFLICTING_EVIDENCE, f"{number(fast)} of {number(timed)} requests were fast")
        went = total(observed, "outcome", "ok", path=path) + total(observed, "outcome", "bad", path=path)
        if timed < went * case.plan.reads.coverage:
            words = f"{number(timed)} of {number(went)} requests on the {path} path were timed"
            return Flaw(Unknown.SAMPLED, words)
    return None


def _looks(observed: Observed, records: tuple[Record, ...], bound: str) -> tuple[Look, ...]:
    def word(labels: Mapping[str, str]) -> str | None:
        return labels["speed"] if labels.get("speed") == "timed" or labels.get("bound") == bound else None

    return tuple(Look(_slow(look, "new"), _slow(look, "old")) for look in tallied(observed, records, word))


def _slow(look: Mapping[tuple[str, str], float], path: str) -> Counts:
    timed = look.get((path, "timed"), 0.0)
    return Counts(max(0.0, timed - look.get((path, "fast"), 0.0)), timed)

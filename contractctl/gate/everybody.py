"""At 100 %: has everybody left the old path? A request that takes it restarts the silence, and makes it longer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from contractctl import canary
from contractctl.canary import Look
from contractctl.evidence.questions import GAPS
from contractctl.gate.case import Case
from contractctl.gate.counts import Observed, dated
from contractctl.gate.trust import Flaw, unknown
from contractctl.gate.words import moment, number, part, span
from contractctl.model.amounts import agreeing
from contractctl.model.decision import Condition, Unknown

_ERROR = 0.05
"""The probability that any silence after the first request on the old path is long by chance alone."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when nobody has taken the old path, and what came before."""

    left: float
    """Requests that took the old path, all in all."""
    last: float
    """When the last of them had been counted."""
    breaks: int
    """In how many looks there were some."""
    longest: float
    """Seconds of the longest silence that did not last."""
    requests: float
    """Requests on the new path since the last of them."""

    def seconds_needed(self, bake: float) -> float:
        """After a return that followed an hour of silence, another hour proves nothing."""
        return max(bake, GAPS * self.longest)

    def requests_needed(self, share: float) -> int:
        """How many in a row show that less than `share` of the requests take the old path, however often one looks.

        With enough attempts one succeeds by chance, so the nth may be wrong in one of 20 n (n + 1) cases: one in
        twenty over all of them.
        """
        attempts = self.breaks * (self.breaks + 1)
        return math.ceil(canary.least_requests(share) / 3 * math.log(max(attempts, 1) / _ERROR))


def silence(looks: Sequence[tuple[float, Look]], since: float) -> Silence:
    """From looks in chronological order, each with its end; the share was entered at `since`."""
    left, last, breaks, longest, requests, before = 0.0, since, 0, 0.0, 0.0, since
    for end, look in looks:
        if look.old.total:
            left, breaks = left + look.old.total, breaks + 1
            longest, last, requests = max(longest, before - last), end, 0.0
        else:
            requests += look.new.total
        before = end
    return Silence(left, last, breaks, longest, requests)


def everybody(case: Case, observed: Observed, passed: Condition) -> Condition:
    """The condition on the share where all requests should take the new path."""
    rules = case.plan.canary
    found = silence(dated(observed, rules.bake_seconds), observed.since)
    quiet = max(0.0, observed.until - found.last - observed.silent)
    needed = found.seconds_needed(rules.bake_seconds)
    passed = replace(passed, threshold=f"nobody on the old path for {span(needed)}")
    if not found.breaks:
        return replace(passed, remedy=None)
    took = f"{number(found.left)} {agreeing(found.left, 'request')} took the old path"
    if found.last >= observed.until:
        return unknown(passed, Flaw(Unknown.SHARE_MISMATCH, f"{took}, some of them in the latest interval"))
    words = f"{took}, the last before {moment(found.last)}"
    if quiet < needed:
        return unknown(passed, Flaw(Unknown.BAKING, f"{words}; none for {part(quiet, needed)}", needed - quiet))
    if (missing := found.requests_needed(rules.absolute_margin) - found.requests) > 0:
        noun = agreeing(missing, "request")
        retry = missing * quiet / found.requests if found.requests else quiet
        more = f"{words}; needs {number(missing)} more {noun} without one"
        return unknown(passed, Flaw(Unknown.TOO_FEW_SAMPLES, more, max(retry, case.clock.patience)))
    return replace(passed, message=f"{passed.message}; nobody has taken the old one for {span(quiet)}", remedy=None)

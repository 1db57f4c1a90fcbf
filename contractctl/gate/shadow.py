"""Do shadow reads give the same on both paths? Of what was compared, how much differs; ignored is not skipped."""

import math
from dataclasses import replace

from contractctl import canary
from contractctl.canary import Counts
from contractctl.gate.case import Case
from contractctl.gate.counts import Observed, total
from contractctl.gate.trust import Flaw, unknown
from contractctl.gate.words import number, percent
from contractctl.model.decision import Condition, Outcome, Unknown

_SURE = 3.0
"""By how many standard errors mismatches must exceed the tolerance: the test is repeated at every look."""


def missing(case: Case) -> Condition:
    """The plan requires it, and nobody has compared anything."""
    return unknown(_asked(case), Flaw(Unknown.MISSING_SOURCE, "no source has counted shadow reads"))


def same(case: Case, observed: Observed) -> Condition:
    """Whether mismatches are within the tolerance that the plan declares, and enough was compared."""
    rules = case.plan.canary
    different, skipped = total(observed, "shadow", "different"), total(observed, "shadow", "skipped")
    ignored = total(observed, "shadow", "ignored")
    compared = different + total(observed, "shadow", "same")
    tolerance, counts = rules.shadow_tolerance or 0.0, Counts(different, compared)
    words = (
        f"{number(different)} of {number(compared)} compared reads differ, "
        f"{number(ignored)} ignored, {number(skipped)} skipped"
    )
    passed = replace(
        _asked(case),
        message=words,
        observed=words,
        sample=compared,
        interval=canary.wilson(counts),
        records=observed.records,
        remedy=None,
    )
    if different and (tolerance == 0 or canary.wilson(counts, _SURE)[0] > tolerance):
        remedy = f"see which rows differ: contractctl migrate verify {case.plan.name}"
        return replace(passed, outcome=Outcome.FAIL, remedy=remedy)
    if skipped > compared:
        return unknown(passed, Flaw(Unknown.SAMPLED, f"{words}: most were not compared"))
    least = max(rules.shadow_compared, math.ceil(3 / tolerance - 1e-9) if tolerance else 0)
    if compared < least or (tolerance and canary.wilson(counts)[1] > tolerance):
        more = f"at least {number(least)} are needed" if compared < least else "not shown to be within the tolerance"
        return unknown(passed, Flaw(Unknown.TOO_FEW_SAMPLES, f"{words}: {more}", max(observed.seconds, 1.0)))
    return passed


def _asked(case: Case) -> Condition:
    rules = case.plan.canary
    allowed = percent(rules.shadow_tolerance or 0.0)
    return Condition(
        name="canary shadow reads",
        outcome=Outcome.PASS,
        message="",
        observed="compared",
        threshold=f"at most {allowed} of at least {number(rules.shadow_compared)} compared reads differ",
        remedy=f"run: contractctl evidence collect {case.plan.name}",
    )

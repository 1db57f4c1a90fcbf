"""Do those who shift the traffic give the new path the requested share?"""

from collections.abc import Iterator
from dataclasses import replace

from contractctl.evidence.rollouts.shares import is_share
from contractctl.gate.case import Case
from contractctl.gate.order import running
from contractctl.gate.trust import Flaw, flaw, unknown
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Record

_ROUNDED = 0.5
"""By how many percentage points integer weights may miss a share."""
_NOBODY, _EVERYBODY = 0.0, 100.0


def moved(case: Case) -> Iterator[Condition]:
    """One condition for each of them; none where nobody is known to shift it."""
    newest: dict[tuple[str, str, str], Record] = {}
    for record in sorted(filter(is_share, case.records), key=lambda one: one.collected_at):
        labels = record.series[0].labels
        if labels.get("plan", case.plan.name) == case.plan.name:
            newest[record.source, record.query, labels.get("mover", "")] = record
    for (source, _, mover), record in sorted(newest.items()):
        yield _moved(case, source, mover, record)


def _moved(case: Case, source: str, mover: str, record: Record) -> Condition:
    asked = running(case.standing)
    passed = Condition(
        name=f"share set by {mover}",
        outcome=Outcome.PASS,
        message="",
        observed="",
        threshold=f"{asked:g} %",
        records=(record.digest,),
        remedy=_remedy(case, source, asked),
    )
    if found := flaw(record, case.clock):
        return unknown(passed, found)
    shares = {series.value for series in record.series}
    if len(shares) > 1:
        listed = ", ".join(f"{share:g} %" for share in sorted(shares))
        return unknown(passed, Flaw(Unknown.CONFLICTING_EVIDENCE, f"{mover} gives {listed} at the same time"))
    (share,) = shares
    message = f"{mover} gives {share:.4g} % to the new path, {asked:g} % requested"
    passed = replace(passed, message=message, observed=f"{share:.4g} %")
    if not _is(share, asked):
        return replace(unknown(passed, Flaw(Unknown.SHARE_MISMATCH, message)), observed=passed.observed)
    return replace(passed, remedy=None)


def _is(share: float, asked: float) -> bool:
    """Rounding never excuses a deviation from 0 or 100 %."""
    if share in (_NOBODY, _EVERYBODY) or asked in (_NOBODY, _EVERYBODY):
        return share == asked
    return abs(share - asked) <= _ROUNDED


def _remedy(case: Case, source: str, asked: float) -> str:
    if source == "flagd":
        return f"write the share again: contractctl migrate canary {case.plan.name} {asked:g}"
    return f"bring both to the same share; then: contractctl evidence collect {case.plan.name}"

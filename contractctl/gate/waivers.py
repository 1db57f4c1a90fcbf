"""Which waivers hold at this moment? Each is bound to a verdict and its evidence; those that do not hold are named."""

from collections.abc import Sequence
from dataclasses import replace

from contractctl.evidence import waivers
from contractctl.gate.case import Case
from contractctl.gate.order import STEP_BEFORE
from contractctl.gate.people import UNREVIEWED, different
from contractctl.gate.words import moment
from contractctl.model import canonical
from contractctl.model.backing import Backing
from contractctl.model.decision import Condition, Outcome
from contractctl.model.evidence import SKEW_SECONDS, Kind, Record
from contractctl.model.plan import Stage
from contractctl.model.waiver import Waiver

LONGEST_SECONDS = 7 * 86400.0
_MEASURED_NOW = frozenset({Kind.BACKFILL, Kind.DIVERGENCE})
"""Measured anew for every decision: what was counted matters, not when."""
_VOUCHED = {
    Backing.UNCOMMITTED: UNREVIEWED,
    Backing.NOWHERE: "it says break-glass, but the journal has no record of it",
}


def applied(case: Case, conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """The conditions, those that are waived with their waiver, and one for each waiver that changes nothing."""
    own = [one for one in waivers.of(case.records) if one[0].stage == case.stage]
    whys = [why_not(case, conditions, waiver) for waiver, _ in own]
    good = [one for one, why in zip(own, whys, strict=True) if why is None]
    unused = [_unused(*one, why) for one, why in zip(own, whys, strict=True) if why is not None]
    return (*(_with_its_own(case, condition, good) for condition in conditions), *unused)


def _with_its_own(case: Case, condition: Condition, good: Sequence[tuple[Waiver, str]]) -> Condition:
    for waiver, record in good:
        if not condition.holds and condition.name == waiver.condition and binding(case, condition) == waiver.evidence:
            return replace(
                condition,
                message=f"{condition.message}; waived, {in_words(waiver)}",
                records=(*condition.records, record),
                waiver=waiver,
            )
    return condition


def _unused(waiver: Waiver, record: str, why: str) -> Condition:
    return Condition(
        name=f"waiver of '{waiver.condition}'",
        outcome=Outcome.PASS,
        message=f"not used: {why} ({waiver.place})",
        observed="not used",
        threshold="approved, in time, for exactly this verdict",
        records=(record,),
        waiver=waiver,
    )


def in_words(waiver: Waiver) -> str:
    """Approved by whom, until when, why, and where that is written."""
    glass = "BREAK-GLASS by" if waiver.backing is Backing.JOURNAL else "approved by"
    who, until = ", ".join(waiver.approvers), moment(waiver.expires)
    return f"{glass} {who}, until {until}: {waiver.reason} ({waiver.ticket}, owner {waiver.owner}; {waiver.place})"


def binding(case: Case, condition: Condition) -> str:
    """Digest of a verdict, of the requested share, and of the records that the verdict rests on.

    It leaves out the clock, and what changes with the clock alone.
    """
    rests_on = {_substance(record) for record in case.records if record.digest in condition.records}
    reason = condition.reason.value if condition.reason else None
    verdict = [condition.name, condition.outcome.value, reason]
    return canonical.digest([case.plan.name, case.stage.value, case.percent, *verdict, sorted(rests_on)])


def _substance(record: Record) -> str:
    if record.kind not in _MEASURED_NOW:
        return record.digest
    counted = sorted(canonical.dumps(canonical.tree(series)) for series in record.series)
    return canonical.digest([record.kind.value, record.source, record.query, record.problem, counted])


def why_not(case: Case, conditions: Sequence[Condition], waiver: Waiver) -> str | None:
    """Why it changes nothing; None where it holds."""
    if waiver.backing in _VOUCHED:
        return _VOUCHED[waiver.backing]
    if waiver.plan != case.plan.name:
        return f"it is for the plan '{waiver.plan}'"
    return _wrong_time(case, waiver) or _wrong_verdict(case, conditions, waiver) or _too_few(case, waiver)


def _wrong_time(case: Case, waiver: Waiver) -> str | None:
    if waiver.at > case.now + SKEW_SECONDS:
        return f"it was made at {moment(waiver.at)}, which is in the future"
    if not waiver.at < waiver.expires <= waiver.at + LONGEST_SECONDS:
        return f"it holds from {moment(waiver.at)} to {moment(waiver.expires)}: at most 7 days are allowed"
    if waiver.at < case.standing.since - SKEW_SECONDS:
        return f"it was made at {moment(waiver.at)}, before the plan became {case.standing.state}"
    if case.now >= waiver.expires:
        return f"it has expired at {moment(waiver.expires)}"
    return None


def _wrong_verdict(case: Case, conditions: Sequence[Condition], waiver: Waiver) -> str | None:
    named = [condition for condition in conditions if condition.name == waiver.condition]
    if not named:
        return "this stage has no such condition now"
    if waiver.condition == STEP_BEFORE:
        return "the order of the stages cannot be waived"
    if all(condition.holds for condition in named):
        return "the condition holds: there is nothing to waive"
    found = [condition for condition in named if condition.outcome is waiver.outcome]
    if not found:
        return f"it waives {waiver.outcome}, but the verdict is {named[0].outcome}"
    digests = [binding(case, condition) for condition in found]
    if waiver.evidence in digests:
        return None
    what = "the evidence has changed since" if case.percent is None else "it is for another share, or other evidence"
    return f"{what}: it is bound to {waiver.evidence[:12]}, this is {digests[0][:12]}"


def _too_few(case: Case, waiver: Waiver) -> str | None:
    needed, given = approvers_needed(case), len(different(waiver.approvers))
    if given >= needed:
        return None
    who = ", ".join(waiver.approvers) or "nobody"
    return f"{given} of {needed} different people have approved it: {who}"


def approvers_needed(case: Case) -> int:
    """What cannot be undone takes two people, whatever the plan says."""
    return max(2, case.plan.reads.approvals) if case.stage is Stage.CONTRACT else 1

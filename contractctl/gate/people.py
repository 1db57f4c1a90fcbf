"""What must people have said: approvals, a restore point, attestations?"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from contractctl.evidence.approvals import is_reviewed
from contractctl.gate.case import Case
from contractctl.gate.trust import Flaw, flaw, unknown
from contractctl.gate.words import moment
from contractctl.model.amounts import counted
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import SKEW_SECONDS, Kind, Series
from contractctl.model.plan import Plan

_CYRILLIC = "\u0430\u0432\u0435\u0456\u0458\u043a\u043c\u043d\u043e\u0440\u0441\u0455\u0442\u0443\u0445"
_GREEK = "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7"
_AS_LATIN = str.maketrans(_CYRILLIC + _GREEK, "abeijkmhopcstyx" + "abezhikmnoptyx")
"""Letters that look like Latin ones, in lower or upper case."""
UNREVIEWED = "it is not committed in git, so it is not reviewed; git add, git commit"
"""Of a statement in a file that git does not have in this form."""
_ADDRESS = re.compile(r"<([^<>]+@[^<>]+)>")


@dataclass(frozen=True, slots=True)
class Attestation:
    """What somebody states that no instrument can see."""

    statement: str
    """no-consumers or does-not-read."""
    contract: str
    consumer: str
    by: str
    reason: str
    expires: float
    reviewed: bool
    record: str


def restore_point(plan: Plan) -> Condition:
    """The plan says where the data can be restored from."""
    passed = Condition(
        name="restore point",
        outcome=Outcome.PASS,
        message=f"the data can be restored from {plan.restore_point}",
        observed="named",
        threshold="named",
    )
    if plan.restore_point and plan.restore_point.strip():
        return passed
    missing = Flaw(Unknown.MISSING_SOURCE, "the plan names no restore point")
    return replace(unknown(passed, missing), remedy=f"write restore_point into the plan file of '{plan.name}'")


def approved(case: Case) -> Condition:
    """Enough different people approved what cannot be undone."""
    needed = case.plan.reads.approvals
    about = case.of(Kind.APPROVAL)
    flaws = [flaw(record, case.clock, old_is_fine=True) for record in about]
    given = [
        series
        for record, found in zip(about, flaws, strict=True)
        if found is None
        for series in record.series
        if series.labels.get("stage") == case.stage and (series.first_seen or 0.0) <= case.now + SKEW_SECONDS
    ]
    since = case.standing.since - SKEW_SECONDS
    late = [one for one in given if (one.first_seen or 0.0) >= since]
    named = different(one.labels["approver"] for one in late if is_reviewed(one))
    who = ", ".join(sorted(named)) or "nobody"
    passed = Condition(
        name="approvals",
        outcome=Outcome.PASS,
        message=f"approved by {who}" if needed else "no approval is required",
        observed=f"{len(named)}",
        threshold=counted(needed, "person", "different people"),
        records=tuple(record.digest for record in about),
    )
    if len(named) >= needed:
        return passed
    words = f"{len(named)} of {counted(needed, 'person has', 'people have')} approved: {who}"
    if early := _approvers(one for one in given if one not in late):
        words += f"; what {early} approved is from before the brown-out"
    if waiting := _approvers(one for one in late if not is_reviewed(one)):
        words += f"; what {waiting} approved does not count: {UNREVIEWED}"
    missing = next((found for found in flaws if found), Flaw(Unknown.MISSING_SOURCE, words))
    command = f'contractctl migrate approve {case.plan.name} {case.stage} --reason "…"'
    return replace(unknown(passed, missing), remedy=f"each of them runs: {command}, and commits what it writes")


def _approvers(given: Iterable[Series]) -> str:
    return ", ".join(sorted({one.labels["approver"] for one in given}))


def different(approvers: Iterable[str]) -> tuple[str, ...]:
    """The different people among them: two that share a name or an address count as one, to be on the safe side."""
    known: dict[frozenset[str], str] = {}
    for approver in approvers:
        own = _spellings(approver)
        same = [one for one in known if one & own]
        shown = next((known[one] for one in same), approver)
        for one in same:
            del known[one]
        known[own.union(*same)] = shown
    return tuple(known.values())


def _spellings(approver: str) -> frozenset[str]:
    """The name and the address, normalised: without invisible characters, and with look-alikes folded."""
    seen = "".join(one for one in approver if unicodedata.category(one) != "Cf")
    folded = unicodedata.normalize("NFKC", seen).casefold().translate(_AS_LATIN)
    found = _ADDRESS.search(folded)
    parts = (found.group(1), folded[: found.start()]) if found else (folded,)
    return frozenset(" ".join(part.split()) for part in parts if part.strip())


def attestations(case: Case) -> Iterator[Attestation]:
    """The statements that count now: with a name and a reason, and not expired. Unreviewed ones do not hold."""
    for record in case.of(Kind.ATTESTATION):
        if flaw(record, case.clock, old_is_fine=True):
            continue
        for series in record.series:
            said = _attestation(series, record.digest)
            made = series.first_seen or 0.0
            if said.by and said.reason and made <= case.now + SKEW_SECONDS and case.now < said.expires:
                yield said


def _attestation(series: Series, digest: str) -> Attestation:
    labels = series.labels
    return Attestation(
        statement=labels.get("statement", ""),
        contract=labels.get("contract", ""),
        consumer=labels.get("consumer", ""),
        by=labels.get("by", "").strip(),
        reason=labels.get("reason", "").strip(),
        expires=series.last_seen or 0.0,
        reviewed=is_reviewed(series),
        record=digest,
    )


def beside(condition: Condition, said: Iterable[Attestation]) -> Condition:
    """An unknown condition, with the attestation for it that does not count yet."""
    who = ", ".join(sorted({one.by for one in said if not one.reviewed}))
    if condition.outcome is not Outcome.UNKNOWN or not who:
        return condition
    return replace(condition, message=f"{condition.message}; what {who} attests does not count: {UNREVIEWED}")


def in_words(attestation: Attestation) -> str:
    """`attested by Ada until 2026-12-01 00:00:00 UTC: …`."""
    return f"attested by {attestation.by} until {moment(attestation.expires)}: {attestation.reason}"

"""Do the facts hold that are simply counted: compatibility, backfill, divergence?"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from contractctl.formats import INTERFACES
from contractctl.gate.case import Case
from contractctl.gate.trust import Flaw, flaw, unknown
from contractctl.gate.words import moment, number
from contractctl.model.amounts import agreeing
from contractctl.model.decision import Condition, Outcome, Unknown
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.plan import Movement, Plan
from contractctl.model.verdict import Direction

JUST_NOW_SECONDS = 300.0
"""How old a proof of zero divergence may be before the old side is dropped."""

_NONE = "0 incompatibilities"
_AMISS = {
    "new_side_nulls": (
        "row was written since the triggers were created and has no new side: something bypasses them",
        "rows were written since the triggers were created and have no new side: something bypasses them",
    ),
    "differing": ("row differs between the old and the new side", "rows differ between the old and the new side"),
    "conflicts": (
        "row was written with an old and a new value that disagree",
        "rows were written with an old and a new value that disagree",
    ),
    "set_aside": (
        "row could not be converted and was set aside",
        "rows could not be converted and were set aside",
    ),
    "remaining": ("row is not filled", "rows are not filled"),
}
"""What is wrong where a fact of the database is not zero, with one row and with several."""


def touches_a_database(plan: Plan) -> bool:
    """Whether the plan has a table: a plan of events alone has no rows to fill or to compare."""
    return any(movement.format == "sql" for movement in plan.movements)


def amiss(fact: str, count: float) -> str:
    """`3 rows differ between the old and the new side`: what is wrong where a fact is not zero."""
    return f"{number(count)} {agreeing(count, *_AMISS[fact])}"


def compatible(case: Case) -> Iterator[Condition]:
    """The intermediate version is compatible with every live version.

    Events travel both ways. A table is changed, and an interface served, before any application that knows its new side
    is deployed, so only the old ones have to be compatible with it.
    """
    for movement in case.plan.movements:
        if movement.intermediate == movement.old:
            continue
        for direction in (Direction.BACKWARD,) if movement.format in INTERFACES else tuple(Direction):
            yield _compatible(case, movement, direction)


def _compatible(case: Case, movement: Movement, direction: Direction) -> Condition:
    pair = f"{movement.contract} {movement.old} → {movement.intermediate}"
    passed = Condition(
        name=f"{pair} is {direction} compatible",
        outcome=Outcome.PASS,
        message="",
        observed=_NONE,
        threshold=_NONE,
        remedy=f"run: contractctl check {movement.contract}",
    )
    about = [record for record in case.of(Kind.COMPATIBILITY) if record.problem or _own(record, movement, direction)]
    broken = next((found for record in about if (found := flaw(record, case.clock))), None)
    pairs = {one.labels.get("old", ""): one.value for record in about for one in _own(record, movement, direction)}
    passed = replace(passed, sample=float(len(pairs)), records=tuple(record.digest for record in about))
    if broken is None and movement.old not in pairs:
        broken = Flaw(Unknown.MISSING_SOURCE, f"{pair} have not been compared ({direction})")
    if broken:
        return unknown(passed, _as_environment(broken))
    return _judged(passed, movement, direction, pairs)


def _judged(passed: Condition, movement: Movement, direction: Direction, counts: dict[str, float]) -> Condition:
    new = f"{movement.contract} {movement.intermediate}"
    if breaking := {old: count for old, count in counts.items() if count > 0}:
        listed = ", ".join(f"{number(count)} with {old}" for old, count in sorted(breaking.items()))
        every = sum(breaking.values())
        total = f"{number(every)} {agreeing(every, 'incompatibility')}"
        message = f"{new} has {direction} incompatibilities: {listed}"
        return replace(passed, outcome=Outcome.FAIL, message=message, observed=total)
    if undecided := sorted(old for old, count in counts.items() if math.isnan(count) or count < 0):
        message = f"{new} could not be judged against {', '.join(undecided)} ({direction})"
        return unknown(passed, Flaw(Unknown.UNPARSEABLE, message))
    return replace(passed, message=f"{new} is {direction} compatible with {', '.join(sorted(counts))}", remedy=None)


def _own(record: Record, movement: Movement, direction: Direction) -> tuple[Series, ...]:
    wanted = {"contract": movement.contract, "new": movement.intermediate, "direction": direction.value}
    return tuple(
        series for series in record.series if all(series.labels.get(key) == text for key, text in wanted.items())
    )


def _as_environment(found: Flaw) -> Flaw:
    """What goes stale in a comparison is which versions are live."""
    return replace(found, reason=Unknown.ENVIRONMENT_STALE) if found.reason is Unknown.STALE else found


def no_new_side_nulls(case: Case) -> Condition:
    """Nobody writes without dual-writing."""
    return _zero(
        case,
        _Zero(
            name="rows written without the new side",
            kind=Kind.DIVERGENCE,
            fact="new_side_nulls",
            good="every row written since the triggers were created has both sides",
            remedy=f"run: contractctl migrate dual-write {case.plan.name}",
        ),
    )


def backfill_complete(case: Case) -> Condition:
    """Every row that existed has been filled."""
    passed = Condition(
        name="backfill complete",
        outcome=Outcome.PASS,
        message="every row has been filled",
        observed="complete",
        threshold="complete",
        remedy=f"run: contractctl migrate backfill {case.plan.name}",
    )
    found = _fact(case, Kind.BACKFILL, "complete")
    if isinstance(found, Flaw):
        return unknown(passed, found)
    remaining = _fact(case, Kind.BACKFILL, "remaining")
    left = 0.0 if isinstance(remaining, Flaw) else sum(remaining.values)
    passed = replace(passed, records=found.records)
    if min(found.values) >= 1 and left > 0:
        words = f"the backfill says that it is complete, but {amiss('remaining', left)}"
        return unknown(passed, Flaw(Unknown.CONFLICTING_EVIDENCE, words))
    if min(found.values) < 1:
        words = f"{amiss('remaining', left)} yet" if left else "the backfill has not finished"
        return replace(passed, outcome=Outcome.FAIL, message=words, observed="not complete")
    return replace(passed, remedy=None)


def nothing_set_aside(case: Case) -> Condition:
    """No row waits for a person."""
    plan = case.plan.name
    return _zero(
        case,
        _Zero(
            name="rows set aside",
            kind=Kind.BACKFILL,
            fact="set_aside",
            good="no row was set aside",
            remedy=f"see which: contractctl migrate status {plan}; fix them; contractctl migrate backfill {plan}",
        ),
    )


def no_divergence(case: Case, *, within_seconds: float = math.inf) -> Iterator[Condition]:
    """Both sides agree in every row, and nobody wrote both with different values."""
    yield _zero(
        case,
        _Zero(
            name="rows that differ",
            kind=Kind.DIVERGENCE,
            fact="differing",
            good="both sides agree in every row, as of {at}",
            remedy=f"run: contractctl migrate verify {case.plan.name}",
            within_seconds=within_seconds,
        ),
    )
    yield _zero(
        case,
        _Zero(
            name="conflicts",
            kind=Kind.DIVERGENCE,
            fact="conflicts",
            good="no row was written with different values on both sides",
            remedy=f"see which: contractctl migrate status {case.plan.name}; decide which side is right and write it",
            within_seconds=within_seconds,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Zero:
    """A fact of the database that must be zero, and the words for it."""

    name: str
    kind: Kind
    fact: str
    good: str
    remedy: str
    within_seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class _Found:
    """The newest values of one fact, by table where there are several."""

    values: tuple[float, ...]
    at: float
    records: tuple[str, ...]


def _zero(case: Case, asked: _Zero) -> Condition:
    passed = Condition(asked.name, Outcome.PASS, "", "0", "0", remedy=asked.remedy)
    found = _fact(case, asked.kind, asked.fact, asked.within_seconds)
    if isinstance(found, Flaw):
        return unknown(passed, found)
    passed = replace(passed, records=found.records)
    if (count := sum(found.values)) > 0:
        return replace(passed, outcome=Outcome.FAIL, message=amiss(asked.fact, count), observed=number(count))
    return replace(passed, message=asked.good.format(at=moment(found.at)), remedy=None)


def _fact(case: Case, kind: Kind, fact: str, within_seconds: float = math.inf) -> _Found | Flaw:
    clock = replace(case.clock, fresh_seconds=min(case.clock.fresh_seconds, within_seconds))
    missing = Flaw(Unknown.MISSING_SOURCE, f"the database has not been queried for '{fact}'")
    about = [record for record in case.of(kind) if record.problem or _values(record, fact)]
    if not about:
        return missing
    newest = max(record.collected_at for record in about)
    current = [record for record in about if record.collected_at == newest] or about
    broken = next((found for record in current if (found := flaw(record, clock))), None)
    values = tuple(value for record in current for value in _values(record, fact))
    if broken or not values:
        return broken or missing
    digests = tuple(record.digest for record in current)
    return _Found(values, min(record.window_to for record in current), digests)


def _values(record: Record, fact: str) -> tuple[float, ...]:
    return tuple(series.value for series in record.series if series.labels.get("fact") == fact)

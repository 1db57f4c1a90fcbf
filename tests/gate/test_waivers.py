"""Does an exception hold only for the verdict, the evidence and the time that it was approved for?"""

from dataclasses import replace
from typing import Any

import pytest

from contractctl.evidence import waivers
from contractctl.gate import decide_case
from contractctl.gate.case import Case
from contractctl.gate.waivers import binding
from contractctl.model import canonical
from contractctl.model.backing import Backing
from contractctl.model.decision import Decision, Outcome
from contractctl.model.evidence import Kind
from contractctl.model.plan import Stage, Standing, State
from contractctl.model.waiver import Waiver
from contractctl.report import decision as words
from tests.gate.conftest import DAY, NOW, Scene, fact, reads, record, requests, with_records

ADA, GRACE = "Ada <ada@example.org>", "Grace <grace@example.org>"


def case(scene: Scene, *made: Waiver) -> Case:
    records = (*scene.records, *waivers.records(made, scene.now))
    return Case(scene.plan, scene.stage, scene.percent, scene.standing, scene.consumers, records, scene.now)


def waiver(scene: Scene, of: str, **changes: Any) -> Waiver:
    asked = scene.condition(of)
    made = Waiver(
        plan=scene.plan.name,
        stage=scene.stage.value,
        condition=asked.name,
        outcome=asked.outcome,
        evidence=binding(case(scene), asked),
        reason="one shop only",
        ticket="OPS-71",
        owner=ADA,
        approvers=(ADA, GRACE),
        at=max(NOW - DAY, scene.standing.since),
        expires=NOW + DAY,
        backing=Backing.COMMITTED,
        place="rename-customer.toml: waiver 1",
    )
    return replace(made, **changes)


@pytest.fixture
def reading(contracting: Scene) -> Scene:
    """Somebody still reads what is to be dropped."""
    return with_records(contracting, reads=record(Kind.READS, reads(14, last=NOW - 600)))


def unused(decision: Decision) -> str:
    (found,) = [one for one in decision.conditions if one.name.startswith("waiver of")]
    return found.message


def test_a_waived_verdict_lets_the_stage_begin_and_stays_visible(reading: Scene) -> None:
    decision = decide_case(case(reading, waiver(reading, "reads of")))

    assert decision.outcome is Outcome.PASS
    (waived,) = [one for one in decision.conditions if one.outcome is Outcome.FAIL]
    assert f"waived, approved by {ADA}, {GRACE}, until 2026-11-04" in waived.message
    assert "OPS-71" in waived.message
    shown = words.text(decision, None)
    assert shown.splitlines()[0].endswith("may begin, with 1 of 8 conditions waived")
    assert "  waived   fail, reads of orders.customer_name by reporting: reporting@2.1 read" in shown


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"backing": Backing.UNCOMMITTED}, "not committed in git"),
        ({"backing": Backing.NOWHERE}, "the journal has no record of it"),
        ({"plan": "other"}, "for the plan 'other'"),
        ({"expires": NOW}, "it has expired at 2026-11-03 04:00:00 UTC"),
        ({"expires": NOW - DAY + 7 * DAY + 1}, "at most 7 days are allowed"),
        ({"expires": NOW - DAY}, "at most 7 days are allowed"),
        ({"at": NOW + 61, "expires": NOW + DAY}, "is in the future"),
        ({"condition": "canary errors"}, "no such condition"),
        ({"condition": "approvals"}, "the condition holds"),
        ({"outcome": Outcome.UNKNOWN}, "it waives unknown, but the verdict is fail"),
        ({"evidence": "0" * 64}, "the evidence has changed since"),
        ({"approvers": (ADA,)}, "1 of 2 different people"),
        ({"approvers": ()}, "0 of 2 different people have approved it: nobody"),
        ({"approvers": (ADA, "ada  LOVELACE <ADA@example.org>")}, "1 of 2 different people"),
    ],
)
def test_a_waiver_that_does_not_hold_changes_nothing_and_is_told(
    reading: Scene, changes: dict[str, Any], why: str
) -> None:
    decision = decide_case(case(reading, waiver(reading, "reads of", **changes)))

    assert decision.outcome is Outcome.FAIL
    assert why in unused(decision)
    assert "  waiver   waiver of '" in words.text(decision, None)


@pytest.mark.parametrize("changes", [{"expires": NOW + 0.001}, {"expires": NOW - DAY + 7 * DAY}, {"at": NOW + 59}])
def test_a_waiver_holds_up_to_its_borders(reading: Scene, changes: dict[str, Any]) -> None:
    assert decide_case(case(reading, waiver(reading, "reads of", **changes))).outcome is Outcome.PASS


def test_a_waiver_does_not_outlive_the_state_that_it_was_made_in(contracting: Scene) -> None:
    """Rolled back and quiesced again: nobody has waived the time of this brown-out, nor did anybody look at it."""
    since = NOW - 3600
    again = contracting.but(standing=Standing(State.QUIESCED, since, 100.0))
    earlier = waiver(again, "quiesced long enough", at=since - 61)

    assert "before the plan became quiesced" in unused(decide_case(case(again, earlier)))
    waived = [one.name for one in decide_case(case(again, replace(earlier, at=since))).conditions if one.waiver]
    assert waived == ["quiesced long enough"]


def test_a_waiver_of_another_stage_is_not_of_this_one(reading: Scene) -> None:
    decision = decide_case(case(reading, waiver(reading, "reads of", stage=Stage.QUIESCE.value)))

    assert decision.outcome is Outcome.FAIL


def test_new_evidence_voids_a_waiver_and_the_clock_alone_does_not(reading: Scene) -> None:
    made = waiver(reading, "reads of")
    more = with_records(reading, reads=record(Kind.READS, reads(15, last=NOW - 600), digest="more"))

    assert decide_case(case(reading.but(now=NOW + 120), made)).outcome is Outcome.PASS
    assert "the evidence has changed since" in unused(decide_case(case(more, made)))


def test_the_same_count_over_another_window_is_new_evidence(reading: Scene) -> None:
    """Fourteen reads in 31 days were waived; fourteen in 40 days are other evidence with the same number."""
    longer = record(Kind.READS, reads(14, last=NOW - 600), seconds=40 * DAY, digest="longer")

    decision = decide_case(case(with_records(reading, reads=longer), waiver(reading, "reads of")))

    assert decision.outcome is Outcome.FAIL
    assert "the evidence has changed since" in unused(decision)


def test_what_the_database_counts_anew_binds_by_its_counts(contracting: Scene) -> None:
    def differing(count: float, at: float) -> Scene:
        found = fact(Kind.DIVERGENCE, differing=count, conflicts=0, new_side_nulls=0)
        later = replace(found, digest=f"asked at {at}", collected_at=at, window_from=at, window_to=at)
        return with_records(contracting, divergence=later)

    made = waiver(differing(3, NOW), "rows that differ")

    assert decide_case(case(differing(3, NOW - 5), made)).outcome is Outcome.PASS
    assert decide_case(case(differing(4, NOW - 5), made)).outcome is Outcome.FAIL


def test_a_move_that_can_be_undone_needs_one_approver(canarying: Scene) -> None:
    scene = canarying.but(records=(requests((0, 100), (0, 900)),))

    decision = decide_case(case(scene, waiver(scene, "canary sample", approvers=(GRACE,))))

    assert decision.outcome is Outcome.PASS
    assert decision.retry_after is None


def test_a_waiver_of_one_share_lets_no_other_begin(canarying: Scene) -> None:
    """A share follows the one before within seconds where nothing is counted: the state is no older than the waiver."""
    scene = canarying.but(records=(), standing=Standing(State.CANARY, NOW, 10))
    made = waiver(scene, "canary requests", at=NOW)

    assert decide_case(case(scene, made)).outcome is Outcome.PASS
    following = decide_case(case(scene.but(percent=100, standing=Standing(State.CANARY, NOW, 50)), made))

    assert following.outcome is Outcome.UNKNOWN
    assert "it is for another share" in unused(following)


def test_the_order_of_the_stages_is_not_waived(contracting: Scene) -> None:
    early = contracting.but(standing=Standing(State.EXPANDED, NOW - 2 * DAY))

    decision = decide_case(case(early, waiver(early, "the step before")))

    assert decision.outcome is Outcome.FAIL
    assert "the order of the stages cannot be waived" in unused(decision)


def test_a_decision_with_waivers_is_made_again_to_the_byte_from_its_inputs(reading: Scene) -> None:
    asked = case(reading, waiver(reading, "reads of"), waiver(reading, "reads of", expires=NOW))

    again = canonical.value(Case, canonical.tree(asked), "inputs")

    assert canonical.dumps(canonical.tree(decide_case(again))) == canonical.dumps(canonical.tree(decide_case(asked)))

"""What does each stage ask for?"""

from dataclasses import replace

import pytest

from contractctl.errors import ContractctlError
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.plan import Movement, Operation, Stage, Standing, State
from contractctl.report import decision as report
from tests.gate.conftest import DAY, NOW, PLAN, Scene, approval, fact, record, with_records

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


def compared(backward: float = 0, forward: float = 0, **changes: object) -> Record:
    pair = {"contract": "shop/orders", "old": "1.0.0", "new": "1.1.0"}
    both = {"backward": backward, "forward": forward}
    series = (Series(pair | {"direction": direction}, count) for direction, count in both.items())
    return record(Kind.COMPATIBILITY, *series, seconds=0.0, **changes)


def at(stage: Stage, state: State, *records: Record, since: float = NOW - DAY) -> Scene:
    return Scene(stage=stage, standing=Standing(state, since), records=records)


def test_a_table_is_expanded_only_where_live_applications_get_on_with_it() -> None:
    assert at(Stage.EXPAND, State.PLANNED, compared()).decide().outcome is PASS
    assert at(Stage.EXPAND, State.PLANNED, compared(backward=2)).decide().outcome is FAIL


def test_what_the_new_side_s_clients_would_miss_before_expand_holds_nobody_up() -> None:
    assert at(Stage.EXPAND, State.PLANNED, compared(forward=2)).decide().outcome is PASS


def test_an_event_is_expanded_only_where_it_gets_on_both_ways() -> None:
    event = replace(PLAN, movements=tuple(replace(movement, format="avro") for movement in PLAN.movements))

    assert replace(at(Stage.EXPAND, State.PLANNED, compared()), plan=event).decide().outcome is PASS
    assert replace(at(Stage.EXPAND, State.PLANNED, compared(forward=2)), plan=event).decide().outcome is FAIL


def test_versions_that_nobody_compared_are_not_compatible() -> None:
    scene = at(Stage.EXPAND, State.PLANNED)

    assert scene.decide().outcome is UNKNOWN
    assert scene.condition("shop/orders 1.0.0 → 1.1.0 is backward").reason is Unknown.MISSING_SOURCE


def test_a_pair_that_could_not_be_judged_is_not_compatible() -> None:
    scene = at(Stage.EXPAND, State.PLANNED, compared(backward=float("nan")))

    assert scene.condition("shop/orders 1.0.0 → 1.1.0 is backward").reason is Unknown.UNPARSEABLE


def test_a_comparison_with_yesterdays_live_versions_is_stale() -> None:
    scene = at(Stage.EXPAND, State.PLANNED, compared(ago=7200.0))

    assert scene.condition("shop/orders 1.0.0 → 1.1.0 is backward").reason is Unknown.ENVIRONMENT_STALE


def test_dual_write_follows_expand_and_not_the_plan_alone() -> None:
    assert at(Stage.DUAL_WRITE, State.PLANNED, compared()).decide().outcome is FAIL
    assert at(Stage.DUAL_WRITE, State.EXPANDED, compared()).decide().outcome is PASS


def test_backfill_waits_until_nobody_writes_without_the_new_side() -> None:
    assert at(Stage.BACKFILL, State.DUAL_WRITING, fact(Kind.DIVERGENCE, new_side_nulls=0)).decide().outcome is PASS
    assert at(Stage.BACKFILL, State.DUAL_WRITING, fact(Kind.DIVERGENCE, new_side_nulls=3)).decide().outcome is FAIL
    assert at(Stage.BACKFILL, State.DUAL_WRITING).decide().outcome is UNKNOWN


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"complete": 1, "remaining": 0, "set_aside": 0}, PASS),
        ({"complete": 0, "remaining": 7, "set_aside": 0}, FAIL),
        ({"complete": 1, "remaining": 0, "set_aside": 2}, FAIL),
        ({"complete": 1, "remaining": 0}, UNKNOWN),
    ],
)
def test_verify_needs_a_complete_backfill_and_no_row_set_aside(facts: dict[str, float], outcome: Outcome) -> None:
    assert at(Stage.VERIFY, State.BACKFILLED, fact(Kind.BACKFILL, **facts)).decide().outcome is outcome


def test_a_backfill_that_contradicts_itself_is_conflicting_evidence() -> None:
    scene = at(Stage.VERIFY, State.BACKFILLED, fact(Kind.BACKFILL, complete=1, remaining=9, set_aside=0))

    assert scene.condition("backfill complete").reason is Unknown.CONFLICTING_EVIDENCE


def test_facts_of_several_tables_count_together() -> None:
    tables = [
        replace(fact(Kind.BACKFILL, complete=complete, remaining=0, set_aside=0), digest=str(complete))
        for complete in (1, 0)
    ]

    assert at(Stage.VERIFY, State.BACKFILLED, *tables).decide().outcome is FAIL


def test_the_first_share_needs_both_sides_to_agree_and_no_canary_evidence() -> None:
    scene = at(Stage.CANARY, State.VERIFIED, fact(Kind.DIVERGENCE, differing=0, conflicts=0)).but(percent=1)

    assert scene.decide().outcome is PASS
    assert scene.but(records=(fact(Kind.DIVERGENCE, differing=1, conflicts=0),)).decide().outcome is FAIL
    assert scene.but(records=()).decide().outcome is UNKNOWN


def test_a_share_cannot_be_skipped() -> None:
    scene = at(Stage.CANARY, State.VERIFIED, fact(Kind.DIVERGENCE, differing=0, conflicts=0)).but(percent=10)

    assert scene.decide().outcome is FAIL
    assert "would skip 1 %" in scene.condition("the step before").message


def test_a_share_that_the_plan_does_not_know_is_refused() -> None:
    assert at(Stage.CANARY, State.VERIFIED).but(percent=37).decide().outcome is FAIL


def test_a_smaller_share_needs_no_evidence(canarying: Scene) -> None:
    assert canarying.but(percent=1, records=()).decide().outcome is PASS


def test_after_a_share_was_taken_back_to_nothing_the_first_share_is_the_first_again(canarying: Scene) -> None:
    stopped = canarying.but(percent=1, standing=Standing(State.CANARY, NOW, 0))

    assert stopped.but(records=(fact(Kind.DIVERGENCE, differing=0, conflicts=0),)).decide().outcome is PASS
    assert stopped.but(records=()).decide().outcome is UNKNOWN
    assert stopped.but(percent=10).decide().outcome is FAIL


def test_a_brown_out_may_end_by_going_back_to_the_canary(contracting: Scene) -> None:
    scene = contracting.but(stage=Stage.CANARY, percent=100, records=(), standing=Standing(State.QUIESCED, NOW, 100))

    assert scene.decide().outcome is PASS


def test_quiesce_follows_the_last_share_only(canarying: Scene) -> None:
    scene = canarying.but(stage=Stage.QUIESCE, percent=None)

    assert "quiesce follows 100 %" in scene.condition("the step before").message


def test_contract_passes_when_everything_is_in_order(contracting: Scene) -> None:
    decision = contracting.decide()

    assert decision.outcome is PASS, [one for one in decision.conditions if one.outcome is not PASS]
    assert decision.retry_after is None


def test_contract_waits_until_the_brown_out_has_lasted(contracting: Scene) -> None:
    """Hazard 49."""
    given = approval("Ada <ada@example.org>", "Grace <grace@example.org>")
    today = replace(given, series=tuple(replace(one, first_seen=NOW - 60) for one in given.series))
    quiesced = contracting.but(standing=Standing(State.QUIESCED, NOW - 3600))

    decision = with_records(quiesced, approval=today).decide()

    assert decision.outcome is UNKNOWN
    assert decision.retry_after == DAY - 3600


def test_contract_needs_a_proof_of_agreement_that_is_minutes_old(contracting: Scene) -> None:
    """Hazard 50."""
    old = replace(
        fact(Kind.DIVERGENCE, differing=0, conflicts=0),
        collected_at=NOW - 600,
        window_from=NOW - 600,
        window_to=NOW - 600,
    )
    scene = with_records(contracting, divergence=old)

    assert scene.condition("rows that differ").reason is Unknown.STALE


def test_contract_needs_a_restore_point(contracting: Scene) -> None:
    scene = contracting.but(plan=replace(PLAN, restore_point=" "))

    assert scene.condition("restore point").reason is Unknown.MISSING_SOURCE


def test_one_person_under_two_names_is_one_approval(contracting: Scene) -> None:
    twice = approval("Ada <ada@example.org>", "ada lovelace <ADA@example.org>")
    scene = with_records(contracting, approval=twice)

    assert scene.condition("approvals").outcome is UNKNOWN
    assert "1 of 2 people" in scene.condition("approvals").message


@pytest.mark.parametrize("backing", ["uncommitted", ""])
def test_an_approval_that_is_not_committed_does_not_count(contracting: Scene, backing: str) -> None:
    given = approval("Ada", "Grace")
    ada = replace(given.series[0], labels={**given.series[0].labels, "backing": backing})
    scene = with_records(contracting, approval=replace(given, series=(ada, given.series[1])))

    condition = scene.condition("approvals")

    assert condition.outcome is UNKNOWN
    assert condition.message.startswith(
        "1 of 2 people have approved: Grace; what Ada approved does not count: it is not"
    )


def test_an_approval_of_another_stage_does_not_count(contracting: Scene) -> None:
    scene = with_records(contracting, approval=approval("Ada", "Grace", stage="expand"))

    assert scene.condition("approvals").outcome is UNKNOWN


def test_an_approval_from_the_future_does_not_count(contracting: Scene) -> None:
    made = approval("Ada", "Grace")
    series = tuple(replace(one, first_seen=NOW + DAY) for one in made.series)
    scene = with_records(contracting, approval=replace(made, series=series))

    assert scene.condition("approvals").outcome is UNKNOWN


def test_a_plan_without_approvals_asks_for_none(contracting: Scene) -> None:
    assert with_records(contracting, approval=None).rules(approvals=0).decide().outcome is PASS


def test_a_plan_of_events_alone_asks_no_database(contracting: Scene) -> None:
    plan = replace(PLAN, movements=(Movement("shop/orders", "avro", "1.0.0", "1.1.0", "2.0.0"),))
    scene = with_records(contracting, divergence=None).but(plan=plan)

    assert "rows that differ" not in [one.name for one in scene.decide().conditions]


def test_a_contracted_plan_has_nothing_left(contracting: Scene) -> None:
    assert contracting.but(standing=Standing(State.CONTRACTED, NOW - DAY)).decide().outcome is FAIL


def test_fail_beats_unknown(contracting: Scene) -> None:
    wrong = fact(Kind.DIVERGENCE, differing=1, conflicts=0)
    decision = with_records(contracting, divergence=wrong, approval=None).decide()

    assert {one.outcome for one in decision.conditions} == {PASS, FAIL, UNKNOWN}
    assert decision.outcome is FAIL
    assert report.answer(decision, None).endswith("1 of 8 conditions does not hold, 1 is unknown")


def test_a_share_belongs_to_a_canary_and_to_nothing_else(contracting: Scene) -> None:
    with pytest.raises(ContractctlError, match="only a canary has a percentage"):
        contracting.but(percent=10).decide()
    with pytest.raises(ContractctlError, match="a canary needs a percentage"):
        contracting.but(stage=Stage.CANARY).decide()


def test_the_digest_changes_with_every_input_and_with_nothing_else(contracting: Scene) -> None:
    digest = contracting.decide().digest

    assert contracting.decide().digest == digest
    assert contracting.but(now=NOW + 1).decide().digest != digest
    assert contracting.rules(approvals=1).decide().digest != digest
    assert contracting.but(consumers={}).decide().digest != digest
    assert contracting.but(records=contracting.records[:-1]).decide().digest != digest


@pytest.mark.parametrize(
    "names",
    [
        ("Ada Lovelace", "Ada Lovelace <ada@example.org>"),
        ("Ada <ada@example.org>", " ada  < ADA@example.org >"),
        ("Ada <ada@home.example>", "ada <ada@example.org>"),
        ("José", "Jose\u0301"),
        ("Ada", "Ada\u200b"),
        ("Ada <ada@example.org>", "\N{CYRILLIC CAPITAL LETTER A}da <adа@home.example>"),
    ],
)
def test_one_person_under_two_spellings_is_one_approval(contracting: Scene, names: tuple[str, str]) -> None:
    condition = with_records(contracting, approval=approval(*names)).condition("approvals")

    assert condition.message.startswith("1 of 2 people have approved")


def test_an_approval_from_before_the_brown_out_does_not_count(contracting: Scene) -> None:
    """Of an earlier try of the plan, of another plan of that name, or by somebody who has not seen it quiesced."""
    given = approval("Ada <ada@example.org>", "Grace <grace@example.org>")
    early = replace(given, series=tuple(replace(one, first_seen=NOW - 3 * DAY) for one in given.series))

    condition = with_records(contracting, approval=early).condition("approvals")

    assert condition.outcome is Outcome.UNKNOWN
    assert "from before the brown-out" in condition.message


API = replace(
    PLAN,
    movements=(Movement("shop/orders", "openapi", "1.0.0", "1.1.0", "2.0.0"),),
    operations=(
        Operation("remove-operation", "shop/orders", "$", "GET /orders", None, parameters={"sunset": "2026-11-04"}),
    ),
)


def test_an_interface_is_contracted_once_the_day_has_come_that_its_clients_were_told() -> None:
    early = replace(at(Stage.CONTRACT, State.QUIESCED), plan=API)
    late = replace(early, now=NOW + DAY)

    sunset = early.condition("sunset")
    assert (sunset.outcome, sunset.reason, sunset.retry_after) == (UNKNOWN, Unknown.BAKING, 20 * 3600.0)
    assert late.condition("sunset").outcome is PASS


def test_no_old_part_of_an_interface_is_taken_away_for_a_while_before_its_day() -> None:
    early = replace(at(Stage.QUIESCE, State.CANARY), plan=API)

    assert early.condition("sunset").reason is Unknown.BAKING
    assert replace(early, now=NOW + DAY).condition("sunset").outcome is PASS


def test_what_drops_no_data_needs_no_place_to_bring_it_back_from(contracting: Scene) -> None:
    names = [one.name for one in contracting.but(plan=replace(API, restore_point=None)).decide().conditions]

    assert "approvals" in names
    assert "restore point" not in names


def test_an_interface_whose_day_nobody_has_told_is_not_contracted() -> None:
    silent = replace(API, operations=(replace(API.operations[0], parameters={}),))

    assert replace(at(Stage.CONTRACT, State.QUIESCED), plan=silent).condition("sunset").outcome is UNKNOWN


def test_clients_of_an_interface_come_after_their_provider() -> None:
    assert replace(at(Stage.EXPAND, State.PLANNED, compared(forward=2)), plan=API).decide().outcome is PASS
    assert replace(at(Stage.EXPAND, State.PLANNED, compared(backward=2)), plan=API).decide().outcome is FAIL

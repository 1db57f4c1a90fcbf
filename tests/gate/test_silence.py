"""Silence is never a yes: every state of a consumer, and every reason why something is not known."""

from dataclasses import replace
from typing import Any

import pytest

from contractctl.gate.people import UNREVIEWED
from contractctl.model.contract import Party
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Kind, Record, Series
from tests.gate.conftest import DAY, NOW, PATH, Scene, heartbeat, reads, record, with_records

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
NAME = f"reads of {PATH} by reporting"


def with_reads(scene: Scene, *series: Series, **changes: object) -> Scene:
    return with_records(scene, reads=record(Kind.READS, *series, **changes))


def with_party(scene: Scene, **changes: object) -> Scene:
    party = replace(Party("reporting"), **changes)
    return scene.but(consumers={"shop/orders": (party,)})


def attested(**labels: str) -> Record:
    found = {"statement": "no-consumers", "contract": "shop/orders", "by": "Ada", "reason": "never released"}
    found |= {"backing": "committed", **labels}
    return record(Kind.ATTESTATION, Series(found, 1.0, first_seen=NOW - DAY, last_seen=NOW + DAY))


# the states of a consumer


def test_a_consumer_that_reads_is_named_with_its_version_its_count_and_its_last_read(contracting: Scene) -> None:
    condition = with_reads(contracting, reads(14, last=NOW - 3600)).condition(NAME)

    assert condition.outcome is FAIL
    assert condition.message == "reporting@2.1 read 'orders.customer_name' 14 times, last at 2026-11-03 03:00:00 UTC"


def test_that_nobody_is_known_is_said_once_however_many_fields_go(contracting: Scene) -> None:
    (renamed,) = contracting.plan.operations
    another = replace(renamed, old="phone", new="telephone")
    scene = contracting.but(plan=replace(contracting.plan, operations=(renamed, another)), consumers={})

    condition = scene.condition("consumers of shop/orders")
    assert (condition.outcome, condition.reason) == (UNKNOWN, Unknown.NO_KNOWN_CONSUMERS)


def test_a_consumer_that_has_been_quiet_throughout_passes(contracting: Scene) -> None:
    condition = contracting.condition(NAME)

    assert condition.outcome is PASS
    assert condition.threshold == "0 reads in 31 days"


def test_a_consumer_that_stopped_reading_is_waited_for(contracting: Scene) -> None:
    scene = with_reads(contracting, reads(14, last=NOW - 60 - 23.5 * DAY))
    condition = scene.condition(NAME)

    assert (condition.outcome, condition.reason) == (UNKNOWN, Unknown.WINDOW_NOT_COVERED)
    assert "quiet for 23 of 31 days" in condition.message
    assert condition.retry_after == pytest.approx(7.5 * DAY)


def test_a_reader_that_pauses_longer_than_the_window_is_waited_for_twice_as_long(contracting: Scene) -> None:
    rare = replace(reads(2, last=NOW - 60 - 40 * DAY), longest_gap=35 * DAY)
    scene = with_records(with_reads(contracting, rare, seconds=90 * DAY), heartbeat=heartbeat(days=70))

    assert scene.condition(NAME).outcome is FAIL
    assert scene.condition(NAME).threshold == "0 reads in 70 days"


def test_a_monthly_job_is_waited_for_longer_than_a_month(contracting: Scene) -> None:
    """Hazard 47."""
    scene = with_party(with_reads(contracting, reads(1, last=NOW - 60 - 35 * DAY), seconds=60 * DAY), cadence_days=30)

    assert scene.condition(NAME).outcome is FAIL
    assert scene.condition(NAME).threshold == "0 reads in 38 days"


def test_a_consumer_without_a_sign_of_life_is_dark(contracting: Scene) -> None:
    """Hazard 47."""
    scene = with_records(contracting, heartbeat=None)

    assert scene.condition(NAME).reason is Unknown.DARK_CONSUMER


def test_a_consumer_that_was_alive_for_98_percent_is_dark(contracting: Scene) -> None:
    assert with_records(contracting, heartbeat=heartbeat(coverage=0.98)).condition(NAME).reason is Unknown.DARK_CONSUMER
    assert with_records(contracting, heartbeat=heartbeat(coverage=0.991)).condition(NAME).outcome is PASS


def test_a_consumer_instrumented_since_yesterday_is_waited_for(contracting: Scene) -> None:
    whole = heartbeat()
    young = replace(whole.series[0], first_seen=NOW - 60 - DAY)
    scene = with_records(contracting, heartbeat=replace(whole, series=(young,), observed_heartbeats=1440.0))

    condition = scene.condition(NAME)
    assert condition.reason is Unknown.WINDOW_NOT_COVERED
    assert condition.message == "reporting is instrumented for 1 of 31 days"
    assert condition.retry_after == pytest.approx(30 * DAY)


def test_a_first_sign_of_life_an_interval_after_the_windows_begin_is_no_late_instrument(contracting: Scene) -> None:
    daily = heartbeat(expected_heartbeats=31.0, observed_heartbeats=30.0)
    later = replace(daily.series[0], first_seen=NOW - 60 - 30 * DAY)

    condition = with_records(contracting, heartbeat=replace(daily, series=(later,))).condition(NAME)

    assert condition.reason is Unknown.DARK_CONSUMER
    assert condition.message == "reporting was seen alive for 96.8 % of the time, 99 % are needed"


def test_a_live_consumer_without_a_counter_for_the_field_is_dark(contracting: Scene) -> None:
    whole = heartbeat()
    general = replace(whole.series[0], labels={"consumer": "reporting", "path": ""})
    scene = with_records(contracting, heartbeat=replace(whole, series=(general,)))

    assert scene.condition(NAME).outcome is PASS
    assert with_reads(scene, reads(0, consumer="web")).condition(NAME).reason is Unknown.DARK_CONSUMER


def test_a_counter_of_one_source_does_not_vouch_for_signs_of_another_that_name_no_field(contracting: Scene) -> None:
    labels = {"contract": "", "path": "", "consumer": "reporting", "version": "2.1"}
    alive = heartbeat(source="jsonl")
    anything = replace(alive, series=(replace(alive.series[0], labels=labels),))
    counted = record(Kind.READS, reads(0))
    scene = with_records(contracting, reads=(counted,), heartbeat=anything)

    found = scene.condition(f"reads of {PATH} by")

    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Unknown.DARK_CONSUMER)
    assert found.message == f"reporting is alive, but has no counter for '{PATH}': absent is not zero"
    same = replace(anything, source=counted.source)
    assert with_records(contracting, heartbeat=same).condition(f"reads of {PATH} by").outcome is Outcome.PASS


def test_a_read_by_a_service_that_nobody_registered_fails(contracting: Scene) -> None:
    scene = with_reads(contracting, reads(0), reads(1, consumer="cron", last=NOW - 3600))
    condition = scene.condition(f"reads of {PATH} by cron")

    assert condition.outcome is FAIL
    assert condition.observed.startswith("unregistered")


def test_a_declared_reader_is_not_overruled_by_silence(contracting: Scene) -> None:
    condition = with_party(contracting, reads=(PATH,)).condition(NAME)

    assert (condition.outcome, condition.observed) == (FAIL, "declared reader")


def test_a_declaration_of_having_migrated_settles_a_dark_consumer(contracting: Scene) -> None:
    scene = with_records(with_party(contracting, reads=(PATH,), migrated=True), heartbeat=None)

    assert scene.condition(NAME).observed == "migrated"
    assert scene.decide().outcome is PASS


def test_an_observed_read_overrules_a_declaration_of_having_migrated(contracting: Scene) -> None:
    scene = with_reads(with_party(contracting, migrated=True), reads(1, last=NOW - 3600))

    assert scene.condition(NAME).outcome is FAIL


def test_declarations_alone_are_not_enough(contracting: Scene) -> None:
    scene = with_records(with_party(contracting, migrated=True), heartbeat=None, reads=None)

    assert scene.decide().outcome is UNKNOWN
    assert scene.condition("instruments on").reason is Unknown.MISSING_SOURCE


def test_a_consumer_that_lists_other_columns_has_migrated(contracting: Scene) -> None:
    assert with_party(contracting, reads=("orders.full_name",)).condition(NAME).observed == "migrated"


def test_an_exempt_consumer_may_read(contracting: Scene) -> None:
    scene = with_reads(with_party(contracting, exempt="a copy for archaeologists"), reads(9, last=NOW - 3600))

    assert scene.condition(NAME).outcome is PASS


def test_a_retired_consumer_that_still_reads_is_not_retired(contracting: Scene) -> None:
    retired = with_party(contracting, retired=True)

    assert with_records(retired, heartbeat=None).condition(NAME).outcome is PASS
    assert with_reads(retired, reads(1, last=NOW - 3600)).condition(NAME).outcome is FAIL


# rule 1: nobody on record is not nobody


def test_no_known_consumer_is_not_nobody(contracting: Scene) -> None:
    scene = contracting.but(consumers={})

    condition = scene.condition("consumers of shop/orders")
    assert condition.reason is Unknown.NO_KNOWN_CONSUMERS
    assert condition.remedy is not None
    assert "approvals/rename-customer.toml: [[attestations]] statement" in condition.remedy


def test_somebody_may_attest_that_there_is_no_consumer(contracting: Scene) -> None:
    scene = with_records(contracting.but(consumers={}), attestation=attested())

    assert scene.decide().outcome is PASS


@pytest.mark.parametrize("broken", [{"reason": " "}, {"by": ""}, {"contract": "shop/other"}, {"backing": ""}])
def test_an_attestation_without_reason_name_subject_or_review_does_not_hold(
    contracting: Scene, broken: dict[str, str]
) -> None:
    scene = with_records(contracting.but(consumers={}), attestation=attested(**broken))

    assert scene.decide().outcome is UNKNOWN


def test_an_attestation_that_is_not_committed_is_named_where_it_would_have_counted(contracting: Scene) -> None:
    none = attested(backing="uncommitted")
    quiet = attested(statement="does-not-read", consumer="reporting", backing="uncommitted")

    nobody = with_records(contracting.but(consumers={}), attestation=none).condition("consumers of")
    dark = with_records(contracting, heartbeat=None, attestation=quiet).condition(NAME)

    assert (nobody.reason, dark.reason) == (Unknown.NO_KNOWN_CONSUMERS, Unknown.DARK_CONSUMER)
    for condition in (nobody, dark):
        assert condition.message.endswith("; what Ada attests does not count: " + UNREVIEWED)


def test_an_expired_attestation_does_not_hold(contracting: Scene) -> None:
    scene = with_records(contracting.but(consumers={}), attestation=attested())

    assert scene.but(now=NOW + 2 * DAY).condition("consumers of").reason is Unknown.NO_KNOWN_CONSUMERS


def test_an_attestation_about_one_consumer_stands_for_its_instrument(contracting: Scene) -> None:
    said = attested(statement="does-not-read", consumer="reporting")
    scene = with_records(contracting, heartbeat=None, attestation=said)

    assert scene.condition(NAME).outcome is PASS


# rule 2: absent is not zero


def test_no_reads_record_at_all_is_a_missing_source(contracting: Scene) -> None:
    """Hazard 47."""
    assert with_records(contracting, reads=None).condition(NAME).reason is Unknown.MISSING_SOURCE


def test_an_empty_answer_is_not_zero(contracting: Scene) -> None:
    """Hazard 47."""
    scene = with_reads(contracting)

    assert scene.condition("evidence of reads").reason is Unknown.MISSING_SOURCE


# rule 3: what cannot be relied on


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ago": 7200.0}, Unknown.STALE),
        ({"ago": -3600.0}, Unknown.STALE),
        ({"collected_at": float("nan")}, Unknown.UNPARSEABLE),
        ({"window_from": NOW}, Unknown.UNPARSEABLE),
        ({"sampling_ratio": 0.0}, Unknown.UNPARSEABLE),
        ({"problem": "source error: 503"}, Unknown.SOURCE_ERROR),
        ({"problem": "truncated: the server warns: partial"}, Unknown.TRUNCATED),
        ({"problem": "unparseable: line 3"}, Unknown.UNPARSEABLE),
        ({"problem": "counter reset: 40 times"}, Unknown.COUNTER_RESET),
        ({"problem": "something that nobody foresaw"}, Unknown.SOURCE_ERROR),
    ],
)
def test_evidence_that_cannot_be_relied_on_is_not_a_yes(
    contracting: Scene, changes: dict[str, object], reason: Unknown
) -> None:
    scene = with_reads(contracting, reads(0), **changes)

    assert scene.decide().outcome is UNKNOWN
    assert scene.condition("evidence of reads").reason is reason


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_a_value_that_is_no_count_is_not_a_yes(contracting: Scene, value: float) -> None:
    assert with_reads(contracting, reads(value)).condition("evidence of reads").reason is Unknown.UNPARSEABLE


def test_a_sample_proves_a_read(contracting: Scene) -> None:
    scene = with_reads(contracting, reads(1, last=NOW - 3600), sampling_ratio=0.01)

    assert scene.condition(NAME).outcome is FAIL


def test_a_sample_never_proves_an_absence(contracting: Scene) -> None:
    scene = with_reads(contracting, reads(0), sampling_ratio=0.5)

    assert scene.condition(NAME).reason is Unknown.SAMPLED


def test_a_read_in_stale_evidence_is_still_a_read(contracting: Scene) -> None:
    scene = with_reads(contracting, reads(1, last=NOW - 7300), ago=7200.0)

    assert scene.condition(NAME).outcome is FAIL


def test_stale_heartbeats_prove_nothing(contracting: Scene) -> None:
    scene = with_records(contracting, heartbeat=heartbeat(collected_at=NOW - 7200))

    assert scene.condition(NAME).reason is Unknown.STALE


def test_one_source_that_failed_keeps_the_other_from_saying_yes(contracting: Scene) -> None:
    broken = record(Kind.READS, source="prometheus", problem="source error: no answer within 30 s", digest="x")
    decision = contracting.but(records=(*contracting.records, broken)).decide()

    assert decision.outcome is UNKNOWN
    assert decision.retry_after is None


def test_stale_evidence_can_be_waited_for(contracting: Scene) -> None:
    scene = with_records(with_reads(contracting, reads(0), ago=7200.0), heartbeat=heartbeat(ago=7200.0))

    assert scene.condition("evidence of reads").retry_after is not None


def test_reads_of_nobody_in_particular_are_unattributed(contracting: Scene) -> None:
    scene = with_reads(contracting, reads(0), reads(3, consumer="", last=NOW - 3600))

    assert scene.condition("unattributed reads").reason is Unknown.UNATTRIBUTED_READS


# rule 4: what cannot be understood


def test_a_statement_that_cannot_be_understood_blocks(contracting: Scene) -> None:
    scene = with_reads(contracting, reads(0), reads(2, certainty="unknown", last=NOW - 3600))

    assert scene.condition("statements of reporting").reason is Unknown.UNPARSEABLE


# rule 5 (declarations and observations) stands with the states above; code against silence:


def test_code_that_names_the_field_contradicts_silence(contracting: Scene) -> None:
    found = record(Kind.STATIC_READS, Series({"path": PATH, "consumer": "reporting"}, 2.0))
    scene = contracting.but(records=(*contracting.records, found))

    assert scene.condition(NAME).reason is Unknown.CONFLICTING_EVIDENCE


def test_a_plan_may_demand_that_the_code_was_searched(contracting: Scene) -> None:
    demanding = contracting.rules(static_required=True)
    searched = record(Kind.STATIC_READS, Series({"path": PATH, "consumer": "reporting"}, 0.0))

    assert demanding.condition("code of reporting").reason is Unknown.MISSING_SOURCE
    assert demanding.but(records=(*demanding.records, searched)).decide().outcome is PASS


# rule 6: retention


def test_a_source_that_forgets_after_15_days_proves_15_days(contracting: Scene) -> None:
    scene = with_reads(contracting, reads(0), seconds=15 * DAY)
    condition = scene.condition(NAME)

    assert condition.reason is Unknown.WINDOW_NOT_COVERED
    assert "15 of 31 days" in condition.message


def test_heartbeats_over_too_short_a_window_prove_too_little(contracting: Scene) -> None:
    scene = with_records(contracting, heartbeat=heartbeat(days=3))

    assert scene.condition(NAME).reason is Unknown.WINDOW_NOT_COVERED


def test_what_happened_after_the_last_collection_is_not_counted_as_quiet(contracting: Scene) -> None:
    short = contracting.rules(window_seconds=600.0)
    scene = with_records(
        with_reads(short, reads(1, last=NOW - 1801), seconds=DAY, ago=1800.0), heartbeat=heartbeat(days=1, ago=1800.0)
    )

    assert scene.condition(NAME).outcome is FAIL


# the calendar


def test_a_quiet_week_that_contains_no_month_end_is_not_enough(contracting: Scene) -> None:
    scene = contracting.rules(window_seconds=7 * DAY, calendar=("month",)).but(now=NOW + 17 * DAY)
    moved = tuple(
        replace(
            one,
            collected_at=one.collected_at + 17 * DAY,
            window_from=one.window_from + 17 * DAY,
            window_to=one.window_to + 17 * DAY,
            series=tuple(
                replace(it, last_seen=None if it.last_seen is None else it.last_seen + 17 * DAY) for it in one.series
            ),
        )
        for one in scene.records
    )
    condition = scene.but(records=moved).condition(NAME)

    assert condition.reason is Unknown.CALENDAR_NOT_COVERED
    assert "month end not covered yet" in condition.message


def test_a_quiet_week_around_the_month_end_is_enough(contracting: Scene) -> None:
    scene = contracting.rules(window_seconds=7 * DAY, calendar=("month",))

    assert scene.condition(NAME).outcome is PASS


def test_a_reader_that_stopped_is_told_of_the_month_end_too(contracting: Scene) -> None:
    scene = contracting.rules(calendar=("year",))
    condition = with_reads(scene, reads(14, last=NOW - 60 - 23.5 * DAY)).condition(NAME)

    assert condition.message.endswith("quiet for 23 of 31 days, year end not covered yet")


def test_every_reason_that_time_can_mend_says_when(contracting: Scene) -> None:
    waiting = with_reads(contracting, reads(14, last=NOW - 60 - 23.5 * DAY)).decide()

    assert waiting.outcome is UNKNOWN
    assert waiting.retry_after == pytest.approx(7.5 * DAY)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
@pytest.mark.parametrize("field", ["expected_heartbeats", "observed_heartbeats"])
def test_a_number_of_heartbeats_that_is_no_count_is_not_a_yes(contracting: Scene, field: str, value: float) -> None:
    spoiled = with_records(contracting, heartbeat=replace(heartbeat(), **{field: value}))

    assert spoiled.decide().outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("last", [float("nan"), float("inf"), 0.0, NOW + 1e18])
def test_a_read_at_a_time_outside_of_its_window_is_not_a_yes(contracting: Scene, last: float) -> None:
    spoiled = with_records(contracting, reads=record(Kind.READS, reads(5, last=last)))

    assert spoiled.decide().outcome is not Outcome.PASS


def test_a_pause_that_is_no_number_is_not_a_yes(contracting: Scene) -> None:
    spoiled = with_records(
        contracting, reads=record(Kind.READS, replace(reads(0), longest_gap=float("nan")))
    )  # fmt: skip

    assert spoiled.decide().outcome is Outcome.UNKNOWN


def test_a_time_beyond_every_calendar_is_said_and_not_raised(contracting: Scene) -> None:
    old = record(Kind.READS, reads(0), collected_at=-1e17, window_from=-1e18, window_to=-1e17)

    assert with_records(contracting, reads=old).decide().outcome is Outcome.UNKNOWN


def test_a_consumer_that_fell_silent_hours_ago_is_dark(contracting: Scene) -> None:
    """99 % of a month are seven hours short of it: what it has done since its last sign nobody knows."""
    alive = heartbeat(coverage=0.991)
    gone = replace(alive, series=(replace(alive.series[0], last_seen=NOW - 6 * 3600),))

    condition = with_records(contracting, heartbeat=gone).condition("reads of")

    assert condition.reason is Unknown.DARK_CONSUMER
    assert "gave its last sign of life at 2026-11-02 22:00:00 UTC" in condition.message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"coverage": 0.9}, Unknown.DARK_CONSUMER),
        ({"days": 3}, Unknown.WINDOW_NOT_COVERED),
        ({"problem": "truncated: b.log: the last line is incomplete"}, Unknown.TRUNCATED),
    ],
)
def test_of_two_places_that_a_source_looks_at_the_worse_one_counts(
    contracting: Scene, changes: dict[str, Any], reason: Unknown
) -> None:
    """Each of them may have what the other has not; another kind of source counts the same reads once more."""
    worse = heartbeat(**{"query": "b.log", **changes})

    for both in ((heartbeat(), worse), (worse, heartbeat())):
        condition = with_records(contracting, heartbeat=both).condition(NAME)
        assert (condition.outcome, condition.reason) == (UNKNOWN, reason)
        other = tuple(replace(one, source="prometheus") if one is worse else one for one in both)
        assert with_records(contracting, heartbeat=other).condition(NAME).outcome is PASS


def test_a_place_whose_signs_have_ended_is_not_hidden_by_another_of_its_source(contracting: Scene) -> None:
    gone = heartbeat()
    gone = replace(gone, query="b.log", series=(replace(gone.series[0], last_seen=NOW - 6 * 3600),))

    condition = with_records(contracting, heartbeat=(heartbeat(), gone)).condition(NAME)

    assert condition.reason is Unknown.DARK_CONSUMER
    assert "gave its last sign of life" in condition.message


def test_an_instrument_on_another_contracts_column_of_that_name_proves_nothing(contracting: Scene) -> None:
    alive = heartbeat()
    elsewhere = replace(alive.series[0], labels={**alive.series[0].labels, "contract": "archive/orders"})
    counted = record(Kind.READS, reads(0, contract="archive/orders"))

    spoiled = with_records(contracting, reads=counted, heartbeat=replace(alive, series=(elsewhere,)))

    assert spoiled.decide().outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(("ago", "back"), [(60, True), (3 * DAY, False)])
def test_whoever_reads_what_is_quiesced_is_helped_first(contracting: Scene, ago: float, back: bool) -> None:
    """Its statements fail at this moment; one that read before the brown-out has not failed yet."""
    late = record(Kind.READS, reads(12, last=NOW - ago))

    remedy = with_records(contracting, reads=late).condition("reads of").remedy or ""

    assert remedy.startswith("move reporting to the new side")
    said = "; until it has moved, bring the old side back: contractctl migrate canary rename-customer 100"
    assert remedy.endswith(said) is back

"""May the share grow?"""

from dataclasses import replace

import pytest

from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.plan import Stage, Standing, State
from tests.gate.conftest import NOW, Scene, in_looks, requests

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


def test_a_healthy_share_may_grow(canarying: Scene) -> None:
    decision = canarying.decide()

    assert decision.outcome is PASS, [one for one in decision.conditions if one.outcome is not PASS]


def test_a_path_that_fails_five_times_as_often_fails(canarying: Scene) -> None:
    condition = canarying.but(records=(requests((100, 9900), (180, 89820)),)).condition("canary errors")

    assert condition.outcome is FAIL
    assert "100 of 10,000 requests failed on the new path (1 %)" in condition.message


def test_errors_where_the_old_side_has_none_fail(canarying: Scene) -> None:
    looks = [((1, 1249), (0, 11250))] * 8

    assert canarying.but(records=(in_looks(looks),)).condition("canary errors").outcome is FAIL
    assert canarying.but(records=(requests((40, 9960), (0, 90000)),)).condition("canary errors").outcome is FAIL


def test_failures_of_one_client_hold_a_canary_and_widen_what_it_must_show(canarying: Scene) -> None:
    quiet = [((1.0, 832.0), (15.0, 7485.0))] * 11
    scene = canarying.but(records=(in_looks([*quiet, ((60.0, 777.0), (15.0, 7485.0))]),))

    errors, sample = scene.condition("canary errors"), scene.condition("canary sample")

    assert (errors.outcome, errors.reason) == (UNKNOWN, Unknown.TOO_FEW_SAMPLES)
    assert "worse, if they did not come in bursts; without the worst interval nothing points to it" in errors.message
    assert sample.outcome is UNKNOWN
    assert int(sample.threshold.split()[-2].replace(",", "")) > 1200


def timed(new: tuple[float, float], old: tuple[float, float], bound: str = "0.5") -> Record:
    """(timed, fast) of both paths, beside requests that all went well."""
    made = requests((0, new[0]), (0, old[0]))
    series = (
        Series(
            {"plan": "rename-customer", "path": path, "speed": word} | ({"bound": bound} if word == "fast" else {}), n
        )
        for path, counts in (("new", new), ("old", old))
        for word, n in zip(("timed", "fast"), counts, strict=True)
    )
    return replace(made, series=(*made.series, *series))


def asked(scene: Scene, **rules: float) -> Scene:
    return scene.but(plan=replace(scene.plan, canary=replace(scene.plan.canary, **rules)))


def test_a_path_that_is_slower_fails_and_one_as_fast_passes(canarying: Scene) -> None:
    scene = asked(canarying, slow_seconds=0.5)

    same = scene.but(records=(timed((10_000, 9980), (90_000, 89_820)),))
    slower = scene.but(records=(timed((10_000, 9800), (90_000, 89_820)),)).condition("canary latency")
    assert same.decide().outcome is PASS
    assert slower.outcome is FAIL
    assert "200 of 10,000 requests took longer than 0.5 s on the new path (2 %)" in slower.message


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (requests((20, 9980), (180, 89820)), Unknown.MISSING_SOURCE),
        (timed((10_000, 9980), (90_000, 89_820), bound="0.25"), Unknown.UNPARSEABLE),
        (timed((10_000, 10_001), (90_000, 89_820)), Unknown.CONFLICTING_EVIDENCE),
    ],
)
def test_requests_that_nobody_timed_against_the_bound_are_not_a_yes(
    canarying: Scene, record: Record, reason: Unknown
) -> None:
    assert asked(canarying, slow_seconds=0.5).but(records=(record,)).condition("canary latency").reason is reason


def test_slow_requests_that_were_not_timed_are_not_fast(canarying: Scene) -> None:
    made = timed((10_000, 9980), (90_000, 89_820))
    lost = replace(made, series=(*made.series, Series({**made.series[1].labels}, 500.0)))

    condition = asked(canarying, slow_seconds=0.5).but(records=(lost,)).condition("canary latency")

    assert condition.reason is Unknown.SAMPLED


def shadowed(**counts: float) -> Record:
    made = requests((20, 9980), (180, 89820))
    return replace(made, series=(*made.series, *(Series({"shadow": word}, n) for word, n in counts.items())))


@pytest.mark.parametrize(
    ("counts", "rules", "outcome", "reason"),
    [
        ({"same": 5000}, {}, PASS, None),
        ({"same": 5000, "ignored": 900, "skipped": 40}, {}, PASS, None),
        ({"same": 4999, "different": 1}, {}, FAIL, None),
        ({"same": 999}, {}, UNKNOWN, Unknown.TOO_FEW_SAMPLES),
        ({"same": 5000, "skipped": 5001}, {}, UNKNOWN, Unknown.SAMPLED),
        ({"same": 4995, "different": 5}, {"shadow_tolerance": 0.01}, PASS, None),
        ({"same": 4953, "different": 47}, {"shadow_tolerance": 0.01}, UNKNOWN, Unknown.TOO_FEW_SAMPLES),
        ({"same": 4900, "different": 100}, {"shadow_tolerance": 0.01}, FAIL, None),
        ({"same": 2000}, {"shadow_tolerance": 0.001}, UNKNOWN, Unknown.TOO_FEW_SAMPLES),
    ],
)
def test_shadow_reads_must_be_the_same_and_enough(
    canarying: Scene, counts: dict[str, float], rules: dict[str, float], outcome: Outcome, reason: Unknown | None
) -> None:
    condition = asked(canarying, **rules).but(records=(shadowed(**counts),)).condition("canary shadow")

    assert (condition.outcome, condition.reason) == (outcome, reason)


def test_shadow_reads_that_the_plan_asks_for_and_nobody_made_are_not_a_yes(canarying: Scene) -> None:
    assert asked(canarying, shadow_tolerance=0.0).condition("canary shadow").reason is Unknown.MISSING_SOURCE


def test_no_source_of_requests_is_not_a_yes(canarying: Scene) -> None:
    assert canarying.but(records=()).condition("canary requests").reason is Unknown.MISSING_SOURCE


def test_too_few_requests_say_how_many_more_and_when(canarying: Scene) -> None:
    condition = canarying.but(records=(requests((0, 100), (0, 900)),)).condition("canary sample")

    assert condition.reason is Unknown.TOO_FEW_SAMPLES
    assert condition.message == "needs 500 more requests at this share, about 10 h at the current rate"
    assert condition.retry_after == pytest.approx(36000)


def test_no_request_at_all_is_too_few(canarying: Scene) -> None:
    scene = canarying.but(records=(requests((0, 0), (0, 0)),))

    assert scene.decide().outcome is UNKNOWN
    assert scene.condition("canary share").reason is Unknown.TOO_FEW_SAMPLES


def test_a_share_that_is_not_the_one_asked_for_is_a_mismatch(canarying: Scene) -> None:
    scene = canarying.but(records=(requests((20, 4980), (180, 94820)),))

    assert scene.condition("canary share").reason is Unknown.SHARE_MISMATCH


def test_a_share_within_two_points_is_the_one_asked_for(canarying: Scene) -> None:
    assert canarying.but(records=(requests((20, 8780), (180, 91020)),)).condition("canary share").outcome is PASS


def test_a_share_in_few_requests_may_be_chance(canarying: Scene) -> None:
    assert canarying.but(records=(requests((0, 2), (0, 8)),)).condition("canary share").outcome is PASS


def test_a_share_must_bake(canarying: Scene) -> None:
    scene = canarying.but(
        standing=Standing(State.CANARY, NOW - 60 - 1800, 10),
        records=(requests((20, 9980), (180, 89820), seconds=1800),),
    )
    condition = scene.condition("canary bake")

    assert (condition.reason, condition.retry_after) == (Unknown.BAKING, 1800)
    assert condition.message == "observed for 30 of 60 min at 10 %"
    assert scene.decide().retry_after == 1800


def test_a_time_in_which_nobody_took_the_new_path_is_no_bake_time(canarying: Scene) -> None:
    """1 % is asked for; after 50 of 120 minutes a flag goes back to 0 %. Over all, two points are tolerated."""
    on, off = ((1.0, 399.0), (100.0, 19900.0)), ((0.0, 0.0), (100.0, 19900.0))
    scene = canarying.but(percent=10, standing=Standing(State.CANARY, NOW - 60 - 7200, 1))
    assert scene.but(records=(in_looks([on] * 12),)).condition("canary bake").outcome is PASS

    stale = scene.but(records=(in_looks([on] * 5 + [off] * 7),))

    assert stale.condition("canary share").outcome is PASS
    assert (stale.condition("canary bake").outcome, stale.decide().outcome) == (UNKNOWN, UNKNOWN)
    assert stale.condition("canary bake").message == (
        "observed for 50 of 60 min at 1 %; in 7 of 12 intervals no request took the new path"
    )
    seldom = ((0.0, 0.0), (0.0, 20.0))
    assert scene.but(records=(in_looks([on] * 6 + [seldom] * 6),)).condition("canary bake").outcome is PASS


def test_requests_of_which_nobody_counts_the_failures_are_not_healthy(canarying: Scene) -> None:
    made = requests((0, 10000), (180, 89820))
    good = tuple(one for one in made.series if (one.labels["path"], one.labels["outcome"]) != ("new", "bad"))

    found = canarying.but(records=(replace(made, series=good),)).condition("canary requests")

    assert (found.outcome, found.reason) == (UNKNOWN, Unknown.MISSING_SOURCE)
    assert found.message == "otlp: no counter of failures on the new path answered; absent is not zero"


def test_evidence_that_begins_after_the_share_does_not_cover_it(canarying: Scene) -> None:
    late = requests((20, 9980), (180, 89820), seconds=5000)

    assert canarying.but(records=(late,)).condition("canary requests").reason is Unknown.WINDOW_NOT_COVERED


def test_evidence_that_mixes_two_shares_is_not_used(canarying: Scene) -> None:
    mixed = requests((20, 9980), (180, 89820), seconds=9000)

    assert canarying.but(records=(mixed,)).condition("canary requests").reason is Unknown.WINDOW_NOT_COVERED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ago": 7200.0}, Unknown.STALE),
        ({"sampling_ratio": 0.1}, Unknown.SAMPLED),
        ({"problem": "source error: 503"}, Unknown.SOURCE_ERROR),
        ({"series": ()}, Unknown.MISSING_SOURCE),
    ],
)
def test_requests_that_cannot_be_relied_on_are_not_a_yes(
    canarying: Scene, changes: dict[str, object], reason: Unknown
) -> None:
    spoiled = requests((20, 9980), (180, 89820), **changes)

    assert canarying.but(records=(spoiled,)).condition("canary requests").reason is reason


def test_an_outcome_of_another_name_is_not_counted_as_good(canarying: Scene) -> None:
    made = requests((20, 9980), (180, 89820))
    odd = replace(made.series[0], labels={**made.series[0].labels, "outcome": "timeout"})
    scene = canarying.but(records=(replace(made, series=(odd, *made.series[1:])),))

    assert scene.condition("canary requests").reason is Unknown.UNPARSEABLE


def test_two_answers_over_the_same_window_are_one_observation(canarying: Scene) -> None:
    again = replace(requests((20, 9980), (180, 89820)), digest="again")

    assert canarying.but(records=(*canarying.records, again)).condition("canary sample").sample == 10_000


def test_requests_of_another_plan_are_not_counted(canarying: Scene) -> None:
    made = requests((20, 9980), (180, 89820))
    other = replace(made, series=tuple(replace(one, labels={**one.labels, "plan": "other"}) for one in made.series))

    assert canarying.but(records=(other,)).condition("canary requests").reason is Unknown.MISSING_SOURCE


def test_at_100_percent_the_old_path_is_what_it_was_before(contracting: Scene) -> None:
    since = NOW - 60 - 7200
    before = replace(
        requests((0, 0), (180, 89820)), window_from=since - 7200, window_to=since, collected_at=since, digest="before"
    )
    scene = contracting.but(
        stage=Stage.QUIESCE,
        standing=Standing(State.CANARY, since, 100),
        records=(*contracting.records, before, requests((200, 99800), (0, 0))),
    )

    assert scene.decide().outcome is PASS
    worse = scene.but(records=(*contracting.records, before, requests((900, 99100), (0, 0))))
    assert worse.condition("canary errors").outcome is FAIL


def test_at_100_percent_without_a_baseline_only_the_absolute_margin_counts(contracting: Scene) -> None:
    scene = contracting.but(stage=Stage.QUIESCE, standing=Standing(State.CANARY, NOW - 60 - 7200, 100))

    few = scene.but(records=(*contracting.records, requests((200, 99800), (0, 0))))
    many = scene.but(records=(*contracting.records, requests((900, 99100), (0, 0))))
    assert few.condition("canary sample").outcome is PASS
    assert many.condition("canary sample").outcome is UNKNOWN


def test_quiesce_is_refused_while_somebody_reads(contracting: Scene) -> None:
    scene = contracting.but(
        stage=Stage.QUIESCE,
        standing=Standing(State.CANARY, NOW - 60 - 7200, 100),
        records=tuple(one for one in contracting.records if one.kind is not Kind.HEARTBEAT),
    )

    assert scene.condition("reads of").reason is Unknown.DARK_CONSUMER


@pytest.mark.parametrize("first", [True, False])
def test_the_failures_that_only_one_of_two_files_counted_are_failures(canarying: Scene, first: bool) -> None:
    good = requests((20, 9980), (180, 89820))
    bad = replace(requests((5000, 4980), (180, 89820)), query="shop-2/*.jsonl", digest="other")

    assert canarying.but(records=(bad, good) if first else (good, bad)).decide().outcome is Outcome.FAIL

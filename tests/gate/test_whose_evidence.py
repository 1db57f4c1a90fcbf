"""Does what is said of another consumer, field, moment or person open a gate, or hide what is said of this one?"""

from dataclasses import replace

import pytest

from contractctl.model.contract import Party
from contractctl.model.decision import Outcome, Unknown
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.plan import Stage, Standing, State
from tests.gate.conftest import DAY, NOW, PATH, Scene, approval, heartbeat, reads, record, requests, with_records

NAME = f"reads of {PATH} by reporting"
TWO = {"shop/orders": (Party("reporting"), Party("web"))}


def says(consumer: str, statement: str = "does-not-read", expires: float = NOW + DAY) -> Record:
    labels = {"statement": statement, "contract": "shop/orders", "consumer": consumer, "by": "Ada", "reason": "moved"}
    labels["backing"] = "committed"
    return record(Kind.ATTESTATION, Series(labels, 1.0, first_seen=NOW - DAY, last_seen=expires))


def named_in_code(consumer: str, path: str = PATH) -> Record:
    labels = {"contract": "shop/orders", "path": path, "consumer": consumer}
    return record(Kind.STATIC_READS, Series(labels, 2.0))


@pytest.mark.parametrize("other", [says("web"), says("reporting", "no-consumers")], ids=["web", "no-consumers"])
def test_only_its_own_attestation_that_it_does_not_read_speaks_for_a_consumer(
    contracting: Scene, other: Record
) -> None:
    dark = with_records(contracting.but(consumers=TWO), heartbeat=None)

    assert with_records(dark, attestation=other).condition(NAME).reason is Unknown.DARK_CONSUMER
    assert with_records(dark, attestation=says("reporting")).condition(NAME).outcome is Outcome.PASS


def test_an_attestation_ends_at_the_moment_that_it_names(contracting: Scene) -> None:
    dark = with_records(contracting, heartbeat=None)

    assert with_records(dark, attestation=says("reporting", expires=NOW)).condition(NAME).outcome is Outcome.UNKNOWN
    assert with_records(dark, attestation=says("reporting", expires=NOW + 1)).condition(NAME).outcome is Outcome.PASS


def test_code_of_another_consumer_and_of_another_field_says_nothing(contracting: Scene) -> None:
    others = (named_in_code("web"), named_in_code("reporting", "orders.phone"))

    assert with_records(contracting, static_reads=others).condition(NAME).outcome is Outcome.PASS
    own = with_records(contracting, static_reads=(*others, named_in_code("reporting")))
    assert own.condition(NAME).reason is Unknown.CONFLICTING_EVIDENCE


def test_signs_of_life_of_another_field_do_not_vouch_for_this_one(contracting: Scene) -> None:
    whole = heartbeat()
    other = replace(whole.series[0], labels={**whole.series[0].labels, "path": "orders.phone"})

    found = with_records(contracting, heartbeat=replace(whole, series=(other,))).condition(NAME)

    assert found.reason is Unknown.DARK_CONSUMER


def test_a_record_about_several_fields_and_consumers_speaks_for_each(contracting: Scene) -> None:
    both = heartbeat()
    web = replace(both.series[0], labels={**both.series[0].labels, "consumer": "web"})
    alive = replace(both, series=(*both.series, web))
    counted = record(Kind.READS, reads(0), reads(0, consumer="web"), reads(7, path="orders.phone", last=NOW - 60))
    scene = with_records(contracting.but(consumers=TWO), heartbeat=alive, reads=counted)

    assert scene.decide().outcome is Outcome.PASS
    read = replace(counted, series=(*counted.series[1:], reads(3, last=NOW - 3600)))
    assert with_records(scene, reads=read).condition(NAME).outcome is Outcome.FAIL


def test_a_request_that_may_have_read_the_field_keeps_the_gate_closed_for_a_window(contracting: Scene) -> None:
    def asked(consumer: str, days: float) -> Scene:
        series = reads(5, consumer=consumer, certainty="may", last=NOW - 60 - days * DAY)
        return with_records(contracting, reads=record(Kind.READS, reads(0), series, seconds=60 * DAY))

    known = asked("reporting", 2).condition(NAME)
    assert (known.reason, known.outcome) == (Unknown.DARK_CONSUMER, Outcome.UNKNOWN)
    assert known.message.endswith("its requests do not say which fields it uses")
    assert asked("reporting", 32).condition(NAME).outcome is Outcome.PASS
    stranger = asked("cron", 2).condition(f"reads of {PATH} by cron")
    assert stranger.reason is Unknown.UNATTRIBUTED_READS
    nobody = asked("", 2).condition("unattributed reads")
    assert nobody.message == f"'{PATH}' may have been read 5 times by unknown readers"


def test_who_read_nothing_is_no_consumer(contracting: Scene) -> None:
    seen = record(Kind.READS, reads(0), reads(0, consumer="cron"), reads(4, consumer="cron", path="orders.phone"))

    names = [one.name for one in with_records(contracting, reads=seen).decide().conditions]

    assert not [name for name in names if "cron" in name]


def test_signs_of_life_that_were_not_seen_are_no_instrument(contracting: Scene) -> None:
    parties = (Party("reporting", migrated=True), Party("web", exempt="reads a copy"))
    moved = contracting.but(consumers={"shop/orders": parties})

    silent = with_records(moved, reads=None, heartbeat=heartbeat(observed_heartbeats=0.0))

    assert silent.condition("instruments on").reason is Unknown.MISSING_SOURCE


@pytest.mark.parametrize(
    "spoiled", [{"problem": "unparseable: not JSON"}, {"collected_at": NOW + DAY}], ids=["unread", "from tomorrow"]
)
def test_an_approval_in_a_record_that_cannot_be_relied_on_does_not_count(
    contracting: Scene, spoiled: dict[str, object]
) -> None:
    given = approval("Ada <ada@example.org>", "Grace <grace@example.org>")

    found = with_records(contracting, approval=replace(given, **spoiled)).condition("approvals")

    assert (found.outcome, found.message.startswith("approved")) == (Outcome.UNKNOWN, False)


def test_two_records_one_after_the_other_cover_a_share_without_a_hole(canarying: Scene) -> None:
    first = requests((10, 4990), (90, 44910), seconds=3600, ago=3660)
    second = requests((10, 4990), (90, 44910), seconds=3600)

    assert canarying.but(records=(first, second)).decide().outcome is Outcome.PASS
    late = requests((10, 4990), (90, 44910), seconds=1800)
    assert canarying.but(records=(first, late)).condition("canary requests").reason is Unknown.WINDOW_NOT_COVERED


def test_no_share_is_run_that_the_plan_does_not_name(canarying: Scene) -> None:
    after = canarying.but(standing=Standing(State.CANARY, NOW - 60 - 7200, 100))

    found = after.but(percent=37).condition("the step before")

    assert (found.outcome, found.message) == (Outcome.FAIL, "37 % is not a step of the plan: 1, 10, 50, 100")
    assert after.but(percent=0).condition("the step before").outcome is Outcome.PASS


def test_after_a_rollback_only_expand_begins_anew(contracting: Scene) -> None:
    back = contracting.but(standing=Standing(State.ROLLED_BACK, NOW - DAY))

    assert back.but(stage=Stage.EXPAND).condition("the step before").outcome is Outcome.PASS
    assert back.but(stage=Stage.DUAL_WRITE).condition("the step before").outcome is Outcome.FAIL

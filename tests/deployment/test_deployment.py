"""May a version be deployed there? Only where everybody on the other side is known, live and compatible with it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl import journal
from contractctl.cli import asking
from contractctl.deployment import Outcome, Why
from contractctl.errors import ContractctlError
from contractctl.journal import EntryKind, Note, deployments
from contractctl.journal.deployments import Deployment
from contractctl.model.plan import Movement, Operation, Plan
from contractctl.model.service import Live
from contractctl.planner import path_of, write_plan
from contractctl.store import pacts
from tests.deployment.conftest import EVENT, NOW, TABLE, TABLES, Shop


def test_a_version_that_everybody_reads_may_go_there(living: Shop) -> None:
    living.declare("shop", "2", provides=f"{EVENT}@1.1.0")

    answer = living.ask("shop", "2")

    assert (answer.outcome, answer.reasons) == (Outcome.YES, ())
    assert answer.held == (f"{EVENT} with reporting@1 (100 %)",)


def test_a_writer_whose_readers_are_let_down_may_not(living: Shop) -> None:
    living.declare("shop", "3", provides=f"{EVENT}@2.0.0")

    answer = living.ask("shop", "3")

    assert answer.outcome is Outcome.NO
    (reason,) = answer.reasons
    assert (reason.why, reason.counterpart, reason.share) == (Why.INCOMPATIBLE, "reporting@1", 100.0)
    assert "customer" in reason.message


def test_what_cannot_be_read_is_unknown_and_hides_no_other_reason(living: Shop) -> None:
    living.declare("shop", "3", provides=f"{EVENT}@2.0.0 {TABLE}@1.0.0")
    living.contract(TABLE, {}, "format =")
    living.declare("other", "1", consumes=f"{EVENT}@1.0.0")
    living.deploy("other", "1")
    (living.folder / "contracts/services/other/1.toml").write_text(f"# {EVENT}\nconsumes =\n")

    answer = living.ask("shop", "3")

    assert answer.outcome is Outcome.NO
    unread = {
        reason.contract or reason.counterpart: reason for reason in answer.reasons if reason.why is Why.NOT_JUDGED
    }
    assert unread.keys() == {TABLE, "other@1"}
    assert "which cannot be read: " in unread[TABLE].message
    assert "but its declaration cannot be read: " in unread["other@1"].message
    assert {reason.why for reason in answer.reasons if reason.counterpart == "reporting@1"} == {Why.INCOMPATIBLE}


def test_a_reader_of_what_nobody_sends_yet_may_not(living: Shop) -> None:
    living.declare("reporting", "2", consumes=f"{EVENT}@2.0.0")

    assert living.whys("reporting", "2") == {"incompatible"}


def test_a_canary_counts_as_much_as_what_it_stands_beside(living: Shop) -> None:
    living.declare("shop", "3", provides=f"{EVENT}@2.0.0")
    living.declare("reporting", "3", consumes=f"{EVENT}@2.0.0")
    living.deploy("reporting", "3")
    living.deploy("reporting", "1", 5)

    answer = living.ask("shop", "3")

    assert {reason.counterpart: reason.share for reason in answer.reasons} == {"reporting@1": 5.0}
    living.record(Deployment("production", "reporting", "1", ends=True))
    assert living.ask("shop", "3").outcome is Outcome.YES


def test_both_versions_that_a_reader_takes_count(living: Shop) -> None:
    living.declare("reporting", "both", consumes=f"{EVENT}@1.0.0+2.0.0")

    assert living.whys("reporting", "both") == {"incompatible"}


# every reason of unknown keeps the answer from being yes


def test_nothing_on_record_is_unknown(shop: Shop) -> None:
    shop.declare("shop", "1", provides=f"{EVENT}@1.0.0")

    answer = shop.ask("shop", "1")

    assert answer.outcome is Outcome.UNKNOWN
    assert {reason.why for reason in answer.reasons} == {Why.NOTHING_ON_RECORD, Why.NO_KNOWN_CONSUMERS}


def test_even_a_service_without_contracts_needs_an_environment_on_record(shop: Shop) -> None:
    shop.declare("lonely", "1")

    assert shop.whys("lonely", "1") == {"nothing on record"}


def test_another_environment_s_record_says_nothing_of_this_one(living: Shop) -> None:
    assert "nothing on record" in living.whys("shop", "1", "staging")


def test_a_version_that_has_declared_nothing_is_unknown(living: Shop) -> None:
    assert living.whys("shop", "9") == {"not declared"}


def test_a_live_service_that_has_declared_nothing_may_read_anything(living: Shop) -> None:
    living.deploy("dark", "1")

    answer = living.ask("shop", "1")

    assert answer.outcome is Outcome.UNKNOWN
    assert [reason.counterpart for reason in answer.reasons] == ["dark@1"]


def test_one_s_own_older_version_is_live_beside_the_new_one_and_must_be_declared(living: Shop) -> None:
    living.deploy("reporting", "0")

    assert living.whys("reporting", "1") == {"counterpart not declared"}


def test_a_contract_that_nobody_provides_there_is_unknown(living: Shop) -> None:
    living.record(Deployment("production", "shop", None, ends=True))

    assert living.whys("reporting", "1") == {"counterpart not on record"}


def test_a_contract_that_nobody_is_known_to_consume_is_unknown_until_somebody_answers_for_it(
    living: Shop, commit: Callable[[], None]
) -> None:
    living.record(Deployment("production", "reporting", None, ends=True))
    assert living.whys("shop", "1") == {"no known consumers"}

    file = living.folder / "migrations" / "approvals" / "production.toml"
    file.parent.mkdir(parents=True)
    said = (
        '[[attestations]]\nstatement = "no-consumers"\ncontract = "{}"\nby = "Ada"\nreason = "new"\n'
        "at = 2026-05-01T00:00:00Z\nexpires = {}T00:00:00Z\n"
    )
    file.write_text(said.format(EVENT, "2026-12-31"))
    (reason,) = living.ask("shop", "1").reasons
    assert reason.why.value == "no known consumers"
    assert "what Ada attests counts once it is reviewed: git add migrations/approvals/production.toml" in reason.remedy
    commit()
    assert living.whys("shop", "1") == set()
    file.write_text(said.format(EVENT, "2026-05-02"))
    commit()
    assert living.whys("shop", "1") == {"no known consumers"}
    file.write_text(said.format("shop/other", "2026-12-31"))
    commit()
    assert living.whys("shop", "1") == {"no known consumers"}


@pytest.mark.parametrize("side", ["consumers", "producers"])
def test_whom_contract_toml_names_must_be_on_record(living: Shop, side: str) -> None:
    toml = living.folder / "contracts" / EVENT / "contract.toml"
    toml.write_text(f'format = "avro"\n[[{side}]]\nname = "billing"\n')
    asked = ("shop", "1") if side == "consumers" else ("reporting", "1")
    assert living.whys(*asked) == {"counterpart not on record"}

    with pytest.raises(ContractctlError, match="not on record"):
        living.record(Deployment("production", "billing", None, ends=True))
    living.record(Deployment("production", "billing", None, ends=True, never=True))
    assert living.whys(*asked) == set()


def test_a_consumer_that_contract_toml_names_and_that_speaks_of_something_else_is_unknown(living: Shop) -> None:
    toml = living.folder / "contracts" / EVENT / "contract.toml"
    toml.write_text('format = "avro"\n[[consumers]]\nname = "billing"\n')
    living.declare("billing", "1")
    living.deploy("billing", "1")

    assert living.whys("shop", "1") == {"counterpart not declared"}


def test_traffic_that_goes_to_nobody_knows_whom_is_unknown(living: Shop) -> None:
    living.deploy("shop", "1", env="staging", canary=5)
    living.deploy("reporting", "1", env="staging")

    answer = living.ask("reporting", "1", "staging")

    assert [(reason.why, reason.share) for reason in answer.reasons] == [(Why.TRAFFIC_UNACCOUNTED, 95.0)]


@pytest.mark.parametrize("used", [f"{EVENT}@7.0.0", "shop/nothing@1.0.0"])
def test_a_version_of_a_contract_that_is_not_there_is_unknown(living: Shop, used: str) -> None:
    living.declare("shop", "7", provides=used)

    assert living.whys("shop", "7") == {"no such version"}


def test_a_pair_that_cannot_be_judged_is_unknown(living: Shop) -> None:
    living.contract("shop/odd", {"1.0.0": "{", "1.1.0": "{}"}, 'format = "avro"')
    living.declare("odd", "1", provides="shop/odd@1.0.0")
    living.declare("reader", "1", consumes="shop/odd@1.1.0")
    living.deploy("reader", "1")

    assert living.whys("odd", "1") == {"not judged"}


# plans in flight


@pytest.fixture
def planned(living: Shop) -> Shop:
    """A table on its way from 1.0.0 to 2.0.0; shop@1 has it, reporting reads it."""
    living.contract(TABLE, TABLES, 'format = "sql"\ndialect = "sqlite"')
    renamed = Operation("rename-column", TABLE, "orders", "customer", "buyer")
    plan = Plan("buyer", (Movement(TABLE, "sql", "1.0.0", "1.1.0", "2.0.0"),), (renamed,), {})
    write_plan(path_of(living.folder / "migrations", "buyer"), plan)
    living.declare("keeper", "1", provides=f"{TABLE}@1.1.0")
    living.deploy("keeper", "1")
    living.declare("new", "1", consumes=f"{TABLE}@1.1.0", reads="orders.buyer")
    living.declare("old", "1", consumes=f"{TABLE}@1.0.0")
    set_environment(living, "production")
    return living


def set_environment(shop: Shop, name: str) -> None:
    text = '[database]\nurl = "sqlite:///shop.db"\n'
    (shop.folder / "contractctl.toml").write_text(f'environment = "{name}"\n{text}' if name else text)


def advance(shop: Shop, *stages: str, plan: str = "buyer") -> None:
    with journal.writing(shop.engine) as connection:
        for stage in stages:
            journal.append(connection, Note(plan, EntryKind.OUTCOME, stage, stage, NOW, "Ada", "", {"percent": 100}))


def test_who_needs_the_new_side_waits_until_the_plan_has_made_it(planned: Shop) -> None:
    assert planned.ask("new", "1").outcome is Outcome.WAIT
    assert planned.ask("old", "1").outcome is Outcome.YES

    advance(planned, "expand")

    assert planned.ask("new", "1").outcome is Outcome.YES


def test_a_plan_whose_file_is_on_another_branch_is_no_plan_that_is_not_there(planned: Shop) -> None:
    advance(planned, "expand", "dual-write", "backfill", "verify", "canary", "quiesce")
    path = path_of(planned.folder / "migrations", "buyer")
    there = path.read_text()
    path.unlink()

    assert "plan without a file" in planned.whys("old", "1")
    (reason,) = [one for one in planned.ask("old", "1").reasons if one.why is Why.PLAN_WITHOUT_FILE]
    assert "the plan 'buyer' is quiesced, but its file is missing here" in reason.message
    path.write_text(there)
    assert planned.whys("old", "1") == {"old side gone"}
    advance(planned, "contract")
    path.unlink()
    assert "plan without a file" not in planned.whys("old", "1")


def test_a_plan_that_was_taken_back_does_not_hold_up_what_another_one_has_brought(planned: Shop) -> None:
    (planned.folder / "contracts" / TABLE / "versions" / "1.2.0.sql").write_text(TABLES["1.1.0"])
    planned.declare("last", "1", consumes=f"{TABLE}@2.0.0")
    advance(planned, "expand", "rollback")
    assert "plan not there yet" in planned.whys("last", "1")

    renamed = Operation("rename-column", TABLE, "orders", "customer", "buyer")
    plan = Plan("again", (Movement(TABLE, "sql", "1.1.0", "1.2.0", "2.0.0"),), (renamed,), {})
    write_plan(path_of(planned.folder / "migrations", "again"), plan)

    assert "plan not there yet" in planned.whys("last", "1")
    advance(planned, "expand", "dual-write", "backfill", "verify", plan="again")
    assert "plan not there yet" not in planned.whys("last", "1")


def test_a_plan_that_moves_what_a_version_does_not_use_needs_no_file_for_it(planned: Shop) -> None:
    work = {"digest": "", "contracts": ["shop/others"]}
    with journal.writing(planned.engine) as connection:
        note = Note("theirs", EntryKind.OUTCOME, "expand", "1-expand", NOW, "Ada", "", {"work": work})
        journal.append(connection, note)

    assert planned.ask("old", "1").outcome is Outcome.YES


def test_what_was_released_after_the_plans_versions_waits_for_the_plan_as_they_do(planned: Shop) -> None:
    for service, version in (("newer", "2.1.0"), ("between", "1.2.0")):
        (planned.folder / "contracts" / TABLE / "versions" / f"{version}.sql").write_text(TABLES["2.0.0"])
        planned.declare(service, "1", consumes=f"{TABLE}@{version}")
    advance(planned, "expand", "dual-write")

    assert "plan not there yet" in planned.whys("newer", "1")
    assert "plan not there yet" not in planned.whys("between", "1")
    advance(planned, "backfill", "verify")
    assert "plan not there yet" not in planned.whys("newer", "1")


def test_who_needs_the_old_side_may_not_go_where_it_is_gone(planned: Shop) -> None:
    advance(planned, "expand", "dual-write", "backfill", "verify", "canary", "quiesce")

    assert planned.whys("old", "1") == {"old side gone"}


def test_who_goes_back_to_what_is_older_than_the_plan_needs_the_old_side_too(planned: Shop) -> None:
    """keeper@1 still says that it provides the version between: with that one the older ones get on."""
    (planned.folder / "contracts" / TABLE / "versions" / "0.9.0.sql").write_text(TABLES["1.0.0"])
    planned.declare("older", "1", consumes=f"{TABLE}@0.9.0")
    assert planned.ask("older", "1").outcome is Outcome.YES

    advance(planned, "expand", "dual-write", "backfill", "verify", "canary", "quiesce", "contract")

    assert planned.whys("older", "1") == {"old side gone"}


@pytest.mark.parametrize("name", ["", "staging"])
def test_a_plan_in_another_environment_s_database_says_nothing_of_this_one(planned: Shop, name: str) -> None:
    advance(planned, "expand")
    set_environment(planned, name)

    assert planned.whys("new", "1") == {"another environment"}


# pacts


def rows(*pairs: tuple[str, str, bool | None, str]) -> str:
    return json.dumps(
        {
            "summary": {"deployable": True},
            "matrix": [
                {
                    "consumer": {"name": "web", "version": {"number": consumer}},
                    "provider": {"name": "shop", "version": {"number": provider} if provider else None},
                    "verificationResult": None if success is None else {"success": success, "verifiedAt": at},
                }
                for consumer, provider, success, at in pairs
            ],
        }
    )


@pytest.mark.parametrize(("result", "why"), [(True, set()), (False, {"verification failed"}), (None, {"not verified"})])
def test_a_pact_counts_as_it_was_verified(living: Shop, result: bool | None, why: set[str]) -> None:
    living.declare("web", "1")
    pacts.add(living.folder / "contracts", pacts.parse(rows(("1", "1", result, "2026-01-01")), "matrix.json"))

    assert living.whys("web", "1") == why
    living.deploy("web", "1")
    assert living.whys("shop", "1") == why
    living.declare("shop", "2", provides=f"{EVENT}@1.0.0")
    assert living.whys("shop", "2") == {"not verified"}


def test_a_version_that_the_imported_matrix_does_not_know_is_not_one_without_pacts(living: Shop) -> None:
    """The matrix is older than the version: what it was verified against is not there yet."""
    contracts = living.folder / "contracts"
    for version in ("1", "2"):
        living.declare("web", version)
    pacts.add(contracts, pacts.parse(rows(("1", "1", True, "2026-01-01")), "matrix.json"))
    living.deploy("web", "2")

    assert living.whys("web", "1") == set()
    assert living.whys("web", "2") == {"not verified"}
    assert living.whys("shop", "1") == {"not verified"}

    elsewhere = rows(("2", "1", True, "2026-02-01")).replace('"shop"', '"billing"')
    pacts.add(contracts, pacts.parse(elsewhere, "matrix.json"))
    assert living.whys("shop", "1") == set()  # version 2 has pacts, and none with the shop


def test_a_pact_with_a_provider_that_is_not_live_is_unknown(living: Shop) -> None:
    living.declare("web", "1")
    pacts.add(living.folder / "contracts", pacts.parse(rows(("1", "", None, "")), "matrix.json"))
    living.record(Deployment("production", "shop", None, ends=True))

    assert living.whys("web", "1") == {"counterpart not on record"}


def test_the_later_of_two_verifications_counts_in_whatever_order_they_come(living: Shop) -> None:
    living.declare("web", "1")
    for text in (rows(("1", "1", False, "2026-02-01")), rows(("1", "1", True, "2026-01-01"), ("1", "1", None, ""))):
        pacts.add(living.folder / "contracts", pacts.parse(text, "matrix.json"))

    assert living.whys("web", "1") == {"verification failed"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        b"\xff\xfe{",
        "[]",
        "{}",
        '{"matrix": [{}]}',
        '{"matrix": [1]}',
        rows(("1", "1", True, "x")).replace("true", '"yes"'),
    ],
)
def test_what_is_no_matrix_is_refused_with_its_place(text: str | bytes) -> None:
    with pytest.raises(ContractctlError, match=r"^matrix\.json"):
        pacts.parse(text, "matrix.json")


# the record itself


def test_what_is_recorded_folds_to_sets_with_shares(shop: Shop) -> None:
    steps = [
        (Deployment("p", "s", "1"), Live("1")),
        (Deployment("p", "s", "2", 5), Live("1", {"2": 5})),
        (Deployment("p", "s", "3", 10), Live("1", {"2": 5, "3": 10})),
        (Deployment("p", "s", "2", ends=True), Live("1", {"3": 10})),
        (Deployment("p", "s", "3"), Live("3")),
        (Deployment("p", "s", None, ends=True), Live()),
    ]
    for deployment, wanted in steps:
        assert shop.record(deployment)
        assert not shop.record(deployment)
        with shop.engine.connect() as connection:
            assert deployments.live(connection, "p") == {"s": wanted}


def test_more_than_there_is_is_refused(shop: Shop) -> None:
    shop.deploy("s", "1")
    shop.deploy("s", "2", 60)

    with pytest.raises(ContractctlError, match="60 % of s"):
        shop.deploy("s", "3", 50)
    with pytest.raises(ContractctlError, match="so it cannot also be a canary"):
        shop.deploy("s", "1", 5)


def test_asking_creates_nothing(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    answer = asking.answer(tmp_path, "shop", "1", "production", NOW)

    assert answer.outcome is Outcome.UNKNOWN
    assert [path.name for path in tmp_path.iterdir()] == [".git"]

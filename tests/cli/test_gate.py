"""gate and gate replay, as a person runs them."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contractctl import planner, resources, store
from contractctl.evidence import record_file
from contractctl.model.contract import File, SemanticVersion, Source
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.plan import Movement, Operation, Plan, ReadRules, Transform
from contractctl.model.service import Declaration, Use
from contractctl.store import services

Run = Callable[..., CompletedProcess[str]]
OLD = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL);\n"
BOTH = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL, full_name TEXT);\n"
TOML = 'format = "sql"\ndialect = "sqlite"\nowner = "shop"\ndraft = "orders.sql"\n\n[[consumers]]\nname = "reporting"\n'

ADA = {"CONTRACTCTL_ACTOR": "Ada <ada@example.org>"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one contract and one plan; nothing has been run."""
    contracts = tmp_path / "contracts"
    folder = contracts / "shop" / "orders"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "contractctl.toml").write_text('[[evidence]]\nsource = "jsonl"\npath = "telemetry/*.jsonl"\n')
    (folder / "contract.toml").write_text(TOML)
    (folder / "orders.sql").write_text(BOTH)
    for number, text in (("1.0.0", OLD), ("1.1.0", BOTH)):
        store.release(contracts, "shop/orders", SemanticVersion.parse(number), Source((File("orders.sql", text),)))
    rename = Operation(
        "rename-column",
        "shop/orders",
        "orders",
        "customer_name",
        "full_name",
        Transform("customer_name", "full_name"),
        {"type": "TEXT"},
    )
    plan = Plan(
        name="rename",
        movements=(Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0"),),
        operations=(rename,),
        revisions={},
        reads=ReadRules(window_seconds=3600),
    )
    planner.write_plan(planner.path_of(tmp_path / "migrations", "rename"), plan)
    return tmp_path


def schema(part: str) -> Draft202012Validator:
    found = json.loads((resources.contracts() / "contractctl/decision/versions/1.0.0.json").read_text())
    return Draft202012Validator(found if part == "file" else {"$defs": found["$defs"], "$ref": f"#/$defs/{part}"})


def recorded(shop: Path) -> Path:
    (found,) = (shop / "migrations" / "decisions" / "rename").iterdir()
    return found


def spoil(path: Path, change: Callable[[Any], None]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")


@pytest.mark.usefixtures("shop")
def test_expand_of_a_compatible_intermediate_version_passes(contractctl: Run) -> None:
    done = contractctl("gate", "rename", "expand")

    assert done.stdout.splitlines()[0] == "pass: expand of 'rename' may begin"


def test_another_plan_s_broken_file_stops_no_gate(contractctl: Run, shop: Path) -> None:
    plans = shop / "migrations" / "plans"
    (plans / "other.toml").write_text("name =\n")
    (plans / "lost.toml").symlink_to("nowhere")

    assert contractctl("gate", "rename", "expand").stdout.startswith("pass: ")
    assert contractctl("gate", "other", "expand", code=2).stderr.startswith(
        "error: migrations/plans/other.toml:1:7: Invalid value\n"
    )
    assert "migrations/plans/lost.toml is not a file" in contractctl("gate", "lost", "expand", code=2).stderr


@pytest.mark.usefixtures("shop")
def test_contract_out_of_turn_fails_and_says_what_comes_next(contractctl: Run) -> None:
    done = contractctl("gate", "rename", "contract", code=1)

    assert done.stdout.startswith("fail: contract of 'rename' may not begin; ")
    assert "run: contractctl migrate expand rename" in done.stdout
    assert "instrument" in done.stdout or "evidence collect rename" in done.stdout


def test_a_page_is_written_beside_the_answer(contractctl: Run, shop: Path) -> None:
    done = contractctl("gate", "rename", "contract", "-o", "decision.html", code=1)

    assert done.stdout.startswith("fail: contract of 'rename' may not begin; ")
    assert done.stderr == "wrote decision.html\n"
    assert "run: contractctl migrate expand rename" in (shop / "decision.html").read_text(encoding="utf-8")


def test_the_json_satisfies_its_contract(contractctl: Run, shop: Path) -> None:
    decision = json.loads(contractctl("gate", "rename", "contract", "--format", "json", "--record", code=1).stdout)

    schema("decision").validate(decision)
    schema("file").validate(json.loads(recorded(shop).read_text()))


def test_a_recorded_decision_is_reproduced_to_the_byte(contractctl: Run, shop: Path) -> None:
    contractctl("gate", "rename", "contract", "--record", code=1)

    done = contractctl("gate", "replay", str(recorded(shop)))

    assert done.stdout.startswith("same: fail, reproduced to the byte")


def test_a_replay_needs_nothing_but_the_file(
    contractctl: Run, shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    contractctl("gate", "rename", "contract", "--record", code=1)
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    contractctl("gate", "replay", str(recorded(shop)), cwd=elsewhere)


def test_a_decision_that_was_touched_up_is_found(contractctl: Run, shop: Path) -> None:
    contractctl("gate", "rename", "contract", "--record", code=1)
    spoil(recorded(shop), lambda document: document["decision"].update(outcome="pass"))

    done = contractctl("gate", "replay", str(recorded(shop)), code=1)

    assert "pass then, fail now" in done.stdout


def test_inputs_that_were_touched_up_are_found(contractctl: Run, shop: Path) -> None:
    contractctl("gate", "rename", "contract", "--record", code=1)
    spoil(recorded(shop), lambda document: document["inputs"]["standing"].update(state="quiesced"))

    done = contractctl("gate", "replay", str(recorded(shop)), code=1)

    assert "the inputs are not those it was decided from" in done.stdout
    assert "the step before: fail" in done.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document.pop("inputs"), "'inputs' is a required property"),
        (lambda document: document["inputs"].update(stage="destroy"), "inputs.stage"),
        (lambda document: document["inputs"]["plan"].update(colour="red"), "'colour' is not a known key"),
        (lambda document: document["decision"].update(at="noon"), "decision.at"),
    ],
)
def test_a_file_that_is_no_decision_is_one_clear_sentence(
    contractctl: Run, shop: Path, change: Callable[[Any], None], message: str
) -> None:
    contractctl("gate", "rename", "contract", "--record", code=1)
    spoil(recorded(shop), change)

    done = contractctl("gate", "replay", str(recorded(shop)), code=2)

    assert message in done.stderr
    assert done.stderr.count("error:") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rename", "destroy"), "'destroy' is not a stage"),
        (("rename2", "expand"), "there is no plan 'rename2'"),
        (("rename", "expand", "--percent", "5"), "only a canary has a percentage"),
        (("rename", "expand", "--at", "noon"), "'noon' is not a time"),
        (("rename", "expand", "--wait", "soon"), "'soon' is not a duration"),
        (("rename", "expand", "--at", "1", "--wait", "1s"), "--at fixes the time"),
        (("rename", "expand", "--evidence", "gone.jsonl"), "gone.jsonl: there is no such file"),
        (("replay", "gone.json"), "gone.json"),
        (("replay", "contractctl.toml"), "contractctl.toml is not JSON"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_wrong_question_is_one_clear_sentence(contractctl: Run, arguments: tuple[str, ...], message: str) -> None:
    assert message in contractctl("gate", *arguments, code=2).stderr


def test_evidence_that_is_broken_is_named(contractctl: Run, shop: Path) -> None:
    path = record_file.path_of(shop / "migrations", "rename")
    path.parent.mkdir()
    path.write_text("{}\n")

    assert "rename.jsonl:1: 'kind' is missing" in contractctl("gate", "rename", "contract", code=2).stderr


def test_asking_creates_no_database(contractctl: Run, shop: Path) -> None:
    contractctl("gate", "rename", "expand")

    assert not list((shop / "migrations").glob("*.db"))


def journalled(shop: Path, *, percent: float, since: float) -> None:
    """A journal that says that the canary runs."""
    from contractctl import journal
    from contractctl.databases import sqlite

    engine = sqlite.create_engine(f"sqlite:///{shop / 'migrations' / 'contractctl.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql(BOTH)
    journal.open(engine)
    with journal.writing(engine) as connection:
        for stage, body in [
            *((stage, {}) for stage in ("expand", "dual-write", "backfill", "verify")),
            ("canary", {"percent": percent}),
        ]:
            note = journal.Note(
                "rename", journal.EntryKind.OUTCOME, stage, f"{stage}-1", since, "Ada", "", {"state": "", **body}
            )
            journal.append(connection, note)
    engine.dispose()


def counted(now: float, seconds: float) -> Record:
    labels = {"plan": "rename", "look": "0"}
    counts = {("new", "ok"): 100.0, ("new", "bad"): 0.0, ("old", "ok"): 900.0, ("old", "bad"): 0.0}
    series = tuple(Series({**labels, "path": path, "outcome": how}, count) for (path, how), count in counts.items())
    return Record(Kind.CANARY, "jsonl", "*", now, now - seconds, now, None, None, 1.0, series, "d")


def test_what_waiting_can_mend_exits_with_4_and_waits_no_longer_than_it_is_told(contractctl: Run, shop: Path) -> None:
    now = time.time()
    journalled(shop, percent=10, since=now - 300)
    record_file.write(record_file.path_of(shop / "migrations", "rename"), [counted(now, 300)])

    began = time.monotonic()
    done = contractctl("gate", "rename", "canary", "--wait", "2s", "--format", "json", code=4)

    assert time.monotonic() - began < 60
    decision = json.loads(done.stdout)
    assert decision["outcome"] == "unknown"
    assert 3000 < decision["retry_after"] <= 3300
    assert {one["reason"] for one in decision["conditions"]} == {None, "baking", "too few samples"}


def test_what_waiting_cannot_mend_exits_with_3(contractctl: Run, shop: Path) -> None:
    journalled(shop, percent=10, since=time.time() - 300)

    done = contractctl("gate", "rename", "canary", code=3)

    assert done.stdout.startswith("unknown: it is not known whether canary at 50 % of 'rename' may begin")


def watching(shop: Path, **streams: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "contractctl", "gate", "rename", "canary", "--watch"]
    return subprocess.Popen(command, cwd=shop, env={**os.environ, "TERM": "xterm"}, **streams)


def test_a_watched_answer_is_told_as_it_changes_and_ends_when_it_is_no_longer_open(shop: Path) -> None:
    now = time.time()
    journalled(shop, percent=10, since=now - 300)
    file = record_file.path_of(shop / "migrations", "rename")
    record_file.write(file, [counted(now, 300)])
    with watching(shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watched:
        assert watched.stderr is not None
        assert b"wait: canary at 50 % of 'rename' may not begin yet" in watched.stderr.readline()

        record_file.write(file, [failed(now, 300)])
        said, _ = watched.communicate(timeout=60)

    assert said.startswith(b"fail: canary at 50 % of 'rename' may not begin")
    assert watched.returncode == 1


def failed(now: float, seconds: float) -> Record:
    """Every second request of the new path."""
    found = counted(now, seconds)
    worse = (replace(one, value=400.0) if one.labels["path"] == "new" else one for one in found.series)
    return replace(found, series=tuple(worse))


def test_on_a_terminal_a_watched_answer_is_drawn_and_can_be_left(shop: Path) -> None:
    journalled(shop, percent=10, since=time.time() - 300)
    here, there = pty.openpty()
    with watching(shop, stdout=subprocess.DEVNULL, stderr=there) as watched:
        os.close(there)
        drawn = b""
        while b"it is not known" not in drawn:
            drawn += os.read(here, 4096)
        watched.send_signal(signal.SIGINT)
        watched.wait(timeout=60)
    os.close(here)

    assert b"\x1b[" in drawn
    assert watched.returncode == 130


@pytest.mark.parametrize("kind", [Kind.APPROVAL, Kind.ATTESTATION, Kind.COMPATIBILITY, Kind.BACKFILL, Kind.DIVERGENCE])
def test_what_is_never_collected_is_no_evidence_in_a_file(contractctl: Run, shop: Path, kind: Kind) -> None:
    """Approvals are reviewed in git, and what the database says is asked of the database."""
    now = time.time()
    path = record_file.path_of(shop / "migrations", "rename")
    record_file.write(path, [Record(kind, "me", "*", now, now, now, None, None, 1.0, (Series({}, 0.0),), "d")])

    assert (
        f"'{kind}' is not a kind of record that instruments produce"
        in contractctl("gate", "rename", "contract", code=2).stderr
    )


def test_a_live_version_that_nobody_has_on_record_is_not_compatible(contractctl: Run, shop: Path) -> None:
    (shop / "contracts/shop/orders/contract.toml").write_text(f'{TOML}versions = ["0.9.0"]\n')

    done = contractctl("gate", "rename", "expand", code=3)

    assert "could not be judged against 0.9.0" in done.stdout


def test_a_consumer_that_is_live_on_record_is_asked_about_though_contract_toml_names_it_no_more(
    contractctl: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACTCTL_ACTOR", "Ada <ada@example.org>")
    uses = (Use("shop/orders", ("1.0.0",)),)
    services.write(shop / "contracts", Declaration("billing", "1", consumes=uses), "a test")
    condition = "reads of orders.customer_name by billing"
    assert condition not in contractctl("gate", "rename", "contract", code=1).stdout

    contractctl("record-deployment", "billing", "1", "--env", "production")

    assert condition in contractctl("gate", "rename", "contract", code=1).stdout
    contractctl("record-undeployment", "billing", "1", "--env", "production")
    assert condition not in contractctl("gate", "rename", "contract", code=1).stdout


@pytest.mark.parametrize(
    ("reads", "later", "said"),
    [
        (("orders.customer_name",), 'reads = ["orders.id"]', "reporting@1 is live and declares that it reads"),
        (("orders.customer_name",), "migrated = true", "reporting@1 is live and declares that it reads"),
        (("orders.customer_name",), "retired = true", "reporting@1 is live and declares that it reads"),
        ((), 'reads = ["orders.id"]', "no instrument has reported on 'orders.customer_name'"),
    ],
)
def test_a_later_contract_toml_takes_nothing_back_of_what_a_live_version_declares(
    contractctl: Run, shop: Path, reads: tuple[str, ...], later: str, said: str
) -> None:
    (shop / "contracts/shop/orders/contract.toml").write_text(f"{TOML}{later}\n")
    settled = contractctl("gate", "rename", "contract", code=1).stdout
    uses = (Use("shop/orders", ("1.0.0",), reads),)
    services.write(shop / "contracts", Declaration("reporting", "1", consumes=uses), "a test")
    contractctl("record-deployment", "reporting", "1", "--env", "production", env=ADA)

    held = contractctl("gate", "rename", "contract", code=1).stdout

    line = next(one for one in held.splitlines() if "reads of orders.customer_name by reporting" in one)
    assert line not in settled
    assert said in held


def test_a_cluster_that_the_settings_name_is_missed_until_its_export_is_collected(contractctl: Run, shop: Path) -> None:
    named = '\n[[evidence]]\nsource = "rollouts"\npath = "web.json"\nplan = "rename"\n'
    named += 'kind = "Canary"\nobject = "shop/web"\n'
    with (shop / "contractctl.toml").open("a") as file:
        file.write(named)
    before = contractctl("gate", "rename", "contract", code=1).stdout
    canary = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"namespace": "shop", "name": "web"}}
    canary["status"] = {"phase": "Progressing", "canaryWeight": 5}
    (shop / "web.json").write_text(json.dumps(canary))

    collected = contractctl("evidence", "collect", "rename", "--source", "rollouts").stdout

    assert "nothing was collected of Canary shop/web" in before
    assert "Canary shop/web gives 5 %" in collected
    assert (
        "Canary shop/web gives 5 % to the new path, 0 % requested"
        in contractctl("gate", "rename", "contract", code=1).stdout
    )

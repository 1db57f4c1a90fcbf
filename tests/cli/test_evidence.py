"""evidence collect, as a person runs it."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from contractctl.evidence import record_file
from contractctl.model.evidence import Kind
from tests.cli.test_gate import shop

Run = Callable[..., CompletedProcess[str]]
__all__ = ("shop",)


def told(folder: Path, *lines: dict[str, object]) -> None:
    (folder / "telemetry").mkdir(exist_ok=True)
    (folder / "telemetry" / "seen.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def read(now: float, count: int) -> dict[str, object]:
    about = {"contract": "shop/orders", "path": "orders.customer_name", "consumer": "reporting", "version": "2.1"}
    return {"kind": "reads", "from": now - 120, "to": now - 60, "count": count, **about}


def test_what_was_collected_is_what_the_gate_decides_from(contractctl: Run, shop: Path) -> None:
    told(shop, read(time.time(), 14))

    done = contractctl("evidence", "collect", "rename")

    assert done.stdout.startswith("1 record from jsonl")
    assert "read by reporting@2.1 14 times" in done.stdout
    answer = contractctl("gate", "rename", "contract", code=1).stdout
    assert "reporting@2.1 read 'orders.customer_name' 14 times, last at " in answer


def test_collecting_again_replaces_what_was_there(contractctl: Run, shop: Path) -> None:
    told(shop, read(time.time(), 14))
    contractctl("evidence", "collect", "rename")
    told(shop, read(time.time(), 2))
    contractctl("evidence", "collect", "rename")

    _, record = record_file.read(record_file.path_of(shop / "migrations", "rename"))

    assert (record.kind, record.series[0].value) == (Kind.READS, 2)


def test_who_asks_one_source_alone_does_not_silence_the_others(contractctl: Run, shop: Path) -> None:
    """The one read stands in the source that was left out: the gate decided without it."""
    (shop / "spans.jsonl").write_text(json.dumps({"resourceMetrics": []}) + "\n")
    with (shop / "contractctl.toml").open("a") as toml:
        toml.write('[[evidence]]\nsource = "otlp"\npath = "spans.jsonl"\n')
    told(shop, read(time.time(), 14))

    first = contractctl("evidence", "collect", "rename", "--source", "otlp", code=3)
    assert "the gate lacks jsonl: missing source: it was not asked" in first.stderr
    assert "jsonl: it was not asked" in contractctl("gate", "rename", "contract", code=1).stdout
    contractctl("evidence", "collect", "rename", code=3)
    contractctl("evidence", "collect", "rename", "--source", "otlp", code=3)

    answer = contractctl("gate", "rename", "contract", code=1).stdout
    assert "reporting@2.1 read 'orders.customer_name' 14 times, last at " in answer
    assert "it was not asked" not in answer


def in_the_environment(shop: Path) -> None:
    file = shop / "contractctl.toml"
    file.write_text(f'environment = "env:WHERE"\n{file.read_text()}')


def test_what_was_collected_in_one_environment_opens_no_gate_of_another(contractctl: Run, shop: Path) -> None:
    """One repository, one file of evidence, two environments: staging was quiet."""
    in_the_environment(shop)
    told(shop, read(time.time(), 14))
    contractctl("evidence", "collect", "rename", env={"WHERE": "staging"})

    own = contractctl("gate", "rename", "contract", code=1, env={"WHERE": "staging"}).stdout
    other = contractctl("gate", "rename", "contract", code=1, env={"WHERE": "production"}).stdout

    assert "reporting@2.1 read 'orders.customer_name' 14 times" in own
    assert "reporting@2.1 read" not in other
    said = "jsonl: it was collected for the environment 'staging', and this is 'production'"
    assert f"{said}: contractctl evidence collect rename" in other


def test_a_stage_before_any_collection_needs_no_variable_of_a_source(contractctl: Run, shop: Path) -> None:
    with (shop / "contractctl.toml").open("a") as toml:
        toml.write('[[evidence]]\nsource = "prometheus"\nurl = "env:NOBODY_HAS_SET_THIS"\n')

    done = contractctl("gate", "rename", "expand", code=None)

    assert "NOBODY_HAS_SET_THIS" not in done.stderr
    assert "expand of 'rename'" in done.stdout


@pytest.mark.parametrize(
    "another",
    [
        '[[evidence]]\nsource = "otlp"\npath = "spans.jsonl"\n',
        '[[evidence]]\nsource = "jsonl"\npath = "batch/*.jsonl"\n',
        '[[evidence]]\nsource = "prometheus"\nurl = "env:PROMETHEUS"\n',
    ],
)
def test_a_source_that_is_configured_after_the_collection_is_missed(contractctl: Run, shop: Path, another: str) -> None:
    """It may have seen the one read: the gate decided without it."""
    told(shop, read(time.time(), 0))
    contractctl("evidence", "collect", "rename")
    missed = "jsonl: contractctl.toml, or what it takes from variables, names other sources since it was collected"
    env = {"PROMETHEUS": "http://127.0.0.1:1"}

    before = contractctl("gate", "rename", "contract", code=1).stdout
    with (shop / "contractctl.toml").open("a") as toml:
        toml.write(another)
    after = contractctl("gate", "rename", "contract", code=1, env=env).stdout

    assert missed not in before
    assert f"{missed}: contractctl evidence collect rename" in after


def test_another_server_behind_the_same_variable_is_another_source_and_another_password_is_not(
    contractctl: Run, shop: Path
) -> None:
    (shop / "contractctl.toml").write_text('[[evidence]]\nsource = "prometheus"\nurl = "env:PROMETHEUS"\n')
    contractctl("evidence", "collect", "rename", code=3, env={"PROMETHEUS": "http://a:b@127.0.0.1:1"})

    def said(url: str) -> str:
        return contractctl("gate", "rename", "contract", code=1, env={"PROMETHEUS": url}).stdout

    assert "names other sources" not in said("http://a:c@127.0.0.1:1")
    assert "names other sources" in said("http://a:b@127.0.0.1:2")


def test_a_source_that_has_nothing_is_said_and_exits_with_3(contractctl: Run, shop: Path) -> None:
    done = contractctl("evidence", "collect", "rename", code=3)

    assert "missing source: no file matches 'telemetry/*.jsonl'" in done.stdout
    assert record_file.path_of(shop / "migrations", "rename").is_file()


@pytest.mark.parametrize(
    ("toml", "arguments", "message"),
    [
        ("", ("rename",), "no source of evidence is configured"),
        ('[[evidence]]\nsource = "jsonl"\npath = "*"\n', ("rename", "--source", "gossip"), "'gossip' is not a source"),
        ('[[evidence]]\nsource = "jsonl"\npath = "*"\n', ("rename2",), "there is no plan 'rename2'"),
        ('[[evidence]]\nsource = "prometheus"\nurl = "ftp://x"\n', ("rename",), "not an http or https URL"),
    ],
)
def test_a_wrong_question_is_one_clear_sentence(
    contractctl: Run, shop: Path, toml: str, arguments: tuple[str, ...], message: str
) -> None:
    (shop / "contractctl.toml").write_text(toml)

    assert message in contractctl("evidence", "collect", *arguments, code=2).stderr


def test_a_secret_in_a_url_is_printed_nowhere(contractctl: Run, shop: Path) -> None:
    (shop / "contractctl.toml").write_text('[[evidence]]\nsource = "prometheus"\nurl = "env:PROMETHEUS"\n')
    secret = {"PROMETHEUS": "http://ada:s3cr3t@127.0.0.1:1"}

    done = contractctl("evidence", "collect", "rename", code=3, env=secret)

    written = record_file.path_of(shop / "migrations", "rename").read_text()
    assert "s3cr3t" not in done.stdout + done.stderr + written
    assert "source error" in done.stdout


def test_code_is_searched_at_the_commit_that_is_on_record_and_counts_until_another_is(
    contractctl: Run, shop: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path_factory.mktemp("reporting")
    (clone / "board.yaml").write_text("panels:\n- by: customerName\n")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for step in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        subprocess.run(["git", *who, *step], cwd=clone, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, check=True, capture_output=True, text=True)
    monkeypatch.setenv("REPORTING_CHECKOUT", str(clone))
    monkeypatch.setenv("CONTRACTCTL_ACTOR", "Ada <ada@example.org>")
    commit = head.stdout.strip()
    with (shop / "contractctl.toml").open("a") as toml:
        toml.write('[[evidence]]\nsource = "code"\npath = "env:REPORTING_CHECKOUT"\n')
        toml.write('consumer = "reporting"\nenvironment = "production"\n')
    search = ("evidence", "collect", "rename", "--source", "code")
    record = ("record-deployment", "reporting", "--env", "production")

    assert "missing source: no version of reporting is on record" in contractctl(*search, code=3).stdout
    contractctl(*record, "2.1")
    assert "nobody has said which commit reporting@2.1 is" in contractctl(*search, code=3).stdout
    assert "is not a full commit id" in contractctl(*record, "2.1", "--commit", "main", code=2).stderr
    assert contractctl(*record, "2.1", "--commit", commit).stdout.startswith("recorded")
    assert contractctl(*record, "2.1").stdout.startswith("on record already")
    assert f'"commit": "{commit}"' in contractctl("environment", "list", "--format", "json").stdout

    found = "orders.customer_name in the code of reporting@2.1: named in 1 place: board.yaml:2"
    assert found in contractctl(*search).stdout
    gate = ("gate", "rename", "contract", "--format", "json")
    assert "environment stale" not in contractctl(*gate, code=1).stdout
    contractctl(*record, "2.2", "--canary", "5")
    assert "reporting@2.2 is now live in 'production'" in contractctl(*gate, code=1).stdout


def test_documents_keep_the_gate_closed_and_other_documents_are_missed_until_they_are_collected(
    contractctl: Run, shop: Path
) -> None:
    api = shop / "contracts" / "shop" / "api"
    (api / "versions").mkdir(parents=True)
    (api / "contract.toml").write_text('format = "graphql"\nowner = "shop"\n')
    (api / "versions" / "1.0.0.graphql").write_text("type Query { order: Order } type Order { customerName: String }")
    (shop / "a.graphql").write_text("{ order { customerName } }")
    with (shop / "contractctl.toml").open("a") as toml:
        toml.write('[[evidence]]\nsource = "graphql_documents"\npath = "env:DOCUMENTS"\nconsumer = "reporting"\n')
        toml.write('contract = "shop/orders"\nschema = "shop/api"\nfields = "env:NAMES"\n')
    env = {"DOCUMENTS": "*.graphql", "NAMES": "orders.customer_name=Order.customerName"}
    told(shop, read(time.time(), 0))

    done = contractctl("evidence", "collect", "rename", env=env)
    same = contractctl("gate", "rename", "contract", code=1, env=env).stdout
    other = contractctl("gate", "rename", "contract", code=1, env={**env, "DOCUMENTS": "b/*.graphql"}).stdout

    assert "in the graphql documents of reporting: named in 1 place: a.graphql:1:11" in done.stdout
    assert "reporting declares that it reads 'orders.customer_name' (a.graphql:1:11)" in same
    assert "nothing was collected" not in same
    assert "nothing was collected for reporting since contractctl.toml changed" in other

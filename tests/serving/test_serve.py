"""Is it a yes over HTTP only where it is one on the command line? Asked as Argo, Flagger and a job ask."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import connect
from typing import Any

import schemathesis
from hypothesis import given
from jsonschema import Draft202012Validator
from schemathesis import checks

from contractctl import resources
from contractctl.planner import path_of
from tests.budgets import budget
from tests.conftest import Run
from tests.serving.conftest import TOKEN, UNKNOWN_TOML, Server, until, write_repository

PASSES, FAILS = "gate/rename/expand", "gate/rename/contract"
HOOK = {"name": "podinfo", "namespace": "test", "phase": "Progressing", "metadata": {"token": TOKEN, "test": "all"}}
CONTRACTS = resources.contracts() / "contractctl"


def contract_of(part: str) -> Draft202012Validator:
    found = json.loads((CONTRACTS / f"{part}/{part}.schema.json").read_text())
    return Draft202012Validator({"$defs": found["$defs"], "$ref": "#/$defs/decision"} if part == "decision" else found)


@contextmanager
def instead(path: Path, text: str) -> Iterator[None]:
    """Something else stands in a file for a while."""
    before = path.read_text()
    path.write_text(text)
    try:
        yield
    finally:
        path.write_text(before)


def contract_toml(repository: Path) -> Path:
    return repository / "contracts" / "shop" / "orders" / "contract.toml"


def test_argo_s_web_metric_reads_every_verdict_by_a_json_path(server: Server, repository: Path) -> None:
    with instead(contract_toml(repository), UNKNOWN_TOML):
        unknown = server.ask(f"/v1/{PASSES}")
    told = [server.ask(f"/v1/{PASSES}"), server.ask(f"/v1/{FAILS}"), unknown]

    assert [(one.status, one.json["verdict"]) for one in told] == [(200, "pass"), (200, "fail"), (200, "unknown")]
    for one in told:
        contract_of("decision").validate(one.json["decision"])
        assert one.json["decision"]["outcome"] == one.json["verdict"]
    assert told[0].headers["cache-control"] == "no-store"


def test_the_answer_is_the_command_s(server: Server, repository: Path, contractctl: Run) -> None:
    printed = json.loads(contractctl("gate", "rename", "contract", "--format", "json", code=1, cwd=repository).stdout)

    decision = server.ask(f"/v1/{FAILS}").json["decision"]

    volatile = {"at": None, "digest": None}
    for one in (printed, decision):
        for condition in one["conditions"]:
            condition["records"] = len(condition["records"])
    assert decision | volatile == printed | volatile


def test_a_job_s_curl_goes_on_after_a_pass_alone(server: Server, repository: Path) -> None:
    def curl(path: str) -> int:
        order = ["curl", "--fail", "--silent", "--output", os.devnull, "-H", f"Authorization: Bearer {TOKEN}"]
        return subprocess.run([*order, f"http://127.0.0.1:{server.port}/v1/go/{path}"], check=False).returncode

    assert curl(PASSES) == 0
    assert curl(FAILS) == 22
    with instead(contract_toml(repository), UNKNOWN_TOML):
        assert curl(PASSES) == 22
    assert curl("can-i-deploy/reporting/1?to=production") == 22
    assert curl("gate/nobody/expand") == 22


def test_flagger_goes_on_after_a_pass_alone(server: Server, repository: Path) -> None:
    def hook(path: str, payload: object = HOOK) -> int:
        return server.ask(f"/v1/flagger/{path}", "POST", token=None, body=payload).status

    assert hook(PASSES) == 200
    assert hook(FAILS) == 409
    with instead(contract_toml(repository), UNKNOWN_TOML):
        assert hook(PASSES) == 424
    assert hook("can-i-deploy/reporting/1?to=production") == 424
    assert hook(PASSES, HOOK | {"metadata": {}}) == 401
    assert hook(PASSES, HOOK | {"metadata": {"token": TOKEN[:-1] + "\ud800"}}) == 401
    for payload in (
        b"",
        b"{",
        b"[" * 9999,
        [],
        {"metadata": HOOK["metadata"]},
        HOOK | {"metadata": {"token": [TOKEN]}},
    ):
        assert hook(PASSES, payload) == 400
    assert hook(PASSES, HOOK | {"metadata": {"token": TOKEN, "padding": "x" * 70_000}}) == 413


def test_nothing_is_answered_without_the_token(server: Server) -> None:
    paths = [f"/v1/{PASSES}", f"/v1/go/{PASSES}", "/v1/can-i-deploy/reporting/1?to=production", "/metrics"]

    for path in paths:
        for wrong in (None, "", TOKEN[:-1], TOKEN + "0", TOKEN.upper()):
            assert server.ask(path, token=wrong).status == 401
    assert server.ask(f"/v1/flagger/{PASSES}", "POST", token="wrong", body=HOOK).status == 401
    assert server.ask("/health/live", token=None).json == {"alive": True}
    assert server.ask("/health/ready", token=None).json == {"ready": True}


def test_what_cannot_be_understood_is_refused(server: Server) -> None:
    def status(path: str, method: str = "GET") -> int:
        return server.ask(path, method).status

    for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE"):
        assert status(f"/v1/go/{PASSES}", method) == 405
    assert status(f"/v1/flagger/{PASSES}") == 405
    for query in ("percent=5", "percent=", "x=1", "token=" + TOKEN):
        assert status(f"/v1/go/{PASSES}?{query}") == 400
    for query in ("percent=0", "percent=101", "percent=nan", "percent=5&percent=6", "percent=%EF%BC%95"):
        assert status(f"/v1/go/gate/rename/canary?{query}") == 400
    for word in (
        "..",
        "..%2Frename",
        "%2Fetc",
        "rename.toml",
        "-h",
        "replay",
        "migrations%2Fplans%2Frename.toml",
        "%C3%A9",
    ):
        assert status(f"/v1/go/gate/{word}/expand") == 404
    for path in ("x%20y/1?to=production", "x/1", "x/1?to=", "x/..%2F1?to=production", "x/1?to=a&to=b", "x/1?to=../b"):
        assert status(f"/v1/go/can-i-deploy/{path}") in {400, 404}
    assert server.ask(f"/v1/go/{PASSES}", token="x" * 20_000).status == 431


def test_what_is_broken_is_no_yes(server: Server, repository: Path) -> None:
    plan, settings = path_of(repository / "migrations", "rename"), repository / "contractctl.toml"

    for path, text in ((plan, "name = "), (settings, "contracts = 1"), (contract_toml(repository), '"')):
        with instead(path, text):
            assert server.ask(f"/v1/go/{PASSES}").status == 500
            assert server.ask(f"/v1/flagger/{PASSES}", "POST", body=HOOK).status == 500
    with instead(settings, "contracts = 1"):
        assert server.ask("/health/ready", token=None).status == 503
    assert server.ask(f"/v1/go/{PASSES}").status == 200


def test_a_journal_that_somebody_holds_is_no_yes(
    server: Server, tmp_path: Path, repository: Path, contractctl: Run
) -> None:
    contractctl(
        "record-deployment",
        "reporting",
        "1",
        "--env",
        "production",
        cwd=repository,
        env={"CONTRACTCTL_ACTOR": "Ada <ada@example.org>"},
    )
    journal = repository / "migrations" / "contractctl.db"
    assert server.ask(f"/v1/go/{PASSES}").status == 200

    with closing(connect(journal, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        held = server.ask(f"/v1/go/{PASSES}").status

    assert held in {503, 504}
    journal.unlink()
    for beside in journal.parent.glob("contractctl.db-*"):
        beside.unlink()


def test_an_answer_is_of_now_while_the_repository_changes(server: Server, repository: Path) -> None:
    told: list[tuple[float, float, int]] = []
    spans: list[tuple[float, float]] = []
    stop = threading.Event()

    def status() -> int:
        started = time.monotonic()
        found = server.ask(f"/v1/go/{PASSES}").status
        told.append((started, time.monotonic(), found))
        return found

    def keep_asking() -> None:
        while not stop.is_set():
            status()

    with ThreadPoolExecutor(3) as askers:
        running = [askers.submit(keep_asking) for _ in range(3)]
        try:
            for _ in range(4):
                with instead(contract_toml(repository), UNKNOWN_TOML):
                    since = time.monotonic()
                    until(lambda: status() == 424)
                    spans.append((since, time.monotonic()))
                until(lambda: status() == 200)
        finally:
            stop.set()
        for one in running:
            one.result()

    meanwhile = {found for since, end in spans for start, ended, found in told if since <= start and ended <= end}
    assert 424 in meanwhile
    assert 200 not in meanwhile


def test_asking_writes_nothing(server: Server, repository: Path) -> None:
    def state() -> dict[Path, tuple[int, bytes]]:
        files = (path for path in repository.rglob("*") if path.is_file())
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = state()

    for path in (PASSES, FAILS, "gate/rename/canary?percent=5", "can-i-deploy/reporting/1?to=production"):
        server.ask(f"/v1/{path}")
        server.ask(f"/v1/flagger/{path}", "POST", body=HOOK)
    server.ask("/health/ready")

    assert state() == before


def test_what_is_sent_is_what_the_contract_says(server: Server) -> None:
    document = json.loads((CONTRACTS / "serve" / "serve.openapi.json").read_text())
    for item in document["paths"].values():
        for parameter in next(iter(item.values())).get("parameters", []):
            if parameter["name"] == "plan":
                parameter["schema"] = {"enum": ["rename", "nobody"]}
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=f"http://127.0.0.1:{server.port}")
    tried = 0
    wanted = [
        checks.not_a_server_error,
        schemathesis.checks.CHECKS.get_by_names(["status_code_conformance"])[0],
    ]
    for found in schema.get_all_operations():
        operation = found.ok()

        @budget(5)
        @given(case=operation.as_strategy())
        def holds(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, checks=wanted)

        holds()
        tried += 1

    assert tried == len(document["paths"])


def test_the_api_s_answers_are_those_of_their_own_contracts() -> None:
    schemas = json.loads((CONTRACTS / "serve" / "serve.openapi.json").read_text())["components"]["schemas"]
    decision = json.loads((CONTRACTS / "decision" / "decision.schema.json").read_text())["$defs"]
    deployability = json.loads((CONTRACTS / "deployability" / "deployability.schema.json").read_text())

    for name in ("decision", "condition", "stage", "outcome", "number"):
        said = json.dumps(schemas[name.capitalize()]).replace("#/components/schemas/", "#/$defs/").lower()
        assert json.loads(said) == json.loads(json.dumps(decision[name]).lower())
    said, own = schemas["Deployability"], deployability["properties"]
    assert {name: said["properties"][name].get("type") for name in said["properties"]} == {
        name: own[name].get("type") for name in own
    }
    assert said["required"] == deployability["required"]


def test_the_log_and_the_metrics_tell_of_requests_and_keep_the_secret(server: Server) -> None:
    server.ask(f"/v1/go/{PASSES}")
    server.ask(f"/v1/go/gate/{TOKEN}/expand?token={TOKEN}")

    until(lambda: r"\u2026/expand" in server.log.read_text())
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    metrics = server.ask("/metrics").body.decode()

    assert {"method": "GET", "path": f"/v1/go/{PASSES}", "status": 200, "verdict": "pass"}.items() <= lines[-2].items()
    assert lines[-1]["path"] == "/v1/go/gate/…/expand"
    assert 'contractctl_serve_answers_total{endpoint="/v1/go/gate/{plan}/{stage}",verdict="pass"}' in metrics
    assert 'contractctl_serve_requests_total{endpoint="/v1/go/gate/{plan}/{stage}",status="400"}' in metrics
    assert TOKEN not in server.log.read_text() + metrics
    assert "rename" not in metrics


def test_it_is_not_served_to_just_anybody(tmp_path: Path, contractctl: Run, server: Server) -> None:
    def refused(*options: str, token: str = "") -> str:
        done = contractctl("serve", *options, code=2, env={"CONTRACTCTL_SERVE_TOKEN": token})
        assert not token or token not in done.stderr
        return done.stderr

    assert "CONTRACTCTL_SERVE_TOKEN is not set" in refused()
    assert "a token is required to serve on '0.0.0.0'" in refused("--no-token", "--host", "0.0.0.0")
    assert "too short to be safe" in refused(token="secret")
    assert "--no-token was given, but" in refused("--no-token", token=TOKEN)
    assert f"cannot listen on 127.0.0.1:{server.port}: " in refused("--port", str(server.port), token=TOKEN)
    assert "'shop:80' is not a host name" in refused("--allow-host", "shop:80", token=TOKEN)
    write_repository(tmp_path / "broken")
    (tmp_path / "contractctl.toml").write_text("contracts = 1")
    assert "contracts" in refused(token=TOKEN)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    program = "import sys; sys.modules['uvicorn'] = None\nfrom contractctl.cli import run\nsys.exit(run(['serve']))"

    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert 'run: pip install "contractctl[serve]"' in done.stderr

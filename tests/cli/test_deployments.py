"""record-deployment, can-i-deploy, environment list and service import, as a person and a pipeline run them."""

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from contractctl import cli, resources
from tests.conftest import Run

SCHEMA = json.loads((resources.contracts() / "contractctl/deployability/deployability.schema.json").read_text())
CONTRACT = '{"type": "record", "name": "Placed", "fields": [{"name": "id", "type": "long"}]}'
SERVICE = 'name = "{}"\n[[{}]]\ncontract = "shop/placed"\nversions = ["{}"]\n'


@pytest.fixture
def repository(tmp_path: Path, contractctl: Run, git: Callable[..., str]) -> Path:
    """One contract with one release; two services' own repositories beside it."""
    here = tmp_path / "shop"
    folder = here / "contracts" / "shop" / "placed"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "avro"\ndraft = "placed.avsc"\n')
    (folder / "placed.avsc").write_text(CONTRACT)
    git("init", "--quiet", cwd=here)
    contractctl("release", "shop/placed", cwd=here)
    for name, side in (("writer", "provides"), ("reader", "consumes")):
        own = tmp_path / name
        own.mkdir()
        (own / "service.toml").write_text(SERVICE.format(name, side, "1.0.0"))
        git("init", "--quiet", "--initial-branch", "main", cwd=own)
        git("add", "--all", cwd=own)
        git("commit", "--quiet", "--message", "declared", cwd=own)
    return here


def test_the_whole_walk_from_nothing_to_yes(repository: Path, contractctl: Run, git: Callable[..., str]) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        return contractctl(*arguments, code=code, cwd=repository).stdout

    first = json.loads(run("can-i-deploy", "reader", "1", "--to-environment", "production", "--format", "json", code=3))
    assert {reason["why"] for reason in first["reasons"]} == {"nothing on record", "not declared"}
    jsonschema.validate(first, SCHEMA)

    (repository.parent / "reader" / "service.toml").write_text("edited, and not committed")
    assert run("service", "import", "../reader", "--version", "1").startswith("imported: reader@1 provides 0 and con")
    run("service", "import", "../writer", "--version", "1")
    run("record-deployment", "writer", "1", "--environment", "production")
    run("record-deployment", "writer", "2", "--env", "production", "--canary", "5")
    assert "counterpart not declared, 5 % there" in run("can-i-deploy", "reader", "1", "--to", "production", code=3)
    run("record-undeployment", "writer", "2", "--environment", "production")
    assert run("record-deployment", "writer", "1", "--env", "production").startswith("on record already")

    said = run("can-i-deploy", "reader", "1", "--to", "production", "--wait", "1s")
    assert said.splitlines()[0] == "yes: reader@1 may go to 'production'"
    listed = run("environment", "list")
    assert re.search(r"production +writer +1 +100 %", listed)
    told = json.loads(run("environment", "list", "--format", "json"))
    live = [{"version": "1", "share": 100.0}]
    assert told == {"environments": [{"environment": "production", "services": [{"service": "writer", "live": live}]}]}


def test_a_declaration_never_changes_and_names_what_is_there(
    repository: Path, contractctl: Run, git: Callable[..., str]
) -> None:
    own = repository.parent / "reader"

    def declare(text: str) -> None:
        (own / "service.toml").write_text(text)
        git("commit", "--quiet", "--all", "--message", "changed", cwd=own)

    def run(*arguments: str, code: int) -> str:
        return contractctl("service", "import", "../reader", *arguments, code=code, cwd=repository).stderr

    run("--version", "1", code=0)
    declare(SERVICE.format("reader", "consumes", "2.0.0"))
    assert "has declared something else before" in run("--version", "1", code=2)
    run("--version", "1", "--at", "main~1", code=0)
    assert "has no version" in run(code=2)
    a_file = contractctl("service", "import", "../reader/service.toml", code=2, cwd=repository).stderr
    assert "Directory '../reader/service.toml' is a file" in a_file
    declare('name = "reader"\n[[consumes]]\ncontract = "shop/plaec"\nversions = ["1"]\n')
    assert "which does not exist here" in run("--version", "2", code=2)
    declare('name = "reader"\n[[consumes]]\ncontract = "shop/placed"\n')
    assert "has no versions" in run("--version", "2", code=2)
    declare('name = "../../reader"\n')
    assert "is not a name of a service" in run("--version", "2", code=2)


@pytest.mark.parametrize(
    "statement", ["UPDATE contractctl_journal SET stage = 'other'", "DELETE FROM contractctl_journal WHERE id = 2"]
)
def test_a_record_that_was_tampered_with_lets_nothing_go(
    repository: Path, contractctl: Run, git: Callable[..., str], statement: str
) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        done = contractctl(*arguments, code=code, cwd=repository)
        return done.stdout + done.stderr

    for service in ("reader", "writer"):
        run("service", "import", f"../{service}", "--version", "1")
    run("record-deployment", "writer", "1", "--env", "production")
    run("record-deployment", "writer", "2", "--env", "production", "--canary", "5")
    connection = sqlite3.connect(repository / "migrations" / "contractctl.db")
    for event in ("UPDATE", "DELETE"):
        connection.execute(f"DROP TRIGGER contractctl_journal_{event}")
    connection.execute(statement)
    connection.commit()
    connection.close()

    said = run("can-i-deploy", "reader", "1", "--to", "production", code=2)

    assert "the journal of 'environment:production' has been tampered with" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("record-deployment", "a/b", "1", "--env", "p"),
        ("record-deployment", "a", "../1", "--env", "p"),
        ("record-deployment", "a", "1", "--env", ""),
        ("record-deployment", "a", "1", "--env", "p", "--canary", "101"),
        ("record-deployment", "a", "1", "--env", "p", "--canary", "nan"),
        ("record-undeployment", "a", "--env", "p"),
        ("can-i-deploy", "a", "contract", "--to", "p"),
    ],
)
def test_what_cannot_be_is_something_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONTRACTCTL_ACTOR", "Ada <ada@example.org>")

    assert cli.run(list(arguments)) == cli.Exit.MEND
    assert "error: " in capsys.readouterr().err

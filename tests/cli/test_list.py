"""Does list show every contract, and where each draft stands?"""

import json
from pathlib import Path

import pytest

from tests.conftest import Run

OLD = '{"type": "record", "name": "Placed", "fields": [{"name": "total", "type": "int"}]}'


@pytest.fixture
def store(tmp_path: Path, contractctl: Run) -> Path:
    """One contract for each state that a draft can be in."""
    for name in ("a/same", "a/changed", "b/new", "b/none"):
        folder = tmp_path / "contracts" / name
        folder.mkdir(parents=True)
        (folder / "contract.toml").write_text('format = "avro"\nowner = "team-a"\ndraft = "it.avsc"\n')
        (folder / "it.avsc").write_text(OLD)
        if name != "b/new":
            contractctl("release", name)
    (tmp_path / "contracts" / "a" / "changed" / "it.avsc").write_text(OLD.replace("int", "long"))
    (tmp_path / "contracts" / "b" / "none" / "contract.toml").write_text('format = "avro"\ncompatibility = "FULL"\n')
    return tmp_path / "contracts"


def test_every_contract_is_shown_with_the_state_of_its_draft(contractctl: Run, store: Path) -> None:
    rows = [line.split() for line in contractctl("list").stdout.splitlines()]

    assert rows == [
        ["CONTRACT", "FORMAT", "LEVEL", "LATEST", "DRAFT", "OWNER"],
        ["a/changed", "avro", "BACKWARD", "1.0.0", "changed", "team-a"],
        ["a/same", "avro", "BACKWARD", "1.0.0", "1.0.0", "team-a"],
        ["b/new", "avro", "BACKWARD", "-", "new", "team-a"],
        ["b/none", "avro", "FULL", "1.0.0", "none", "-"],
    ]


def test_the_json_has_null_for_what_is_not_there(contractctl: Run, store: Path) -> None:
    answer = json.loads(contractctl("list", "--format", "json").stdout)

    assert [one["contract"] for one in answer["contracts"]] == ["a/changed", "a/same", "b/new", "b/none"]
    assert answer["contracts"][2]["latest"] is None
    assert answer["contracts"][3]["owner"] is None


def test_it_answers_the_same_from_any_folder_of_the_repository(contractctl: Run, store: Path) -> None:
    (store.parent / "contractctl.toml").write_text("")

    assert contractctl("list", cwd=store / "a" / "same").stdout == contractctl("list").stdout


def test_an_empty_repository_has_none_and_is_told_what_to_do(contractctl: Run) -> None:
    done = contractctl("list")

    assert done.stdout.startswith("no contracts in ")
    assert "contractctl init" in done.stderr


def test_a_broken_contract_is_named_with_its_file_and_key(contractctl: Run, store: Path) -> None:
    (store / "a" / "same" / "contract.toml").write_text('format = "avro"\ndraft = "it.avsc"\nonwer = "team-a"\n')

    done = contractctl("list", code=2)

    assert "a/same     -       -         -       unreadable  -" in done.stdout.splitlines()
    assert "contracts/a/same/contract.toml: 'onwer' is not a known key" in done.stderr
    assert "did you mean 'owner'?" in done.stderr

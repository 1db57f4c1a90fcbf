"""Is an Avro contract whose field is split planned, released in between and converted, from the command line alone?"""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl.formats.pages import page

Run = Callable[..., subprocess.CompletedProcess[str]]
NAME = "shop/customer"
SPLIT = [
    *("--drop", "name", "--add", "first", "--add", "last"),
    *("--up", "first=$substringBefore(name, ' ')", "--up", "last=$substringAfter(name, ' ')"),
    *("--down", "name=first & ' ' & last"),
]


def schema(*fields: str) -> str:
    listed = [{"name": name, "type": "string"} for name in fields]
    return json.dumps({"type": "record", "name": "Customer", "namespace": "shop", "fields": listed}, indent=2) + "\n"


@pytest.fixture
def shop(tmp_path: Path, contractctl: Run) -> Path:
    """A repository with one contract, its first release, and a draft that splits a field."""
    folder = tmp_path / "contracts" / NAME
    folder.mkdir(parents=True)
    (tmp_path / "contractctl.toml").touch()
    (folder / "contract.toml").write_text('format = "avro"\nowner = "shop"\ndraft = "customer.avsc"\n')
    (folder / "customer.avsc").write_text(schema("name"))
    contractctl("release", NAME)
    (folder / "customer.avsc").write_text(schema("first", "last"))
    return tmp_path


def test_values_that_do_not_come_back_need_an_explicit_lossy(shop: Path, contractctl: Run) -> None:
    said = contractctl("plan", NAME, "--name", "split", *SPLIT, code=2)

    assert "'Customer.name': 'Ada' comes back as 'Ada Ada' (through first = 'Ada', last = 'Ada')" in said.stderr
    assert "--lossy FIELD" in said.stderr
    assert not (shop / "migrations").exists()


def test_a_split_is_planned_and_events_go_both_ways(shop: Path, contractctl: Run) -> None:
    contractctl("plan", NAME, "--name", "split", *SPLIT, "--lossy", "name")
    (shop / "old.jsonl").write_text('{"name": "Ada Lovelace"}\n')

    contractctl("convert", "split", "--up", "old.jsonl", "-o", "new.jsonl")
    down = contractctl("convert", "split", "--down", "new.jsonl")

    assert json.loads((shop / "new.jsonl").read_text()) == {"first": "Ada", "last": "Lovelace"}
    assert json.loads(down.stdout) == {"name": "Ada Lovelace"}
    between = json.loads((shop / "contracts" / NAME / "versions" / "1.1.0.avsc").read_text())
    assert [one["name"] for one in between["fields"]] == ["first", "last", "name"]
    assert contractctl("check", NAME).stdout.startswith("compatible")


def test_an_expression_that_answers_differently_each_time_is_refused(shop: Path, contractctl: Run) -> None:
    said = contractctl(
        "plan", NAME, *(one.replace("last=$substringAfter(name, ' ')", "last=$now()") for one in SPLIT), code=2
    )

    assert "$now answers differently each time" in said.stderr


def test_the_command_on_a_rule_page_plans_the_example_of_that_page(tmp_path: Path, contractctl: Run) -> None:
    shown = page("avro-type-changed")
    command = re.findall(r"^    contractctl (.+?(?:\\\n.+?)*)$", shown.text, re.MULTILINE)
    assert shown.example is not None
    assert len(command) == 1
    words = shlex.split(command[0].replace("\\\n", " "))
    folder = tmp_path / "contracts" / words[1]
    folder.mkdir(parents=True)
    (tmp_path / "contractctl.toml").touch()
    (folder / "contract.toml").write_text('format = "avro"\nowner = "shop"\ndraft = "draft.avsc"\n')
    (folder / "draft.avsc").write_text(shown.example.old.files[0].text)
    contractctl("release", words[1])
    (folder / "draft.avsc").write_text(shown.example.new.files[0].text.replace("total", "total_cents"))

    contractctl(*words)

    assert contractctl("check", words[1]).stdout.startswith("compatible")

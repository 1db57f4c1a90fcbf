"""Is a JSON Schema contract planned, released in between and converted, from the command line alone?"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
NAME = "shop/customer"
TEXT = {"type": "string"}


def schema(**properties: Any) -> str:
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps({"$schema": dialect, "type": "object", "properties": properties}, indent=4) + "\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one contract, its first release, and a draft that splits a property and renames another."""
    folder = tmp_path / "contracts" / NAME
    (folder / "versions").mkdir(parents=True)
    (tmp_path / "contractctl.toml").touch()
    settings = 'format = "json-schema"\nowner = "shop"\ndraft = "customer.json"\ncontent_model = "open"\n'
    (folder / "contract.toml").write_text(settings)
    (folder / "customer.json").write_text(schema(first=TEXT, last=TEXT, cents={"type": "integer"}))
    (folder / "versions" / "1.0.0.json").write_text(schema(name=TEXT, price=TEXT))
    return tmp_path


SPLIT = [
    *("--up", 'first=$substringBefore(name, " ")', "--up", 'last=$substringAfter(name, " ")'),
    *("--down", 'name=first & " " & last', "--rename", "price=cents"),
    *("--drop", "name", "--add", "first", "--add", "last"),
]
PRICE = ("--up", "cents=$number(price) * 100", "--down", "price=$string(cents / 100)")


def test_a_split_and_a_new_type_are_planned_and_events_go_both_ways(shop: Path, contractctl: Run) -> None:
    contractctl("plan", NAME, "--name", "split", *SPLIT, *PRICE)
    (shop / "old.jsonl").write_text('{"name": "Ada Lovelace", "price": "1.5", "other": true}\n{}\n')

    up = contractctl("convert", "split", "--up", "old.jsonl", "-o", "new.jsonl")
    down = contractctl("convert", "split", "--down", "new.jsonl")

    assert "2 events converted up" in up.stderr
    events = [json.loads(line) for line in (shop / "new.jsonl").read_text().splitlines()]
    assert events[0] == {"other": True, "first": "Ada", "last": "Lovelace", "cents": 150}
    assert json.loads(down.stdout.splitlines()[0]) == {"other": True, "name": "Ada Lovelace", "price": "1.5"}
    between = json.loads((shop / "contracts" / NAME / "versions" / "1.1.0.json").read_text())
    assert list(between["properties"]) == ["first", "last", "price", "cents", "name"]


def test_a_type_that_changes_without_an_expression_is_not_planned(shop: Path, contractctl: Run) -> None:
    said = contractctl("plan", NAME, "--name", "split", *SPLIT, code=2)

    assert "no expressions convert 'price' to 'cents' and back" in said.stderr
    assert "--up cents=" in said.stderr
    assert not (shop / "migrations").exists()


def test_an_expression_that_is_no_jsonata_is_refused_before_anything_is_written(shop: Path, contractctl: Run) -> None:
    said = contractctl("plan", NAME, "--name", "split", *SPLIT, "--up", "cents=$number(", "--down", "price=1", code=2)

    assert "--up of 'cents'" in said.stderr
    assert not (shop / "migrations").exists()

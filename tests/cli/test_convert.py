"""Does convert take events up and down by a plan, all of them or none, and say which one is bad?"""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
import pytest

from contractctl.formats.avro.staging import operations
from contractctl.model.contract import File, Source
from contractctl.model.plan import Movement, Plan
from contractctl.planner import path_of, write_plan

Run = Callable[..., subprocess.CompletedProcess[str]]
NAME = "shop/order-placed"


def schema(field: str) -> dict[str, Any]:
    return {"type": "record", "name": "OrderPlaced", "namespace": "shop", "fields": [{"name": field, "type": "string"}]}


def source(content: Any) -> Source:
    return Source((File("order-placed.avsc", json.dumps(content)),))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one contract, its first release, a draft that renames its field, and the plan for that."""
    folder = tmp_path / "contracts" / NAME
    (folder / "versions").mkdir(parents=True)
    (tmp_path / "contractctl.toml").touch()
    (folder / "contract.toml").write_text('format = "avro"\nowner = "shop"\ndraft = "order-placed.avsc"\n')
    (folder / "order-placed.avsc").write_text(json.dumps(schema("full_name")))
    (folder / "versions" / "1.0.0.avsc").write_text(json.dumps(schema("customer_name")))
    moves = operations(
        source(schema("customer_name")), source(schema("full_name")), {"customer_name": "full_name"}, NAME
    )
    plan = Plan("rename-customer", (Movement(NAME, "avro", "1.0.0", "1.1.0", "2.0.0"),), moves, {})
    write_plan(path_of(tmp_path / "migrations", plan.name), plan)
    return tmp_path


def test_json_lines_go_up_and_come_down(shop: Path, contractctl: Run) -> None:
    (shop / "old.jsonl").write_text('{"customer_name": "Ada"}\n\n{"customer_name": "Bob"}\n')

    contractctl("convert", "rename-customer", "--up", "old.jsonl", "-o", "new.jsonl")
    down = contractctl("convert", "rename-customer", "--to", "down", "--contract", NAME, "new.jsonl")

    assert (shop / "new.jsonl").read_text() == '{"full_name": "Ada"}\n{"full_name": "Bob"}\n'
    assert down.stdout == '{"customer_name": "Ada"}\n{"customer_name": "Bob"}\n'
    assert "2 events converted down" in down.stderr


def test_an_avro_file_goes_through_standard_input_and_output(shop: Path) -> None:
    old = io.BytesIO()
    fastavro.writer(old, schema("customer_name"), [{"customer_name": "Ada"}])

    done = subprocess.run(
        [sys.executable, "-m", "contractctl", "convert", "migrations/plans/rename-customer.toml", "--up", "-"],
        cwd=shop,
        input=old.getvalue(),
        capture_output=True,
        check=True,
    )

    assert list(fastavro.reader(io.BytesIO(done.stdout))) == [{"full_name": "Ada"}]


def test_a_codec_that_is_not_installed_is_named_with_the_command_that_installs_it(
    shop: Path, contractctl: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (shop / "old.avro").open("wb") as file:
        fastavro.writer(file, schema("customer_name"), [{"customer_name": "Ada"}])
    written = (shop / "old.avro").read_bytes()
    (shop / "old.avro").write_bytes(written.replace(b"\x08null", b"\x0csnappy"))
    (shop / "cramjam.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(shop))

    result = contractctl("convert", "rename-customer", "--up", "old.avro", "-o", "new.avro", code=2)

    assert "snappy codec is supported" in result.stderr
    assert 'hint: run: pip install "fastavro[codecs]"' in result.stderr


def test_the_file_that_is_converted_is_not_overwritten(shop: Path, contractctl: Run) -> None:
    (shop / "old.jsonl").write_text('{"customer_name": "Ada"}\n')
    (shop / "link.jsonl").symlink_to("old.jsonl")

    for output in ("old.jsonl", "link.jsonl"):
        result = contractctl("convert", "rename-customer", "--up", "old.jsonl", "-o", output, code=2)
        assert "would be overwritten" in result.stderr

    assert (shop / "old.jsonl").read_text() == '{"customer_name": "Ada"}\n'


def test_a_device_is_written_and_not_replaced(shop: Path, contractctl: Run) -> None:
    (shop / "old.jsonl").write_text('{"customer_name": "Ada"}\n')
    (shop / "new").symlink_to("/dev/full")

    result = contractctl("convert", "rename-customer", "--up", "old.jsonl", "-o", "new", code=2)

    assert "new: No space left on device" in result.stderr
    assert Path("/dev/full").is_char_device()


def test_a_bad_event_stops_and_leaves_no_output(shop: Path, contractctl: Run) -> None:
    (shop / "old.jsonl").write_text('{"customer_name": "Ada"}\n{"wrong": 1}\n')
    (shop / "new.jsonl").write_text("as it was")

    said = contractctl("convert", "rename-customer", "--up", "old.jsonl", "-o", "new.jsonl", code=2)

    assert "old.jsonl: record 2: the event has no 'OrderPlaced.customer_name'" in said.stderr
    assert (shop / "new.jsonl").read_text() == "as it was"
    assert not list(shop.glob(".new.jsonl*"))


def test_a_bad_event_is_set_aside_with_its_error(shop: Path, contractctl: Run) -> None:
    (shop / "old.jsonl").write_text('{"wrong": 1}\n{"customer_name": "Ada"}\n')

    contractctl("convert", "rename-customer", "--up", "old.jsonl", "-o", "new.jsonl", "--on-error", "set-aside", code=1)

    assert (shop / "new.jsonl").read_text() == '{"full_name": "Ada"}\n'
    aside = json.loads((shop / "new.jsonl.set-aside.jsonl").read_text())
    assert (aside["record"], aside["event"]) == (1, '{"wrong": 1}')


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rename-customer", "old.jsonl"], "exactly one of --up and --down"),
        (["rename-customer", "--up", "--down", "old.jsonl"], "exactly one of --up and --down"),
        (["nothing", "--up", "old.jsonl"], "there is no plan 'nothing'"),
        (["rename-customer", "--up", "--contract", "shop/orders", "old.jsonl"], "changes no events of 'shop/orders'"),
        (["rename-customer", "--up", "gone.jsonl"], "gone.jsonl: No such file"),
        (["rename-customer", "--up", "old.jsonl", "--on-error", "set-aside"], "set-aside needs an output file"),
    ],
)
def test_what_cannot_be_understood_is_said(shop: Path, contractctl: Run, arguments: list[str], said: str) -> None:
    (shop / "old.jsonl").write_text("")

    assert said in contractctl("convert", *arguments, code=2).stderr

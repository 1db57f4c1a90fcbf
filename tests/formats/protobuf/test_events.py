"""Do events go up and come down between versions, as bytes and as JSON, and is a bad one named?"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import pytest
from protobuf_schemas import read

from contractctl.errors import ContractctlError
from contractctl.formats.protobuf import runtime
from contractctl.formats.protobuf.events import convert
from contractctl.formats.protobuf.runtime.messages import varint
from contractctl.formats.protobuf.staging import intermediate, operations
from contractctl.formats.streams import Bad, Journey
from contractctl.model.contract import File, Policy, Source
from contractctl.model.plan import Operation, Transform

Run = Callable[..., subprocess.CompletedProcess[str]]
HEAD = 'syntax = "proto3"; package shop; '
OLD = HEAD + (
    "message OrderPlaced { int64 id = 1; string customer = 2; repeated Item items = 3; map<string, Item> gifts = 4; } "
    "message Item { string sku = 1; int32 count = 2; }"
)
NEW = OLD.replace("string customer = 2;", "reserved 2; string buyer = 9;").replace(
    "string sku = 1;", "reserved 1; string article = 8;"
)
RENAMES = {"OrderPlaced.customer": "buyer", "Item.sku": "article"}
EVENT: dict[str, Any] = {
    "id": "5",
    "customer": "Ada",
    "items": [{"sku": "a", "count": 2}, {"count": 1}, {"sku": "b"}],
    "gifts": {"x": {"sku": "g"}},
}
RAISED: dict[str, Any] = {
    "id": "5",
    "buyer": "Ada",
    "items": [{"article": "a", "count": 2}, {"count": 1}, {"article": "b"}],
    "gifts": {"x": {"article": "g"}},
}


def source(text: str) -> Source:
    return Source((File("orders.proto", text),))


def refuse(bad: Bad) -> None:
    raise ContractctlError(f"event {bad.number}: {bad.error}")


def journey(old: str = OLD, new: str = NEW, renames: dict[str, str] | None = None, *, upwards: bool = True) -> Journey:
    moves = operations(source(old), source(new), RENAMES if renames is None else renames, "shop/orders")
    return Journey(source(old), source(new), moves, Policy(), upwards, refuse)


def through(payload: bytes, way: Journey) -> bytes:
    out = BytesIO()
    convert(BufferedReader(BytesIO(payload)), "events", out, way)
    return out.getvalue()


def lines(*events: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)


def delimited(text: str, name: str, *events: dict[str, Any]) -> bytes:
    schema = read(text)
    payloads = [runtime.read_json(schema.pool, name, json.dumps(one)).SerializeToString() for one in events]
    return b"".join(varint(len(payload)) + payload for payload in payloads)


def test_json_goes_up_and_comes_down_at_every_depth() -> None:
    up = through(lines(EVENT, EVENT), journey())

    assert [json.loads(one) for one in up.splitlines()] == [RAISED, RAISED]
    assert [json.loads(one) for one in through(up, journey(upwards=False)).splitlines()] == [EVENT, EVENT]


def test_messages_with_their_lengths_go_up_and_come_down() -> None:
    old = delimited(OLD, "shop.OrderPlaced", EVENT, {}, EVENT)

    up = through(old, journey())

    assert up == delimited(NEW, "shop.OrderPlaced", RAISED, {}, RAISED)
    assert through(up, journey(upwards=False)) == old


@pytest.mark.parametrize("length", [10, 32, 123])
def test_a_message_whose_length_looks_like_json_is_still_a_message(length: int) -> None:
    """123 is an opening brace, 10 a new line and 32 a blank."""
    text = HEAD + "message M { string a = 1; }"
    payload = delimited(text, "shop.M", {"a": "x" * (length - 2)})

    assert payload[0] == length
    assert through(payload, journey(text, text + " ", {})) == payload


def test_an_event_of_the_version_between_is_taken_too() -> None:
    between = intermediate(source(OLD), source(NEW), RENAMES)
    both = {"id": "1", "customer": "old", "buyer": "new"}
    way = journey()

    assert json.loads(through(lines(both), way)) == {"id": "1", "buyer": "new"}
    assert json.loads(through(lines(both), replace(way, upwards=False))) == {"id": "1", "customer": "old"}
    payload = delimited(between.files[0].text, "shop.OrderPlaced", both)
    assert through(payload, way) == delimited(NEW, "shop.OrderPlaced", {"id": "1", "buyer": "new"})


def test_an_expression_makes_a_new_value_and_another_one_brings_it_back() -> None:
    old = HEAD + "message Person { int64 id = 1; string name = 2; }"
    new = HEAD + "message Person { int64 id = 1; reserved 2; string first = 3; string last = 4; int64 twice = 5; }"
    moves = (
        Operation("remove-field", "c", "shop.Person", "name", None, Transform("", "first & ' ' & last")),
        Operation("add-field", "c", "shop.Person", None, "first", Transform("$substringBefore(name, ' ')", "")),
        Operation("add-field", "c", "shop.Person", None, "last", Transform("$substringAfter(name, ' ')", "")),
        Operation("add-field", "c", "shop.Person", None, "twice", Transform("id * 2", "")),
    )
    way = Journey(source(old), source(new), moves, Policy(), True, refuse)

    up = through(lines({"id": "4", "name": "Ada Lovelace"}), way)

    assert json.loads(up) == {"id": "4", "first": "Ada", "last": "Lovelace", "twice": "8"}
    assert json.loads(through(up, replace(way, upwards=False))) == {"id": "4", "name": "Ada Lovelace"}


def test_a_bad_event_is_named_and_leaves_nothing_behind() -> None:
    bad: list[Bad] = []
    way = replace(journey(), bad=bad.append)

    up = through(lines(EVENT, {"colour": "red"}, {"id": True}), way)
    messages = through(delimited(OLD, "shop.OrderPlaced", EVENT) + b"\x02\x0a\xff", way)

    assert [json.loads(one) for one in up.splitlines()] == [RAISED]
    assert messages == delimited(NEW, "shop.OrderPlaced", RAISED)
    assert [one.number for one in bad] == [2, 3, 2]
    assert '"colour"' in bad[0].error


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"\x05\x08\x01", "events: message 1 ends after 2 of 5 bytes"),
        (b"\x00\x80", "events: message 2 ends within its length prefix"),
        (b"\xff\xff\xff\xff\xff\xff\xff\x01", "events: message 1 would be longer than a message can be"),
    ],
)
def test_a_stream_that_is_cut_short_is_said_to_be(payload: bytes, said: str) -> None:
    with pytest.raises(ContractctlError) as caught:
        through(payload, journey())

    assert caught.value.message == said


def test_which_message_is_meant_is_asked_where_there_are_several() -> None:
    text = HEAD + "message Placed { int32 id = 1; } message Cancelled { int32 id = 1; }"
    way = journey(text, text + " ", {})

    named = through(lines({"@type": "type.googleapis.com/shop.Cancelled", "id": 1}), way)

    assert json.loads(named) == {"@type": "type.googleapis.com/shop.Cancelled", "id": 1}
    with pytest.raises(ContractctlError, match="not clear which message these events are"):
        through(lines({"id": 1}), way)


def test_a_contract_is_planned_released_between_and_converted(tmp_path: Path, contractctl: Run) -> None:
    """The whole way of a rename, as a person goes it."""
    (tmp_path / "schemas").mkdir()
    draft = tmp_path / "schemas" / "orders.proto"
    draft.write_text(OLD)
    contractctl("init", "--owner", "shop")
    (name,) = [line.split()[0] for line in contractctl("list").stdout.splitlines()[1:]]
    contractctl("release", name)
    draft.write_text(NEW)

    asked = contractctl("plan", name, code=2)
    renames = [option for old, new in RENAMES.items() for option in ("--rename", f"{old}={new}")]
    contractctl("plan", name, *renames, "--name", "names")
    (tmp_path / "old.jsonl").write_bytes(lines(EVENT))
    up = contractctl("convert", "names", "--up", "old.jsonl")

    assert "'customer' may have become 'buyer'" in asked.stderr
    assert json.loads(up.stdout) == RAISED
    between = (tmp_path / "contracts" / name / "versions" / "1.1.0.proto").read_text()
    assert "string customer = 2 [deprecated = true];" in between
    assert "compatible: 2 pairs judged" in contractctl("check", name, "--format", "github").stdout

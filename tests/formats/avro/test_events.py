"""Are files of events converted one by one, whole, and with every bad one named?"""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import fastavro
import pytest
from avro_schemas import field, record, source

from contractctl.errors import ContractctlError
from contractctl.formats.avro.events import Route, convert_container
from contractctl.formats.avro.staging import converter, operations
from contractctl.formats.streams import Bad, convert_lines

STAMP = {"type": "long", "logicalType": "timestamp-millis"}
PAYMENT = record(field("card", "string"), name="Card")
OLD = record(field("customer_name", "string"), field("at", STAMP), field("pay", ["null", PAYMENT, record(name="Cash")]))
NEW = record(
    field("full_name", "string"),
    field("at", STAMP),
    field("pay", ["null", PAYMENT, record(name="Cash")]),
    field("raw", "bytes", default="\u00ff"),
)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EVENTS = [{"customer_name": f"Ada {number}", "at": AT, "pay": ("Card", {"card": "x"})} for number in range(2500)]


def route(bad: Callable[[Bad], None], *, up: bool = True, as_json: bool = False) -> Route:
    moves = operations(source(OLD), source(NEW), {"customer_name": "full_name"}, "c")
    both = converter(source(OLD), source(NEW), moves, as_json=as_json)
    ends = (source(OLD), source(NEW)) if up else (source(NEW), source(OLD))
    return Route(*ends, both.up if up else both.down, bad)


def lines_converted(lines: list[bytes], out: io.BytesIO, way: Route) -> int:
    return convert_lines(lines, out, way.convert, way.bad)


def stop(bad: Bad) -> None:
    raise AssertionError(bad)


def container(schema: Any, events: list[Any], codec: str = "deflate") -> io.BytesIO:
    out = io.BytesIO()
    fastavro.writer(out, schema, events, codec=codec, metadata={"team": "shop"})
    out.seek(0)
    return out


def test_a_container_goes_up_and_comes_down_with_values_codec_and_metadata() -> None:
    raised, lowered = io.BytesIO(), io.BytesIO()
    assert convert_container(container(OLD, EVENTS), "old.avro", raised, route(stop)) == len(EVENTS)
    raised.seek(0)
    reader = fastavro.reader(raised)
    first = next(reader)

    assert first == {"full_name": "Ada 0", "at": AT, "pay": {"card": "x"}, "raw": b"\xff"}
    assert (reader.codec, reader.metadata["team"]) == ("deflate", "shop")
    raised.seek(0)
    convert_container(raised, "new.avro", lowered, route(stop, up=False))
    lowered.seek(0)
    assert list(fastavro.reader(lowered, return_named_type=True)) == EVENTS


def test_a_line_that_is_no_event_is_told_with_its_place_in_it() -> None:
    """The number of the line is that of the event, and stands beside it."""
    bad: list[Bad] = []
    lines = [b'{"a": 1\n', b'{"a": 1, "a": 2}\n', b"\xff\n", b"[]\n"]

    assert lines_converted(lines, io.BytesIO(), route(bad.append)) == 0
    assert [(one.number, one.error.partition(": expecting")[0]) for one in bad] == [
        (1, "column 8: this is not JSON"),
        (2, "column 10: the key 'a' appears twice in one object"),
        (3, "byte 0xff at offset 0 is not UTF-8"),
        (4, "an event is an object with fields"),
    ]


def test_json_lines_go_up_and_come_down() -> None:
    lines = [b'{"customer_name": "Ada", "at": 18446744073709551617, "pay": {"Card": {"card": "x"}}}\n', b"\n"]
    raised, lowered = io.BytesIO(), io.BytesIO()
    assert lines_converted(lines, raised, route(stop, as_json=True)) == 1
    lines_converted(raised.getvalue().splitlines(), lowered, route(stop, up=False, as_json=True))

    assert json.loads(raised.getvalue())["raw"] == "\u00ff"
    assert json.loads(lowered.getvalue()) == json.loads(lines[0])


def test_bad_lines_are_named_and_the_others_go_on() -> None:
    lines = [b'{"customer_name": "Ada"}', b'{"broken', b"[1]", b'{"x": 1}', b'{"customer_name": "Bob"}', b"\xff"]
    taken: list[Bad] = []
    out = io.BytesIO()

    assert lines_converted(lines, out, route(taken.append, as_json=True)) == 2
    assert [bad.number for bad in taken] == [2, 3, 4, 6]
    assert "has no 'R.customer_name'" in taken[2].error


def test_an_event_that_does_not_encode_leaves_nothing_of_itself() -> None:
    taken: list[Bad] = []
    inner = route(taken.append)

    def spoil(event: Any) -> dict[str, Any]:
        converted = inner.convert(event)
        return {**converted, "raw": 17} if event["customer_name"] == "Ada 1" else converted

    out = io.BytesIO()
    convert_container(container(OLD, EVENTS[:3]), "old.avro", out, Route(inner.source, inner.target, spoil, inner.bad))
    out.seek(0)

    assert [one["full_name"] for one in fastavro.reader(out) if isinstance(one, dict)] == ["Ada 0", "Ada 2"]
    assert [bad.number for bad in taken] == [2]


def test_a_file_of_another_version_is_refused_before_anything_is_written() -> None:
    out = io.BytesIO()
    with pytest.raises(ContractctlError, match="its events do not have the version"):
        convert_container(container(record(field("x", "int")), [{"x": 1}]), "x.avro", out, route(stop))
    assert out.getvalue() == b""


def test_a_file_cut_short_is_refused_with_its_record() -> None:
    whole = container(OLD, EVENTS, "null").getvalue()
    with pytest.raises(ContractctlError, match=r"old\.avro: record [0-9]+ cannot be read"):
        convert_container(io.BytesIO(whole[:-100]), "old.avro", io.BytesIO(), route(stop))
    with pytest.raises(ContractctlError, match=r"old\.avro: "):
        convert_container(io.BytesIO(whole[:20]), "old.avro", io.BytesIO(), route(stop))

"""Is the version in between read by everybody, and do converters keep what people wrote?"""

import json
from typing import Any

import pytest
from avro_schemas import datums, exists, field, pairs, read, record, source
from hypothesis import assume, event, given
from hypothesis import strategies as st

from contractctl.errors import ContractctlError
from contractctl.formats.avro import incompatibilities
from contractctl.formats.avro.staging import converter, intermediate, operations
from contractctl.model.verdict import Effect
from tests.budgets import budget

FIXED = budget(400)
OLD = record(
    field("order_id", "long"),
    field("customer_name", "string", doc="Who ordered"),
    field("lines", {"type": "array", "items": record(field("sku", "string"), name="Line")}),
    name="OrderPlaced",
    namespace="shop",
    doc="An order.",
)
NEW = record(
    field("order_id", "long"),
    field("full_name", "string"),
    field("lines", {"type": "array", "items": record(field("code", "string"), field("n", "int"), name="Line")}),
    name="OrderPlaced",
    namespace="shop",
    doc="An order.",
)
RENAMES = {"customer_name": "full_name", "Line.sku": "code"}
EVENT = {"order_id": 7, "customer_name": "Ada", "lines": [{"sku": "x"}, {"sku": "y"}]}


def between(old: Any, new: Any, renames: dict[str, str] | None = None) -> str:
    return intermediate(source(old), source(new), renames or {}).files[0].text


def breaks(reader: Any, writer: Any) -> bool:
    return any(one.effect is not Effect.LOSES for one in incompatibilities(read(reader), read(writer)))


def test_the_version_in_between_has_both_fields_and_all_documentation() -> None:
    made = json.loads(between(OLD, NEW, RENAMES))

    assert made["doc"] == "An order."
    assert made["fields"][1:3] == [
        {"name": "customer_name", "type": "string", "doc": "Who ordered", "default": ""},
        {"name": "full_name", "type": "string", "default": ""},
    ]
    assert [one["name"] for one in made["fields"][3]["type"]["items"]["fields"]] == ["sku", "code", "n"]


def test_everybody_reads_everybody() -> None:
    made = between(OLD, NEW, RENAMES)

    assert not any(breaks(*seats) for seats in [(made, OLD), (OLD, made), (made, NEW), (NEW, made)])


def test_a_default_that_is_there_stays() -> None:
    made = json.loads(between(record(field("a", "int", default=5)), record(field("b", "int", default=6))))

    assert {one["name"]: one["default"] for one in made["fields"]} == {"a": 5, "b": 6}


def test_a_type_that_only_the_old_version_has_is_defined_at_its_first_use() -> None:
    enum = {"type": "enum", "name": "E", "symbols": ["A"]}
    old = record(field("gone", enum), field("kept", "E"), namespace="n")
    new = record(field("kept", enum), namespace="n")

    assert not breaks(between(old, new), old)


def test_a_plain_null_first_union_falls_back_on_null() -> None:
    made = json.loads(between(record(field("a", ["null", "int"])), record()))

    assert made["fields"][0]["default"] is None


@pytest.mark.parametrize(
    ("old", "new", "renames", "said"),
    [
        (record(field("a", "int")), record(field("a", "string")), {}, "no intermediate version is compatible"),
        (record(field("a", "int")), record(field("b", "int")), {"x": "b"}, "has no field 'x'"),
        (record(field("a", "int")), record(field("b", "int")), {"a": "x"}, "the new version has no field 'x'"),
        (record(field("a", "int")), record(field("a", "int")), {"a": "b"}, "still has 'a'"),
        (record(field("a", "int")), record(field("b", "int", aliases=["a"])), {"a": "b"}, "has the alias 'a'"),
        (record(field("a", "int")), record(field("a", "int"), name="S"), {}, "no intermediate version is compatible"),
    ],
)
def test_what_cannot_be_staged_is_refused_with_the_reason(
    old: Any, new: Any, renames: dict[str, str], said: str
) -> None:
    with pytest.raises(ContractctlError, match=said) as caught:
        between(old, new, renames)
    assert caught.value.hint


def test_operations_are_told_in_the_new_version_s_order() -> None:
    made = operations(source(OLD), source(NEW), RENAMES, "shop/order-placed")

    assert [(one.kind, one.subject, one.old, one.new) for one in made] == [
        ("rename-field", "shop.OrderPlaced", "customer_name", "full_name"),
        ("rename-field", "shop.Line", "sku", "code"),
        ("add-field", "shop.Line", None, "n"),
    ]
    assert made[2].parameters == {"type": "int", "default": "0"}


def test_an_event_goes_up_and_comes_down_as_it_was() -> None:
    both = converter(source(OLD), source(NEW), operations(source(OLD), source(NEW), RENAMES, "c"))

    raised = both.up(EVENT)

    assert raised == {"order_id": 7, "full_name": "Ada", "lines": [{"code": "x", "n": 0}, {"code": "y", "n": 0}]}
    assert both.down(raised) == EVENT


def test_an_event_of_the_version_in_between_keeps_the_new_side() -> None:
    both = converter(source(OLD), source(NEW), operations(source(OLD), source(NEW), RENAMES, "c"))

    assert both.up({**EVENT, "customer_name": "old", "full_name": "new"})["full_name"] == "new"


def test_an_event_without_the_field_is_refused() -> None:
    both = converter(source(OLD), source(NEW), operations(source(OLD), source(NEW), RENAMES, "c"))

    with pytest.raises(ContractctlError, match=r"the event has no 'OrderPlaced\.customer_name'"):
        both.up({"order_id": 1, "lines": []})


def test_records_inside_unions_are_converted_however_the_branch_is_told() -> None:
    old = record(field("u", ["null", record(field("a", "int"), name="I")]))
    new = record(field("u", ["null", record(field("b", "int"), name="I")]))
    both = converter(source(old), source(new), operations(source(old), source(new), {"I.a": "b"}, "c"))

    assert both.up({"u": {"a": 1}}) == {"u": {"b": 1}}
    assert both.up({"u": ("I", {"a": 1})}) == {"u": ("I", {"b": 1})}
    assert both.up({"u": {"I": {"a": 1}}}) == {"u": {"I": {"b": 1}}}
    assert both.up({"u": None}) == {"u": None}


@FIXED
@given(pairs())
def test_an_intermediate_version_is_compatible_with_both_ends_or_refused(pair: tuple[Any, Any]) -> None:
    try:
        made = between(*pair)
    except ContractctlError as error:
        event("refused: " + error.message.rpartition(": ")[2][:30])
        return

    assert not any(breaks(made, end) or breaks(end, made) for end in pair)


@FIXED
@given(pairs(), st.data())
def test_what_went_up_comes_down_where_nothing_was_removed(pair: tuple[Any, Any], data: st.DataObject) -> None:
    try:
        between(*pair)
        old, moves = read(pair[0]), operations(source(pair[0]), source(pair[1]), {}, "c")
        both = converter(source(pair[0]), source(pair[1]), moves)
    except ContractctlError:
        return
    assume(isinstance(pair[0], dict) and pair[0]["type"] == "record" and exists(old, old.root))
    assume(all(one.kind == "add-field" for one in moves))
    datum = data.draw(datums(old, old.root))

    assert both.down(both.up(datum)) == datum

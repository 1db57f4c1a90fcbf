"""Is the version in between read by everybody, and do converters keep what people wrote?"""

import io
import json
from io import BufferedReader
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from contractctl.errors import ContractctlError
from contractctl.formats import staging
from contractctl.formats.json_schema import incompatibilities, parse
from contractctl.formats.json_schema.events import convert
from contractctl.formats.json_schema.staging import converter, intermediate, operations
from contractctl.formats.streams import Bad, Journey
from contractctl.model.contract import File, Policy, Source
from contractctl.model.plan import Operation, Transform
from tests.budgets import budget

FIXED = budget(300)
OPEN = Policy(content_model="open")
DRAFT = "https://json-schema.org/draft/2020-12/schema"
OLD = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "OrderPlaced",
  "type": "object",
  "required": ["order_id"],
  "properties": {
    "order_id": { "type": "integer" },
    "customer_name": {
      "type": "string", "description": "Who ordered"
    },
    "lines": { "type": "array", "items": { "$ref": "#/$defs/line" } }
  },
  "$defs": {
    "line": { "type": "object", "properties": { "sku": { "$ref": "#/$defs/sku" } } },
    "sku": { "type": "string" }
  }
}
"""
NEW = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "OrderPlaced",
  "type": "object",
  "required": ["order_id"],
  "properties": {
    "order_id": { "type": "integer" },
    "full_name": { "type": "string" },
    "lines": { "type": "array", "items": { "$ref": "#/$defs/line" } }
  },
  "$defs": {
    "line": { "type": "object", "properties": { "code": { "type": "string" }, "n": { "type": "integer" } } }
  }
}
"""
RENAMES = {"customer_name": "full_name", "lines[].sku": "code"}
EVENT = {"order_id": 7, "customer_name": "Ada", "lines": [{"sku": "x"}, {"sku": "y", "other": 1}], "more": 1.50}


def source(schema: Any, name: str = "order.json") -> Source:
    return Source((File(name, schema if isinstance(schema, str) else json.dumps({"$schema": DRAFT, **schema})),))


def properties(**named: Any) -> Any:
    return {"type": "object", "properties": named}


def between(old: Any, new: Any, renames: dict[str, str] | None = None, policy: Policy = OPEN) -> str:
    return intermediate(source(old), source(new), renames or {}, policy).files[0].text


def breaks(reader: Any, writer: Any) -> bool:
    return any(incompatibilities(*(parse(source(one), OPEN) for one in (reader, writer))))


def both_ways(old: Any, new: Any, moves: tuple[Operation, ...] | None = None, renames: Any = None) -> Any:
    made = operations(source(old), source(new), renames or {}, "c", OPEN) if moves is None else moves
    return converter(source(old), source(new), made, OPEN)


def test_the_version_in_between_is_the_new_text_with_the_old_properties_where_they_stood() -> None:
    expected = (
        NEW.replace(
            '    "full_name"',
            '    "customer_name": {\n      "type": "string", "description": "Who ordered"\n    },\n    "full_name"',
        )
        .replace('{ "code"', '{ "sku": {"$ref": "#/$defs/sku"}, "code"')
        .replace('"integer" } } }\n', '"integer" } } },\n    "sku": { "type": "string" }\n')
    )

    assert between(OLD, NEW, RENAMES) == expected


def test_everybody_reads_everybody() -> None:
    made = between(OLD, NEW, RENAMES)

    assert not any(breaks(*seats) for seats in [(made, OLD), (OLD, made), (made, NEW), (NEW, made)])


def test_yaml_keeps_its_comments() -> None:
    old = "type: object\nproperties:\n  a: {type: string}\n"
    new = "type: object  # an event\nproperties:\n  # the new name\n  b:\n    type: string\n"

    made = intermediate(source(old, "e.yaml"), source(new, "e.yaml"), {"a": "b"}, OPEN)

    assert made.files[0].text == new.replace("  b:", "  a:\n    type: string\n  b:")


def test_of_several_files_each_gets_what_it_lost() -> None:
    def version(**money: Any) -> Source:
        order = properties(total={"$ref": "money.json"})
        files = {"money.json": properties(**money), "order.json": order}
        return Source(tuple(File(f"v/{name}", json.dumps(text)) for name, text in files.items()), folder="v")

    made = intermediate(version(cents={"type": "integer"}), version(units={"type": "integer"}), {}, OPEN)

    assert json.loads(made.files[0].text)["properties"].keys() == {"units", "cents"}
    assert made.files[1].text == json.dumps(properties(total={"$ref": "money.json"}))


def test_the_registry_stages_json_schemas() -> None:
    assert staging("json-schema").intermediate(source(OLD), source(NEW), RENAMES, OPEN) == intermediate(
        source(OLD), source(NEW), RENAMES, OPEN
    )


@pytest.mark.parametrize(
    ("old", "new", "renames", "said"),
    [
        (
            properties(a={"type": "integer"}),
            properties(a={"type": "string"}),
            {},
            "no intermediate version is compatible",
        ),
        (properties(a=True), properties(b=True), {"x": "b"}, "has no property 'x'"),
        (properties(a=True), properties(b=True), {"a": "x"}, "the new version has no property 'x'"),
        (properties(a=True), properties(a=True, b=True), {"a": "b"}, "still has 'a'"),
        (properties(a=True, b=True), properties(b=True), {"a": "b"}, "has 'b' already"),
        (
            properties(x=properties(a=True), y=properties(a=True)),
            properties(x=properties(b=True), y=properties(b=True)),
            {"a": "b"},
            "several places have 'a'",
        ),
        (
            {**properties(a=True), "additionalProperties": False},
            {**properties(b=True), "additionalProperties": False},
            {"a": "b"},
            r"'\$' \(json-schema-property-undeclared\)",
        ),
    ],
)
def test_what_cannot_be_staged_is_refused_with_the_reason(
    old: Any, new: Any, renames: dict[str, str], said: str
) -> None:
    with pytest.raises(ContractctlError, match=said) as caught:
        between(old, new, renames)
    assert caught.value.hint


def test_a_required_property_cannot_go_while_somebody_needs_it_and_the_way_out_is_said() -> None:
    with pytest.raises(ContractctlError, match="json-schema-property-required") as caught:
        between({**properties(a=True), "required": ["a"]}, {**properties(b=True), "required": ["b"]}, {"a": "b"})
    assert caught.value.hint == "events without 'b' are read for a while: make it optional in both versions"


def test_judged_strictly_the_way_out_is_the_open_content_model() -> None:
    with pytest.raises(ContractctlError) as caught:
        between(properties(a={"type": "string"}), properties(b={"type": "string"}), {"a": "b"}, Policy())
    assert 'content_model = "open"' in str(caught.value.hint)


def test_operations_are_told_in_the_new_version_s_order() -> None:
    made = operations(source(OLD), source(NEW), RENAMES, "shop/order", OPEN)

    assert [(one.kind, one.subject, one.old, one.new) for one in made] == [
        ("rename-field", "$", "customer_name", "full_name"),
        ("rename-field", "lines[]", "sku", "code"),
        ("add-field", "lines[]", None, "n"),
    ]
    assert made[2].parameters == {"type": "integer"}


def test_a_property_that_must_be_there_has_a_default_in_the_plan() -> None:
    new = {**properties(a={"type": "integer", "minimum": 3}, b={"default": "x"}), "required": ["a", "b"]}

    made = operations(source(properties()), source(new), {}, "c", OPEN)

    assert [one.parameters["default"] for one in made] == ["3", '"x"']


def test_an_event_goes_up_and_comes_down_as_it_was() -> None:
    both = both_ways(OLD, NEW, renames=RENAMES)

    raised = both.up(EVENT)

    assert raised == {
        "order_id": 7,
        "full_name": "Ada",
        "lines": [{"code": "x"}, {"code": "y", "other": 1}],
        "more": 1.5,
    }
    assert both.down(raised) == EVENT


def test_an_event_of_the_version_in_between_keeps_the_new_side() -> None:
    both = both_ways(OLD, NEW, renames=RENAMES)

    assert both.up({**EVENT, "customer_name": "old", "full_name": "new"})["full_name"] == "new"


def test_an_event_that_would_not_be_valid_is_refused() -> None:
    with pytest.raises(ContractctlError, match="does not match the target version: 'x' is not of type 'integer'"):
        both_ways(OLD, NEW, renames=RENAMES).up({"order_id": "x"})


SPLIT = (
    Operation("add-field", "c", "$", None, "first", Transform('$substringBefore(name, " ")', "")),
    Operation("add-field", "c", "$", None, "last", Transform('$substringAfter(name, " ")', "")),
    Operation("remove-field", "c", "$", "name", None, Transform("", 'first & " " & last')),
)


def test_a_property_is_split_and_merged_by_expressions() -> None:
    text = {"type": "string"}
    both = both_ways(properties(name=text), properties(first=text, last=text), SPLIT)

    assert both.up({"name": "Ada Lovelace", "x": 1}) == {"x": 1, "first": "Ada", "last": "Lovelace"}
    assert both.down({"first": "Ada", "last": "Lovelace"}) == {"name": "Ada Lovelace"}


def test_a_type_that_changes_needs_an_expression() -> None:
    old, new = properties(price={"type": "string"}), properties(cents={"type": "integer"})
    (made,) = operations(source(old), source(new), {"price": "cents"}, "c", OPEN)
    assert made.transform == Transform("", "")
    with pytest.raises(ContractctlError, match="'price' and 'cents' have different types"):
        both_ways(old, new, (made,))

    said = Operation(
        "rename-field", "c", "$", "price", "cents", Transform("$number(price) * 100", "$string(cents / 100)")
    )

    assert both_ways(old, new, (said,)).up({"price": "1.5"}) == {"cents": 150}
    assert both_ways(old, new, (said,)).down({"cents": 150}) == {"price": "1.5"}


def test_an_expression_that_finds_nothing_leaves_an_optional_property_out() -> None:
    text = {"type": "string"}

    assert both_ways(properties(name=text), properties(first=text, last=text), SPLIT[1:]).up({}) == {}


def test_the_alternative_that_an_event_is_decides_what_becomes_of_it() -> None:
    def event_(kind: str, **named: Any) -> Any:
        return {"type": "object", "properties": {"kind": {"const": kind}, **named}, "required": ["kind"]}

    old = {"oneOf": [event_("card", number={"type": "string"}), event_("cash", amount={"type": "integer"})]}
    new = {"oneOf": [event_("cash", amount={"type": "integer"}), event_("card", pan={"type": "string"})]}
    both = both_ways(old, new, renames={"number": "pan"})

    assert both.up({"kind": "card", "number": "1"}) == {"kind": "card", "pan": "1"}
    assert both.up({"kind": "cash", "number": 1}) == {"kind": "cash", "number": 1}


def test_lines_are_converted_and_bad_ones_are_told() -> None:
    bad: list[Bad] = []
    moves = operations(source(OLD), source(NEW), RENAMES, "c", OPEN)
    journey = Journey(source(OLD), source(NEW), moves, OPEN, upwards=True, bad=bad.append)
    lines = b'{"order_id": 18446744073709551617, "customer_name": "\xc3\xa9"}\n\n{"order_id": "x"}\n[]\nnothing\n'
    out = io.BytesIO()

    written = convert(BufferedReader(io.BytesIO(lines)), "in", out, journey)

    assert written == 1
    assert out.getvalue().decode() == '{"order_id": 18446744073709551617, "full_name": "é"}\n'
    assert [one.number for one in bad] == [3, 4, 5]


LEAVES = st.sampled_from(
    [{"type": "integer"}, {"type": "string"}, {"type": "string", "maxLength": 3}, {"enum": ["a", "b"]}, True]
)
OBJECTS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda named, needed, closed: {
            "type": "object",
            "properties": named,
            "required": [name for name in named if name in needed],
            **({"additionalProperties": False} if closed else {}),
        },
        st.dictionaries(
            st.sampled_from("abc"), inner | inner.map(lambda one: {"type": "array", "items": one}), max_size=3
        ),
        st.sampled_from(["", "", "", "a"]),
        st.sampled_from([False, False, False, True]),
    ),
    max_leaves=5,
).filter(lambda one: isinstance(one, dict) and one.get("type") == "object")


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """A version, and one that differs from it by what happened to a few properties."""
    old = draw(OBJECTS)
    new = json.loads(json.dumps(old))
    for _ in range(draw(st.integers(0, 3))):
        named = new["properties"]
        match draw(st.sampled_from(["add", "remove", "rename", "retype"])):
            case "add":
                named[draw(st.sampled_from("xyz"))] = draw(LEAVES)
            case "remove" if named:
                del named[draw(st.sampled_from(sorted(named)))]
            case "rename" if named:
                named[draw(st.sampled_from("xyz"))] = named.pop(draw(st.sampled_from(sorted(named))))
            case "retype" if named:
                named[draw(st.sampled_from(sorted(named)))] = draw(LEAVES)
        new["required"] = [name for name in new["required"] if name in named]
    return old, new


@FIXED
@given(pairs())
def test_an_intermediate_version_is_compatible_with_both_ends_or_refused(pair: tuple[Any, Any]) -> None:
    try:
        made = between(*pair)
    except ContractctlError as error:
        event("refused: " + error.message.rpartition("(")[2][:40])
        return

    event("made")
    assert not any(breaks(made, end) or breaks(end, made) for end in pair)


@FIXED
@given(pairs())
def test_properties_that_come_and_go_in_open_objects_are_always_staged(pair: tuple[Any, Any]) -> None:
    old, new = pair
    kept = old["properties"].keys() & new["properties"].keys()
    moved = old["properties"].keys() ^ new["properties"].keys()
    is_open = "additionalProperties" not in old
    same = all(old["properties"][name] == new["properties"][name] for name in kept)
    elsewhere = json.dumps([*old["properties"].values(), *new["properties"].values()])
    used_elsewhere = any(f'"{name}":' in elsewhere for name in moved)

    if is_open and same and old["required"] == new["required"] and not used_elsewhere:
        between(old, new)

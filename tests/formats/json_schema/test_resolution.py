"""Does the reader take everything that the writer may send? Verdicts, findings and the values that show them."""

import json
from typing import Any

import pytest

from contractctl.compatibility import Terms, compare, compare_sources
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Answer, Finding, Status

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def reading(writer: Any, reader: Any, **policy: Any) -> Answer:
    """The verdict of a new reader on an old writer's data."""
    texts = (json.dumps(one) for one in (writer, reader))
    return compare(*texts, format="json-schema", policy=Policy(**policy)).backward


def findings(writer: Any, reader: Any, **policy: Any) -> dict[tuple[str, str], Finding]:
    return {
        (found.rule.removeprefix("json-schema-"), found.path): found
        for found in reading(writer, reader, **policy).findings
    }


@pytest.mark.parametrize(
    ("writer", "said"),
    [
        ({"type": "integer"}, "may send an integer"),
        ({"enum": [1, 2, "a"]}, "may send an integer"),
        ({"type": "number"}, "may send a number"),
        ({"type": ["null", "integer"]}, "may send null or an integer"),
    ],
)
def test_whole_numbers_are_called_integers(writer: dict[str, Any], said: str) -> None:
    found = findings({"properties": {"a": writer}}, {"properties": {"a": {"type": "string"}}})

    assert said in found["type-refused", "a"].message


# Once a wrong "compatible", each of them.


def test_two_required_names_that_one_branch_forbids_do_not_forbid_each_of_them() -> None:
    reader = {"not": {"type": "object", "oneOf": [{"required": ["a", "b"]}, {"required": ["a", "c"]}]}}

    assert reading({}, reader).status is Status.INCOMPATIBLE


def test_one_property_may_meet_two_demands_where_there_is_room_for_one() -> None:
    writer = {"not": {"patternProperties": {"b$": {"minimum": 1}}}, "maxProperties": 1}
    reader = {"patternProperties": {"a": {"enum": [{}]}}}

    assert reading(writer, reader).status is Status.INCOMPATIBLE


def test_a_denied_value_may_be_left_by_leaving_out_the_property_that_filled_it_up() -> None:
    writer = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {"a": {"const": 1}, "b": {"const": 1}},
        "additionalProperties": False,
    }

    assert reading(writer, {"const": {"a": 1}}).status is Status.INCOMPATIBLE
    assert reading(writer, {"enum": [{"a": 1}, {"b": 1}]}).status is Status.COMPATIBLE


def test_a_count_of_items_is_denied_from_both_sides() -> None:
    reader = {"contains": {"const": 1}, "minContains": 0, "maxContains": 1}

    assert reading({"enum": [[], [1]]}, reader).status is Status.COMPATIBLE
    assert reading({"enum": [[], [1, 1]]}, reader).status is Status.INCOMPATIBLE


# Recursion: a memo inside a cycle must not mask an incompatibility.


def tree(value: dict[str, Any]) -> dict[str, Any]:
    node = {
        "type": "object",
        "properties": {"value": value, "children": {"type": "array", "items": {"$ref": "#/definitions/node"}}},
    }
    return {"$schema": DRAFT_7, "definitions": {"node": node}, "$ref": "#/definitions/node"}


def test_a_tree_reads_a_tree_of_narrower_values() -> None:
    assert reading(tree({"type": "integer"}), tree({"type": "number"})).status is Status.COMPATIBLE


def test_a_tree_does_not_read_a_tree_of_wider_values() -> None:
    assert list(findings(tree({"type": "number"}), tree({"type": "integer"}))) == [("type-refused", "value")]


def test_what_differs_only_behind_a_cycle_is_found() -> None:
    def ring(last: str) -> dict[str, Any]:
        a = {"type": "object", "properties": {"next": {"$ref": "#/definitions/b"}}}
        b = {"type": "object", "properties": {"back": {"$ref": "#/definitions/a"}, "last": {"type": last}}}
        return {"$schema": DRAFT_7, "definitions": {"a": a, "b": b}, "$ref": "#/definitions/a"}

    assert list(findings(ring("string"), ring("null"))) == [("type-refused", "next.last")]


def test_a_value_that_must_contain_itself_is_none_and_harms_nobody() -> None:
    endless = {"type": "object", "properties": {"inner": {"$ref": "#"}}, "required": ["inner"]}

    assert reading(endless, False).status is Status.COMPATIBLE


def test_a_schema_that_is_itself_is_unknown() -> None:
    answer = reading({"$ref": "#"}, {"type": "string"})

    assert (answer.status, answer.reasons) == (Status.UNKNOWN, ("$: a schema refers to itself without end",))


# Findings name the keyword, the place and those who are let down.


OLD = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "state": {"enum": ["new", "paid", "sent"]},
        "customer": {"type": "object", "properties": {"name": {"type": "string"}}},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
    "required": ["id"],
    "additionalProperties": False,
}


def changed(**properties: Any) -> dict[str, Any]:
    return {**OLD, "properties": {**OLD["properties"], **properties}}


@pytest.mark.parametrize(
    ("reader", "found"),
    [
        ({**OLD, "required": ["id", "state"]}, [("property-required", "$")]),
        (changed(state={"enum": ["new", "paid"]}), [("value-refused", "state")]),
        (changed(id={"type": "integer", "minimum": 1}), [("number-too-small", "id")]),
        (changed(id={"type": "string"}), [("type-refused", "id")]),
        (changed(customer={"properties": {"name": {"maxLength": 5}}}), [("text-too-long", "customer.name")]),
        (
            changed(lines={"items": {"properties": {"sku": {"pattern": "^[A-Z]"}}}}),
            [("pattern-refused", "lines[].sku")],
        ),
        (changed(lines={"maxItems": 3}), [("items-too-many", "lines")]),
        ({key: value for key, value in OLD.items() if key != "type"}, []),
        ({**OLD, "properties": {"id": {}}}, [("property-undeclared", "$")]),
        ({"$defs": {"order": OLD}, "$ref": "#/$defs/order", "required": ["lines"]}, [("property-required", "$")]),
        ({"anyOf": [{"type": "null"}, {**OLD, "required": ["lines"]}]}, [("property-required", "$")]),
        ({"if": {"required": ["lines"]}, "then": {"required": ["customer"]}}, [("property-required", "$")]),
        ({"dependentRequired": {"lines": ["customer"]}}, [("dependency-missing", "$")]),
        ({"oneOf": [{"required": ["id"]}, {"required": ["lines"]}]}, [("branches-overlap", "$")]),
        ({"not": {"required": ["lines"]}}, [("forbidden", "$")]),
        (changed(customer=False), [("never", "customer")]),
    ],
)
def test_a_finding_names_the_keyword_and_the_place(reader: Any, found: list[tuple[str, str]]) -> None:
    made = findings(OLD, reader)

    assert list(made) == found
    assert all(one.witness for one in made.values())


def test_every_property_that_fails_is_found_and_no_other() -> None:
    many = {f"p{number}": {"type": "string"} for number in range(300)}
    fewer = {**many, "p7": {"type": "string", "maxLength": 9}, "p200": {"type": "null"}}

    found = findings({"properties": many}, {"properties": fewer})

    assert sorted(found) == [("text-too-long", "p7"), ("type-refused", "p200")]


def test_the_values_are_named_where_there_are_few() -> None:
    few = findings(OLD, changed(state={"const": "new"}))["value-refused", "state"]
    many = findings({"type": "string"}, {"const": "new"})["value-refused", "$"]

    assert '"paid" and "sent"' in few.message
    assert "and others" in many.message


# Policies


def test_a_new_optional_property_breaks_an_open_model_unless_the_policy_tolerates_it() -> None:
    old = {"type": "object", "properties": {"id": {"type": "integer"}}}
    new = {"type": "object", "properties": {"id": {"type": "integer"}, "note": {"type": "string"}}}

    assert reading(old, new).status is Status.INCOMPATIBLE
    assert reading(old, new, content_model="open").status is Status.COMPATIBLE


def test_a_name_that_the_writer_knows_elsewhere_is_not_new() -> None:
    old = {"properties": {"a": {"properties": {"note": {"type": "integer"}}}}}
    new = {"properties": {"a": {"properties": {"note": {"type": "integer"}}}, "note": {"type": "string"}}}

    assert reading(old, new, content_model="open").status is Status.INCOMPATIBLE


def test_a_map_sends_any_name_whatever_the_policy() -> None:
    old = {"type": "object", "additionalProperties": {"type": "integer"}}
    new = {"type": "object", "properties": {"note": {"type": "string"}}}

    assert reading(old, new, content_model="open").status is Status.INCOMPATIBLE


def test_a_format_refuses_only_where_it_is_an_assertion() -> None:
    old, new = {"type": "string"}, {"type": "string", "format": "date"}

    assert reading(old, new).status is Status.COMPATIBLE
    assert list(findings(old, new, formats="assertion")) == [("format-refused", "$")]


def test_what_only_a_format_could_decide_is_unknown() -> None:
    answer = reading({"format": "hostname"}, {"format": "x-our-own"}, formats="assertion")

    assert answer.status is Status.UNKNOWN


# Several files


@pytest.mark.parametrize("own", [{}, {"$id": "https://example.com/1-0-0/order.json"}])
def test_a_value_shows_what_a_file_beside_refuses(own: dict[str, str]) -> None:
    order = json.dumps({"$schema": DRAFT_7, **own, "properties": {"price": {"$ref": "parts/money.json"}}})
    old, new = (
        Source(
            (File("shop/order.json", order), File("shop/parts/money.json", json.dumps({"type": kind}))), folder="shop"
        )
        for kind in ("string", "integer")
    )

    found = compare_sources(old, new, "json-schema", Terms()).backward.findings

    assert [(one.path, one.new and one.new.file) for one in found] == [("price", "shop/parts/money.json")]
    assert all(one.witness for one in found)


# Honest unknowns


def test_a_reference_that_leads_outside_makes_unknown_what_hangs_on_it_and_nothing_else() -> None:
    outside = {"$ref": "https://example.com/money.json"}
    old = {"properties": {"price": outside, "id": {"type": "integer"}}}

    other = reading(old, {"properties": {"price": {"$ref": "https://example.com/cash.json"}, "id": {}}})
    same = reading(old, {"properties": {"price": outside, "id": {}}})
    broken = reading(old, {"properties": {"price": {"$ref": "https://example.com/cash.json"}, "id": {"type": "null"}}})

    assert other.status is Status.UNKNOWN
    assert "https://example.com/cash.json" in other.reasons[0]
    assert same.status is Status.COMPATIBLE
    assert broken.status is Status.INCOMPATIBLE


def test_what_cannot_be_judged_matters_only_where_nothing_else_refuses_the_value() -> None:
    endless = {"$ref": "#/$defs/d"}
    parts: list[Any] = [endless, {"type": "string"}]
    for ordered in (parts, parts[::-1]):
        for denied in ({"allOf": ordered}, {"prefixItems": ordered, "type": "array"}):
            reader = {"not": denied, "$defs": {"d": endless}}
            assert reading({"const": [1, 2]}, reader).status is Status.COMPATIBLE
            assert reading({"const": "text"}, reader | {"not": endless}).status is Status.UNKNOWN


def test_a_pattern_that_looks_back_is_unknown_unless_both_have_it() -> None:
    old = {"type": "string", "pattern": r"^(a|b)\1$"}

    assert reading(old, {"type": "string", "pattern": r"^(a|c)\1$"}).status is Status.UNKNOWN
    assert reading(old, {**old, "minLength": 1}).status is not Status.COMPATIBLE
    assert reading(old, {"type": "string"}).status is Status.COMPATIBLE
    assert reading(old, {"pattern": r"^(a|b)\1$", "maxProperties": 3}).status is Status.COMPATIBLE


@pytest.mark.parametrize("reader", [{"pattern": "([a-z"}, {"patternProperties": {"([a-z": {}}}])
def test_a_reader_with_a_pattern_that_is_none_is_unknown_even_where_nothing_meets_it(reader: dict[str, Any]) -> None:
    answer = reading({"type": "null"}, reader)

    assert answer.status is Status.UNKNOWN
    assert "that the specification does not allow" in answer.reasons[0]


def _leading_to_one_another(count: int, last: str) -> dict[str, Any]:
    """Definitions each of which leads to eight others, and all of them to the one that says `last`."""
    definitions = {
        f"d{i}": {
            "type": "object",
            "properties": {f"p{j}": {"$ref": f"#/definitions/d{(i * 7 + j * 31 + 1) % count}"} for j in range(8)},
            "additionalProperties": False,
        }
        for i in range(count)
    }
    definitions["d40"]["properties"]["last"] = {"type": last}
    return {"$schema": DRAFT_7, "definitions": definitions, "$ref": "#/definitions/d1"}


def test_hundreds_of_definitions_that_lead_to_one_another_are_read_and_what_is_near_is_found() -> None:
    old, new = (_leading_to_one_another(150, last) for last in ("string", "boolean"))
    refused = reading(old, new)

    assert reading(old, old).status is Status.COMPATIBLE
    assert refused.status is Status.INCOMPATIBLE
    assert refused.findings[0].witness is not None
    assert '"last": "a"' in refused.findings[0].witness.sent
    assert len(refused.reasons) <= 2  # that one gave up is said once


def test_a_chain_of_hundreds_of_references_is_unknown_and_no_crash() -> None:
    chains = []
    for last in ("string", "boolean"):
        links = {f"d{i}": {"properties": {"p": {"$ref": f"#/definitions/d{i + 1}"}}} for i in range(500)}
        chains.append(
            {"$schema": DRAFT_7, "definitions": {**links, "d500": {"type": last}}, "$ref": "#/definitions/d0"}
        )

    assert reading(*chains).status is Status.UNKNOWN
    assert reading(chains[0], chains[0]).status is Status.COMPATIBLE

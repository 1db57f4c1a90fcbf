"""What was once judged wrongly, in every corner that a reviewer came upon, is judged rightly."""

import json
from typing import Any

from contractctl.compatibility import Terms, compare, compare_sources
from contractctl.formats.json_schema.meaning import Meaning
from contractctl.formats.json_schema.schema import parse
from contractctl.formats.json_schema.search.membership import holds
from contractctl.formats.json_schema.search.space import Space
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Answer, Status

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"


def reading(writer: Any, reader: Any, **policy: Any) -> Answer:
    """The verdict of a new reader on an old writer's data; both in draft 2020-12 where they name none."""
    texts = (json.dumps({"$schema": DRAFT_2020} | one) for one in (writer, reader))
    return compare(*texts, format="json-schema", policy=Policy(**policy)).backward


def status(writer: Any, reader: Any, **policy: Any) -> Status:
    return reading(writer, reader, **policy).status


def status_of_files(writer: dict[str, Any], reader: dict[str, Any]) -> Status:
    """The same of versions of several files."""
    files = (tuple(File(name, json.dumps(one)) for name, one in version.items()) for version in (writer, reader))
    old, new = map(Source, files)
    return compare_sources(old, new, "json-schema", Terms()).backward.status


# Recursion


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{name}"}}


def test_a_value_that_cannot_be_found_inside_itself_can_be_found_elsewhere() -> None:
    writer = {
        "type": "object",
        "required": ["p", "q"],
        "properties": {
            "first": {"$ref": "#/$defs/one"},
            "p": {"$ref": "#/$defs/any"},
            "q": {"$ref": "#/$defs/three"},
        },
        "$defs": {
            "any": {"anyOf": [_list_of("one"), _list_of("three"), {"type": "object", "maxProperties": 0}]},
            "one": {"anyOf": [_list_of("two"), _list_of("any")]},
            "two": _list_of("one"),
            "three": _list_of("two"),
        },
    }

    assert status(writer, {"not": {}}) is Status.INCOMPATIBLE


def test_names_that_an_open_object_lacks_are_lacking_however_often_its_schema_is_read() -> None:
    text = json.dumps({"type": "object", "properties": {"child": {"$ref": "#"}}})
    space, schema = Space(), parse(Source((File("x.json", text),)))
    without = Meaning(space, schema, frozenset({"name"})).root(schema.root)
    Meaning(space, schema).root(schema.root)

    assert not holds(space, without, {"child": {"child": {"child": {"name": 1}}}})


# What cannot be judged, and reads the same in both versions, need not mean the same.


def _entangled(names: str) -> dict[str, Any]:
    """More cases than are gone through; what is evaluated hangs on a definition elsewhere, too."""
    branch = [{"anyOf": [{"required": ["x"], "properties": {f"p{number}": True}}, True]} for number in range(9)]
    return {
        "properties": {"inner": {"allOf": branch, "$ref": "#/$defs/more", "unevaluatedProperties": False}},
        "$defs": {"more": {"properties": dict.fromkeys(names, True)}},
    }


def test_cases_too_many_to_be_gone_through_are_not_taken_for_the_same_when_they_refer_to_others() -> None:
    assert status(_entangled("ab"), _entangled("a")) is Status.UNKNOWN


def _named_twice(kind: str) -> dict[str, Any]:
    places = {"one": {"$anchor": "name", "type": kind}, "other": {"$anchor": "name"}}
    return {"$id": "http://example.com/s", "properties": {"a": {"$ref": "#name"}}, "$defs": places}


def test_a_name_of_two_places_is_not_taken_for_the_same_in_two_versions() -> None:
    assert status(_named_twice("string"), _named_twice("integer")) is Status.UNKNOWN


def _hidden(kind: str) -> dict[str, Any]:
    inner = {"hidden": {"$id": "inner", "type": kind}}
    return {"$id": "http://example.com/s", "properties": {"a": {"$ref": "#/unknown/hidden"}}, "unknown": inner}


def test_a_place_that_is_no_schema_is_not_taken_for_the_same_in_two_versions() -> None:
    assert status(_hidden("string"), _hidden("integer")) is Status.UNKNOWN


def _not_allowed(kind: str) -> dict[str, Any]:
    return {"patternProperties": {"[": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": kind}}}


def test_a_keyword_that_is_not_allowed_is_not_taken_for_the_same_where_it_refers_to_others() -> None:
    assert status(_not_allowed("string"), _not_allowed("integer")) is Status.UNKNOWN


# Open content: an object lacks only the names that its writer speaks of nowhere.


def test_a_name_inside_a_constant_is_no_new_one() -> None:
    reader = {"properties": {"a": {"type": "string"}}}

    assert status({"const": {"a": 1}}, reader, content_model="open") is Status.INCOMPATIBLE
    assert status({"type": "object"}, reader, content_model="open") is Status.COMPATIBLE


def test_a_name_that_demands_others_is_no_new_one() -> None:
    reader = {"properties": {"a": {"type": "string"}}}

    assert status({"dependentRequired": {"a": ["b"]}}, reader, content_model="open") is Status.INCOMPATIBLE
    assert status({"propertyNames": {"enum": ["a"]}}, reader, content_model="open") is Status.INCOMPATIBLE


def test_a_map_is_one_over_any_number_of_references_and_inside_of_a_conjunction() -> None:
    reader = {"properties": {"a": {"type": "integer"}}}
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    referred = {"$ref": "#/$defs/one", "$defs": {"one": {"$ref": "#/$defs/two"}, "two": texts}}
    endless = {"$ref": "#/$defs/one", "$defs": {"one": {"allOf": [{"$ref": "#/$defs/one"}, {}]}}}

    assert status(referred, reader, content_model="open") is Status.INCOMPATIBLE
    assert status({"allOf": [texts]}, reader, content_model="open") is Status.INCOMPATIBLE
    assert status(endless, reader | {"type": "object"}, content_model="open") is Status.UNKNOWN


# Drafts


def test_what_a_resource_of_an_earlier_draft_ignores_evaluates_nothing() -> None:
    earlier = {
        "$id": "http://example.com/earlier",
        "$schema": DRAFT_7,
        "allOf": [{"$ref": "#/definitions/b", "properties": {"a": True}}],
        "definitions": {"b": {"properties": {"b": True}}},
    }
    writer = {"properties": {"a": True, "b": True}, "additionalProperties": False}
    reader = {"$ref": "#/$defs/earlier", "unevaluatedProperties": False, "$defs": {"earlier": earlier}}

    assert status(writer, reader) is Status.INCOMPATIBLE
    assert status(reader, {"properties": {"b": True}, "additionalProperties": False}) is Status.COMPATIBLE


# Numbers


def test_numbers_that_no_double_is_near_to_are_judged_without_a_crash() -> None:
    writer = {"type": "number", "minimum": 10**400}

    assert status(writer, {"type": "integer"}) is Status.UNKNOWN
    assert status(writer | {"multipleOf": 0.3}, {"maximum": 0}) is Status.INCOMPATIBLE


def test_a_number_is_found_in_a_range_that_is_very_small() -> None:
    writer = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-30}

    assert status(writer, {"maximum": 0}) is Status.INCOMPATIBLE


# Long arrays


def test_a_long_array_that_is_denied_is_not_found() -> None:
    writer = {"type": "array", "items": {"const": 0}, "minItems": 300, "maxItems": 300}

    assert status(writer, {"enum": [[0] * 300]}) is not Status.INCOMPATIBLE


def test_a_long_array_of_different_items_repeats_none() -> None:
    writer = {"type": "array", "prefixItems": [{"const": number} for number in range(300)], "minItems": 300}

    assert status(writer | {"maxItems": 300}, {"uniqueItems": True}) is not Status.INCOMPATIBLE
    assert status(writer, {"uniqueItems": True}) is Status.INCOMPATIBLE


def test_a_long_array_may_end_where_no_further_item_could_be() -> None:
    texts, numbers = ({"prefixItems": [True] * 300, "items": {"type": kind}} for kind in ("string", "number"))
    writer = {"type": "array", "minItems": 300, "allOf": [texts, numbers]}

    assert status(writer, {"maxItems": 299}) is Status.INCOMPATIBLE


# Several files


def test_files_of_one_name_in_different_folders_are_different() -> None:
    writer = {"a/x.json": {"type": "string"}, "b/x.json": {"type": "integer"}}
    reader = {"a/x.json": {"type": "integer"}, "b/x.json": {"type": ["integer", "string"]}}

    assert status_of_files(writer, reader) is Status.INCOMPATIBLE


def test_a_file_that_another_refers_to_now_is_not_gone() -> None:
    writer = {"a.json": {"type": "string"}, "b.json": {"type": "integer"}}
    reader = {"a.json": {"anyOf": [{"type": "string"}, {"$ref": "b.json"}]}, "b.json": {"type": "integer"}}

    assert status_of_files(writer, reader) is Status.COMPATIBLE
    assert status_of_files(writer, {**reader, "b.json": {"type": "null"}}) is Status.INCOMPATIBLE

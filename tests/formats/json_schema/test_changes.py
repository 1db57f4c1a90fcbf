"""Are differences told in people's words, and only those that mean something?"""

import json
from pathlib import Path
from typing import Any

import pytest

from contractctl.errors import ContractctlError
from contractctl.formats.json_schema.changes import changes
from contractctl.formats.json_schema.schema import parse
from contractctl.model.contract import File, Source
from contractctl.report.changes import sentence

CORPORA = Path(__file__).parents[4] / "shared" / "corpora"
DRAFTS = {
    4: "http://json-schema.org/draft-04/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}


def told(old: Any, new: Any, draft: int = 2020) -> list[str]:
    sources = [Source((File("s.json", json.dumps({"$schema": DRAFTS[draft], **one})),)) for one in (old, new)]
    return [sentence(one) for one in changes(*map(parse, sources))]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"type": "string"}, {"type": ["string", "null"]}, ["type of '$' changed: string → string or null"]),
        ({}, {"properties": {"a": {"type": "integer"}}}, ["property 'a' added: integer"]),
        ({}, {"properties": {"a": {}}, "required": ["a"]}, ["property 'a' added: anything (required)"]),
        ({"properties": {"a": {"enum": [1, 2]}}}, {}, ["property 'a' removed: one of 2 values"]),
        (
            {"properties": {"a": True}},
            {"properties": {"a": True}, "required": ["a"]},
            ["presence of 'a' changed: optional → required"],
        ),
        ({"required": ["b"]}, {}, ["presence of 'b' changed: required → optional"]),
        ({"enum": ["a", 1]}, {"enum": [1.0, "b"]}, ["value \"b\" added to '$'", "value \"a\" removed from '$'"]),
        ({"enum": [1]}, {}, ["values of '$' changed: 1 → none"]),
        ({"minimum": 1}, {"minimum": 2.5}, ["minimum of '$' changed: 1 → 2.5"]),
        ({}, {"maxLength": 3, "pattern": "^a"}, ["maxLength 3 added to '$'", "pattern \"^a\" added to '$'"]),
        ({"format": "date"}, {}, ["format \"date\" removed from '$'"]),
        (
            {"properties": {"a": {"properties": {"b": {"type": "array", "items": {"type": "integer"}}}}}},
            {"properties": {"a": {"properties": {"b": {"type": "array", "items": {"type": "string"}}}}}},
            ["type of 'a.b[]' changed: integer → string"],
        ),
        ({}, {"additionalProperties": False}, ["other properties of '$' changed: allowed → refused"]),
        (
            {"additionalProperties": {"type": "string"}},
            {"additionalProperties": {"type": "null"}},
            ["type of '*' changed: string → null"],
        ),
        (
            {"patternProperties": {"^x": {"type": "string"}}},
            {"patternProperties": {"^x": {"type": "null"}, "^y": True}},
            ["type of '/^x/' changed: string → null", "pattern of properties '/^y/' added"],
        ),
        ({}, {"dependentRequired": {"a": ["c", "b"]}}, ["need of others of 'a' changed: none → b, c"]),
        (
            {"oneOf": [{"type": "string"}, {"type": "integer", "minimum": 1}]},
            {"oneOf": [{"type": "integer", "minimum": 2}, {"type": "string"}, {"type": "null"}]},
            ["minimum of '$ (oneOf 1)' changed: 1 → 2", "alternative null added to '$'"],
        ),
        (
            {
                "anyOf": [
                    {"properties": {"kind": {"const": "a"}}},
                    {"properties": {"kind": {"const": "b"}, "x": {"type": "null"}}},
                ]
            },
            {
                "anyOf": [
                    {"properties": {"kind": {"const": "b"}, "x": {"type": "string"}}},
                    {"properties": {"kind": {"const": "a"}}},
                ]
            },
            ["type of '$ (anyOf 1).x' changed: null → string"],
        ),
        ({}, {"not": {"type": "null"}}, ["condition '$ (not)' added"]),
        ({"prefixItems": [{"type": "null"}]}, {"prefixItems": [{}]}, ["type of '$[0]' changed: null → anything"]),
        ({"$ref": "x.json"}, {"$ref": "y.json"}, ["reference of '$' changed: retrieved:x.json → retrieved:y.json"]),
        ({"default": None}, {"default": 1}, ["default of '$' changed: null → 1"]),
        ({}, {"properties": {"a": {"const": {"b": 1}}}}, ["property 'a' added: {\"b\": 1}"]),
        ({}, {"properties": {"a": False}}, ["property 'a' added: nothing"]),
    ],
)
def test_a_difference_is_told_in_words(old: Any, new: Any, said: list[str]) -> None:
    assert told(old, new) == said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"title": "A", "description": "B", "$comment": "C", "examples": [1]}, {}),
        ({"type": "string"}, {"type": ["string"]}),
        ({"type": ["number", "integer", "null"]}, {"type": ["null", "number"]}),
        ({"const": 1}, {"enum": [1.0]}),
        ({"required": ["a", "b"]}, {"required": ["b", "a"]}),
        ({"items": True, "additionalProperties": {}, "minLength": 0, "uniqueItems": False}, {}),
        (
            {"properties": {"a": {"type": "null"}}},
            {"properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "null"}}},
        ),
        (
            {"allOf": [{"properties": {"a": True}}, {"required": ["a"], "minimum": 3}], "minimum": 1},
            {"properties": {"a": True}, "required": ["a"], "minimum": 3},
        ),
        ({"anyOf": [{"type": "null"}]}, {"type": "null"}),
        ({"oneOf": [{"type": "null"}, {"type": "string"}]}, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        ({"properties": {"a": True, "b": True}}, {"properties": {"b": True, "a": True}}),
        ({"unknown": 1}, {"unknown": 2}),
    ],
)
def test_another_arrangement_of_the_same_is_no_change(old: Any, new: Any) -> None:
    assert told(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}, []),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}, []),
        ({"dependencies": {"a": ["b"]}}, {"dependentRequired": {"a": ["b"]}}, []),
        (
            {"items": [{}, {"type": "null"}], "additionalItems": False},
            {"prefixItems": [{}, {"type": "null"}], "items": False},
            [],
        ),
        ({"const": 1}, {}, ["values of '$' changed: 1 → none"]),  # nobody who writes it in draft 4 means nothing
        ({"$ref": "#/definitions/a", "minimum": 1, "definitions": {"a": {}}}, {}, []),
    ],
)
def test_a_new_draft_is_one_change_and_its_spellings_are_none(old: Any, new: Any, said: list[str]) -> None:
    assert told({**old, "$schema": DRAFTS[4]}, {**new, "$schema": DRAFTS[2020]}) == [
        "draft of '$' changed: draft 4 → draft 2020-12",
        *said,
    ]


def test_a_change_in_something_recursive_is_told_once() -> None:
    def tree(value: str) -> Any:
        node = {"properties": {"value": {"type": value}, "children": {"items": {"$ref": "#"}}}}
        return node | {"anyOf": [{"$ref": "#"}, {"type": "null"}]}

    assert told(tree("string"), tree("integer")) == ["type of 'value' changed: string → integer"]


def test_references_in_a_circle_say_nothing() -> None:
    assert told({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, {}) == []


def test_of_several_files_each_is_compared_with_its_later_self() -> None:
    def version(**texts: Any) -> Any:
        files = tuple(File(f"v/{name}.json", json.dumps(text)) for name, text in texts.items())
        return parse(Source(files, folder="v"))

    found = changes(version(a={"type": "null"}, b={}), version(a={"type": "string"}, c={}))

    assert [sentence(one) for one in found] == [
        "type of 'a.json' changed: null → string",
        "schema 'c.json' added",
        "schema 'b.json' removed",
    ]


def test_real_pairs_are_told_and_nothing_changes_between_a_version_and_itself() -> None:
    names = [p for c in ("iglu-central", "schemastore-hist", "openlineage") for p in CORPORA.glob(f"{c}/*/*")]
    if not names:
        pytest.skip(f"{CORPORA} is not there")
    told_pairs = 0
    for folder in names:
        try:
            old, new = (
                parse(Source((File.of(f"{one}.json", (folder / f"{one}.json").read_bytes()),)))
                for one in ("old", "new")
            )
        except ContractctlError:
            continue
        told_pairs += bool([sentence(one) for one in changes(old, new)])
        assert list(changes(old, old)) == []

    assert told_pairs > 200

"""Where only the text of a value arrives, is what is called compatible taken by who reads that text?"""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_pairs import source

from contractctl.compatibility import Terms, compare_sources
from contractctl.model.verdict import Status
from tests.budgets import budget

YES, NO, WHO_KNOWS = Status.COMPATIBLE, Status.INCOMPATIBLE, Status.UNKNOWN
INTEGER, STRING, BOOLEAN = ({"type": name} for name in ("integer", "string", "boolean"))


def listed(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": [*values]}


def judged(sent: dict[str, Any], taken: dict[str, Any]) -> Status:
    """Of a parameter in a query, sent by the old version and taken by the new one."""
    old, new = (source("query", {"schema": schema}, "3.1") for schema in (sent, taken))
    return compare_sources(old, new, "openapi", Terms(witnesses=False)).backward.status


@pytest.mark.parametrize(
    ("sent", "taken", "expected"),
    [
        (BOOLEAN, listed("true", "false"), YES),
        (BOOLEAN, listed("true"), NO),
        (listed("true", "false"), BOOLEAN, YES),
        (listed("True"), BOOLEAN, NO),
        (listed("1", "-20"), INTEGER, YES),
        (listed("1"), {"type": "integer", "format": "int32"}, YES),
        (listed("1", "9999999999"), {"type": "integer", "format": "int32"}, NO),
        (listed("1"), {"type": "integer", "minimum": 2}, NO),
        (listed("01"), INTEGER, NO),
        (listed(""), INTEGER, NO),
        ({"type": "integer", "enum": [1, 2]}, listed("1", "2", "all"), YES),
        (INTEGER, listed("1", "2"), NO),
        (INTEGER, {"type": ["string", "null"]}, YES),
        (INTEGER, {"allOf": [STRING, {"pattern": "^a"}]}, WHO_KNOWS),
        (INTEGER, {"type": "string", "anyOf": [{"maxLength": 2}, {"pattern": "^a"}]}, WHO_KNOWS),
        (INTEGER, {"type": "string", "not": {"pattern": "^1"}}, WHO_KNOWS),
        (INTEGER, {"type": "string", "not": {"enum": ["1"]}}, NO),
        (listed("5"), {"allOf": [INTEGER, {"minimum": 9}]}, WHO_KNOWS),
        ({"type": "integer", "enum": [1, 2]}, {"type": "integer", "enum": ["1", "2"]}, NO),
        (listed("1"), {"type": "string", "enum": [1]}, NO),
        (listed("1", "2"), {"type": "integer", "enum": [1, 2], "const": 1}, NO),
        (listed("1"), {"type": [{}], "enum": ["1", "2"]}, WHO_KNOWS),
        (INTEGER, {"type": "array", "items": STRING, "minItems": 1}, YES),
        (STRING, {"type": "array"}, YES),
        (STRING, {"type": "array", "items": INTEGER}, NO),
        (INTEGER, {"type": "array", "items": INTEGER, "minItems": 2}, NO),
        (INTEGER, {"type": "array", "maxItems": 0}, NO),
        (INTEGER, {"type": "array", "prefixItems": [BOOLEAN]}, NO),
        (INTEGER, {"allOf": [{"type": "array"}, {"minItems": 2}]}, NO),
        (STRING, {"type": "array", "allOf": [{"items": INTEGER}]}, WHO_KNOWS),
        (INTEGER, {"type": "array", "not": {"minItems": 1}}, WHO_KNOWS),
        ({"type": "array", "items": STRING}, STRING, NO),
        ({"type": "integer", "format": "int32"}, {"allOf": [INTEGER, {"format": "int64"}]}, YES),
        ({"type": "integer", "enum": [1]}, {"type": "number", "allOf": [{"enum": ["1", "true"]}]}, WHO_KNOWS),
        ({"type": "integer", "enum": [1]}, {"allOf": [INTEGER], "const": "1"}, WHO_KNOWS),
        (listed("0"), {"type": "number", "allOf": [{"enum": ["0"]}]}, WHO_KNOWS),
        (listed("false"), {"type": "boolean", "allOf": [{"enum": ["false"]}]}, WHO_KNOWS),
        ({"type": "integer", "enum": [1]}, {"enum": [1, 2]}, YES),
        (listed("a"), {"type": "string", "allOf": [{"enum": ["a", "1"]}]}, YES),
    ],
)
def test_a_text_is_read_by_the_type_that_takes_it(
    sent: dict[str, Any], taken: dict[str, Any], expected: Status
) -> None:
    assert judged(sent, taken) is expected


SPREAD = {"name": "filter", "in": "query", "schema": {"type": "object", "properties": {"a": STRING}}}
ALONE = {"name": "a", "in": "query", "schema": INTEGER}


@pytest.mark.parametrize(
    ("sent", "taken", "expected"),
    [
        ([SPREAD], [SPREAD, ALONE], WHO_KNOWS),
        ([ALONE], [SPREAD, ALONE], WHO_KNOWS),
        ([SPREAD, ALONE], [SPREAD, ALONE | {"deprecated": True}], YES),
        ([SPREAD], [SPREAD, ALONE | {"name": "b"}], YES),
        ([SPREAD], [SPREAD | {"explode": False}, ALONE], NO),
        (
            [ALONE],
            [ALONE, {**SPREAD, "schema": {"type": "object", "allOf": [{"properties": {"a": STRING}}]}}],
            WHO_KNOWS,
        ),
    ],
)
def test_a_name_in_the_query_is_one_parameters_alone(sent: Any, taken: Any, expected: Status) -> None:
    old, new = (source("operation", {"parameters": declared}, "3.1") for declared in (sent, taken))

    assert compare_sources(old, new, "openapi", Terms(witnesses=False)).backward.status is expected


@budget(60)
@given(st.integers(0, 2**32))
def test_what_is_compatible_no_text_refutes(seed: int) -> None:
    random = Random(seed)
    sent, taken = schema(random), schema(random)
    assume(judged(sent, taken) is YES)

    sends, takes = Draft202012Validator(sent), Draft202012Validator(taken)
    assume(any(map(takes.is_valid, VALUES)))  # what contradicts itself takes nothing, and nobody writes it
    refuting = [one for one in VALUES if sends.is_valid(one) and not any(map(takes.is_valid, readings(one)))]
    assert not refuting


VALUES = ["", "a", "ab", "1", "12", "true", "01", "x1", 0, 1, 12, -1, 1.5, True, False]
WORDS: dict[str, list[Any]] = {
    "enum": [["1", "true"], ["a"], [1, 2], [True], ["1", 12]],
    "pattern": ["^a", "^1", "^[0-9]+$"],
    "minLength": [1, 2],
    "maxLength": [1, 2],
    "minimum": [0, 2],
    "maximum": [1, 12],
    "minItems": [1, 2],
    "maxItems": [0, 1],
    "items": [{"type": "integer"}, {"type": "string"}, {"minLength": 2}, {"minimum": 1}],
}


def schema(random: Random, depth: int = 2, *, typed: bool = False) -> dict[str, Any]:
    """Of single values and lists, its keywords beside each other or apart. typed: its type stands outside."""
    made: dict[str, Any] = {
        word: random.choice(WORDS[word]) for word in random.sample(sorted(WORDS), random.choice([0, 1, 2]))
    }
    if not typed and random.random() < 0.7:
        made["type"] = random.choice(["string", "integer", "boolean", "number", ["string", "integer"], "array"])
    if depth and random.random() < 0.5:
        within = random.choice(["allOf", "anyOf", "oneOf", "not"])
        parts = [schema(random, depth - 1, typed=typed or "type" in made) for _ in range(random.choice([1, 2]))]
        made[within] = parts[0] if within == "not" else parts
    return made


def readings(value: Any) -> Iterator[Any]:
    """What the text of a value may be taken for."""
    text = value if isinstance(value, str) else json.dumps(value)
    yield text
    if text in {"0", "1", "12", "-1", "1.5", "true", "false"}:
        yield json.loads(text)
        yield [json.loads(text)]
    yield [text]

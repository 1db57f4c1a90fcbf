"""What of a component that one message spares and another does not? And does asking about that stay within bounds?"""

from typing import Any

import orjson
import pytest

from contractctl.compatibility import compare
from contractctl.formats.openapi import parse
from contractctl.formats.openapi.resolution import way_between
from contractctl.formats.openapi.resolution.operations import paths
from contractctl.formats.openapi.resolution.ways import Way
from contractctl.formats.openapi.schemas import Role
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Incompatibility, Status, Undecided

SPARED = {"anyOf": [{"$ref": "#/components/schemas/B"}, {"type": "object"}]}
"""Whatever becomes of B, who reads by this takes it."""
NEEDED = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
LOOSE = {"type": "object", "properties": {"id": {"type": "string"}}}


def named(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def text(answers: dict[str, Any], components: dict[str, Any]) -> str:
    written = {
        path: {"get": {"responses": {"200": {"description": "a", "content": {"application/json": {"schema": schema}}}}}}
        for path, schema in answers.items()
    }
    head = {"openapi": "3.0.3", "info": {"title": "x", "version": "1"}}
    return orjson.dumps({**head, "paths": written, "components": {"schemas": components}}).decode()


@pytest.mark.parametrize(
    "other",
    [
        named("B"),
        {"type": "object", "properties": {"b": named("B")}},
        {"type": "array", "items": named("Wrapped")},
        {"type": "array", "items": {"allOf": [named("Renamed")]}},
    ],
)
@pytest.mark.parametrize("first", ["/a", "/c"])
def test_a_component_that_one_answer_spares_is_found_in_the_other(first: str, other: dict[str, Any]) -> None:
    answers = {first: SPARED, "/b": other}
    beside = {"Wrapped": {"type": "object", "properties": {"b": named("B")}}, "Renamed": named("B")}
    old, new = (text(dict(sorted(answers.items())), {"B": b, **beside}) for b in (NEEDED, LOOSE))

    backward = compare(old, new, format="openapi").backward

    assert backward.status is Status.INCOMPATIBLE
    assert [(one.rule, one.path[:6]) for one in backward.findings] == [("json-schema-property-required", "GET /b")]
    assert all(one.witness is not None for one in backward.findings)


def test_a_component_that_every_answer_spares_is_nobodys_concern() -> None:
    answers = {"/a": SPARED, "/b": {"type": "array", "items": SPARED}}

    backward = compare(text(answers, {"B": NEEDED}), text(answers, {"B": LOOSE}), format="openapi").backward

    assert backward.status is Status.COMPATIBLE


def test_a_component_that_is_sent_no_longer_does_not_count() -> None:
    old = text({"/a": {"type": "object", "properties": {"b": named("B")}}}, {"B": {"type": "string"}})
    new = text({"/a": {"type": "object", "properties": {"b": {"type": "string"}}}}, {"B": {"type": "integer"}})

    assert compare(old, new, format="openapi").backward.status is Status.COMPATIBLE


def judged(way: Way) -> list[Incompatibility | Undecided]:
    return [*paths(way), *way.left()]


def way(count: int) -> Way:
    """As many answers as components, which lead to one another in circles, and all of them to one that is spared."""
    parts = {
        f"P{number}": {
            "type": "object",
            "properties": {"b": SPARED, **{f"p{step}": named(f"P{number * step % count}") for step in (2, 3, 5)}},
        }
        for number in range(count)
    }
    answers = {f"/p{number}": {"type": "array", "items": named(f"P{number}")} for number in range(count)}
    old, new = (
        parse(Source((File("api.json", text(answers, {**parts, "B": b})),)))
        for b in (NEEDED, {**LOOSE, "description": "may be without"})
    )
    return way_between(old, new)


def test_what_is_asked_of_far_apart_documents_grows_as_they_do() -> None:
    taken = {}
    for count in (20, 40):
        asked = way(count)
        granted = asked.comparison(Role.RESPONSE).work
        assert judged(asked) == []
        taken[count] = granted - asked.comparison(Role.RESPONSE).work

    assert 0 < taken[40] < 2.5 * taken[20]


def test_when_the_work_is_spent_nobody_is_told_that_all_is_well() -> None:
    asked = way(3)
    asked.comparison(Role.RESPONSE).work = 1

    found = judged(asked)

    assert [type(one) for one in found] == [Undecided]
    assert "is reached" in str(getattr(found[0], "reason", ""))


def test_what_only_an_extension_says_costs_no_question() -> None:
    def work(beside: dict[str, Any]) -> int:
        answers = {"/a": named("Outer")}
        outer = {"type": "object", "properties": {"b": {"anyOf": [{"type": "string"}, named("B")], **beside}}}
        old, new = (
            parse(Source((File("api.json", text(answers, {"Outer": outer, "B": b})),)))
            for b in (NEEDED, {**NEEDED, "maxProperties": 3})
        )
        asked = way_between(old, new)
        granted = asked.comparison(Role.RESPONSE).work
        judged(asked)
        return granted - asked.comparison(Role.RESPONSE).work

    assert (
        0 < work({"x-expansion": {"oneOf": [named("B")]}}) == work({}) < work({"oneOf": [named("B"), {"maxLength": 9}]})
    )


def test_a_property_that_is_named_like_an_extension_is_one_like_any() -> None:
    outer = {"type": "object", "properties": {"x-b": {"oneOf": [named("B"), {"type": "object", "required": ["id"]}]}}}
    old, new = (text({"/a": outer}, {"B": b}) for b in ({"type": "string"}, {"type": "object", "maxProperties": 1}))

    assert compare(old, new, format="openapi").backward.status is Status.INCOMPATIBLE

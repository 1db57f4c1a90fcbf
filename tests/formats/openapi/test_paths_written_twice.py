"""Is a path judged that a document has twice, each time with another name for its parameter, as frameworks write it?"""

from copy import deepcopy
from typing import Any

import pytest
from openapi_pairs import ANSWERED, source

from contractctl.compatibility import Terms, compare_sources
from contractctl.documents import read
from contractctl.formats.openapi import changes, parse
from contractctl.formats.openapi.staging import expanded
from contractctl.model.verdict import Change, Comparison


def served(name: str, **more: Any) -> dict[str, Any]:
    parameter = {"in": "path", "name": name, "required": True, "schema": {"type": "integer"}}
    return {"parameters": [parameter], **ANSWERED, **more}


def answered(kind: str) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": kind}}}}}}


TWICE: dict[str, Any] = {
    "/a/{id}": {"get": served("id", **answered("string"))},
    "/a/{aId}": {"delete": served("aId")},
}
ONCE: dict[str, Any] = {"/a/{x}": {"get": served("x", **answered("string")), "delete": served("x")}}


def compared(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    return compare_sources(source("paths", old, "3.0"), source("paths", new, "3.0"), "openapi", Terms())


def found(comparison: Comparison) -> list[tuple[str, str]]:
    return [(one.rule, one.path) for answer in (comparison.backward, comparison.forward) for one in answer.findings]


@pytest.mark.parametrize(("old", "new"), [(TWICE, ONCE), (ONCE, TWICE), (TWICE, dict(reversed(TWICE.items())))])
def test_it_is_the_same_path_however_often_it_is_written(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert found(compared(old, {**new, "/b": {"get": ANSWERED}})) == [("openapi-operation-removed", "GET /b")]
    assert list(changes(*(parse(source("paths", one, "3.0")) for one in (old, new)))) == []


def test_what_one_of_its_operations_answers_is_judged_and_shown() -> None:
    new = deepcopy(TWICE)
    new["/a/{id}"]["get"] |= answered("integer")
    comparison = compared(TWICE, new)

    assert found(comparison) == [("json-schema-type-refused", "GET /a/{id} response 200 application/json: $")] * 2
    assert comparison.backward.findings[0].witness is not None
    assert list(changes(*(parse(source("paths", one, "3.0")) for one in (TWICE, new)))) == [
        Change("changed", "GET /a/{id} response 200 application/json", "type", "string", "integer")
    ]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"/a/{id}": TWICE["/a/{id}"]}, {"/a/{id}": {"get", "delete"}}),
        ({**TWICE, "/b": {"get": ANSWERED}}, {"/a/{id}": {"get"}, "/a/{aId}": {"delete"}, "/b": {"get"}}),
    ],
)
def test_a_plan_keeps_what_goes_and_nothing_else(new: dict[str, Any], expected: dict[str, set[str]]) -> None:
    between = expanded(source("paths", TWICE, "3.0"), source("paths", new, "3.0"), "2027-01-01")
    paths = read(between.files[0].text, between.files[0].name)["paths"]

    assert {path: set(item) for path, item in paths.items()} == expected


def test_one_of_its_operations_goes() -> None:
    new = {"/a/{id}": TWICE["/a/{id}"]}
    comparison = compared(TWICE, new)

    assert found(comparison) == [("openapi-operation-removed", "DELETE /a/{aId}")]
    assert comparison.backward.findings[0].witness is not None
    assert list(changes(*(parse(source("paths", one, "3.0")) for one in (TWICE, new)))) == [
        Change("removed", "DELETE /a/{aId}", "operation")
    ]

"""Is a document of Swagger 2.0 judged as the same document in OpenAPI 3.0 is?"""

from pathlib import Path
from typing import Any

import orjson
import pytest
from openapi_pairs import found

from contractctl.compatibility import Terms, compare, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats.openapi.staging import expanded
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Comparison, Status
from tests.formats.labelled_pairs import entries

PAIRS = entries(Path(__file__).parent / "swagger.yaml")
TWINS = [one for one in PAIRS if "same_old" in one]


def source(one: dict[str, Any], name: str) -> Source:
    value = one[name]
    if one["in"] == "operation":
        value = {"paths": {"/x": {"post": {"responses": {"200": {"description": "ok"}}, **value}}}}
    version = {"openapi": "3.0.3"} if name.startswith("same") else {"swagger": "2.0"}
    text = orjson.dumps({**version, "info": {"title": "x", "version": "1"}, **value})
    return Source((File("api.json", text.decode()),))


def compared(one: dict[str, Any], old: str, new: str, *, witnesses: bool = False) -> Comparison:
    return compare_sources(source(one, old), source(one, new), "openapi", Terms(witnesses=witnesses))


def labels(one: dict[str, Any]) -> tuple[frozenset[str] | None, ...]:
    said = one.get("backward", []), one.get("forward", [])
    return tuple(None if rules == "unknown" else frozenset(rules) for rules in said)


@pytest.mark.parametrize("one", PAIRS, ids=lambda one: one["name"])
def test_a_pair_is_judged_as_its_label_says(one: dict[str, Any]) -> None:
    assert found(compared(one, "old", "new")) == labels(one)


@pytest.mark.parametrize("one", TWINS, ids=lambda one: one["name"])
def test_the_same_in_3_0_is_judged_the_same_and_a_conversion_breaks_nobody(one: dict[str, Any]) -> None:
    for old, new in (("same_old", "same_new"), ("old", "same_new"), ("same_old", "new")):
        assert found(compared(one, old, new)) == labels(one), (old, new)
    for twin in (("old", "same_old"), ("same_new", "new")):
        comparison = compared(one, *twin)
        assert (comparison.backward.status, comparison.forward.status) == (Status.COMPATIBLE, Status.COMPATIBLE), twin


def test_a_failure_is_shown_by_the_same_exchange() -> None:
    shown = 0
    for one in TWINS:
        in_2_0, in_3_0 = (
            {(each.rule, each.witness) for each in compared(one, *pair, witnesses=True).findings}
            for pair in (("old", "new"), ("same_old", "same_new"))
        )
        assert in_2_0 == in_3_0, one["name"]
        shown += sum(witness is not None for _, witness in in_2_0)

    assert shown > len(TWINS)


WRITTEN = """\
swagger: 2.0
info: {title: t, version: "1"}
produces: [application/json]
paths:
  /a:
    get:
      parameters:
        - {in: query, name: q, type: string}
        - $ref: "#/parameters/limit"
      responses:
        200: {$ref: "#/responses/Named"}
parameters:
  limit: {in: query, name: limit, type: integer}
responses:
  Named:
    description: d
    schema: {type: object, properties: {name: {type: string}}}
"""


@pytest.mark.parametrize(
    ("was", "becomes", "line"),
    [
        ("name: q, type: string", "name: q, type: string, maxLength: 3", 8),
        ("type: integer", "type: integer, required: true", 13),
        ("{name: {type: string}}", "{name: {type: integer}}", 17),
    ],
)
def test_a_place_is_that_of_the_text_in_2_0(was: str, becomes: str, line: int) -> None:
    (finding,) = compare(WRITTEN, WRITTEN.replace(was, becomes), format="openapi", witnesses=False).backward.findings

    assert finding.new is not None
    assert finding.new.line == line


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('"#/responses/Named"', "more.yaml#/Named", "leads out of this file or nowhere: bundle the document"),
        ('"#/parameters/limit"', '"#/parameters/none"', "leads out of this file or nowhere: bundle the document"),
        ("{name: {type: string}}", "{name: {$ref: more.yaml}}", "leads out of this file: bundle the document"),
        ("name: {type: string}", "name: {oneOf: [{type: string}]}", "have no 'oneOf'"),
        ("produces: [application/json]", "produces: application/json", "'produces' is not a list"),
        ("- {in: query, name: q, type: string}", "- q", "a parameter is not an object"),
        ("in: query, name: q", "in: formData", "the field of a form has no name"),
        ("in: query, name: q", "in: formData, required: 1, name: q", "'required' is neither true nor false"),
    ],
)
def test_what_the_words_of_3_0_do_not_say_is_unknown(was: str, becomes: str, said: str) -> None:
    backward = compare(WRITTEN, WRITTEN.replace(was, becomes), format="openapi", witnesses=False).backward

    assert any(said in one for one in backward.reasons)
    assert backward.status is not Status.COMPATIBLE


def test_a_document_of_2_0_is_not_staged() -> None:
    one = Source((File("api.yaml", WRITTEN),))

    with pytest.raises(ContractctlError, match=r"api\.yaml: Swagger 2\.0 is checked, but not staged"):
        expanded(one, one, "2027-05-05")

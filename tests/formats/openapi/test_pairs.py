"""Is each labelled pair judged right?"""

import pytest
from openapi_pairs import found, pairs, source

from contractctl.compatibility import compare
from contractctl.model.verdict import Effect, Status
from tests.formats.labelled_pairs import Pair

PAIRS = pairs()


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_pair_is_judged_as_its_label_says(pair: Pair) -> None:
    assert found(pair.compared()) == (pair.backward, pair.forward)


PART = "POST /x · Content-Type: multipart/form-data; boundary=part"
UNSEEN = {"openapi-body-removed", "openapi-security-tightened"}
"""A body that no operation asks for, and scopes: openapi-core looks at neither."""


def test_nearly_every_failure_is_shown_by_an_exchange() -> None:
    findings = [
        finding
        for pair in PAIRS
        for finding in pair.compared(witnesses=True).findings
        if finding.effect is Effect.FAILS
    ]
    shown = [finding for finding in findings if finding.witness is not None]

    assert len(shown) >= 0.95 * len(findings)
    assert {finding.rule for finding in findings} - {finding.rule for finding in shown} <= UNSEEN


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a server goes", "GET https://"),
        ("a webhook goes", "POST /webhook/w"),
        ("a callback needs more of clients", "POST /callback/c"),
        ("a media type of a response goes", "awaited: 200 · Content-Type: text/csv"),
        ("a date becomes a time", "2000-"),
        (
            "a fixed path comes to stand before one with a parameter",
            "200 · Content-Type: application/json · 0 (to GET /a/b)",
        ),
        ("a fixed path before one with a parameter goes", '"a" (to GET /a/b)'),
        ("a number is expected where a path was fixed", "GET /a/b"),
        ("a range of a request is read as a media type", "Content-Type: application/"),
        ("a path parameter has a pattern", "GET /a/a"),
        ("an object in a query with brackets takes other values", "?p[a]=a"),
        ("a list in a form with brackets takes fewer values", "a=c"),
        ("a list in a query with brackets takes fewer values", "?p=c"),
    ],
)
def test_a_failure_is_shown_by_what_travels(name: str, sent: str) -> None:
    (pair,) = [one for one in PAIRS if one.name == name]
    witnesses = [finding.witness for finding in pair.compared(witnesses=True).backward.findings]

    assert any(sent in one.sent for one in witnesses if one is not None)


@pytest.mark.parametrize(
    ("name", "sent", "answer"),
    [
        ("a list is written with commas", 'POST /x?p=a&p=a (for ["a", "a"])', 'read as ["a"]'),
        ("a list is parted by pipes", 'POST /x?p=a,a (for ["a", "a"])', 'read as ["a,a"]'),
        ("a parameter becomes JSON", 'POST /x?p=a (for "a")', "refused: ParameterValidationError"),
        (
            "an object in a header is written with equals signs",
            'POST /x · X-A: a,b (for {"a": "b"})',
            "refused: ParameterValidationError",
        ),
        (
            "a list in a form is written with commas",
            'POST /x · Content-Type: application/x-www-form-urlencoded · a=a&a=a (for ["a", "a"])',
            'read as ["a"]',
        ),
        (
            "a part of text becomes JSON",
            PART + ' · --part Content-Disposition: form-data; name="a" a --part-- (for "a")',
            "refused: RequestBodyValidationError: Failed to deserialize value with application/json",
        ),
        (
            "an object in a header of a response is written with equals signs",
            '200 · X-A: a=b (to POST /x, for {"a": "b"})',
            "read as {}",
        ),
        (
            "a second word comes",
            '200 · Content-Type: application/json · {"b": "a", "k": "c"} (to POST /x)',
            "refused: InvalidData",
        ),
        (
            "a word of a request gets another meaning",
            'POST /x · Content-Type: application/json · {"a": "a", "k": "x"}',
            "refused: InvalidRequestBody: 'b' is a required property",
        ),
    ],
)
def test_a_misreading_is_shown_by_what_is_read(name: str, sent: str, answer: str) -> None:
    (pair,) = [one for one in PAIRS if one.name == name]
    (witness,) = [finding.witness for finding in pair.compared(witnesses=True).backward.findings]

    assert witness is not None
    assert witness.sent == sent
    assert witness.answer.startswith(answer)


@pytest.mark.parametrize(
    "name",
    [
        "styles count for parts in 3.1",
        "an object in a form gets the style that others have",
        "an object is written in brackets",
        "a path parameter gets marks",
    ],
)
def test_what_openapi_core_cannot_read_in_either_way_is_no_witness(name: str) -> None:
    (pair,) = [one for one in PAIRS if one.name == name]

    assert [finding.witness for finding in pair.compared(witnesses=True).findings] == [None, None]


def test_what_is_quoted_is_what_the_finding_is_about() -> None:
    order = "{{type: object, required: [{0}], properties: {{{0}: {{type: string}}, status: {{enum: [{1}]}}}}}}"
    old, new = (
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: d, "
        f"content: {{application/json: {{schema: {order.format(name, symbols)}}}}}}}}}}}}}}}\n"
        for name, symbols in (("before", "new"), ("after", "new, paid"))
    )
    findings = compare(old, new, format="openapi").backward.findings

    said = {one.rule: one.witness.answer for one in findings if one.witness is not None}
    assert "'before' is a required property" in said["json-schema-property-required"]
    assert "'paid' is not one of ['new']" in said["json-schema-value-refused"]


def test_a_body_without_a_schema_may_be_what_is_no_text() -> None:
    old, new = (
        source("operation", {"requestBody": {"content": {"application/cbor": media}}}, "3.0").files[0].text
        for media in ({"schema": {"type": "object"}}, {})
    )

    assert [one.rule for one in compare(old, new, format="openapi").forward.findings] == ["json-schema-type-refused"]


def test_the_last_of_many_values_of_a_server_counts() -> None:
    def served(count: int, words: str = "") -> str:
        variables = {name: {"default": "0", "enum": [str(one) for one in range(count)]} for name in "ab"}
        url = "https://{a}.example/{b}"
        value = {"servers": [{"url": url, "variables": variables, "description": words}]}
        return source("document", value, "3.0").files[0].text

    few = compare(served(10), served(9), format="openapi", witnesses=False)
    many = compare(served(40), served(39), format="openapi", witnesses=False)
    worded = compare(served(30, "a"), served(30, "b"), format="openapi", witnesses=False)

    assert (few.backward.status, few.forward.status) == (Status.INCOMPATIBLE, Status.COMPATIBLE)
    assert (many.backward.status, worded.backward.status) == (Status.UNKNOWN, Status.COMPATIBLE)


def test_a_plan_is_offered_for_what_goes() -> None:
    gone = {one.rule: one.remedy for pair in PAIRS for one in pair.compared().backward.findings}

    for rule in ("openapi-operation-removed", "openapi-parameter-required", "json-schema-property-required"):
        assert "contractctl plan CONTRACT" in gone[rule]


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("a path parameter narrows", "GET /a/{x} path parameter 'x'", "may send a string as 'x', and"),
        ("a path parameter has a pattern", "GET /a/{x} path parameter 'x'", "may send \"a\" as 'x', and"),
    ],
)
def test_a_parameter_is_called_by_its_name_and_no_document(name: str, path: str, said: str) -> None:
    (pair,) = [one for one in PAIRS if one.name == name]
    (finding,) = pair.compared(witnesses=False).backward.findings

    assert finding.path == path
    assert said in finding.message

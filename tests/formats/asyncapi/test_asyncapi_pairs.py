"""Is each labelled pair judged right, and shown by a message that was really refused?"""

from typing import Any

import pytest
from asyncapi_pairs import AVRO, PROTOBUF, found, pairs, source

from contractctl.model.verdict import Effect
from tests.formats.labelled_pairs import Pair

PAIRS = pairs()


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_pair_is_judged_as_its_label_says(pair: Pair) -> None:
    assert found(pair.compared()) == (pair.backward, pair.forward)


def test_nearly_every_failure_is_shown_by_a_message() -> None:
    findings = [
        finding
        for pair in PAIRS
        for finding in pair.compared(witnesses=True).findings
        if finding.effect is not Effect.LOSES
    ]
    shown = [finding for finding in findings if finding.witness is not None]

    assert len(shown) >= 0.95 * len(findings), {f.path for f in findings if f.witness is None}


@pytest.mark.parametrize(
    ("name", "sent", "answer"),
    [
        ("a message comes to what is sent", "c · payload 0", "0 is not of type 'string'"),
        ("a header is needed", "headers {}", "'h' is a required property"),
        ("an Avro enum that is sent grows", 'c · "B"', "refused"),
        ("a correlation id moves", 'headers {"b": "1"}', "'a' is a required property"),
        ("an operation that sends goes", "awaited: c · ", "refused"),
    ],
)
def test_a_failure_is_shown_by_what_travels(name: str, sent: str, answer: str) -> None:
    (pair,) = [one for one in PAIRS if one.name == name]
    witnesses = [finding.witness for finding in pair.compared(witnesses=True).backward.findings]

    assert any(sent in one.sent and answer in one.answer for one in witnesses if one is not None)


OBJECT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
RECORD = {"schemaFormat": AVRO, "schema": {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}}
NUMBER = {"schemaFormat": AVRO, "schema": {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}}
MESSAGE = {"schemaFormat": PROTOBUF, "schema": 'syntax = "proto3"; message M { string a = 1; }'}


@pytest.mark.parametrize(
    ("old", "new", "sent", "by"),
    [
        (OBJECT, RECORD, 'payload {"id": 0}', "fastavro"),
        (OBJECT, MESSAGE, 'payload {"id": 0}', "protobuf"),
        (RECORD, OBJECT, 'payload {"a": ""} (bytes 00)', "json of Python"),
        (RECORD, MESSAGE, 'payload {"a": ""} (bytes 00)', "protobuf"),
        (MESSAGE, RECORD, 'payload a: "a" (bytes 0a 01 61)', "fastavro"),
        (MESSAGE, OBJECT, 'payload a: "a" (bytes 0a 01 61)', "json of Python"),
    ],
)
def test_another_language_is_shown_by_bytes_that_its_own_reader_refused(old: Any, new: Any, sent: str, by: str) -> None:
    pair = Pair("asyncapi", "", source("receive", old), source("receive", new), None, None)

    (finding,) = pair.compared(witnesses=True).backward.findings

    assert finding.witness is not None
    assert sent in finding.witness.sent
    assert finding.witness.answer.startswith("refused: ")
    assert finding.witness.executed_by.startswith(by)


def test_bytes_that_the_other_reader_takes_show_nothing() -> None:
    pair = Pair("asyncapi", "", source("receive", OBJECT), source("receive", NUMBER), None, None)

    (finding,) = pair.compared(witnesses=True).backward.findings

    assert (finding.rule, finding.witness) == ("asyncapi-schema-format-changed", None)

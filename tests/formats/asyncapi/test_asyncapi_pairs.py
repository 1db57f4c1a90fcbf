"""Is each labelled pair judged right, and shown by a message that was really refused?"""

import pytest
from asyncapi_pairs import found, pairs

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

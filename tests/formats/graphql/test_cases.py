"""Are pairs judged as the specification has it? One a line in cases.jsonl: [verdicts, old, new, why].

The verdicts are those of backward and forward: y compatible, n incompatible, u unknown.
"""

import json
from functools import cache
from pathlib import Path

import pytest

from contractctl.compatibility import compare
from contractctl.model.verdict import Comparison, Status

LETTERS = {Status.COMPATIBLE: "y", Status.INCOMPATIBLE: "n", Status.UNKNOWN: "u"}
CASES = [json.loads(line) for line in Path(__file__).with_name("cases.jsonl").read_text("utf-8").splitlines()]


@cache
def compared(old: str, new: str) -> Comparison:
    return compare(old, new, format="graphql")


@pytest.mark.parametrize(("verdicts", "old", "new", "why"), CASES, ids=[why for *_, why in CASES])
def test_a_pair_is_judged_as_the_specification_has_it(verdicts: str, old: str, new: str, why: str) -> None:
    found = compared(old, new)

    assert LETTERS[found.backward.status] + LETTERS[found.forward.status] == verdicts, found


def test_every_incompatibility_of_the_pairs_is_shown_by_a_document() -> None:
    unshown = [
        (one.rule, old, new)
        for _, old, new, _ in CASES
        for one in compared(old, new).findings
        if one.breaks and one.witness is None
    ]

    assert unshown == []


def test_there_are_enough_pairs_to_mean_something() -> None:
    assert len(CASES) >= 80
    assert {letter for verdicts, *_ in CASES for letter in verdicts} == set("ynu")

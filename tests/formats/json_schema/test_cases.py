"""Is each pair judged as the specification says? Every keyword, in both directions, in every dialect that has it."""

from collections import Counter

import pytest
from labelled import Case, cases

from contractctl.compatibility import compare
from contractctl.model.verdict import Answer, Status

CASES = list(cases())


def expected(*, included: bool) -> Status:
    return Status.COMPATIBLE if included else Status.INCOMPATIBLE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_pair_is_judged_as_the_specification_says(case: Case) -> None:
    old, new = case.texts()

    verdict = compare(old, new, format="json-schema", policy=case.policy)

    assert (verdict.backward.status, verdict.forward.status) == (
        expected(included=case.backward),
        expected(included=case.forward),
    ), case.why
    assert all(is_shown(answer) for answer in (verdict.backward, verdict.forward))


def is_shown(answer: Answer) -> bool:
    """Whether what breaks is shown by a witness."""
    return answer.status is not Status.INCOMPATIBLE or any(finding.witness for finding in answer.findings)


def test_every_relation_is_asked_for_often_enough() -> None:
    counted = Counter((case.backward, case.forward) for case in CASES)

    assert min(counted.values()) > 100

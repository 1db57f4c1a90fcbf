"""Is each pair judged as the specification says? Every keyword, in both directions, in every dialect that has it."""

from collections import Counter

import pytest
from labelled import Case, cases

from contractctl.compatibility import compare
from contractctl.model.verdict import Answer, Status

CASES = list(cases())

# Where what is judged is not what the specification says, and why.
_ONE = "1.0 is an integer in every draft here, as it is for all whose numbers do not remember how they were written"
_CONST = "const is read in draft 4, too: nobody who writes it means nothing"
_CONTAINS = "jsonschema lets contains evaluate items in 2019-09, too, so no witness shows it"
OTHERWISE = {
    "dialects-4-own": _ONE,
    "dialects-6-own": _CONST,
    "dialects-13-own": _CONTAINS,
    "numbers-31-4": _ONE,
    "types-10-4": _ONE,
    "types-13-4": _ONE,
}


def expected(*, included: bool) -> Status:
    return Status.COMPATIBLE if included else Status.INCOMPATIBLE


def marked(case: Case) -> object:
    why = OTHERWISE.get(case.name)
    return pytest.param(case, id=case.name, marks=[] if why is None else pytest.mark.xfail(reason=why))


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
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

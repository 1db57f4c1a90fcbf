"""Is every rule that oasdiff documents reported here, or a reason given? By the table in OASDIFF.md."""

import itertools
import re
from pathlib import Path

import pytest
from openapi_pairs import pairs

from contractctl.formats.pages import page

TABLE = Path(__file__).with_name("OASDIFF.md")
ROWS = [
    (theirs.strip("`"), ours, held)
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| `")
    for theirs, ours, held in [line.strip("| ").split(" | ")]
]
LABELS = {pair.name: pair.backward for pair in pairs()}
ON_ITS_PAGE = "the example of its page"


def names(theirs: str) -> list[str]:
    """`a-{b,c}` written out."""
    parts = [part.split(",") for part in re.split(r"[{}]", theirs)]
    return ["".join(chosen) for chosen in itertools.product(*parts)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_rule_of_oasdiff_is_held_by_a_pair_or_a_reason(row: tuple[str, str, str]) -> None:
    _, ours, held = row
    rules = LABELS.get(held, frozenset())
    if ours == "none":
        assert not rules
        assert rules is not None
        assert held in LABELS or held.count(" ") > 3
    elif ours == "unknown":
        assert rules is None
    elif held == ON_ITS_PAGE or held not in LABELS:
        assert page(ours).example is not None
        assert held == ON_ITS_PAGE or held.count(" ") > 3
    else:
        assert rules is not None
        assert ours in rules


def test_no_rule_of_oasdiff_is_in_two_rows() -> None:
    told = [name for theirs, _, _ in ROWS for name in names(theirs)]

    assert sorted(told) == sorted(set(told))
    assert len(told) >= 400

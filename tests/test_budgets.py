"""Does every property try the same cases in ci/test, and others in ci/fuzz?"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budgets import VARIABLE, budget

TESTS = Path(__file__).parent
FUZZING = TESTS.parent / "ci/fuzzing.py"


def cases(count: int) -> list[int]:
    seen: list[int] = []

    @budget(count)
    @given(st.integers())
    def try_one(number: int) -> None:
        seen.append(number)

    try_one()
    return seen


def test_the_cases_of_ci_test_are_always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)

    assert cases(30) == cases(30)


def test_the_cases_of_ci_fuzz_are_more_and_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "5")

    assert budget(30).max_examples == 150
    assert budget(30).print_blob
    assert cases(30) != cases(30)


def test_no_property_has_a_budget_of_its_own() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py")}
    own = {name for name, text in texts.items() if re.search(r"(?<!\w)settings\(\s*max_examples", text)}

    assert own == {"budgets.py"}


def test_a_format_that_is_none_is_refused_with_those_that_are() -> None:
    done = subprocess.run([sys.executable, str(FUZZING), "xml"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "'avro', 'graphql', 'json-schema', 'openapi', 'protobuf', 'sql'" in done.stderr

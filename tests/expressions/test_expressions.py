"""Does an expression give the same answer twice, and end in time?"""

import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractctl.errors import ContractctlError
from contractctl.expressions import MOST_SECONDS, evaluate, read_expression, same
from tests.budgets import budget

EVENT = {"id": 2**60 + 1, "name": "Ada Lovelace", "none": None, "one": [5], "empty": [], "price": "12.30"}
HARMLESS = r"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def of(text: str, event: dict[str, Any] | None = None) -> Any:
    return evaluate(read_expression(text, "--up of 'x'"), EVENT if event is None else event)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("id", 2**60 + 1),
        ("none", None),
        ("one", [5]),
        ("empty", []),
        ("$substringBefore(name, ' ')", "Ada"),
        ("$number(price) * 100", 1230),
        ("5.5 % 2", 1.5),
        ("{'a': none, 'b': [none]}", {"a": None, "b": [None]}),
    ],
)
def test_an_expression_makes_json(text: str, value: Any) -> None:
    assert of(text) == value


@given(JSON)
@budget(200)
def test_what_is_passed_on_is_what_it_was(value: Any) -> None:
    assert same(of("x", {"x": value}), value)


def test_an_evaluation_leaves_nothing_behind_for_the_next() -> None:
    counting = read_expression("$seen := $exists($seen) ? $seen + 1 : 1", "--up of 'x'")

    assert [evaluate(counting, EVENT) for _ in range(3)] == [1, 1, 1]


def test_the_event_stays_as_it_was() -> None:
    event = {"a": {"b": [1]}}

    of("$ ~> |a|{'b': 2}|", event)

    assert event == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    "text",
    [
        "$now()",
        "$millis()",
        "$random()",
        "$shuffle(one)",
        "name ~> $now",
        "($f := $now; $f())",
        "one.(function(){$millis()})()",
    ],
)
def test_what_answers_differently_each_time_is_refused(text: str) -> None:
    with pytest.raises(ContractctlError, match="answers differently each time"):
        read_expression(text, "--up of 'x'")


def test_text_is_never_evaluated() -> None:
    with pytest.raises(ContractctlError, match="nobody has reviewed"):
        read_expression("$eval('$now()')", "--up of 'x'")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("1 +", "unexpected end"),
        ("(" * 5000 + "1", "is not valid JSONata"),
        ("1" * 20_000, "too many"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ContractctlError, match=said) as caught:
        read_expression(text, "--up of 'x'")
    assert caught.value.message.startswith("--up of 'x': ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("missing", "finds nothing"),
        ("1 / 0", "divides by zero"),
        ("5 % 0", "divides by zero"),
        ("name * 2", "must evaluate to a number"),
        ("function($x){$x}", "produces a function"),
        ("'\\ud800'", "half a surrogate pair"),
        ("1e308 * 10", "out of range"),
        ("($f := function($x){1 + $f($x)}; $f(1))", "levels deep"),
        ("($f := function($x){$f($x)}; $f(1))", "takes longer"),
        (f"$contains('{HARMLESS}', /^(a|a|aa)+$/)", "takes longer"),
        (f"$replace('{HARMLESS}', /^(a|a|aa)+$/, 'b')", "takes longer"),
        ("[0..9999999]", "too long"),
        ("$pad('x', 100000000)", "too long"),
        ("$reduce([1..40], function($a, $i){$a & $a}, 'aaaaaaaaaa')", "more than 1,000,000 parts"),
    ],
)
def test_what_fails_or_has_no_end_is_said_in_time(text: str, said: str) -> None:
    begin = time.monotonic()

    with pytest.raises(ContractctlError, match=said):
        of(text)

    assert time.monotonic() - begin < 20 * MOST_SECONDS


def test_the_recursion_limit_of_the_process_stays_what_it_was() -> None:
    program = "import sys; from contractctl.expressions import jsonata_engine; print(sys.getrecursionlimit())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert int(done.stdout) == 1000


@pytest.mark.parametrize(("left", "right"), [(1, True), (0, False), ("1", 1), (None, False), ([1], [True]), ({}, [])])
def test_values_of_different_types_are_not_the_same(left: Any, right: Any) -> None:
    assert not same(left, right)

"""Is JSON read exactly, quickly refused where it is none, and found again by its place?"""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractctl.documents import MOST_LEVELS, decode, locate_json, read_json
from contractctl.documents.json_plain import LARGE, plain_json
from contractctl.errors import ContractctlError
from tests.budgets import budget

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text('ab"\\\n{é'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"{[:,', max_size=3), inner, max_size=3),
)


def refused(text: str | bytes) -> str:
    with pytest.raises(ContractctlError) as caught:
        read_json(text, "f.json")
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.json: the file is empty"),
        ('{\n  "a": 1,\n  b}', "f.json:3:3: this is not JSON: "),
        ("[1, 2", "f.json:1:6: this is not JSON: expecting ',' delimiter"),
        ("[1] 2", "f.json:1:5: this is not JSON: extra data"),
        ('{"a": {"b": 1,\n "c": 2, "b": 3}}', "f.json:2:10: the key 'b' appears twice in one object"),
        ("[NaN]", "f.json:1:2: 'NaN' is not a JSON value"),
        ("[-Infinity]", "f.json:1:2: '-Infinity' is not a JSON value"),
        ("[1e999]", "f.json:1:2: the number 1e999 is larger than a double can be"),
        ('["\\ud800"]', "f.json: the escape '\\ud800' is half a character"),
        (b'["\xff"]', "f.json:1: byte 0xff at offset 2 is not UTF-8"),
        ("[" * 100_000, "f.json: nested more than 200 levels deep"),
        ("[" * (MOST_LEVELS + 1) + "]" * (MOST_LEVELS + 1), "f.json: nested more than 200 levels deep"),
        ('{"NaN": "NaN",\n "a": [1e999999999]}', "f.json:2:8: the number 1e999999999 is larger than a double can be"),
        ("1" * 5000, "f.json:1:1: a number of 5,000 digits is too long"),
        ("[1]".encode("utf-16"), "f.json: this is UTF-16, not UTF-8"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str | bytes, said: str) -> None:
    assert refused(text).startswith(said)


def test_whole_numbers_are_exact_beyond_64_bits() -> None:
    assert read_json("[18446744073709551617, -9223372036854775809]", "f") == [2**64 + 1, -(2**63) - 1]


@pytest.mark.parametrize("text", ["\ufeff[1]", b"\xef\xbb\xbf[1]", "[1]"])
def test_a_byte_order_mark_is_passed_over(text: str | bytes) -> None:
    assert read_json(text, "f") == [1]


def test_depth_up_to_the_limit_is_read() -> None:
    assert read_json("[" * MOST_LEVELS + "]" * MOST_LEVELS, "f")


def test_many_flat_brackets_are_not_depth() -> None:
    assert read_json(json.dumps([[]] * 1000), "f") == [[]] * 1000


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"b": [1, 1.0, true, null, "\\"}", -0, 1e3]}}',
        '{"a": {"b": 1, "b": 2}}',
        '{"\\u0062": 1, "b": 2, "c": "\\u0022\\u0022"}',
        "[18446744073709551617, -9223372036854775809]",
        '["\\ud83d\\ude00"]',
        '["\\ud800"]',
        "[NaN]",
        "[1e999]",
        "[1,]",
        "[" * MOST_LEVELS + "]" * MOST_LEVELS,
        "[" * (MOST_LEVELS + 1) + "]" * (MOST_LEVELS + 1),
        "[" * 2000 + "]" * 2000,
    ],
)
def test_a_large_text_is_read_as_a_small_one_is(text: str) -> None:
    def read(given: str) -> str:
        try:
            return repr(read_json(given, "f"))
        except ContractctlError as error:
            return f"{error.message} ({error.hint})"

    assert read(text + " " * LARGE) == read(text)


@budget(100)
@given(VALUES)
def test_what_is_plain_is_read_without_python_s_reader(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    has_large_numbers = re.search(r"[0-9]{19}", text) is not None

    assert plain_json(text) == (None if has_large_numbers else value)


def test_decode_names_the_line_of_a_bad_byte() -> None:
    with pytest.raises(ContractctlError, match="f:2: byte 0xe9"):
        decode(b"one\ncaf\xe9", "f")


def test_a_place_is_line_and_column_of_the_value() -> None:
    text = '{\n  "a": [1, {"b":\n 2}],\n  "c": "}"}'

    assert locate_json(text, ()) == (1, 1)
    assert locate_json(text, ("a",)) == (2, 8)
    assert locate_json(text, ("a", 1, "b")) == (3, 2)
    assert locate_json(text, ("c",)) == (4, 8)


def test_a_place_that_is_not_there_is_its_nearest_parent_s() -> None:
    assert locate_json('{"a":\n [1]}', ("a", 5, "x")) == (2, 2)


def test_a_byte_order_mark_takes_no_column() -> None:
    assert locate_json('\ufeff{"a": 1}', ("a",)) == (1, 7)


@budget(200)
@given(VALUES, st.sampled_from([None, 1]))
def test_every_value_is_found_where_it_stands(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)

    for pointer, inner in every(value, ()):
        line, column = locate_json(text, pointer)
        rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :]
        assert json.JSONDecoder().raw_decode(rest)[0] == inner


def every(value: Any, at: tuple[str | int, ...]) -> Any:
    yield at, value
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from every(inner, (*at, key))

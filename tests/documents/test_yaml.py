"""Is YAML read as its version 1.2 means it, refused where JSON has no value for it, and found again by its place?"""

import contextlib
import gc
import json
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contractctl.documents import MOST_LEVELS, Json, locate, read
from contractctl.documents.yaml_known import locate_yaml
from contractctl.documents.yaml_text import read_yaml
from contractctl.errors import ContractctlError
from tests.budgets import budget

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab\n #:-é'"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab:{#", max_size=3), inner, max_size=3),
)


def refused(text: str | bytes) -> str:
    with pytest.raises(ContractctlError) as caught:
        read_yaml(text, "f.yaml")
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("y", "y"),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("~", None),
        ("Null", None),
        ("a:", {"a": None}),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-", [None]),
        (".", "."),
        ("1.2.3", "1.2.3"),
        ("2024-01-31", "2024-01-31"),
        ("+12", 12),
        ("'12'", "12"),
        ("18446744073709551617", 2**64 + 1),
        ("|\n  12\n", "12\n"),
        ("=", "="),
    ],
)
def test_a_plain_scalar_is_what_the_core_schema_of_1_2_says(text: str, value: Json) -> None:
    found = read_yaml(text, "f")

    assert found == value
    assert type(found) is type(value)


def test_a_whole_number_is_a_key_as_it_is_written() -> None:
    text = "responses:\n  200: {a: 1}\n  -1: b\n"

    assert read_yaml(text, "f.yaml") == {"responses": {"200": {"a": 1}, "-1": "b"}}
    assert locate_yaml(text, "f.yaml", ("responses", "200", "a")) == (2, 12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.yaml: the file is empty"),
        ("# nothing but talk\n", "f.yaml: the file is empty"),
        ("a: [1\n", "f.yaml:2:1: this is not YAML: did not find expected"),
        ("a:\n\t- b", "f.yaml:2:1: this is not YAML: found character that cannot start any token"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document begins here"),
        ("a: 1\nb: 2\n'a': 3\n", "f.yaml:3:1: the key 'a' appears twice in one mapping"),
        ("a:\n  0200: x\n", "f.yaml:2:3: the key 200 is not a string"),
        ("a:\n  200: x\n  '200': y\n", "f.yaml:3:3: the key '200' appears twice in one mapping"),
        ("null: x\n", "f.yaml:1:1: the key null is not a string"),
        ("? [a]\n: x\n", "f.yaml:1:3: a key is a list or a mapping"),
        ("? {a: b}\n: x\n", "f.yaml:1:3: a key is a list or a mapping"),
        ("a: !!python/object:os.system x", "f.yaml:1:4: the tag '!!python/object:os.system' is not supported"),
        ("a: !!str 1", "f.yaml:1:4: the tag '!!str' is not supported"),
        ("a: !x {b: c}", "f.yaml:1:4: the tag '!x' is not supported"),
        ("a: .nan", "f.yaml:1:4: JSON has no value for '.nan'"),
        ("a: -.INF", "f.yaml:1:4: JSON has no value for '-.INF'"),
        ("a: 1e999999999", "f.yaml:1:4: the number 1e999999999 is larger than a double can be"),
        ("a: " + "1" * 5000, "f.yaml:1:4: a number of 5,000 characters is too long"),
        ("a: *b", "f.yaml:1:4: '*b' refers to nothing before it"),
        ("a: &a [*a]", "f.yaml:1:8: '*a' is inside what it refers to"),
        ("a: &a 1\nb: &a [*a]", "f.yaml:2:8: '*a' is inside what it refers to"),
        ("<<: 1", "f.yaml:1:5: '<<' merges something that is not a mapping"),
        ("<<: {a: 1}\n<<: {b: 1}", "f.yaml:2:1: the key '<<' appears twice in one mapping"),
        ("[" * 100_000, "f.yaml: nested more than 200 levels deep"),
        ("- " * 100_000, "f.yaml: nested more than 200 levels deep"),
        ("[" * (MOST_LEVELS + 1) + "]" * (MOST_LEVELS + 1), "f.yaml: nested more than 200 levels deep"),
        ("a: &a " + "[" * 150 + "]" * 150 + "\nb: " + "[" * 100 + "*a" + "]" * 100, "f.yaml: nested more than 200"),
        ("a: 1\nb: \x01", "f.yaml:2:4: the character 0x0001 is not allowed in YAML"),
        ('a: "\ud800"', "f.yaml:1:5: the character 0xd800 is not allowed in YAML"),
        ('a: "\\uD800"', "f.yaml:1:7: this is not YAML: found invalid Unicode character escape code"),
        ("%YAML 3.0\n---\na", "f.yaml:1:1: this is not YAML: found incompatible YAML document"),
        (b"a: \xff", "f.yaml:1: byte 0xff at offset 3 is not UTF-8"),
        ("a: 1".encode("utf-16"), "f.yaml: this is UTF-16, not UTF-8"),
    ],
)
def test_what_json_has_no_value_for_is_refused_with_its_place(text: str | bytes, said: str) -> None:
    assert refused(text).startswith(said)


@pytest.mark.parametrize("text", ["\ufeffa: 1", b"\xef\xbb\xbfa: 1", "%YAML 1.2\n---\na: 1\n...\n"])
def test_marks_and_directives_at_the_beginning_are_passed_over(text: str | bytes) -> None:
    assert read_yaml(text, "f") == {"a": 1}


def test_an_alias_is_the_value_of_its_anchor() -> None:
    assert read_yaml("a: &x [1, {b: &y c}]\nd: *x\n*y : e\n", "f") == {
        "a": [1, {"b": "c"}],
        "d": [1, {"b": "c"}],
        "c": "e",
    }


def test_own_keys_win_over_merged_ones_and_earlier_merged_over_later_ones() -> None:
    text = "one: &one {a: 1, b: 1, c: 1}\ntwo: &two {b: 2, d: 2}\nall: {<<: [*two, *one], c: 3}\n'<<': text\n"

    value = read_yaml(text, "f")

    assert isinstance(value, dict)
    assert value["all"] == {"a": 1, "b": 2, "c": 3, "d": 2}
    assert value["<<"] == "text"


def test_a_bomb_of_aliases_is_refused_before_it_goes_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    began = time.perf_counter()

    said = refused("\n".join(lines))

    assert "aliases stand for more than 1,000,000 values" in said
    assert time.perf_counter() - began < 20


def test_a_bomb_of_merges_is_refused_before_it_goes_off() -> None:
    lines = ["a0: &a0 {k: {x: 1, y: 2}}"]
    lines += [f"a{n}: &a{n} {{p{n}: *a{n - 1}, <<: *a{n - 1}}}" for n in range(1, 60)]

    assert "aliases stand for more than" in refused("\n".join(lines))


def test_a_place_is_line_and_column_of_the_value() -> None:
    text = "# talk\na:\n  - 1\n  - b: {c: 'x'}\nd: &d\n  e: 1\nf: *d\ng: {<<: *d, h: 2}\n"

    assert locate_yaml(text, "f", ()) == (2, 1)
    assert locate_yaml(text, "f", ("a",)) == (3, 3)
    assert locate_yaml(text, "f", ("a", 1, "b", "c")) == (4, 12)
    assert locate_yaml(text, "f", ("f",)) == (7, 4)
    assert locate_yaml(text, "f", ("f", "e")) == (6, 6)
    assert locate_yaml(text, "f", ("g", "e")) == (6, 6)
    assert locate_yaml(text, "f", ("g", "h")) == (8, 16)


def test_a_place_that_is_not_there_is_its_nearest_parent_s() -> None:
    assert locate_yaml("a:\n - 1\n", "f", ("a", 7, "x")) == (2, 2)
    assert locate_yaml("a: text\n", "f", ("a", "x")) == (1, 4)


def test_the_ending_of_a_file_says_how_it_is_read() -> None:
    assert read("{a: on}", "f.YML") == {"a": "on"}
    assert locate("a:\n b: 1", "f.yaml", ("a", "b")) == (2, 5)
    assert locate('{"a":\n1}', "f.jsonschema", ("a",)) == (2, 1)
    with pytest.raises(ContractctlError, match="this is not JSON"):
        read("{a: on}", "f.json")


def test_the_collector_works_again_after_a_refusal() -> None:
    refused("a: [")

    assert gc.isenabled()


@budget(200)
@given(VALUES)
def test_what_a_yaml_writer_writes_is_read_as_json_would_be(value: Json) -> None:
    assert read_yaml(json.dumps(value, ensure_ascii=False), "f") == value
    assert read_yaml(yaml.safe_dump(value), "f") == value


@budget(300)
@given(st.text("ab:-[]{}&*!|>'\"%@`#, \n\t\\?~1.e<", max_size=30))
def test_no_text_makes_it_fall_over(text: str) -> None:
    with contextlib.suppress(ContractctlError):
        read_yaml(text, "f")

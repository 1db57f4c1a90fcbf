"""Do patterns mean here what they mean to the engines, and is everything that is said of them together exact?"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patterns import LETTERS, TEXTS, ecma, engine, python

from contractctl.formats.json_schema.language import Strings, Unreadable, characters, check, matches, possible, take


def strings(wanted: str = "", unwanted: str | None = None, least: int = 0, most: int | None = None) -> Strings:
    return Strings(frozenset({wanted}), frozenset() if unwanted is None else frozenset({unwanted}), least, most)


def reason(pattern: str) -> str:
    with pytest.raises(Unreadable) as said:
        take(strings(pattern), 1)
    return said.value.reason


@given(ecma())
def test_a_pattern_matches_what_an_engine_of_ecma_262_matches(pattern: str) -> None:
    find = engine(pattern)

    assert [text for text in TEXTS if matches(pattern, text)] == [text for text in TEXTS if find(text)]


@given(ecma())
def test_a_pattern_matches_what_python_matches_where_both_read_it_alike(pattern: str) -> None:
    find = re.compile(python(pattern), re.ASCII).search

    assert [text for text in TEXTS if matches(pattern, text)] == [text for text in TEXTS if find(text)]


@given(
    st.lists(ecma(), max_size=2),
    st.lists(ecma(), max_size=2),
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(0, 4)),
)
def test_all_strings_are_found_that_fulfil_the_question_and_no_other(
    wanted: list[str], unwanted: list[str], least: int, most: int | None
) -> None:
    asked = Strings(frozenset({*wanted, f"^[{LETTERS}]{{0,4}}$"}), frozenset(unwanted), least, most)
    finds, refuses = [engine(one) for one in wanted], [engine(one) for one in unwanted]
    expected = {
        text
        for text in TEXTS
        if least <= len(text) and (most is None or len(text) <= most)
        if all(find(text) for find in finds)
        if not any(refuse(text) for refuse in refuses)
    }

    taken = take(asked, len(TEXTS) + 1)

    assert set(taken) == expected
    assert len(taken) == len(expected)
    assert [len(text) for text in taken] == sorted(len(text) for text in taken)
    assert possible(asked) == bool(expected)


@given(ecma(), ecma())
def test_what_is_taken_without_a_bound_fulfils_the_question(wanted: str, unwanted: str) -> None:
    find, refuse = engine(wanted), engine(unwanted)

    for text in take(strings(wanted, unwanted), 20):
        assert find(text)
        assert not refuse(text)


@given(ecma(), st.lists(ecma(), min_size=1, max_size=3), st.lists(ecma(), min_size=1, max_size=3), ecma(), st.data())
def test_alternatives_that_both_sides_share_change_no_answer(
    before: str, some: list[str], others: list[str], behind: str, data: st.DataObject
) -> None:
    others = [*others, *data.draw(st.lists(st.sampled_from(some)))]
    optional = data.draw(st.sampled_from(("", "?")))
    wanted, unwanted = (f"{before}(?:{'|'.join(held)}){optional}{behind}" for held in (some, others))
    within = f"^[{LETTERS}]{{0,4}}$"
    find, refuse = engine(wanted), engine(unwanted)

    taken = take(Strings(frozenset({wanted, within}), frozenset({unwanted})), len(TEXTS))

    assert set(taken) == {text for text in TEXTS if find(text) and not refuse(text)}


@given(*[st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted)] * 3, st.booleans(), st.booleans())
def test_numbers_of_a_counted_class_are_bounds_of_the_length(
    wanted: list[int], unwanted: list[int], bounds: list[int], open_above: bool, wider: bool
) -> None:
    (least, most), (low, high) = wanted, unwanted
    letters = "ab" if wider else "a"
    asked = strings(f"^[a]{{{least},{most}}}$", f"^[{letters}]{{{low},{'' if open_above else high}}}$", *bounds)

    taken = take(asked, 100)

    lengths = range(max(least, bounds[0]), min(most, bounds[1]) + 1)
    excluded = [length for length in lengths if low <= length and (open_above or length <= high)]
    assert taken == tuple("a" * length for length in lengths if length not in excluded)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 7, 8])
@given(ecma())
def test_a_least_length_takes_nothing_shorter_and_loses_nothing(length: int, pattern: str) -> None:
    taken = take(strings(pattern, None, length, length), 5)

    assert all(len(text) == length for text in taken)
    if length <= 4 and any(len(text) == length and matches(pattern, text) for text in TEXTS):
        assert taken


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a$", "a\n", False),
        (r"^\d$", "٣", False),
        (r"^\w$", "é", False),
        (r"^\s$", "\ufeff", True),
        (r"^\s$", "\x1c", False),
        ("^.$", "\u2028", False),
        ("^.$", "\r", False),
        ("^.$", "💩", True),
        ("^[^]$", "\n", True),
        ("[]", "a", False),
        (r"^\cJ$", "\n", True),
        (r"^\u0061\x62\0$", "ab\0", True),
        (r"^\ud83d\udca9$", "💩", True),
        (r"^\u{1F4A9}$", "💩", True),
        (r"^\p{Lu}\P{Lu}$", "Éé", True),
        (r"^\p{General_Category=Decimal_Number}$", "٣", True),
        (r"^\p{L}$", "1", False),
        (r"^[\p{L}-]+$", "é-", True),
        ("^{?[0-9]}?$", "{1}", True),
        (r"^[\w-.]+$", "a-.", True),
        (r"^\-\@\_$", "-@_", True),
        ("^(?<year>[0-9]{4})$", "2026", True),
        ("^(?P<year>[0-9]{4})$", "2026", True),
        ("(?i)^straße$", "STRAßE", False),
        ("(?i)^kiss$", "\u212aI\u017fs", True),
        ("(?i)^[^k]$", "K", False),
        ("^(?i:a)b$", "Ab", True),
        ("^(?i:a)b$", "AB", False),
        ("(?s)^.$", "\n", True),
        (r"^(?:a\b|b)-$", "a-", True),
        (r"\bfoo\b", "a foo.", True),
        (r"\bfoo\b", "afoo", False),
        (r"\b$", "-a", True),
        (r"^[\b]$", "\b", True),
        ("^(?:(?=a)){2}a$", "a", True),
        ("^(?!.*(?:--)).*$", "a--b", False),
        ("^(?:a(?!b)|b(?=a)|c)+$", "acba", True),
        ("^(?:a(?!b)|b(?=a)|c)+$", "acab", False),
        ("^(a?){3}$", "aaaa", False),
        ("^(a?b?){2,3}$", "abab", True),
        ("^(a*)*$", "aab", False),
    ],
)
def test_a_pattern_is_read_by_the_specification(pattern: str, text: str, found: bool) -> None:
    if pattern == "(?i)^straße$":
        assert "ignores the case" in reason(pattern)
        return

    assert matches(pattern, text) is found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "a '(' is not closed"),
        ("a)", "a ')' closes nothing"),
        ("[a", "a '[' is not closed"),
        ("*a", "there is nothing to repeat"),
        ("a**", "a repetition is repeated without brackets"),
        ("{2}", "there is nothing to repeat"),
        ("a{3,2}", "the numbers of a repetition are out of order"),
        ("[b-a]", "a range of characters is out of order"),
        ("^*", "an assertion cannot be repeated"),
        ("a\\", "it ends within an escape"),
        (r"\x1", "the number of a character is invalid"),
        (r"\u{110000}", "the number of a character is invalid"),
        ("(?<1>a)", "the name of a group is invalid"),
    ],
)
def test_what_is_no_regular_expression_is_said_to_be_none(pattern: str, why: str) -> None:
    with pytest.raises(Unreadable) as said:
        check(pattern)

    assert said.value.reason == f"the pattern '{pattern}' is not a regular expression: {why}"
    assert reason(pattern) == said.value.reason


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a)\1", "refers back to what a group matched"),
        (r"(?<n>a)\k<n>", "refers back to what a group matched"),
        ("(?P<n>a)(?P=n)", "a group that ECMA-262 does not know"),
        ("(?<=a)b", "looks behind"),
        ("(?<!a)b", "looks behind"),
        (r"\Aa\Z", "engines read differently"),
        ("a{,3}", "engines read differently"),
        ("[]a]", "engines read differently"),
        (r"\07", "engines read differently"),
        ("a++", "possessively"),
        ("(?>a)", "a group that ECMA-262 does not know"),
        ("(?m:^a)", "reads line by line"),
        (r"\p{Script=Greek}", "property 'Script=Greek'"),
        (r"\p{L}\@", "neither with the flag 'u'"),
        ("(" * 60 + ")" * 60, "nested too deeply"),
        ("a" * 100_001, "longer than 100,000 characters"),
    ],
)
def test_what_engines_read_differently_or_no_automaton_follows_is_not_decided(pattern: str, why: str) -> None:
    check(pattern)

    assert why in reason(pattern)


def test_the_most_readable_strings_come_first() -> None:
    assert take(strings("^[^]$"), 3) == ("a", "b", "c")
    assert take(strings("^[^a-z]$"), 1) == ("A",)
    assert take(strings("^a\n?[^b]?$"), 3) == ("a", "aa", "ac")
    assert take(strings(r"^\W$"), 1) == ("-",)


@pytest.mark.parametrize(
    ("wanted", "unwanted", "shown"),
    [
        ("", "^.*$", "\na"),
        ("^[^]{3}$", "^.{3}$", "a\na"),
        (r"^\s$", "^ $", "\t"),
        (r"\W$", r"[ -~]$", "\t"),
        ("^[^a-z]$", None, "A"),
    ],
)
def test_strings_that_engines_read_alike_come_first(wanted: str, unwanted: str | None, shown: str) -> None:
    taken = take(strings(wanted, unwanted), 1)

    assert taken == (shown,)


def test_strings_that_engines_read_differently_come_where_there_are_no_others() -> None:
    assert take(strings("^[^]$", "^.$"), 9) == ("\u2028", "\u2029", "\r", "\n")
    assert take(strings(r"^(?:\u00e9|\u0663|b\n)$"), 9) == ("\u00e9", "\u0663", "b\n")


def test_every_character_but_the_surrogates_can_be_spelled_once() -> None:
    spelled = list(characters.pleasant(characters.EVERY))

    assert len(set(spelled)) == len(spelled) == 0x110000 - 0x800
    assert not any(0xD800 <= ord(one) <= 0xDFFF for one in spelled)


@pytest.mark.parametrize("pattern", [r"^[\ud800-\udfff]$", r"^[^\u0000-\ud7ff\ue000-\u{10ffff}]$", r"^\p{Cs}$"])
def test_surrogates_are_no_characters(pattern: str) -> None:
    assert take(strings(pattern), 1) == ()


def test_a_large_least_length_is_reached_without_going_there() -> None:
    assert len(take(strings("^[a-z]+$", None, 65_536), 1)[0]) == 65_536
    assert len(take(strings("^(?:abc)*$", None, 100_000), 1)[0]) == 100_002
    assert take(strings("^(?:abc)*$", None, 100_000, 100_001), 1) == ()
    assert possible(strings("^(?:abc)*$", None, 2**31))
    assert not possible(strings("^(?:abc)*$", None, 2**31, 2**31))


def test_a_string_too_long_to_be_spelled_is_possible_all_the_same() -> None:
    asked = Strings(frozenset(), frozenset(), 2**31)

    assert possible(asked)
    with pytest.raises(Unreadable, match="too many to spell"):
        take(asked, 1)

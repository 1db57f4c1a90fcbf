"""Do the reports say what was found, and nothing that is beside the point?"""

from dataclasses import replace
from json import loads

from contractctl.check import Checked, Pair, Problem
from contractctl.compatibility import compare
from contractctl.model.contract import Policy
from contractctl.model.verdict import Level, Place
from contractctl.report import github, json, text

ENUM = '{"type": "enum", "name": "E", "symbols": ["A"%s]}'
BROKEN = compare(ENUM % ', "B"', ENUM % "", format="avro")
PAIR = Pair("orders/placed", "avro", Level.BACKWARD, "1.0.0", "draft", BROKEN)
EXCUSED = Pair("orders/placed", "avro", Level.BACKWARD, "1.0.0", "draft", BROKEN, "plan 'p' leads there")
REMEDY = BROKEN.backward.findings[0].remedy


def test_the_first_line_is_the_answer() -> None:
    assert text.verdict(Checked((PAIR,))).startswith("\x1b[31m\x1b[1mincompatible\x1b[0m: orders/placed 1.0.0 → draft")
    assert text.verdict(Checked()) == "nothing judged: no schema has changed"
    assert text.verdict(Checked(passed_over=("x.avsc",))) == "nothing judged: what has changed belongs to no contract"


def test_a_finding_is_followed_by_the_way_out() -> None:
    assert f"→ {REMEDY}" in text.verdict(Checked((PAIR,)))


def test_what_is_excused_is_shown_without_asking_for_anything() -> None:
    shown = text.verdict(Checked((EXCUSED,)))

    assert "avro-enum-symbol-unknown" in shown
    assert "excused: plan 'p' leads there" in shown
    assert REMEDY not in shown


def test_what_is_excused_is_a_warning_beside_the_line() -> None:
    assert github.verdict(Checked((PAIR,))).startswith("::error ")
    assert github.verdict(Checked((EXCUSED,))).startswith("::warning ")


def test_a_problem_turns_the_answer_even_where_every_pair_is_compatible() -> None:
    problem = Problem("release-edited", "orders/placed", Place("1.0.0.avsc"), "it has changed", "bring it back")
    checked = Checked((), (problem,))

    assert (checked.verdict, checked.standing) == ("incompatible", "incompatible")
    assert "bring it back" in text.verdict(checked)
    assert github.verdict(checked).startswith(
        "::error file=1.0.0.avsc,title=orders/placed%3A release-edited::it has changed%0Abring"
    )


def test_no_character_of_a_message_ends_a_workflow_command() -> None:
    problem = Problem("release-edited", "a", Place("odd,name:1%.avsc"), "two\nlines, 100 %", "go on")

    line = github.verdict(Checked((), (problem,))).splitlines()[0]

    assert line == "::error file=odd%2Cname%3A1%25.avsc,title=a%3A release-edited::two%0Alines, 100 %25%0Ago on"


def test_the_policy_that_judged_stands_beside_the_level() -> None:
    pair = replace(PAIR, comparison=replace(BROKEN, policy=Policy(encodings=("json",)).chosen("protobuf")))

    assert "(level BACKWARD; encodings json)" in text.verdict(Checked((pair,)))
    assert "%0Aencodings json" in github.verdict(Checked((pair,)))
    assert loads(json.verdict(Checked((pair,))))["pairs"][0]["policy"] == {"encodings": ["json"]}


def test_a_format_that_leaves_no_choice_names_no_policy() -> None:
    assert "(level BACKWARD)" in text.verdict(Checked((PAIR,)))
    assert Policy().chosen("json-schema") == {"content_model": ("strict",), "formats": ("annotation",)}
    assert Policy(dialect="mysql").chosen("sql") == {"columns": ("named",)}
    assert Policy(dialect="mysql").chosen("avro") == {}

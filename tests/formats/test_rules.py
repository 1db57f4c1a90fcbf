"""Do the rule pages say the truth? Every page's example is run, and every rule is tried on every pair."""

import re
from dataclasses import replace
from functools import cache

import pytest

from contractctl.cli import run
from contractctl.compatibility import Terms, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS, load
from contractctl.formats.pages import Page, page, rules
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Comparison, Finding

OF_FORMATS = [rule for rule in rules() if any(rule.startswith(f"{name}-") for name in FORMATS)]
WITH_EXAMPLE = [rule for rule in OF_FORMATS if page(rule).example]


def format_of_rule(rule: str) -> str:
    return next(name for name in FORMATS if rule.startswith(f"{name}-"))


@cache
def compared(rule: str) -> Comparison:
    example = page(rule).example
    assert example is not None
    return compare_sources(
        example.old, example.new, format_of_rule(rule), Terms(policy=example.policy, operations=example.operations)
    )


def findings(rule: str) -> list[Finding]:
    example = page(rule).example
    assert example is not None
    return [f for f in compared(rule).towards(example.direction).findings if f.rule == rule]


@pytest.mark.parametrize("rule", OF_FORMATS)
def test_every_format_rule_has_an_example(rule: str) -> None:
    assert page(rule).example is not None


@pytest.mark.parametrize("rule", rules())
def test_a_page_says_what_happens_and_what_to_do_before_it_shows_an_example(rule: str) -> None:
    parts = ["## What happens", "## What to do", *(["## Example"] if page(rule).example else [])]

    assert re.findall(r"^## .*$", page(rule).text, re.MULTILINE) == parts


def test_explain_shows_a_page_without_the_places_for_a_finding_s_facts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "avro-field-without-default"]) == 0

    shown = capsys.readouterr().out
    assert shown.startswith(
        "# avro-field-without-default: a field is missing and has no default\n\neffect: fails\n\n## What happens\n\n"
    )
    assert "{taker}" not in shown


def test_no_two_rules_have_the_same_title() -> None:
    titles = [page(rule).title for rule in rules()]

    assert all(titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("rule", WITH_EXAMPLE)
def test_a_page_s_example_breaks_its_rule_with_the_effect_it_names(rule: str) -> None:
    found = findings(rule)

    assert found, [f.rule for f in compared(rule).findings]
    assert {f.effect for f in found} == {page(rule).effect}


@pytest.mark.parametrize("rule", WITH_EXAMPLE)
def test_a_page_s_example_breaks_no_other_rule_in_its_direction(rule: str) -> None:
    example = page(rule).example
    assert example is not None

    assert {f.rule for f in compared(rule).towards(example.direction).findings} == {rule}


@pytest.mark.parametrize("rule", WITH_EXAMPLE)
def test_no_placeholder_stays_unfilled_in_what_people_read(rule: str) -> None:
    for finding in compared(rule).findings:
        assert not re.search(r"\{\w+\}", finding.message + finding.remedy)


@pytest.mark.parametrize("rule", WITH_EXAMPLE)
def test_no_remedy_asks_a_released_version_to_change(rule: str) -> None:
    """Where it speaks of one, it tells what happens there: `{giver_as_is}`."""
    example = page(rule).example
    assert example is not None
    terms = Terms(policy=example.policy, witnesses=False, old_name="1.0.0", new_name="2.0.0", released=("1.0.0",))
    both = replace(terms, released=("1.0.0", "2.0.0"))

    for sides in ((example.old, example.new), (example.new, example.old)):
        for finding in compare_sources(*sides, format_of_rule(rule), terms).findings:
            assert "1.0.0" not in finding.remedy or "_as_is}" in page(finding.rule).remedy
        for finding in compare_sources(*sides, format_of_rule(rule), both).backward.findings:
            assert not re.search(r"[12]\.0\.0", finding.remedy) or "_as_is}" in page(finding.rule).remedy


def test_a_retyped_field_of_an_answer_is_not_to_get_the_new_type_any_earlier() -> None:
    """Its bytes do not say their type: a version in between would only move the break."""
    old = 'syntax = "proto3"; message M { int32 n = 1; } service S { rpc Get(M) returns (M); }'
    terms = Terms(witnesses=False, new_name="draft", released=("1.0.0",))
    sides = (Source((File("s.proto", text),)) for text in (old, old.replace("int32", "uint32")))
    findings = compare_sources(*sides, "protobuf", terms).backward.findings

    assert {f.rule for f in findings} == {"protobuf-type-changed", "protobuf-json-type-changed"}
    assert [f.path for f in findings if "response" in f.path]
    assert {f.remedy.partition(";")[0] for f in findings} == {"keep its type"}


@pytest.mark.parametrize("rule", WITH_EXAMPLE)
def test_an_example_compared_with_itself_breaks_nothing(rule: str) -> None:
    example = page(rule).example
    assert example is not None

    for source in (example.old, example.new):
        spaced = Source(
            tuple(File(file.name, file.text + "\n\n") for file in source.files)
        )  # other bytes: it is judged
        assert compare_sources(source, spaced, format_of_rule(rule), Terms(policy=example.policy)).findings == ()


@pytest.mark.parametrize("rule", WITH_EXAMPLE)
def test_forward_is_backward_from_the_other_seat(rule: str) -> None:
    example = page(rule).example
    assert example is not None
    swapped = compare_sources(
        example.new, example.old, format_of_rule(rule), Terms(policy=example.policy, operations=example.operations)
    )

    assert kinds(swapped.forward.findings) == kinds(compared(rule).backward.findings)
    assert kinds(swapped.backward.findings) == kinds(compared(rule).forward.findings)


def kinds(found: tuple[Finding, ...]) -> set[tuple[str, str, str]]:
    """What is asked of the newer version only has no counterpart from the other seat."""
    return {(f.rule, f.path, f.effect) for f in found if page(f.rule).newer is None}


def test_every_rule_a_pair_breaks_has_a_page() -> None:
    for rule in WITH_EXAMPLE:
        for finding in compared(rule).findings:
            assert isinstance(page(finding.rule), Page)


def test_a_rule_that_is_not_there_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(ContractctlError, match="did you mean"):
        page(f"{WITH_EXAMPLE[0]}x")


def test_a_rule_s_name_never_leads_out_of_the_shelf() -> None:
    with pytest.raises(ContractctlError, match="there is no rule"):
        page("../../../pyproject")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_offers_its_rule_pages(name: str) -> None:
    assert list(load(name).RULES.glob("*.md"))

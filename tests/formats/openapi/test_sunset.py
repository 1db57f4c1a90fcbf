"""May an operation go whose end was announced? On that day, and not before."""

import pytest
from openapi_pairs import ANSWERED, source

from contractctl.compatibility import Terms, compare_sources
from contractctl.model.contract import Policy
from contractctl.model.verdict import Status


def removed(operation: dict[str, object], today: str | None) -> tuple[Status, list[str]]:
    old = source("paths", {"/a": {"get": ANSWERED | operation}, "/b": {"get": ANSWERED}}, "3.1")
    new = source("paths", {"/b": {"get": ANSWERED}}, "3.1")
    answer = compare_sources(old, new, "openapi", Terms(policy=Policy(today=today))).backward
    return answer.status, [finding.rule for finding in answer.findings]


@pytest.mark.parametrize(
    ("sunset", "today", "rule"),
    [
        ("2026-11-27", "2026-11-27", "openapi-operation-retired"),
        ("2026-11-27", "2026-11-26", "openapi-operation-removed-early"),
        ("2026-11-27T00:00:00Z", "2026-11-28", "openapi-operation-retired"),
        ("2026-11-27", None, "openapi-operation-removed-early"),
        ("next autumn", "2026-11-27", "openapi-operation-removed"),
        ("", "2026-11-27", "openapi-operation-removed"),
        (20200101, "2026-11-27", "openapi-operation-removed"),
    ],
)
def test_an_operation_goes_on_its_day(sunset: object, today: str | None, rule: str) -> None:
    status, rules = removed({"deprecated": True, "x-sunset": sunset}, today)

    assert rules == [rule]
    assert (status is Status.COMPATIBLE) is (rule == "openapi-operation-retired")


def test_the_way_out_is_a_plan_with_the_day_that_was_told() -> None:
    old = source("paths", {"/a": {"get": ANSWERED | {"deprecated": True, "x-sunset": "2026-11-27"}}}, "3.1")
    new = source("paths", {"/b": {"get": ANSWERED}}, "3.1")

    (finding, *_) = compare_sources(old, new, "openapi", Terms(policy=Policy(today="2026-11-26"))).backward.findings

    assert finding.remedy.endswith("contractctl plan CONTRACT --sunset 2026-11-27")


def test_a_day_of_what_is_not_deprecated_announces_nothing() -> None:
    assert removed({"x-sunset": "2020-01-01"}, "2026-11-27")[1] == ["openapi-operation-removed"]

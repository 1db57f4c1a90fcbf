"""Is a plan's file of which a part has gone refused, where its gates would have nothing to ask?"""

from pathlib import Path

import pytest

from contractctl import planner
from contractctl.errors import ContractctlError
from contractctl.model.plan import Movement, Operation, Plan

API = Plan(
    "life",
    (Movement("shop/api", "openapi", "1.0.0", "1.1.0", "2.0.0"),),
    (Operation("rename-property", "shop/api", "Order", "customer", "buyer", parameters={"sunset": "2027-03-31"}),),
    {},
)


def said(folder: Path, text: str) -> str:
    path = folder / "life.toml"
    path.write_text(text)
    with pytest.raises(ContractctlError) as refused:
        planner.read_plan(path)
    assert str(path) in refused.value.message
    return refused.value.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[movements]]", "[movements_]", "'movements_' is not a known key"),
        ("rename-property", "rename-propertie", "'rename-propertie' is not an operation on a contract in the format"),
        ("rename-property", "explode-property", "'explode-property' is not an operation"),
        ("rename-property", "rename-column", "'rename-column' is not an operation"),
        ('old = "customer"\n', "", "the rename-property of 'Order' has no 'old'"),
        ('format = "openapi"', 'format = "sql"', "'rename-property' is not an operation on"),
        ('kind = "rename-property"\ncontract = "shop/api"', 'kind = "rename-property"\ncontract = "shop/other"',
         "rename-property is for 'shop/other', which has no movement in this plan"),
        ("approvals = 2", 'approvals = 2\ncalendar = ["week"]', "'reads.calendar' is ['week']"),
    ],
)  # fmt: skip
def test_what_would_be_passed_because_it_is_not_there_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = planner.plan_text(API)
    assert text.count(old) == 1

    assert message in said(tmp_path, text.replace(old, new))


@pytest.mark.parametrize("gone", ["movement", "operation"])
def test_a_plan_that_changes_nothing_is_none(tmp_path: Path, gone: str) -> None:
    sections = planner.plan_text(API).split("\n\n")
    kept = [section for section in sections if not section.startswith((f"[[{gone}s]]", f"[{gone}s"))]

    assert f"it has no {gone}" in said(tmp_path, "\n\n".join(kept))

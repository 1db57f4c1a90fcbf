"""What is asked about the parts of an interface that go, and what proves nothing about them?"""

from dataclasses import replace
from pathlib import Path

import pytest

from contractctl.evidence.questions import fields_removed
from contractctl.model.plan import Movement, Operation, Plan
from tests.evidence.conftest import NOW, PLAN, QUESTION
from tests.evidence.test_access_log import collected, combined, reads
from tests.evidence.test_code_search import asked, committed, live

WHOLE = Operation("remove-operation", "shop/orders", "$", "GET /orders/current", None)
ANSWERED = Operation("remove-property", "shop/orders", "Order", "customer", None, parameters={"only": "answers"})


def changing(*operations: Operation) -> Plan:
    return replace(PLAN, movements=(Movement("shop/orders", "openapi", "1", "1.1", "2"),), operations=operations)


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        (WHOLE, "GET /orders/current"),
        (ANSWERED, "Order.customer"),
        (Operation("rename-parameter", "shop/orders", "GET /orders", "limit", "most"), "GET /orders.limit"),
        (Operation("require-parameter", "shop/orders", "GET /orders", None, "tenant"), "GET /orders without tenant"),
        (Operation("release-property", "shop/orders", "Order", "state", "state"), "Order.state"),
        (Operation("add-value", "shop/orders", "Order.state", None, "lost"), "Order.state"),
    ],
)
def test_each_thing_that_clients_have_to_follow_is_asked_about(operation: Operation, path: str) -> None:
    assert [field.path for field in fields_removed(changing(operation))] == [path]


def test_no_search_for_a_word_proves_that_nobody_calls_an_address(tmp_path: Path) -> None:
    commit = committed(tmp_path / "reporting", a__py="print(order.customer)\n")
    question = replace(live(commits={"1.4": commit}), plan=changing(WHOLE, ANSWERED))

    (record,) = asked(tmp_path, question)

    assert [one.labels["path"] for one in record.series] == ["Order.customer"]


@pytest.mark.parametrize(("operation", "expected"), [(WHOLE, [("reporting", "2.1", "may", 1.0)]), (ANSWERED, [])])
def test_a_request_for_other_fields_is_a_call_all_the_same(
    tmp_path: Path, operation: Operation, expected: list[tuple[str, str, str, float]]
) -> None:
    question = replace(QUESTION, plan=changing(operation))

    found = collected(tmp_path, combined(NOW - 60, "/orders?fields=id,total"), question, fields="fields")

    assert reads(found) == expected


def test_a_database_is_asked_about_its_columns_alone() -> None:
    event = Operation("remove-field", "shop/placed", "OrderPlaced", "customer", None)
    question = replace(QUESTION, plan=replace(PLAN, operations=(*PLAN.operations, event, ANSWERED, WHOLE)))

    assert [field.path for field in question.columns] == ["orders.customer_name"]
    assert len(question.fields) == 4

"""What is asked about the parts of an interface that go, and what proves nothing about them?"""

import json
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


CALL = Operation("remove-operation", "shop/orders", "$", "GET /orders/{id}", None)
QUERY = Operation("remove-parameter", "shop/orders", "GET /orders", "limit", None, parameters={"in": "query"})
HEADER = Operation("remove-parameter", "shop/orders", "GET /orders", "X-Tenant", None)
LACKING = Operation("require-parameter", "shop/orders", "GET /orders", None, "tenant", parameters={"in": "query"})


@pytest.mark.parametrize(
    ("operation", "uri", "certainty"),
    [
        (CALL, "/v1/orders/7", ""),
        (CALL, "/v1//orders/a%2Fb/?x=1", ""),
        (CALL, "/V1/Orders/7;jsessionid=1", ""),
        (CALL, "http://shop.example/v1/orders/7", ""),
        (CALL, "/v1/x/%2e%2e/orders/7", "may"),
        (CALL, "/v1/orders", None),
        (CALL, "/v1/orders/7/lines", None),
        (CALL, "/orders/7", None),
        (QUERY, "/v1/orders?limit=1", ""),
        (QUERY, "/v1/orders?a=1&Limit[gt]=1", ""),
        (QUERY, "/v1/orders?a=1;limit=1", ""),
        (QUERY, "/v1/orders", None),
        (QUERY, "/v1/orders?most=1", None),
        (HEADER, "/v1/orders?most=1", "may"),
        (HEADER, "/v1/customers", None),
        (LACKING, "/v1/orders", ""),
        (LACKING, "/v1/orders?Tenant=a", ""),
        (LACKING, "/v1/orders?tenant=a", None),
        (ANSWERED, "/v1/customers", "may"),
    ],
)
def test_a_log_with_the_contract_s_paths_tells_operations_and_their_parameters_apart(
    tmp_path: Path, operation: Operation, uri: str, certainty: str | None
) -> None:
    question = replace(QUESTION, plan=changing(operation))

    found = collected(tmp_path, combined(NOW - 60, uri), question, base="/v1", requests="")

    assert reads(found) == ([] if certainty is None else [("reporting", "2.1", certainty, 1.0)])


@pytest.mark.parametrize(("uri", "certainty"), [("/orders", ["may"]), ("/orders?a=1", []), ("/orders?limit=1", [""])])
def test_a_log_that_may_leave_the_query_out_tells_of_no_parameter_that_was_not_sent(
    tmp_path: Path, uri: str, certainty: list[str]
) -> None:
    line = json.dumps({"ts": NOW - 60, "path": uri, "method": "GET", "agent": "reporting/2.1"})
    keys = {"form": "json", "time": "ts", "uri": "path", "method": "method", "agent": "agent", "requests": ""}

    found = collected(tmp_path, f"{line}\n", replace(QUESTION, plan=changing(QUERY)), base="/", **keys)

    assert [one[2] for one in reads(found)] == certainty

"""Is a GraphQL schema that is spread over several files judged as one, where no store says so?"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

Git = Callable[..., str]

QUERY = "type Query { order(id: ID!): Order }\n"
ORDER = "type Order { id: ID! customer: Customer }\nextend type Query { orders: [Order!]! }\n"
CUSTOMER = "type Customer { id: ID! name: String! }\n"


@pytest.fixture
def schema(tmp_path: Path, git: Git) -> Path:
    """A schema of three files, and another one that stands alone."""
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "query.graphql").write_text(QUERY)
    (folder / "order.graphql").write_text(ORDER)
    (folder / "customer.graphql").write_text(CUSTOMER)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/schema.graphql").write_text("type Query { other: Order }\ntype Order { a: Int }\n")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "first")
    return folder


def judged(contractctl: Run, *paths: str, code: int = 0) -> dict[str, list[tuple[str, bool]]]:
    """Every pair with its findings, and whether each has a witness."""
    done = contractctl("check", "--against", "main", *paths, "--format", "json", code=code)
    return {
        pair["contract"]: [(one["rule"], one.get("witness") is not None) for one in pair["findings"]]
        for pair in json.loads(done.stdout)["pairs"]
    }


def test_a_break_in_a_part_is_shown_by_an_operation_on_the_whole_schema(schema: Path, contractctl: Run) -> None:
    (schema / "customer.graphql").write_text(CUSTOMER.replace("String!", "Int"))

    found = judged(contractctl, code=1)

    assert ("graphql-field-type-changed", True) in found["schema"]
    assert list(found) == ["schema"]
    assert list(judged(contractctl, "schema/query.graphql", code=1)) == ["schema"]
    assert not judged(contractctl, "other/*.graphql")


def test_a_type_that_moves_to_another_part_changes_nothing(schema: Path, contractctl: Run) -> None:
    (schema / "customer.graphql").unlink()
    (schema / "order.graphql").write_text("type Order { id: ID! customer: Customer }\n" + CUSTOMER)
    (schema / "new.graphql").write_text("extend type Query { orders: [Order!]! }\n")

    assert judged(contractctl) == {"schema": []}


def test_a_part_that_is_gone_breaks_what_it_gave(schema: Path, git: Git, contractctl: Run) -> None:
    (schema / "extra.graphql").write_text("extend type Query { now: String }\n")
    git("add", "-A")
    git("commit", "-qm", "second")
    (schema / "extra.graphql").unlink()

    assert ("graphql-field-removed", True) in judged(contractctl, code=1)["schema"]


def test_a_new_part_is_judged_with_those_that_did_not_change(schema: Path, contractctl: Run) -> None:
    (schema / "new.graphql").write_text("extend type Order { customer: Int }\n")

    assert "Order.customer" in contractctl("check", "--against", "main", code=2).stdout


def test_subgraphs_and_schemas_that_define_the_same_stay_apart(schema: Path, git: Git, contractctl: Run) -> None:
    (schema / "reviews.graphql").write_text('extend type Order @key(fields: "id") { id: ID! @external stars: Int }\n')
    (schema / "copy.graphql").write_text(QUERY + "scalar Order\n")
    git("add", "-A")
    git("commit", "-qm", "second")
    (schema / "reviews.graphql").write_text('extend type Order @key(fields: "id") { id: ID! @external stars: ID }\n')

    assert list(judged(contractctl, code=1)) == ["schema/reviews.graphql"]


def test_types_that_no_operation_reaches_cost_a_witness_and_nothing_else(tmp_path: Path, contractctl: Run) -> None:
    (tmp_path / "old.graphql").write_text("type Customer { name: String! }\n")
    (tmp_path / "new.graphql").write_text("type Customer { name: Int }\ntype Query { customers: Customer }\n")

    assert "Customer.name" in contractctl("check", "old.graphql", "new.graphql", code=1).stdout

"""Is everything that a plan takes away asked about, and does nobody count as moved who names a part of it?"""

from dataclasses import replace

import pytest

from contractctl.evidence.questions import fields_removed
from contractctl.model.contract import Party
from contractctl.model.decision import Outcome
from contractctl.model.evidence import Kind
from contractctl.model.plan import Movement, Operation, Regroup, Stage, Standing, State
from tests.gate.conftest import NOW, PLAN, Scene, heartbeat, reads, record, with_records

TABLE = "shop/orders", "orders"
MERGED = Regroup({"full_name": "a || b"}, {"first_name": "a", "last_name": "b"})


@pytest.mark.parametrize(
    ("operation", "paths"),
    [
        (Operation("merge-columns", *TABLE, regroup=MERGED), ["orders.first_name", "orders.last_name"]),
        (Operation("move-column", *TABLE, "street", "street", parameters={"to": "addresses"}), ["orders.street"]),
        (
            Operation("extract-table", *TABLE, parameters={"to": "addresses", "columns": "street=street,town=city"}),
            ["orders.street", "orders.town"],
        ),
        (Operation("drop-table", *TABLE, "orders"), ["orders.*"]),
        (Operation("rename-table", *TABLE, "orders", "purchases"), ["orders.*"]),
        (Operation("change-type", *TABLE, "total", "total"), []),
        (Operation("change-type", *TABLE, "total", "total", parameters={"breaks": "yes"}), ["orders.total"]),
    ],
)
def test_every_column_and_table_that_goes_is_asked_about(operation: Operation, paths: list[str]) -> None:
    assert [field.path for field in fields_removed(replace(PLAN, operations=(operation,)))] == paths


def test_whoever_reads_the_old_type_is_asked_for_until_the_name_means_the_new_one(contracting: Scene) -> None:
    swapped = Operation("change-type", *TABLE, "total", "total", parameters={"breaks": "yes", "via": "total__new"})
    told = with_records(contracting, reads=record(Kind.READS, reads(3, last=NOW - 600, path="orders.total")))
    scene = told.but(plan=replace(PLAN, operations=(swapped,)))
    before = scene.but(stage=Stage.QUIESCE, standing=Standing(State.CANARY, NOW - 60 - 7200, 100))

    found = before.condition("reads of orders.total by reporting")
    assert (found.outcome, found.observed) == (Outcome.FAIL, "reading: 3 reads")
    moved = before.but(consumers={"shop/orders": (Party("reporting", migrated=True),)})
    assert moved.condition("reads of orders.total by reporting").observed == "migrated"
    assert scene.condition("reads of the old side").outcome is Outcome.PASS


def test_what_comes_back_under_its_name_is_not_gone() -> None:
    dropped = [Operation("drop-index", *TABLE, name) for name in ("by_name", "by_town")]
    made = Operation("create-index", *TABLE, new="by_name__new", parameters={"becomes": "by_name"})
    plan = replace(PLAN, operations=(*dropped, made, Operation("drop-check", *TABLE, "sane")))

    assert [field.path for field in fields_removed(plan)] == ["orders.by_town"]


API = (Movement("shop/orders", "openapi", "1.0.0", "1.1.0", "2.0.0"),)


@pytest.mark.parametrize(
    ("operation", "named", "state"),
    [
        (Operation("drop-table", *TABLE, "orders"), "orders.total", "declared reader"),
        (Operation("remove-definition", "shop/orders", "$", "Order", None), "Order.customer", "declared reader"),
        (Operation("remove-field", "shop/orders", "Order", "address", None), "Order.address.street", "declared reader"),
        (Operation("remove-parameter", "shop/orders", "Query.orders", "limit", None), "Query.orders(limit:)",
         "declared reader"),
        (Operation("remove-operation", "shop/orders", "$", "GET /orders", None), "GET /orders.limit",
         "declared reader"),
        (Operation("require-parameter", "shop/orders", "GET /orders", None, "tenant"), "GET /orders", "unknown"),
        (Operation("remove-property", "shop/orders", "Order", "customer", None), "GET /orders", "unknown"),
        (Operation("remove-operation", "shop/orders", "$", "GET /orders", None), "Order.customer", "unknown"),
        (Operation("remove-server", "shop/orders", "$", "connect kafka://a:9092", None), "send orders", "unknown"),
        (Operation("remove-server", "shop/orders", "$", "connect kafka://a:9092", None), "Order.buyer", "unknown"),
        (Operation("remove-field", "shop/orders", "shop.Placed", "customer", None), "Placed.customer", "unknown"),
        (Operation("remove-field", "shop/orders", "$", "customer", None), "Placed.customer", "unknown"),
        (Operation("drop-column", "shop/orders", "sales.orders", "customer"), "orders.customer", "unknown"),
        (Operation("remove-field", "shop/orders", "shop.Placed", "customer", None), "Placed.buyer", "migrated"),
        (Operation("drop-column", "shop/orders", "orders", "customer"), "customer.name", "migrated"),
        (Operation("remove-property", "shop/orders", "Order", "customer", None), "Order.buyer", "migrated"),
        (Operation("remove-operation", "shop/orders", "$", "GET /orders", None), "GET /orders/{id}", "migrated"),
    ],
)  # fmt: skip
def test_who_names_a_part_of_what_goes_or_nothing_like_it_has_not_moved(
    contracting: Scene, operation: Operation, named: str, state: str
) -> None:
    plan = replace(PLAN, movements=API, operations=(operation,))
    (field,) = fields_removed(plan)
    other = Party("billing", reads=("orders.none", "GET /none"))
    scene = contracting.but(plan=plan, consumers={"shop/orders": (Party("reporting", reads=(named,)), other)})

    assert scene.condition(f"reads of {field.path} by reporting").observed == state


def test_a_counter_for_the_whole_table_proves_its_silence_and_one_for_a_column_does_not(contracting: Scene) -> None:
    dropping = contracting.but(plan=replace(PLAN, operations=(Operation("drop-table", *TABLE, "orders"),)))
    beats = heartbeat()
    whole = replace(
        beats, series=tuple(replace(one, labels={**one.labels, "path": "orders.*"}) for one in beats.series)
    )
    counted = with_records(dropping, reads=record(Kind.READS, reads(0, path="orders.*")), heartbeat=whole)

    assert counted.decide().outcome is Outcome.PASS
    assert dropping.decide().outcome is Outcome.UNKNOWN


def test_who_copes_with_what_may_be_null_from_now_on_may_go_on_reading_it(contracting: Scene) -> None:
    released = Operation("release-property", "shop/orders", "Order", "state", "state")
    scene = contracting.but(plan=replace(PLAN, movements=API, operations=(released,)))
    seen = with_records(scene, reads=record(Kind.READS, reads(7, path="Order.state", last=NOW - 90)))
    coping = seen.but(consumers={"shop/orders": (Party("reporting", migrated=True),)})

    assert seen.condition("reads of Order.state by reporting").outcome is Outcome.FAIL
    assert coping.condition("reads of Order.state by reporting").observed == "migrated"
    untold = with_records(coping, reads=None, heartbeat=None)
    assert not [one.name for one in untold.decide().conditions if one.name.startswith("instruments")]
    assert with_records(seen, reads=None, heartbeat=None).condition("instruments on Order.state").reason is not None

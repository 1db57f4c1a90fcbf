"""Is a column that goes on in another table refused where both tables could not be kept in step?"""

import pytest

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.model.plan import Plan, Transform

TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, code INTEGER, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, buyer INTEGER UNIQUE, number TEXT UNIQUE, phone TEXT,
  state TEXT DEFAULT 'new', town TEXT);
"""
CREATE = "CREATE TABLE addresses (order_id INTEGER PRIMARY KEY, town TEXT)"


@pytest.mark.parametrize(
    ("old", "key", "more", "said"),
    [
        ("phone", "customer_id=id", {}, "several rows of 'orders' may hold the same (customer_id)"),
        ("phone", "buyer=code", {}, "several rows of 'customers' may hold the same (code)"),
        ("phone", "nobody=id", {}, "table 'orders' has no column 'nobody'"),
        ("fax", "buyer=id", {}, "table 'orders' has no column 'fax'"),
        ("state", "buyer=id", {}, "'orders.state' has the default 'new', so it is unknown whether a value was given"),
        ("phone", "buyer=id", {"old_fill": "town"}, "must be the same in every row, but town is not"),
    ],
)
def test_a_move_that_cannot_be_kept_in_step_is_refused_before_anything_is_done(  # noqa: PLR0917 - the cases
    life, operation, old, key, more, said
):
    life.start(TABLES, operation("move-column", old, "moved", to="customers", key=key, type="TEXT", **more))

    assert said in " ".join(life.ask(operations.hindrances))


def test_a_move_between_rows_that_belong_together_one_by_one_is_not_refused(life, operation):
    life.start(
        TABLES,
        operation("move-column", "state", "state", to="customers", key="buyer=id", type="TEXT", old_fill="'new'"),
    )

    assert life.ask(operations.hindrances) == []


@pytest.mark.parametrize(
    ("way", "more", "said"),
    [
        (Transform("upper(phone)", "moved"), {}, "changes its value"),
        (None, {"old_type": "INTEGER"}, "changes its value"),
        (None, {"not_null": "yes"}, "ends in a NOT NULL column"),
    ],
)
def test_a_move_that_is_more_than_a_move_is_refused_while_it_is_planned(operation, way, more, said):
    moved = operation("move-column", "phone", "moved", way, to="customers", key="buyer=id", type="TEXT", **more)

    with pytest.raises(ContractctlError, match=said):
        operations.expand(Plan("plan", (), (moved,), {}))


def test_rows_without_the_key_cannot_be_extracted(life, operation):
    life.start(
        TABLES, operation("extract-table", to="addresses", key="buyer=order_id", columns="town=town", create=CREATE)
    )

    assert "where 'orders.buyer' is NULL no row can be extracted" in " ".join(life.ask(operations.hindrances))


def test_keys_of_two_types_are_told_before_any_trigger_stands(life, operation):
    life.start(
        TABLES, operation("extract-table", to="addresses", key="number=order_id", columns="town=town", create=CREATE)
    )
    life.do("expand")

    with pytest.raises(ContractctlError, match=r"'orders\.number' is TEXT and 'addresses\.order_id' INTEGER"):
        life.do("dual_write")


def test_rows_that_share_one_must_be_found_without_reading_all_of_them(life, operation):
    moved = operation(
        "move-column", "phone", "moved", Transform("phone", "moved", lossy=True), to="customers", key="customer_id=id",
        type="TEXT",
    )  # fmt: skip
    life.start(TABLES, moved)
    assert "no index of 'orders' begins with (customer_id)" in " ".join(life.ask(operations.hindrances))
    life.run("CREATE INDEX by_town ON orders (town, customer_id)")
    assert "no index of 'orders' begins with (customer_id)" in " ".join(life.ask(operations.hindrances))
    life.run("CREATE INDEX by_customer ON orders (customer_id, town)")

    assert life.ask(operations.hindrances) == []


def test_two_kinds_of_triggers_on_one_table_are_two_plans(operation):
    moved = operation("move-column", "phone", "phone", to="customers", key="buyer=id", type="TEXT")
    renamed = operation("rename-column", "town", "city")

    with pytest.raises(ContractctlError, match="plan 'plan' moves columns of 'orders' to 'customers', and keeps"):
        operations.dual_write(Plan("plan", (), (moved, renamed), {}))


def test_two_columns_that_move_to_one_table_move_together(life, operation):
    both = [
        operation("move-column", name, name, to="customers", key="buyer=id", type="TEXT") for name in ("phone", "town")
    ]
    life.start(TABLES, *both)
    life.run("INSERT INTO customers (id) VALUES (1)")
    life.run("INSERT INTO orders (id, buyer, phone) VALUES (1, 1, '11')")
    life.do("expand")
    life.do("dual_write")
    life.run("UPDATE orders SET town = 'Rome'")
    assert life.rows("SELECT phone, town FROM customers") == [(None, "Rome")]
    life.backfill()
    assert life.rows("SELECT phone, town FROM customers") == [("11", "Rome")]
    life.run("UPDATE customers SET phone = '12', town = 'Oslo'")

    assert life.rows("SELECT phone, town FROM orders") == [("12", "Oslo")]

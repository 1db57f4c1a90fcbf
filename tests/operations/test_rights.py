"""Does whoever may use what goes on somewhere else go on using it? Rights on columns and tables of PostgreSQL."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contractctl import operations
from contractctl.formats.sql import staging
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation
from tests.databases import shops
from tests.operations.lives import Life, Scenario
from tests.servers import Server

TABLE = "CREATE TABLE orders (id integer PRIMARY KEY, customer text, amount integer NOT NULL, name text);\n"
Begin = Callable[..., Life]


def planned(new: str, declared: Declared | None = None, old: str = TABLE) -> tuple[Operation, ...]:
    """As it is planned from one version of a contract to the next."""
    sources = (Source((File("orders.sql", text),)) for text in (old, new))
    return staging.operations(*sources, declared or Declared(), "shop/orders", Policy("postgresql"))


@pytest.fixture
def clerk(postgresql_server: Server) -> Iterator[str]:
    """A role that owns nothing and may nothing; it goes after the database."""
    postgresql_server.run("CREATE ROLE clerk")
    yield "clerk"
    postgresql_server.run("DROP ROLE clerk")


@pytest.fixture
def begin(postgresql_url: str) -> Iterator[Begin]:
    with shops.opened(shops.POSTGRESQL, postgresql_url) as shop:

        def started(changes: tuple[Operation, ...], *before: str) -> Life:
            life = Life(shop, Scenario("rights", (TABLE, *before), lambda _: changes, (), (), "", "", "", ""))
            shop.run("INSERT INTO orders VALUES (1, 'Ann', 7, 'Ann Bo')")
            return life

        yield started


def seen(life: Life, role: str, sql: str) -> list[tuple[Any, ...]]:
    """What the role is answered."""
    life.shop.run(f"SET ROLE {role}")
    try:
        return life.shop.rows(sql)
    finally:
        life.shop.run("RESET ROLE")


def through(life: Life, *stages: str) -> Iterator[str]:
    for stage in stages:
        life.backfill() if stage == "backfill" else life.do(stage)
        yield stage


STAGES = ("expand", "dual_write", "backfill", "validate", "quiesce", "contract")


def test_who_may_read_a_column_by_its_name_reads_it_through_a_change_of_its_type(clerk: str, begin: Begin) -> None:
    """Hazard 27: the column that takes the name over was nobody's, and every reader was refused from quiesce on."""
    grant = f"GRANT SELECT (id, amount), UPDATE (amount) ON orders TO {clerk}"
    life = begin(planned(TABLE.replace("amount integer", "amount bigint")), grant)

    for stage in through(life, *STAGES):
        assert seen(life, clerk, "SELECT id, amount FROM orders") == [(1, 7)], stage
        assert seen(life, clerk, "UPDATE orders SET amount = amount WHERE id = 1 RETURNING amount") == [(7,)], stage
    assert life.shop.rows(f"SELECT has_column_privilege('{clerk}', 'orders', 'customer', 'SELECT')") == [(False,)]


def test_a_right_that_is_given_meanwhile_holds_after_the_brown_out(clerk: str, begin: Begin) -> None:
    life = begin(planned(TABLE.replace("amount integer", "amount bigint")))

    for stage in through(life, *STAGES):
        if stage == "backfill":
            life.shop.run(f"GRANT SELECT (amount) ON orders TO {clerk}")
    assert seen(life, clerk, "SELECT amount FROM orders") == [(7,)]


def test_a_column_of_another_name_may_be_used_by_who_may_use_all_that_goes_on_in_it(clerk: str, begin: Begin) -> None:
    """Hazard 27: and by nobody who may use a part of it alone."""
    draft = TABLE.replace("name text", "buyer text").replace("customer text, ", "").replace("amount", "total")
    merged = Declared(
        renames={"amount": "total"},
        merges={"buyer": ("customer", "name")},
        ups={"buyer": "customer || '/' || name"},
        downs={"customer": "split_part(buyer, '/', 1)", "name": "split_part(buyer, '/', 2)"},
    )
    life = begin(
        planned(draft, merged),
        f"GRANT SELECT (customer, name, amount), INSERT (customer, amount) ON orders TO {clerk} WITH GRANT OPTION",
    )

    life.do("expand")
    for column, right, answer in (
        ("buyer", "SELECT", True),
        ("buyer", "INSERT", False),
        ("total", "SELECT", True),
        ("total", "INSERT WITH GRANT OPTION", True),
        ("total", "UPDATE", False),
    ):
        asked = f"SELECT has_column_privilege('{clerk}', 'orders', '{column}', '{right}')"
        assert life.shop.rows(asked) == [(answer,)], (column, right)


@pytest.mark.parametrize("right", ["SELECT", "SELECT (id, amount)"])
def test_a_renamed_table_is_used_under_both_names_also_once_a_brown_out_is_over(
    clerk: str, begin: Begin, right: str
) -> None:
    """Hazard 27: the view of the new name came back without the rights on it."""
    renamed = Operation("rename-table", "shop/orders", "orders", "orders", "purchases")
    life = begin((renamed,), f"GRANT {right} ON orders TO {clerk}")

    for stage in through(life, "expand", "dual_write", "validate"):
        for name in ("orders", "purchases"):
            assert seen(life, clerk, f"SELECT amount FROM {name}") == [(7,)], (stage, name)
    life.do("quiesce")
    assert seen(life, clerk, "SELECT amount FROM purchases") == [(7,)]
    life.undo("quiesce")
    for name in ("orders", "purchases"):
        assert seen(life, clerk, f"SELECT amount FROM {name}") == [(7,)]
    for stage in through(life, "quiesce", "contract"):
        assert seen(life, clerk, "SELECT amount FROM purchases") == [(7,)], stage


IDENTITY = (
    "CREATE UNIQUE INDEX orders_amount ON orders (amount)",
    "ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_amount",
)


@pytest.mark.parametrize(
    "changes",
    [
        planned(TABLE.replace("amount", "total"), Declared(renames={"amount": "total"})),
        planned(TABLE, old=f"{TABLE}CREATE UNIQUE INDEX orders_amount ON orders (amount);\n"),
    ],
    ids=["rename-column", "drop-index"],
)
def test_what_a_replica_knows_rows_by_does_not_go(begin: Begin, changes: tuple[Operation, ...]) -> None:
    """Hazard 36: without it PostgreSQL refuses every UPDATE and DELETE of a table that is published."""
    life = begin(changes, *IDENTITY)

    with life.shop.engine.connect() as connection:
        (said,) = operations.hindrances(life.plan, connection)
    assert "the table's replica identity" in said
    assert "REPLICA IDENTITY DEFAULT" in said
    life.shop.run("ALTER TABLE orders REPLICA IDENTITY DEFAULT")
    with life.shop.engine.connect() as connection:
        assert list(operations.hindrances(life.plan, connection)) == []


def test_who_minds_a_new_column_or_another_type_is_told_beforehand(begin: Begin) -> None:
    """Hazard 35, 36: a subscriber that lacks the column stops, and so does whoever has prepared what gives it back."""
    life = begin(
        planned(TABLE.replace("amount integer", "amount bigint")), "CREATE PUBLICATION all_of FOR TABLE orders"
    )
    life.shop.run("CREATE PUBLICATION some_of FOR TABLE orders (id)")

    with life.shop.engine.connect() as connection:
        told = list(operations.notes(life.plan, connection))
    assert [("all_of" in one, "prepare statements" in one) for one in told] == [(True, False), (False, True)]

"""Can a new application insert what it selects while the old side is there? MariaDB asks before triggers give."""

from collections.abc import Iterator

import pymysql
import pytest

from contractctl import operations
from contractctl.formats.sql import staging
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from tests.databases import shops
from tests.operations.lives import Life, Scenario

TABLE = (
    "CREATE TABLE orders (id int PRIMARY KEY, customer varchar(20) NOT NULL, note varchar(9) NOT NULL DEFAULT '');\n"
)
NEW = TABLE.replace("id int", "id bigint").replace("customer", "buyer").replace("note", "remark")


@pytest.fixture
def life(mariadb_url: str) -> Iterator[Life]:
    """A key of another type, and two columns of other names, one of which has a default."""
    sources = (Source((File("orders.sql", text),)) for text in (TABLE, NEW))
    renamed = Declared(renames={"customer": "buyer", "note": "remark"})
    changes = staging.operations(*sources, renamed, "shop/orders", Policy("mysql"))
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        yield Life(shop, Scenario("inserts", (TABLE,), lambda _: changes, (), (), "", "", "", ""))


def refused(life: Life) -> list[str]:
    with life.shop.engine.connect() as connection:
        return [note for note in operations.notes(life.plan, connection) if "1364" in note]


def test_what_mariadb_asks_of_an_insert_that_selects_is_told_beforehand(life: Life) -> None:
    """Hazard 5, 11: VALUES may leave out what a trigger gives, and SELECT may not."""
    told = refused(life)
    for stage in ("expand", "dual_write"):
        life.do(stage)
    life.shop.run("INSERT INTO orders (id__new, buyer) VALUES (1, 'Ann')")

    with pytest.raises(pymysql.err.OperationalError, match="1364"):
        life.shop.run("INSERT INTO orders (id__new, buyer) SELECT 2, 'Bea'")
    assert [[f"'orders.{name}'" in note for name in ("id", "customer", "note")] for note in told] == [
        [True, False, False],
        [False, True, False],
    ]


def test_where_the_old_columns_have_the_defaults_that_are_asked_for_it_may(life: Life) -> None:
    """Hazard 5, 11: in every stage, and its rows hold what it gave."""
    life.shop.run("ALTER TABLE orders ALTER COLUMN id SET DEFAULT 0, ALTER COLUMN customer SET DEFAULT ''")
    assert refused(life) == []

    for n, stage in enumerate(("expand", "dual_write", "validate", "quiesce")):
        life.do(stage)
        if stage == "dual_write":
            life.backfill()
        if stage != "expand":
            key = "id" if stage == "quiesce" else "id__new"
            life.shop.run(
                f"INSERT INTO orders ({key}, buyer, remark) SELECT {n}, 'Ann', 'x' UNION SELECT {n + 9}, '', ''"
            )
            life.shop.run(f"REPLACE INTO orders ({key}, buyer) SELECT {n}, 'Bea'")
    assert life.differing() == []
    life.do("contract")

    found = life.shop.rows("SELECT id, buyer, remark FROM orders ORDER BY id")
    assert found == [*((n, "Bea", "") for n in (1, 2, 3)), *((n + 9, "", "") for n in (1, 2, 3))]

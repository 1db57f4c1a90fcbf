"""Does a column go on in another table where several rows share one of it, through all stages and back?"""

from collections.abc import Iterator
from dataclasses import replace

import pymysql
import pytest

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.formats.sql import staging
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared, Extraction
from contractctl.model.plan import Operation, Transform
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.lives import Life, Scenario, writing
from tests.operations.scenarios import SCENARIOS

MOVED = next(scenario for scenario in SCENARIOS if scenario.kind == "move-column")
SHARED = replace(
    MOVED,
    tables=(
        *(table.replace(" UNIQUE", "") for table in MOVED.tables),
        "CREATE INDEX orders_customer ON orders (customer_id)",
    ),
    planned=lambda words: tuple(
        replace(one, transform=Transform("phone", "telephone", lossy=True)) for one in MOVED.planned(words)
    ),
    old=(
        "INSERT INTO customers (id, name) VALUES ({n}, 'one')",
        "INSERT INTO orders (id, customer_id, phone) VALUES ({n}, {n}, 'old'), (-{n}, {n}, 'other')",
        "UPDATE orders SET phone = 'old {n}' WHERE customer_id = {n}",
    ),
    new=(
        "INSERT INTO customers (id, name, telephone) VALUES ({n}, 'one', 'new')",
        "INSERT INTO orders (id, customer_id) VALUES ({n}, {n}), (-{n}, {n})",
        "UPDATE customers SET telephone = 'new {n}' WHERE id = {n}",
    ),
)
ORDERS = "CREATE TABLE orders (id {key}, customer_id integer NOT NULL, phone {text} NOT NULL)"


def _extract(words: Words) -> tuple[Operation, ...]:
    said = {
        "to": "customers",
        "key": "customer_id=id",
        "columns": "phone=telephone",
        "shared": "yes",
        "create": f"CREATE TABLE customers (id integer PRIMARY KEY, telephone {words.types['text']})",
        "old_not_null.phone": "yes",
        "fill.phone": "'none'",
    }
    return (Operation("extract-table", "shop/orders", "orders", parameters=said),)


EXTRACTED = replace(
    SHARED,
    kind="extract-table",
    tables=(ORDERS, "CREATE INDEX orders_customer ON orders (customer_id)"),
    planned=_extract,
    old=SHARED.old[1:],
    new=("INSERT INTO customers (id, telephone) VALUES ({n}, 'new')", *SHARED.new[1:]),
)
OLD, NEW = 1000, 500_000


SHOP = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, phone TEXT);"
MADE = SHOP.replace(", phone TEXT", "") + "\nCREATE TABLE customers (id INTEGER PRIMARY KEY, phone TEXT{});"


def planned(phone: str) -> tuple[Operation, ...]:
    old, new = (Source((File("shop.sql", text),)) for text in (SHOP, MADE.format(phone)))
    apart = Extraction(("orders.phone",), "customers", (("customer_id", "id"),))
    said = Declared(extractions=(apart,), lossy=frozenset({"phone"}))
    return staging.operations(old, new, said, "shop/orders", Policy("sqlite"))


def test_a_table_is_extracted_from_rows_that_share_one_only_if_it_may_hold_what_they_do_not_agree_on():
    (made,) = planned("")
    assert made.parameters["shared"] == "yes"

    with pytest.raises(ContractctlError, match="rows of 'orders' that share one may disagree"):
        planned(" NOT NULL DEFAULT 'x'")


@pytest.fixture
def life(words: Words, scenario: Scenario, request: pytest.FixtureRequest) -> Iterator[Life]:
    with shops.opened(words, request.getfixturevalue(f"{words.server}_url")) as shop:
        yield Life(shop, scenario)


@pytest.mark.parametrize("scenario", [SHARED, EXTRACTED], ids=str)
@pytest.mark.parametrize("words", shops.ENGINES, ids=str)
def test_both_versions_write_a_shared_value_through_every_stage_and_none_is_lost(life):
    """Hazards 1, 29, 32, 49."""
    life.old(11)
    with writing(life, life.old, OLD) as by_old:
        for stage in ("expand", "dual_write"):
            life.do(stage)
        life.new(12, early=True)
        with writing(life, lambda n, app: life.new(n, app, early=True), NEW) as by_new:
            life.backfill()
            life.do("validate")
    life.backfill()
    assert life.differing() == []
    assert life.missing_triggers() == ()
    everything = life.expected([11, *by_old], [12, *by_new])
    assert life.read(SHARED.read_old) == everything
    if life.scenario is EXTRACTED:
        life.roll_back("expand", "dual_write", "validate")
        assert life.read(SHARED.read_old) == everything
        for stage in ("expand", "dual_write", "backfill", "validate"):
            life.backfill() if stage == "backfill" else life.do(stage)
    life.do("quiesce")
    with writing(life, lambda n, app: life.new(n, app, early=False), 2 * NEW) as late:
        life.do("contract")

    assert life.read(SHARED.read_new) == everything | life.expected([], late)


@pytest.mark.parametrize("scenario", [SHARED], ids=str)
@pytest.mark.parametrize("words", shops.ENGINES, ids=str)
def test_what_mariadb_will_refuse_of_applications_is_said_beforehand(life):
    with life.shop.engine.connect() as connection:
        said = [note for note in operations.notes(life.plan, connection) if "INSERT INTO orders … SELECT …" in note]
    assert len(said) == (1 if life.words is shops.MARIADB else 0)

    life.do("expand")
    life.do("dual_write")
    life.shop.run("INSERT INTO customers (id) VALUES (1)")
    copying = "INSERT INTO orders (id, customer_id, phone) SELECT 1, id, 'x' FROM customers"
    if said:
        with pytest.raises(pymysql.err.OperationalError, match="1442"):
            life.shop.run(copying)
    else:
        life.shop.run(copying)
        assert life.shop.rows("SELECT telephone FROM customers") == [("x",)]

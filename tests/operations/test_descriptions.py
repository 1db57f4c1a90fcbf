"""Is what is said of a column, besides what it is, said of the one that takes its place? On PostgreSQL and MariaDB."""

from collections.abc import Callable, Iterator

import pytest

from contractctl.formats.sql import staging
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation
from tests.databases import shops
from tests.operations.lives import STAGES, Life, Scenario

TABLE = "CREATE TABLE orders (id integer PRIMARY KEY, customer varchar(20) NOT NULL, amount integer);\n"
COMMENT = "who pays 50 %s: 'one\ntwo'"
SAID = COMMENT.replace("'", "''")
Begin = Callable[..., Life]


def planned(dialect: str, new: str, declared: Declared | None = None) -> tuple[Operation, ...]:
    """As it is planned from one version of a contract to the next."""
    sources = (Source((File("orders.sql", text),)) for text in (TABLE, new))
    return staging.operations(*sources, declared or Declared(), "shop/orders", Policy(dialect))


def renamed_and_retyped(dialect: str) -> tuple[Operation, ...]:
    """The customer is called buyer, and the amount may be large."""
    new = TABLE.replace("customer", "buyer").replace("amount integer", "amount bigint")
    return planned(dialect, new, Declared(renames={"customer": "buyer"}))


@pytest.fixture
def on_postgresql(postgresql_url: str) -> Iterator[Begin]:
    with shops.opened(shops.POSTGRESQL, postgresql_url) as shop:
        yield lambda changes, *before: Life(shop, Scenario("said", (TABLE, *before), changes, (), (), "", "", "", ""))


@pytest.fixture
def on_mariadb(mariadb_url: str) -> Iterator[Begin]:
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        yield lambda changes, *before: Life(shop, Scenario("said", before, changes, (), (), "", "", "", ""))


def contracted(life: Life) -> None:
    for stage in STAGES:
        life.do(stage)
        if stage == "dual_write":
            life.backfill()


def test_on_postgresql_comment_statistics_and_storage_go_on_with_the_column(on_postgresql: Begin) -> None:
    """They were lost with the old column: a renamed column was planned for and stored like any other."""
    life = on_postgresql(
        lambda _: renamed_and_retyped("postgresql"),
        f"COMMENT ON COLUMN orders.customer IS '{SAID}'",
        "COMMENT ON COLUMN orders.amount IS 'in cents'",
        "ALTER TABLE orders ALTER customer SET STATISTICS 500, ALTER customer SET STORAGE EXTERNAL,"
        " ALTER customer SET (n_distinct = 7, n_distinct_inherited = 8), ALTER customer SET COMPRESSION pglz,"
        " ALTER amount SET STATISTICS 77",
    )
    said = (
        "SELECT attstattarget, attstorage::text, attoptions::text, attcompression::text,"
        " col_description(attrelid, attnum) FROM pg_attribute"
        " WHERE attrelid = 'orders'::regclass AND attname IN ('buyer', 'amount') ORDER BY attname DESC"
    )

    contracted(life)

    assert life.shop.rows(said) == [
        (500, "e", "{n_distinct=7,n_distinct_inherited=8}", "p", COMMENT),
        (77, "p", None, "", "in cents"),
    ]


def test_on_postgresql_a_part_of_a_column_is_not_what_was_said_of_the_whole(on_postgresql: Begin) -> None:
    halves = Declared(
        splits={"customer": ("first", "last")},
        ups={"first": "split_part(customer, ' ', 1)", "last": "split_part(customer, ' ', 2)"},
        downs={"customer": "first || ' ' || last"},
    )
    new = TABLE.replace("customer varchar(20) NOT NULL", "first varchar(20) NOT NULL, last varchar(20) NOT NULL")
    life = on_postgresql(lambda _: planned("postgresql", new, halves), f"COMMENT ON COLUMN orders.customer IS '{SAID}'")

    life.do("expand")

    assert life.shop.rows("SELECT col_description('orders'::regclass, n) FROM generate_series(2, 5) n") == [
        (COMMENT,),
        (None,),
        (None,),
        (None,),
    ]


def test_on_mariadb_the_comment_goes_on_with_the_column(on_mariadb: Begin) -> None:
    said = TABLE.replace("NOT NULL,", f"NOT NULL COMMENT '{SAID}',").replace(
        "amount integer", "amount integer COMMENT 'in cents'"
    )
    life = on_mariadb(lambda _: renamed_and_retyped("mysql"), said)

    contracted(life)

    there = life.shop.rows(
        "SELECT COLUMN_NAME, COLUMN_COMMENT FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'orders' ORDER BY COLUMN_NAME"
    )
    assert there == [("amount", "in cents"), ("buyer", COMMENT), ("id", "")]

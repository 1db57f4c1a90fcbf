"""What holds of a key of several columns while some of them change? Hazard numbers: staging design."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.model.declared import Declared
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.lives import STAGES, Life, Scenario
from tests.operations.scenarios import SCENARIOS, drafted

SCENE = next(one for one in SCENARIOS if one.kind == "change-key-type of one column of several")
SERVERS = pytest.mark.parametrize("words", [shops.POSTGRESQL, shops.MARIADB], ids=["postgresql", "mariadb"])
KEYED = "CREATE TABLE orders (tenant_id int, id {type}, amount varchar(20), PRIMARY KEY (tenant_id, id))"


Begin = Callable[..., Life]


@pytest.fixture
def begin(request: pytest.FixtureRequest) -> Iterator[Begin]:
    with ExitStack() as opened:

        def started(words: Words, *tables: str, **changes: object) -> Life:
            shop = opened.enter_context(shops.opened(words, request.getfixturevalue(f"{words.server}_url")))
            scenario: Scenario = replace(SCENE, tables=tables, **changes)
            return Life(shop, scenario)

        yield started


def finished(life: Life, since: str = "quiesce") -> None:
    for stage in STAGES[STAGES.index(since) :]:
        life.do(stage)


def kept_in_step(life: Life) -> Life:
    for stage in ("expand", "dual_write"):
        life.do(stage)
    return life


LOWERED = Declared(ups={"id": "lower(id)"}, downs={"id": "id__new"}, lossy=frozenset({"id"}))
TEXTS = (KEYED.format(type="varchar(20)"),)


@SERVERS
def test_a_new_key_is_unlike_others_as_a_whole(begin: Begin, words: Words) -> None:
    life = begin(words, *TEXTS, planned=drafted(TEXTS, ("id varchar(20)", "id varchar(40)"), declared=LOWERED))
    life.shop.run("INSERT INTO orders VALUES (1, 'Ann', 'a'), (1, 'Bea', 'b'), (2, 'ann', 'd')")
    kept_in_step(life).backfill()
    life.shop.run("INSERT INTO orders (tenant_id, id, amount) VALUES (2, 'Bea', 'e')")
    assert life.differing() == []
    life.do("validate")
    with pytest.raises(Exception, match=r"(?i)duplicate"):
        life.shop.run("INSERT INTO orders (tenant_id, id__new) VALUES (1, 'ann')")
    finished(life)

    assert life.shop.rows("SELECT amount, tenant_id, id FROM orders ORDER BY amount") == [
        ("a", 1, "ann"),
        ("b", 1, "bea"),
        ("d", 2, "ann"),
        ("e", 2, "bea"),
    ]


def test_rows_whose_new_keys_would_be_alike_are_named_by_their_whole_old_keys(begin: Begin) -> None:
    """Hazard 45: two of them are alike where the tenants are, too."""
    planned = drafted(TEXTS, ("id varchar(20)", "id varchar(40)"), declared=LOWERED)
    life = begin(shops.POSTGRESQL, *TEXTS, planned=planned)
    life.shop.run("INSERT INTO orders VALUES (1, 'Ann', 'a'), (1, 'ANN', 'b'), (2, 'ann', 'd')")
    kept_in_step(life).backfill()
    with pytest.raises(
        ContractctlError, match=r"differ in tenant_id, id__new, but several hold \(1, 'ann'\)"
    ) as raised:
        life.do("validate")
    assert """of the tenant_id, id [1,"ANN"], [1,"Ann"]""" in str(raised.value.hint)

    life.shop.run("UPDATE orders SET id = 'Ann B.' WHERE id = 'ANN'")
    finished(life, "validate")
    assert life.shop.rows("SELECT amount, id FROM orders ORDER BY 1") == [("a", "ann"), ("b", "ann b."), ("d", "ann")]


@pytest.mark.parametrize("counted", ["serial", "integer GENERATED ALWAYS AS IDENTITY"])
def test_what_a_sequence_counts_beside_others_is_told_from_what_somebody_gave(begin: Begin, counted: str) -> None:
    """Hazards 1, 4, 5, 41, 43."""
    tables = (KEYED.format(type=counted),)
    wider = counted.replace("serial", "bigserial").replace("integer", "bigint")
    life = begin(shops.POSTGRESQL, *tables, planned=drafted(tables, (f" id {counted}", f" id {wider}")))
    kept_in_step(life)
    life.shop.run("INSERT INTO orders (tenant_id, id__new, amount) VALUES (1, 70, 'new'), (2, 3000000000, 'many')")
    life.shop.run("INSERT INTO orders (tenant_id, amount) VALUES (1, 'neither')")
    life.shop.run("INSERT INTO orders (tenant_id, id, id__new) OVERRIDING SYSTEM VALUE VALUES (1, 80, 81), (2, 80, 80)")
    life.shop.run("UPDATE orders SET tenant_id = 5 WHERE id = 80 AND tenant_id = 1")

    found = life.shop.rows("SELECT tenant_id, id, id__new FROM orders ORDER BY id__new, tenant_id")
    assert found == [(1, 3, 3), (1, 70, 70), (2, 80, 80), (5, 80, 81), (2, 2, 3000000000)]
    assert life.shop.rows("SELECT key, old_value, new_value FROM contractctl_conflict") == [("[5,80]", "80", "81")]
    life.shop.run("UPDATE orders SET id__new = 80 WHERE tenant_id = 5")
    life.backfill()
    assert (life.differing(), life.marks()) == ([], [("[2,2]", "id")])  # no integer is as much as that
    finished(life, "validate")
    life.shop.run("INSERT INTO orders (tenant_id) VALUES (9)")
    assert life.shop.rows("SELECT id FROM orders WHERE tenant_id = 9") == [(4,)]


REFERRING = "CREATE TABLE items (n int PRIMARY KEY, tenant_id int, order_id int, {refers})"
IMPLIED = "FOREIGN KEY (tenant_id, order_id) REFERENCES orders"


def test_a_foreign_key_that_names_no_columns_refers_to_the_new_key(begin: Begin) -> None:
    """Hazard 40."""
    tables = (KEYED.format(type="int"), REFERRING.format(refers=IMPLIED))
    planned = drafted(tables, ("id int, amount", "id bigint, amount"), ("order_id int", "order_id bigint"))
    life = begin(shops.POSTGRESQL, *tables, planned=planned)
    life.shop.run("INSERT INTO orders VALUES (1, 7, 'a')")
    life.shop.run("INSERT INTO items VALUES (1, 1, 7), (2, NULL, 5)")
    kept_in_step(life).backfill()
    finished(life, "validate")

    with pytest.raises(Exception, match="foreign key"):
        life.shop.run("INSERT INTO items VALUES (3, 2, 7)")
    life.shop.run("INSERT INTO items VALUES (3, 1, 7)")


@SERVERS
def test_what_refers_to_a_key_and_is_in_no_contract_keeps_it_from_being_browned_out(begin: Begin, words: Words) -> None:
    """Hazard 34."""
    tables = (KEYED.format(type="int"),)
    life = begin(words, *tables, planned=drafted(tables, (" id int", " id bigint")))
    refers = "CONSTRAINT of_order FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id)"
    life.shop.run(REFERRING.format(refers=refers))
    kept_in_step(life).backfill()
    life.do("validate")
    with pytest.raises(ContractctlError, match=r"foreign key 'of_order' of table 'items' still uses 'orders.id'"):
        life.do("quiesce")

    life.shop.run(f"ALTER TABLE items DROP {'FOREIGN KEY' if words is shops.MARIADB else 'CONSTRAINT'} of_order")
    finished(life)


@pytest.mark.parametrize(
    ("words", "parted"),
    [
        (shops.POSTGRESQL, "PARTITION BY LIST (tenant_id)"),
        (shops.MARIADB, "PARTITION BY HASH (tenant_id) PARTITIONS 3"),
        (shops.MARIADB, "PARTITION BY KEY () PARTITIONS 3"),
    ],
)
def test_the_key_of_a_partitioned_table_is_refused_before_anything_is_done(
    begin: Begin, words: Words, parted: str
) -> None:
    """MariaDB said so in the end, when the old name was gone."""
    tables = (KEYED.format(type="int"),)
    life = begin(words, f"{tables[0]} {parted}", planned=drafted(tables, (" id int", " id bigint")))

    with life.shop.engine.connect() as connection:
        (found,) = operations.hindrances(life.plan, connection)
    assert found.startswith("'orders.id' is in the key of a partitioned table")


AUTO = {
    "counted last": "tenant_id int, id int AUTO_INCREMENT, amount varchar(20), PRIMARY KEY (tenant_id, id), KEY (id)",
    "counted first": "tenant_id int, id int AUTO_INCREMENT, amount varchar(20), PRIMARY KEY (id, tenant_id)",
}


@pytest.mark.parametrize("columns", AUTO.values(), ids=AUTO)
def test_mariadb_goes_on_counting_beside_a_column_that_changes(begin: Begin, columns: str) -> None:
    """Hazard 41."""
    tables = (f"CREATE TABLE orders ({columns})",)
    life = begin(shops.MARIADB, *tables, planned=drafted(tables, ("tenant_id int", "tenant_id bigint")))
    life.shop.run("INSERT INTO orders (tenant_id, amount) VALUES (1, 'a'), (2, 'b')")
    kept_in_step(life)
    life.shop.run("INSERT INTO orders (tenant_id, amount) VALUES (1, 'old')")
    life.shop.run("INSERT INTO orders (tenant_id__new, amount) VALUES (1, 'new')")
    life.backfill()
    assert (life.differing(), life.marks()) == ([], [])
    finished(life, "validate")
    life.shop.run("INSERT INTO orders (tenant_id, amount) VALUES (3000000000, 'late')")

    assert life.shop.rows("SELECT tenant_id, id, amount FROM orders ORDER BY id") == [
        (1, 1, "a"),
        (2, 2, "b"),
        (1, 3, "old"),
        (1, 4, "new"),
        (3000000000, 5, "late"),
    ]

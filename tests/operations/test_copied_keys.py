"""Do a table's foreign keys go over to its copy, and hold in both? Hazard numbers: staging design."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pymysql
import pytest

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.migration.foreseeing import foresee
from tests.databases import shops
from tests.operations.copies import BUSY, COPIED, Begin, reached, running, there_and_back
from tests.operations.lives import Life

CUSTOMERS = "CREATE TABLE customers (id integer PRIMARY KEY, name varchar(20), seen integer NOT NULL DEFAULT 0)"
LONG = "orders_invoice_to_customers_id_4f7f2c1e_fk_customers_customer_id"
ORDERS = f"""CREATE TABLE orders (
  id integer AUTO_INCREMENT PRIMARY KEY, customer_id integer NOT NULL, agent_id integer, invoiced_to integer,
  note varchar(20), CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
  ON DELETE CASCADE ON UPDATE CASCADE, FOREIGN KEY (agent_id) REFERENCES customers (id) ON DELETE SET NULL
  ON UPDATE CASCADE, CONSTRAINT {LONG} FOREIGN KEY (invoiced_to) REFERENCES customers (id), KEY said (note)
)"""
INTO = "INSERT INTO orders (customer_id, agent_id, invoiced_to) VALUES"
OTHER = {"dual_write": "orders__new", "quiesce": "orders__quiesced"}


@pytest.fixture
def begin(mariadb_url: str) -> Iterator[Begin]:
    with shops.opened(shops.MARIADB, mariadb_url) as shop:

        def started(*tables: str) -> Life:
            life = Life(shop, replace(COPIED, tables=tables or (CUSTOMERS, ORDERS)))
            shop.run("INSERT INTO customers (id) VALUES (1), (2), (3)")
            return life

        yield started


def rows(life: Life, table: str = "orders") -> list[tuple[object, ...]]:
    return life.shop.rows(f"SELECT id, customer_id, agent_id, invoiced_to, note FROM {table} ORDER BY id")


def shown(life: Life) -> list[str]:
    """What the table is, line by line; in which order its indexes stand tells nothing."""
    ((_, text),) = life.shop.rows("SHOW CREATE TABLE orders")
    return sorted(line.rstrip(",") for line in str(text).splitlines())


def test_foreign_keys_are_what_they_were_when_the_old_table_is_gone(begin: Begin) -> None:
    """Under their names, whoever has given these, with their indexes; and on the way back, again and again."""
    life = begin()
    life.shop.run(f"{INTO} (1, 2, 3)")
    before = shown(life)
    for _ in range(2):
        reached(life, "quiesce")
        life.roll_back("expand", "dual_write", "quiesce")
        assert shown(life) == before
        assert life.shop.rows("SHOW TABLES LIKE 'orders%'") == [("orders",)]
    reached(life, "quiesce")
    life.undo("quiesce")
    life.do("quiesce")
    life.do("contract")

    expected = [line.replace("`id` int(11)", "`id` bigint(20)") for line in before]
    assert shown(life) == expected
    life.do("contract")
    assert shown(life) == expected
    with pytest.raises(pymysql.IntegrityError):
        life.shop.run(f"{INTO} (9, NULL, NULL)")


def test_keys_whose_names_are_nearly_alike_go_over_under_names_of_their_own(begin: Begin) -> None:
    """MariaDB gives names with _ibfk_ to keys by itself, and others where the table is renamed."""
    names = ("of_ibfk_1", "of_ifk_1", "of_i~bfk_1", "of_ibfk_ibfk_1", "orders_ibfk_9")
    keys = (f"CONSTRAINT `{name}` FOREIGN KEY (to_{n}) REFERENCES customers (id)" for n, name in enumerate(names))
    columns = ", ".join(f"to_{n} INT" for n in range(len(names)))
    life = begin(CUSTOMERS, f"CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, {columns}, {', '.join(keys)})")
    before = shown(life)
    reached(life, "quiesce")
    life.undo("quiesce")
    assert shown(life) == before
    life.do("quiesce")
    life.do("contract")

    assert shown(life) == [line.replace("`id` int(11)", "`id` bigint(20)") for line in before]


@pytest.mark.parametrize("stage", ["dual_write", "quiesce"])
@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("DELETE FROM customers WHERE id = 1", [(2, 2, None, None, None)]),
        ("UPDATE customers SET id = 9 WHERE id = 1", [(1, 9, 2, None, None), (2, 2, 9, None, None)]),
        ("DELETE FROM customers WHERE id = 2", [(1, 1, None, None, None)]),
        ("REPLACE INTO customers (id, name) VALUES (1, 'anew')", [(2, 2, None, None, None)]),
        ("DELETE FROM orders WHERE id = 1", [(2, 2, 1, None, None)]),
        ("UPDATE orders SET customer_id = 3, agent_id = NULL", [(1, 3, None, None, None), (2, 3, None, None, None)]),
    ],
)
def test_what_a_foreign_key_does_to_rows_it_does_to_both_tables(
    begin: Begin, statement: str, left: list[tuple[object, ...]], stage: str
) -> None:
    """Hazard 13: MariaDB fires no triggers for that."""
    life = begin()
    life.shop.run(f"{INTO} (1, 2, NULL), (2, 1, NULL)")
    reached(life, stage)
    life.shop.run(statement)

    assert rows(life) == rows(life, OTHER[stage]) == left
    assert life.differing() == []


@pytest.mark.parametrize("stage", ["dual_write", "quiesce"])
def test_what_refers_to_nothing_is_refused_as_before(begin: Begin, stage: str) -> None:
    life = begin()
    life.shop.run(f"{INTO} (1, 2, 3)")
    reached(life, stage)
    for statement in (
        f"{INTO} (9, NULL, NULL)",
        "UPDATE orders SET agent_id = 9",
        "DELETE FROM customers WHERE id = 3",
        "UPDATE customers SET id = 9 WHERE id = 3",
    ):
        with pytest.raises(pymysql.IntegrityError, match=r"1451|1452"):
            life.shop.run(statement)
    life.shop.run(f"{INTO.replace('INSERT', 'INSERT IGNORE')} (9, NULL, NULL), (2, NULL, NULL)")

    assert [row[1] for row in rows(life)] == [row[1] for row in rows(life, OTHER[stage])] == [1, 2]


@pytest.mark.parametrize(("number", "gone"), [(1, 1), (2, 3), (3, 4)])
def test_whoever_deletes_what_is_referred_to_comes_to_the_table_before_its_copy(
    begin: Begin, number: int, gone: int
) -> None:
    """Hazards 19, 21: so the backfill, which holds the table's rows, need not hold what they refer to."""
    life = begin(CUSTOMERS, ORDERS.replace("customers (id),", "customers (id) ON DELETE SET NULL,"))
    life.shop.run("INSERT INTO customers (id) VALUES (4)")
    life.shop.run(f"{INTO} (1, NULL, NULL), (2, 3, NULL), (2, NULL, 4)")
    reached(life, "dual_write")
    with closing(life.shop.connect()) as holder, closing(life.shop.connect()) as deleter:
        life.shop.run("BEGIN", app=holder)
        life.shop.run(f"SELECT * FROM orders__new WHERE id = {number} FOR UPDATE", app=holder)
        life.shop.run("SET SESSION innodb_lock_wait_timeout = 1", app=deleter)
        life.shop.run("BEGIN", app=deleter)
        with pytest.raises(pymysql.OperationalError, match="1205"):
            life.shop.run(f"DELETE FROM customers WHERE id = {gone}", app=deleter)
        free = life.shop.rows("SELECT id FROM orders ORDER BY id FOR UPDATE SKIP LOCKED")

    assert free == [(one,) for one in (1, 2, 3) if one != number]


@contextmanager
def many_writing(life: Life, statements: Callable[[int, int], tuple[str, ...]]) -> Iterator[None]:
    """Applications that write, and give way to each other; whatever else they are told is an error."""

    def run(own: int, stop: threading.Event) -> None:
        chance = random.Random(own)
        with closing(life.shop.connect()) as app, app.cursor() as cursor:
            cursor.execute(f"SET SESSION tx_isolation = '{('READ-COMMITTED', 'REPEATABLE-READ')[own % 2]}'")
            while not stop.is_set():
                try:
                    cursor.execute(chance.choice(statements(chance.randint(1, 6), chance.randint(1, 40))))
                except pymysql.Error as error:
                    if error.args[0] not in BUSY:
                        raise

    with running(run):
        yield


def written(customer: int, order: int) -> tuple[str, ...]:
    into = INTO.replace("INSERT", "INSERT IGNORE")
    return (
        f"DELETE FROM customers WHERE id = {customer}",
        f"REPLACE INTO customers (id) VALUES ({customer})",
        f"INSERT IGNORE INTO customers (id) VALUES ({customer})",
        f"UPDATE IGNORE customers SET id = {customer} + 1 WHERE id = {customer}",
        f"UPDATE customers SET seen = seen + 1 WHERE id <= {customer}",
        f"{into} ({customer}, {customer}, NULL), ({customer} + 1, NULL, NULL), ({customer} + 2, {customer}, NULL)",
        f"UPDATE IGNORE orders SET customer_id = {customer}, note = 'moved' WHERE id % 40 = {order}",
        f"UPDATE orders SET agent_id = NULL WHERE id % 40 = {order}",
        f"DELETE FROM orders WHERE id % 40 = {order}",
    )


def test_both_tables_hold_the_same_while_everybody_writes_them_and_what_they_refer_to(begin: Begin) -> None:
    """Hazards 13, 19, 21: through the backfill, and there and back again."""
    life = begin()
    values = ", ".join(f"({n % 3 + 1}, {n % 2 + 1}, NULL)" for n in range(400))
    with many_writing(life, written):
        life.shop.run(f"{INTO.replace('INSERT', 'INSERT IGNORE')} {values}")
        reached(life, "dual_write")
        there_and_back(life, 3, pause=0.1)

    assert rows(life) == rows(life, "orders__quiesced")
    life.do("contract")


@pytest.mark.parametrize(
    ("ddl", "sentence"),
    [
        (
            "CREATE TABLE items (o integer, CONSTRAINT of_order FOREIGN KEY (o) REFERENCES orders (id))",
            "foreign key 'of_order' of 'items' refers to 'orders', and would stay with the old table",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT itself FOREIGN KEY (invoiced_to) REFERENCES orders (id)",
            "foreign key 'itself' of 'orders' refers to 'orders'",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT held FOREIGN KEY (id) REFERENCES customers (id)",
            "foreign key 'held' of 'orders' holds 'id' to the type of 'customers'",
        ),
        (
            "SET STATEMENT foreign_key_checks = 0 FOR INSERT INTO orders (customer_id) VALUES (9)",
            "1 row of 'orders' refers to no row of 'customers', as 'of_customer' requires",
        ),
    ],
)
def test_a_foreign_key_that_cannot_go_along_is_named_before_anything_is_done(
    begin: Begin, ddl: str, sentence: str
) -> None:
    life = begin()
    life.shop.run(ddl)

    with life.shop.engine.connect() as connection:
        found = list(operations.hindrances(life.plan, connection))
    assert any(sentence in one for one in found), found


def test_a_foreign_key_that_has_come_meanwhile_is_not_lost(begin: Begin) -> None:
    """Hazard 48."""
    life = reached(begin(), "dual_write")
    life.shop.run("ALTER TABLE orders ADD COLUMN late integer, ADD FOREIGN KEY (late) REFERENCES customers (id)")

    with pytest.raises(ContractctlError, match="was changed after its copy was created"):
        life.do("quiesce")


def test_what_is_foreseen_names_those_whose_writers_wait(begin: Begin) -> None:
    """Who writes a customer has the orders open: a table that refers to one cannot be renamed meanwhile."""
    life = begin()
    with life.shop.engine.connect() as connection:
        told = {
            one.sql.partition(",")[0]: one.lock for step in foresee(life.plan, connection) for one in step.statements
        }
    life.shop.run("START TRANSACTION")
    life.shop.run("UPDATE customers SET seen = 1 WHERE id = 1")
    with closing(life.shop.connect()) as other:
        other.cursor().execute("SET SESSION lock_wait_timeout = 0")
        with pytest.raises(pymysql.OperationalError, match="Lock wait timeout"):
            other.cursor().execute("RENAME TABLE orders TO elsewhere")

    waiting = "EXCLUSIVE, for an instant; who writes customers waits, too"
    assert told["RENAME TABLE `orders` TO `orders__quiesced`"] == waiting
    assert told["DROP TABLE IF EXISTS `orders__quiesced`"] == waiting
    assert told["CREATE TABLE IF NOT EXISTS `orders__new` LIKE `orders`"] == "none"

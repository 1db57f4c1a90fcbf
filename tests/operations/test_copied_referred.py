"""Does what refers to a table go over to its copy, and is it held to that at every moment? Hazards: staging design."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pymysql
import pytest
from sqlalchemy import event

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.formats.sql import staging
from contractctl.migration.foreseeing import foresee
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation
from contractctl.operations.steps import ReferToCopied, Swap
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.copies import COPIED, many_writing, reached, there_and_back
from tests.operations.lives import STAGES, Life

ORDERS = "CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(20))"
ITEMS = """CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, order_id INT NOT NULL, name VARCHAR(20),
  CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE)"""
LINES = """CREATE TABLE `lines` (order_id INT, line INT, other_id INT, PRIMARY KEY (order_id, line),
  FOREIGN KEY (order_id) REFERENCES orders (id), FOREIGN KEY (other_id) REFERENCES orders (id))"""
TABLES = (ORDERS, ITEMS, LINES)
WIDER = {"order_id INT": "order_id BIGINT", "other_id INT": "other_id BIGINT", "orders (id INT": "orders (id BIGINT"}
Begin = Callable[..., Life]


def widened(text: str) -> str:
    for old, new in WIDER.items():
        text = text.replace(old, new)
    return text


def between(tables: tuple[str, ...]) -> Callable[[Words], tuple[Operation, ...]]:
    old, new = (Source((File("orders.sql", ";\n".join(texts)),)) for texts in (tables, tuple(map(widened, tables))))
    return lambda _: staging.operations(old, new, Declared(), "shop/orders", Policy("mysql"))


@pytest.fixture
def begin(mariadb_url: str) -> Iterator[Begin]:
    with shops.opened(shops.MARIADB, mariadb_url) as shop:

        def started(*tables: str) -> Life:
            tables = tables or TABLES
            return Life(shop, replace(COPIED, tables=tables, planned=between(tables)))

        yield started


def at(life: Life, stage: str) -> Life:
    """Up to a stage; to `swapped`: cut short when the copy has the name, and nothing refers to it yet."""
    reached(life, "validate" if stage == "swapped" else stage)
    if stage == "swapped":
        life.invoke(tuple(step for step in operations.quiesce(life.plan) if not isinstance(step, ReferToCopied)))
    return life


def filled(life: Life) -> Life:
    life.shop.run("INSERT INTO orders (id, note) VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')")
    life.shop.run("INSERT INTO items (order_id) VALUES (1), (1), (2)")
    life.shop.run("INSERT INTO `lines` (order_id, line, other_id) VALUES (3, 1, NULL), (3, 2, 2)")
    return life


def assert_whole(life: Life) -> None:
    """Both sides of everything agree, and nothing refers to nothing."""
    assert life.differing() == []
    for table, column in (("items", "order_id"), ("`lines`", "order_id"), ("`lines`", "other_id")):
        lost = f"SELECT * FROM {table} WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT id FROM orders)"
        assert life.shop.rows(lost) == []


def held(life: Life) -> list[list[object]]:
    """The orders, whose orders the items are, and the lines."""
    queries = ("SELECT id FROM orders", "SELECT order_id FROM items", "SELECT order_id FROM `lines`")
    return [sorted(row[0] for row in life.shop.rows(query)) for query in queries]


def shown(life: Life) -> list[str]:
    texts = (life.shop.rows(f"SHOW CREATE TABLE `{table}`")[0][1] for table in ("orders", "items", "lines"))
    return sorted(line.rstrip(",") for text in texts for line in str(text).splitlines())


def test_what_refers_to_a_table_is_what_it_was_when_the_old_table_is_gone(begin: Begin) -> None:
    """Also what has no name, what is in a key, and two of one table; and on the way back, again and again."""
    life = filled(begin())
    before = shown(life)
    for stage in ("swapped", "quiesce"):
        at(life, stage)
        life.roll_back(*STAGES[:4])
        assert shown(life) == before
    at(life, "swapped")
    life.do("quiesce")
    life.undo("quiesce")
    life.do("quiesce")
    life.do("contract")

    wider = ("id", "order_id", "other_id")
    for name in wider:
        before = [line.replace(f"`{name}` int(11)", f"`{name}` bigint(20)") for line in before]
    items = [line for line in before if line != "  `id` bigint(20) NOT NULL AUTO_INCREMENT"]
    unnamed = ("  KEY `other_id` (`other_id`)", "  KEY `lines_ibfk_2` (`other_id`)")
    expected = [line.replace(*unnamed) for line in items]
    found = [line for line in shown(life) if "`id`" not in line or "AUTO_INCREMENT" not in line]
    assert found == sorted(expected)


STATEMENTS: dict[str, list[list[object]] | None] = {
    "DELETE FROM orders WHERE id = 1": [[2, 3, 4], [2], [3, 3]],
    "DELETE FROM orders WHERE id = 4": [[1, 2, 3], [1, 1, 2], [3, 3]],
    "DELETE FROM orders WHERE id = 3": None,
    "DELETE FROM orders WHERE id < 3": None,
    "DELETE one FROM orders AS one JOIN items AS two ON two.order_id = one.id WHERE one.id = 1": [
        [2, 3, 4],
        [2],
        [3, 3],
    ],
    "REPLACE INTO orders VALUES (1, 'anew')": [[1, 2, 3, 4], [2], [3, 3]],
    "REPLACE INTO orders VALUES (3, 'anew')": None,
    "UPDATE orders SET id = 70 WHERE id = 1": None,
    "UPDATE orders SET id = 2147483000 + id": None,
    "UPDATE orders SET id = 3000000000 WHERE id = 1": None,
    "UPDATE orders SET id = 70 WHERE id = 4": [[1, 2, 3, 70], [1, 1, 2], [3, 3]],
    "INSERT INTO orders VALUES (1, 'a') ON DUPLICATE KEY UPDATE id = 71": None,
    "INSERT INTO orders VALUES (4, 'd') ON DUPLICATE KEY UPDATE id = 71": [[1, 2, 3, 71], [1, 1, 2], [3, 3]],
    "INSERT INTO items (order_id) VALUES (9)": None,
    "INSERT INTO items (order_id) SELECT id FROM orders WHERE id = 4": [[1, 2, 3, 4], [1, 1, 2, 4], [3, 3]],
    "UPDATE items SET order_id = 9": None,
    "UPDATE items JOIN orders ON orders.id = items.order_id + 1 SET order_id = 4, note = 'e'": [
        [1, 2, 3, 4],
        [4, 4, 4],
        [3, 3],
    ],
    "UPDATE `lines` SET order_id = 4 WHERE line = 1": [[1, 2, 3, 4], [1, 1, 2], [3, 4]],
    "UPDATE `lines` SET other_id = 9": None,
}
"""What each leaves; None: it is refused, and leaves everything."""


@pytest.mark.parametrize("stage", ["dual_write", "validate", "swapped", "quiesce"])
def test_whatever_is_written_is_held_to_the_keys_as_before(begin: Begin, stage: str) -> None:
    """Hazard 13: also when the copy has the name, and what referred to the table does not refer to it yet."""
    life = at(filled(begin()), stage)
    before = held(life)
    for statement, left in STATEMENTS.items():
        if left is None:
            with pytest.raises(pymysql.Error, match=r"1451|1452|1264"):
                life.shop.run(statement)
        else:
            life.shop.run(statement)
        assert (statement, held(life)) == (statement, left or before)
        assert_whole(life)
        _restore(life)


def _restore(life: Life) -> None:
    for table in ("`lines`", "items", "orders"):
        life.shop.run(f"DELETE FROM {table}")
    filled(life)


def test_a_number_that_the_old_table_cannot_hold_is_held_to_the_key_as_any_other(begin: Begin) -> None:
    """Hazard 43."""
    life = reached(filled(begin()), "quiesce")
    life.shop.run("INSERT INTO orders (id) VALUES (3000000000), (3000000001)")
    life.shop.run("INSERT INTO items (order_id) VALUES (3000000000), (3000000000)")
    life.shop.run("INSERT INTO `lines` (order_id, line, other_id) VALUES (1, 1, 3000000001)")
    for statement in (
        "INSERT INTO items (order_id) VALUES (3000000009)",
        "DELETE FROM orders WHERE id = 3000000001",
        "UPDATE orders SET id = 5 WHERE id = 3000000000",
        "UPDATE `lines` SET other_id = 3000000009",
    ):
        with pytest.raises(pymysql.IntegrityError, match=r"1451|1452"):
            life.shop.run(statement)
    life.shop.run("DELETE FROM orders WHERE id = 3000000000")
    life.shop.run("UPDATE orders SET id = 3000000002 WHERE id = 4")

    assert held(life) == [[1, 2, 3, 3000000001, 3000000002], [1, 1, 2], [1, 3, 3]]
    life.do("contract")
    assert held(life) == [[1, 2, 3, 3000000001, 3000000002], [1, 1, 2], [1, 3, 3]]


HELD_TO = (1048, 1062, 1451, 1452)


def transactions(order: int) -> tuple[tuple[str, ...], ...]:
    last = "(SELECT max(id) FROM orders)"
    return (
        ("INSERT INTO orders (note) VALUES ('new')", "INSERT INTO items (order_id) VALUES (LAST_INSERT_ID())"),
        (f"INSERT INTO items (order_id) VALUES ({order})", f"UPDATE orders SET note = 'more' WHERE id = {order}"),
        (f"REPLACE INTO orders (id) VALUES ({order})", f"INSERT INTO items (order_id) VALUES ({order}), ({order})"),
        (f"INSERT IGNORE INTO `lines` (order_id, line) VALUES ({order}, 1)", "SELECT count(*) FROM orders"),
        (f"UPDATE items SET order_id = {order} WHERE order_id = {order} + 1",),
        (f"UPDATE orders SET id = {last.replace('FROM orders', 'FROM items')} + 500 + id WHERE id = {order}",),
        (f"UPDATE `lines` SET other_id = {order} WHERE order_id <> {order}", "DELETE FROM items WHERE id % 5 = 0"),
        (f"DELETE FROM `lines` WHERE order_id = {order}", f"DELETE FROM orders WHERE id = {order}"),
        (f"DELETE FROM orders WHERE id = {order} + 1",),
        (f"INSERT IGNORE INTO orders (id, note) VALUES ({order}, 'back')",),
    )


def test_nothing_refers_to_nothing_while_everybody_writes_and_the_two_change_places(begin: Begin) -> None:
    """Hazards 13, 19, 21, 29."""
    life = filled(begin())
    with many_writing(life, lambda chance: transactions(chance.randint(1, 12)), HELD_TO) as kept:
        reached(life, "validate")
        before = len(kept)
        there_and_back(life, 2, pause=0.1)
    assert len(kept) > before
    assert_whole(life)
    life.do("contract")


def test_who_has_written_what_refers_to_the_table_may_write_that_before_the_copy_has_the_name(begin: Begin) -> None:
    """Hazard 29: inside of InnoDB the server waits for him, and would have the table for itself meanwhile."""
    life = reached(filled(begin()), "validate")
    with closing(life.shop.connect()) as app, closing(life.shop.connect()) as reader, ThreadPoolExecutor(1) as pool:
        life.shop.run("START TRANSACTION", app=app)
        life.shop.run("INSERT INTO items (order_id) VALUES (4)", app=app)
        life.shop.run("SET SESSION lock_wait_timeout = 1", app=reader)
        tried = list[object]()
        event.listen(life.shop.engine, "handle_error", tried.append)
        swap = next(step for step in operations.quiesce(life.plan) if isinstance(step, Swap))
        ours = pool.submit(life.invoke, (swap,))
        while len(tried) < 2:
            life.shop.rows("SELECT * FROM orders", app=reader)
        life.shop.run("UPDATE orders SET note = 'e' WHERE id = 4", app=app)
        life.shop.run("COMMIT", app=app)
        ours.result()
    life.do("quiesce")

    assert held(life) == [[1, 2, 3, 4], [1, 1, 2, 4], [3, 3]]
    assert_whole(life)


def test_what_refers_to_nothing_is_named_before_anything_is_done(begin: Begin) -> None:
    life = filled(begin())
    life.shop.run("SET STATEMENT foreign_key_checks = 0 FOR INSERT INTO items (order_id) VALUES (9)")
    life.shop.run("CREATE TABLE late (o INT, CONSTRAINT of_late FOREIGN KEY (o) REFERENCES orders (id))")
    life.shop.run(
        "ALTER TABLE items ADD COLUMN more INT, ADD CONSTRAINT of_more FOREIGN KEY (more) REFERENCES orders (id)"
    )

    with life.shop.engine.connect() as connection:
        found = list(operations.hindrances(life.plan, connection))
    for sentence in (
        "1 row of 'items' refers to no row of 'orders', as 'of_order' requires: mend or delete them",
        "foreign key 'of_late' of 'late' refers to 'orders', and would stay with the old table",
        "the foreign keys 'of_more', 'of_order' of 'items' refer to 'orders', and the contract knows 1",
    ):
        assert any(sentence in one for one in found), found


@pytest.mark.parametrize("way", ["there", "back"])
def test_what_has_come_to_refer_to_the_table_meanwhile_does_not_go_with_the_other_one(begin: Begin, way: str) -> None:
    """Hazard 48."""
    life = reached(filled(begin()), "validate" if way == "there" else "quiesce")
    type_ = "INT" if way == "there" else "BIGINT"
    life.shop.run(f"CREATE TABLE late (o {type_}, CONSTRAINT of_late FOREIGN KEY (o) REFERENCES orders (id))")

    with pytest.raises(ContractctlError, match="foreign key 'of_late' of 'late' refers to 'orders'"):
        life.do("quiesce") if way == "there" else life.undo("quiesce")
    life.shop.run("DROP TABLE late")
    life.do("quiesce") if way == "there" else life.undo("quiesce")


def test_what_is_foreseen_names_those_who_write_what_refers_to_the_table(begin: Begin) -> None:
    life = begin()
    with life.shop.engine.connect() as connection:
        told = [(one.sql, one.lock) for step in foresee(life.plan, connection) for one in step.statements]

    (swap,) = (lock for sql, lock in told if "RENAME TABLE" in sql)
    assert swap == "EXCLUSIVE, for an instant; who writes items or lines waits, too"
    ((sql, _),) = ((sql, lock) for sql, lock in told if "ADD CONSTRAINT `of_order__new`" in sql)
    assert "REFERENCES `orders` (`id`) ON DELETE CASCADE, ALGORITHM=INSTANT" in sql

"""Does what a foreign key changes hold in both types, while the table that it refers to goes over to a copy?"""

import random
from collections.abc import Iterator
from dataclasses import replace

import pymysql
import pytest

from contractctl import operations
from contractctl.errors import ContractctlError
from contractctl.formats.sql import staging
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Operation
from tests.databases import shops
from tests.databases.shops import Words
from tests.operations.copies import COPIED, many_writing, reached, there_and_back
from tests.operations.lives import STAGES, Life

ORDERS = "CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, slug VARCHAR(9) UNIQUE)"
ITEMS = """CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, order_id INT NOT NULL, gone_id INT, held_id INT,
  note VARCHAR(9), written DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  UNIQUE (order_id, note),
  CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT of_gone FOREIGN KEY (gone_id) REFERENCES orders (id) ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT of_held FOREIGN KEY (held_id) REFERENCES orders (id) ON DELETE RESTRICT ON UPDATE CASCADE)"""
PLAIN = tuple(
    text.replace("orders", "plain").replace("items", "parts").replace("CONSTRAINT ", "CONSTRAINT plain_")
    for text in (ORDERS, ITEMS)
)
RETYPED = ("orders (id", "order_id", "gone_id", "held_id")
BEFORE_OURS = "PRECEDES contractctl_plan_items_before_update"
LATE = "ALTER TABLE items ADD CONSTRAINT of_held FOREIGN KEY (held_id) REFERENCES orders (id) ON DELETE SET NULL"
SLUGGED = "ALTER TABLE orders ADD CONSTRAINT of_slug FOREIGN KEY (slug) REFERENCES slugs (slug) ON DELETE CASCADE"
HELD_TO = (1062, 1451, 1452, 1761)


def widened(text: str) -> str:
    for name in RETYPED:
        text = text.replace(f"{name} INT", f"{name} BIGINT")
    return text


def planned(_: Words) -> tuple[Operation, ...]:
    old = (ORDERS, ITEMS)
    sources = (Source((File("orders.sql", ";\n".join(texts)),)) for texts in (old, tuple(map(widened, old))))
    return staging.operations(*sources, Declared(), "shop/orders", Policy("mysql"))


@pytest.fixture
def life(mariadb_url: str) -> Iterator[Life]:
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        yield Life(shop, replace(COPIED, tables=(ORDERS, ITEMS), planned=planned))


def at(life: Life, stage: str) -> Life:
    """Up to a stage; `browned`: cut short when names are changed in what refers; `swapped`: when the copy has the name
    and nothing refers to it yet.
    """
    steps = {"browned": 2, "swapped": 3}
    if stage == "filling":
        life.do("expand")
        life.do("dual_write")
    else:
        reached(life, "validate" if stage in steps else stage)
    if stage in steps:
        life.invoke(operations.quiesce(life.plan)[: steps[stage]])
    return life


def filled(life: Life, orders: str = "orders", items: str = "items") -> Life:
    life.shop.run(f"INSERT INTO {orders} (id, slug) VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e')")
    life.shop.run(
        f"INSERT INTO {items} (order_id, gone_id, held_id, note, written) VALUES (1, 1, NULL, 'a', '2020-02-02'),"
        " (1, 2, 3, 'b', '2020-02-02'), (2, 4, 3, 'c', '2020-02-02'), (3, 3, 3, NULL, '2020-02-02')"
    )
    return life


def held(life: Life, orders: str = "orders", items: str = "items") -> list[list[tuple[object, ...]]]:
    """Rows, and whether the server's own clock has run in any that the statement did not change."""
    return [
        life.shop.rows(f"SELECT id, slug FROM {orders} ORDER BY 1"),
        life.shop.rows(
            f"SELECT order_id, gone_id, held_id, note, written = '2020-02-02' FROM {items} ORDER BY 1, 2, 3, 4"
        ),
    ]


def agreeing(life: Life) -> bool:
    """Whether each column that refers holds in both types the same, and both tables the same rows."""
    names = {str(name) for (name, *_) in life.shop.rows("SHOW COLUMNS FROM items")}
    pairs = [(name, other) for name in RETYPED[1:] for other in (f"{name}__new", f"{name}__quiesced") if other in names]
    apart = " OR ".join(f"NOT ({one} <=> {other})" for one, other in pairs)
    assert len(pairs) == 3
    other = "orders__quiesced" if life.shop.rows("SHOW TABLES LIKE 'orders__quiesced'") else "orders__new"
    same = life.shop.rows("SELECT * FROM orders ORDER BY 1") == life.shop.rows(f"SELECT * FROM {other} ORDER BY 1")
    return same and life.shop.rows(f"SELECT * FROM items WHERE {apart}") == []


STATEMENTS = (
    "UPDATE orders SET id = 70, slug = 'z' WHERE id = 3",
    "UPDATE orders SET id = 2 WHERE id = 1",
    "UPDATE orders SET id = id + 1 ORDER BY id DESC",
    "UPDATE orders SET id = id + 1",
    "UPDATE IGNORE orders SET id = id + 1 ORDER BY id",
    "UPDATE orders SET id = -id WHERE id IN (1, 3)",
    "UPDATE orders SET id = 70, slug = 'd' WHERE id = 1",
    "INSERT INTO orders (id) VALUES (1) ON DUPLICATE KEY UPDATE id = 71",
    "REPLACE INTO orders (id, slug) VALUES (1, 'x')",
    "DELETE FROM orders WHERE id = 1",
    "DELETE FROM orders WHERE id = 3",
    "DELETE FROM orders WHERE id IN (2, 4, 5)",
    "UPDATE items SET gone_id = 5, order_id = 4 WHERE gone_id IS NOT NULL AND order_id = 1",
    "INSERT INTO items (order_id) VALUES (9)",
)


def _ended(life: Life, statement: str) -> int:
    """The number of the error, or 0."""
    try:
        life.shop.run(statement)
    except pymysql.Error as error:
        return int(error.args[0])
    return 0


def _emptied(life: Life) -> None:
    for table in ("items", "parts", "orders", "plain"):
        life.shop.run(f"DELETE FROM {table}")


@pytest.mark.parametrize("stage", ["filling", "browned", "swapped", "quiesce"])
def test_whatever_is_written_ends_as_beside_a_table_of_which_there_is_no_copy(life: Life, stage: str) -> None:
    """Hazard 13: what a key changes, it changes in both columns, and nothing else of the row."""
    for text in PLAIN:
        life.shop.run(text)
    at(filled(life), stage)
    if stage == "filling":
        assert _ended(life, "UPDATE orders SET id = 90 WHERE id = 1") == 0
        assert life.shop.rows("SELECT order_id, order_id__new FROM items WHERE note = 'b'") == [(90, None)]
        life.backfill()
        assert agreeing(life)
    for statement in STATEMENTS:
        _emptied(life)
        filled(filled(life), "plain", "parts")
        twin = statement.replace("orders", "plain").replace("items", "parts")
        ends = [_ended(life, one) for one in (twin, statement)]
        assert [statement, *ends] == [statement, ends[0], ends[0]]
        assert (statement, held(life)) == (statement, held(life, "plain", "parts"))
        assert (statement, agreeing(life)) == (statement, True)
    assert life.differing() == []


def shown(life: Life) -> list[str]:
    texts = (life.shop.rows(f"SHOW CREATE TABLE {table}")[0][1] for table in ("orders", "items"))
    return sorted(line.rstrip(",") for text in texts for line in str(text).splitlines() if "KEY `" not in line)


def test_keys_are_what_they_were_when_the_old_table_is_gone(life: Life) -> None:
    """Also on the way back; and they do then what they did."""
    filled(life)
    before = shown(life)
    reached(life, "quiesce")
    life.roll_back(*STAGES[:4])
    assert shown(life) == before
    reached(life, "quiesce")
    life.do("contract")
    life.shop.run("UPDATE orders SET id = 3000000000 + id ORDER BY id DESC")
    life.shop.run("DELETE FROM orders WHERE id = 3000000004")

    ours = "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE()"
    assert life.shop.rows(ours) == [(0,)]
    expected = [(3000000001, 3000000001), (3000000001, 3000000002), (3000000002, None), (3000000003, 3000000003)]
    assert life.shop.rows("SELECT order_id, gone_id FROM items ORDER BY 1, 2") == expected


def test_a_row_whose_number_the_old_table_cannot_hold_keeps_it_until_that_is_gone(life: Life) -> None:
    """Hazard 43: what refers to the row would be in one column alone, or lost with its old number."""
    reached(filled(life), "quiesce")
    life.shop.run("INSERT INTO orders (id) VALUES (3000000000), (3000000001), (3000000002)")
    life.shop.run("INSERT INTO items (order_id, gone_id) VALUES (3000000000, 3000000001)")
    before = held(life)
    for old, new in ((1, 3000000009), (3000000000, 9), (3000000001, 3000000009), (5, 3000000009)):
        for word in ("", "IGNORE"):
            with pytest.raises(pymysql.Error, match="1264"):
                life.shop.run(f"UPDATE {word} orders SET id = {new} WHERE id = {old}")
    assert held(life) == before
    life.shop.run("DELETE FROM orders WHERE id IN (3000000001, 3000000002)")

    gone = "SELECT gone_id, gone_id__quiesced FROM items WHERE order_id = 3000000000"
    assert life.shop.rows(gone) == [(None, None)]


def transactions(chance: random.Random) -> tuple[tuple[str, ...], ...]:
    one, two, three = (chance.randint(1, 25) for _ in range(3))
    into = "INSERT IGNORE INTO items (order_id, gone_id, held_id, note) VALUES"
    return (
        (f"INSERT IGNORE INTO orders (id) VALUES ({one}), ({two}), ({three})",),
        (f"{into} ({one}, {two}, NULL, 'n{three}'), ({two}, {two}, {three}, NULL)",),
        (f"UPDATE orders SET id = {two} WHERE id = {one}",),
        (f"UPDATE orders SET id = id + 30 WHERE id = {one}", f"DELETE FROM orders WHERE id = {two} + 30"),
        (f"UPDATE items SET order_id = {one}, gone_id = {two} WHERE order_id = {three}",),
        (f"{into} ({one}, {two}, NULL, 'm')", f"UPDATE orders SET id = {three} WHERE id = {two}"),
        (f"DELETE IGNORE FROM orders WHERE id IN ({one}, {two})",),
        (f"REPLACE INTO orders (id) VALUES ({one})",),
        (f"DELETE FROM items WHERE held_id = {one} OR id % 5 = 0",),
    )


def test_nothing_refers_to_nothing_while_everybody_writes_and_the_two_change_places(life: Life) -> None:
    """Hazards 13, 19, 21, 29."""
    filled(life)
    with many_writing(life, transactions, HELD_TO) as kept:
        reached(life, "validate")
        before = len(kept)
        there_and_back(life, 1, pause=0.1)
    assert len(kept) > before
    assert agreeing(life)
    assert life.differing() == []
    for name in RETYPED[1:]:
        lost = f"SELECT * FROM items WHERE {name} IS NOT NULL AND {name} NOT IN (SELECT id FROM orders)"
        assert life.shop.rows(lost) == []
    life.do("contract")


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        (
            f"ALTER TABLE items DROP FOREIGN KEY of_held; {LATE}",
            "foreign key 'of_held' of 'items' changes rows (ON DELETE SET NULL), as the contract does not know",
        ),
        (
            "ALTER TABLE items DROP PRIMARY KEY, ADD PRIMARY KEY (id, order_id), ADD KEY (id)",
            "a foreign key to 'orders' changes 'items.order_id', which finds the rows of 'items': drop it first, in a",
        ),
        (
            f"CREATE TRIGGER late BEFORE UPDATE ON items FOR EACH ROW {BEFORE_OURS} SET NEW.note = 'late'",
            "trigger 'late' of 'items' would see what a foreign key to 'orders' changes",
        ),
        (
            f"CREATE TABLE slugs (slug VARCHAR(9) PRIMARY KEY); INSERT INTO slugs SELECT slug FROM orders; {SLUGGED}",
            "foreign key 'of_slug' of 'orders' deletes rows (ON DELETE CASCADE) unseen by triggers",
        ),
    ],
)
def test_what_the_triggers_would_not_see_to_is_named(life: Life, sql: str, sentence: str, *, begun: bool) -> None:
    """Hazard 48."""
    if begun:
        reached(filled(life), "validate")
    for one in (sql if begun else sql.replace(BEFORE_OURS, "")).split(";"):
        life.shop.run(one)
    if begun:
        with pytest.raises(ContractctlError) as error:
            life.do("quiesce")
        assert sentence in error.value.message
    else:
        with life.shop.engine.connect() as connection:
            assert any(sentence in one for one in operations.hindrances(life.plan, connection))

"""Does a table that goes over to a copy lose nothing, whoever writes how? Hazard numbers: staging design."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pymysql
import pytest
from sqlalchemy.exc import DBAPIError

from contractctl import operations
from contractctl.databases import comparison, repairing
from contractctl.databases.mysql import carrying
from contractctl.databases.mysql.triggers.copying import going_back
from contractctl.errors import ContractctlError
from tests.databases import shops
from tests.operations.copies import COPIED, Begin, reached, running, there_and_back
from tests.operations.lives import Life
from tests.operations.scenarios import NUMBERED
from tests.waiting import wait_for

INTO = "INSERT INTO orders (customer_name, amount) VALUES"
COLUMNS = "id, customer_name, amount, at, twice"
BUSY = (1020, 1205, 1213, 1467)
"""A row that was changed since it was read, a lock that was not free, a deadlock, one over the counter: do it again."""
PARTITIONED = """CREATE TABLE orders (
  shard integer, id integer AUTO_INCREMENT, customer_name text, PRIMARY KEY (shard, id), KEY (id)
) PARTITION BY HASH (shard) PARTITIONS 3"""
COMPRESSED = """CREATE TABLE orders (
  shard char(3) PRIMARY KEY, id integer AUTO_INCREMENT INVISIBLE, customer_name text, UNIQUE (id)
) DEFAULT CHARSET=latin1 ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8"""


@pytest.fixture
def begin(mariadb_url: str) -> Iterator[Begin]:
    with shops.opened(shops.MARIADB, mariadb_url) as shop:

        def started(*tables: str) -> Life:
            return Life(shop, replace(COPIED, tables=tables or COPIED.tables))

        yield started


def both(life: Life, *others: str) -> list[list[tuple[object, ...]]]:
    return [life.shop.rows(f"SELECT {COLUMNS} FROM {table} ORDER BY id") for table in ("orders", *others)]


@pytest.mark.parametrize("stage", ["dual_write", "quiesce"])
@pytest.mark.parametrize(
    "statement",
    [
        f"{INTO} ('Cem', '7')",
        f"{INTO} ('Cem', '7'), ('Dan', '8'), ('Eve', NULL)",
        f"INSERT IGNORE {INTO.removeprefix('INSERT ')} ('Ann', '1'), ('Dan', '8')",
        f"{INTO} ('Ann', '1') ON DUPLICATE KEY UPDATE customer_name = 'Ann A.', amount = amount + 1",
        f"{INTO} ('Ann', '1') ON DUPLICATE KEY UPDATE id = 70",
        "REPLACE INTO orders (customer_name, amount) VALUES ('Ann', '1'), ('Fay', '9')",
        "REPLACE INTO orders (id, customer_name, amount) VALUES (1, 'Bea', '2')",
        "INSERT INTO orders (customer_name, amount) SELECT concat(customer_name, '!'), amount FROM orders",
        "INSERT INTO orders (id, customer_name) VALUES (0, 'nought')",
        "INSERT INTO orders (id, customer_name, at) VALUES (-5, 'below', '0000-00-00')",
        "UPDATE orders SET amount = amount + 10",
        "UPDATE orders SET customer_name = 'Ann', amount = '1' WHERE id = 1",
        "UPDATE orders SET customer_name = 'ann' WHERE id = 1",
        "UPDATE orders SET id = id + 100 ORDER BY id DESC",
        "UPDATE IGNORE orders SET id = id + 1",
        "UPDATE IGNORE orders SET amount = if(id = 1, 'none', amount + 1), at = at + INTERVAL 1 DAY",
        "UPDATE IGNORE orders SET customer_name = 'Ann', amount = '1'",
        "UPDATE orders AS one JOIN orders AS two ON two.id = one.id + 1 SET one.amount = two.id",
        "DELETE FROM orders WHERE id = 2",
        "DELETE one FROM orders AS one JOIN orders AS two ON one.id < two.id",
    ],
)
def test_each_way_to_write_writes_both_tables_and_says_what_it_said_before(
    begin: Begin, statement: str, stage: str
) -> None:
    """Hazards 11, 41: another table of the same definition, without a copy, tells what is expected."""
    life = begin()
    life.shop.run("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
    life.shop.run("CREATE TABLE alone LIKE orders")
    for table in ("orders", "alone"):
        life.shop.run(f"{INTO.replace('orders', table)} ('Ann', '1'), ('Bea', '2'), ('Bob', '3')")
    reached(life, stage)
    found = []
    for table in ("orders", "alone"):
        life.shop.run("SET timestamp = 1700000000")
        cursor = life.shop.app.cursor()
        changed = cursor.execute(statement.replace("orders", table))
        found.append((changed, cursor.lastrowid, life.shop.rows("SELECT last_insert_id()")))

    columns = COLUMNS.replace("at, ", "")
    here, there = (life.shop.rows(f"SELECT {columns} FROM {table} ORDER BY id") for table in ("orders", "alone"))
    assert (found[0], here) == (found[1], there)
    assert life.differing() == []
    orders, other = both(life, "orders__new" if stage == "dual_write" else "orders__quiesced")
    assert orders == other


def test_a_session_that_is_to_get_few_rows_writes_both_tables(begin: Begin) -> None:
    """sql_select_limit, by which drivers ask for no more, also holds for what a trigger goes through row by row."""
    life = reached(begin(), "dual_write")
    life.shop.run(f"{INTO} ('Ann', '1')")
    life.shop.run("SET SESSION sql_select_limit = 0")
    life.shop.run("UPDATE orders SET amount = '2'")
    life.shop.run("SET SESSION sql_select_limit = DEFAULT")

    assert life.differing() == []


TYPES = """CREATE TABLE orders (
  id integer AUTO_INCREMENT PRIMARY KEY, customer_name varchar(20), one integer UNIQUE, f float, d double, b bit(3),
  j json, e enum('a', 'b'), s set('x', 'y'), c char(3), t text, bl blob, n decimal(10, 2), g geometry, u uuid, i inet6,
  y year, h time(3), m datetime(6), w timestamp(6) NOT NULL DEFAULT '2000-01-01', p binary(4)
)"""
VALUES = """(customer_name, one, f, d, b, j, e, s, c, t, bl, n, g, u, i, y, h, m, p) VALUES
  ('é ', {0}, 0.1, 0.1, b'101', '{{"a": 1}}', 'a', 'x,y', 'a ', 'long ', x'00ff5c', 1.10, point(1, 2), uuid(), '::1',
  2020, '-10:00:00.123', now(6), 'ab')"""


def test_a_value_of_every_type_is_copied_as_it_is(begin: Begin) -> None:
    """Also where an UPDATE is ignored, and shows what it would have written."""
    life = begin(TYPES)
    for number in (1, 2):
        life.shop.run(f"INSERT INTO orders {VALUES.format(number)}")
    reached(life, "dual_write")
    life.shop.run(f"INSERT INTO orders {VALUES.format(3)}")
    life.shop.run("UPDATE orders SET t = 'other', g = point(3, 4), f = 1e-7, s = 'y' WHERE id = 3")
    life.shop.run("UPDATE IGNORE orders SET one = 2, t = 'lost', j = '[]' WHERE id <> 2")
    assert life.differing() == []
    columns = "id, hex(customer_name), one, f, d, hex(b), j, e, s, c, t, hex(bl), n, hex(g), u, i, y, h, m, w, hex(p)"
    here, there = (life.shop.rows(f"SELECT {columns} FROM {of} ORDER BY id") for of in ("orders", "orders__new"))
    assert here == there
    assert [row[10] for row in here] == ["long ", "long ", "other"]


@contextmanager
def many_writing(life: Life, count: int = 4) -> Iterator[dict[int, list[tuple[object, ...]]]]:
    """Applications that write rows of their own in every way; what each has seen of them last, as it was committed."""
    seen = dict[int, list[tuple[object, ...]]]()

    def run(own: int, stop: threading.Event) -> None:
        app, chance = life.shop.connect(), random.Random(own)
        app.autocommit(False)
        cursor, turn = app.cursor(), 0
        try:
            while not stop.is_set():
                turn += 1
                try:
                    cursor.execute(chance.choice(_ways(own, chance.randrange(30), turn)))
                    cursor.execute(f"SELECT id, amount, twice FROM orders WHERE customer_name = 'c{own}' ORDER BY id")
                    rows = list(cursor.fetchall())
                    app.commit()
                    seen[own] = rows
                except pymysql.Error as error:
                    app.rollback()
                    if error.args[0] not in BUSY:
                        raise
        finally:
            app.close()

    with running(run, count):
        yield seen


def _ways(own: int, number: int, turn: int) -> tuple[str, ...]:
    name, mine = f"'c{own}'", f"customer_name = 'c{own}' AND amount"
    return (
        f"INSERT IGNORE {INTO.removeprefix('INSERT ')} ({name}, {number}), ({name}, {number + 1})",
        f"{INTO} ({name}, {number}) ON DUPLICATE KEY UPDATE at = at + INTERVAL 1 SECOND",
        f"REPLACE INTO orders (customer_name, amount) VALUES ({name}, {number})",
        f"INSERT IGNORE INTO orders (customer_name, amount) SELECT {name}, amount + 30 FROM orders WHERE {mine} < 3",
        f"UPDATE IGNORE orders SET amount = amount + 1 WHERE {mine} BETWEEN {number} AND {number + 3}",
        f"UPDATE orders SET id = -id WHERE {mine} = '{number}' AND {turn} % 2",
        f"DELETE FROM orders WHERE {mine} BETWEEN {number} AND {number + 2}",
    )


def test_the_two_change_places_again_and_again_while_everybody_writes(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hazards 11, 29, 49. Somebody always has the table here: to try for long before waiting is in vain."""
    monkeypatch.setattr(carrying, "_ATTEMPTS", 3)
    life = begin()
    with many_writing(life) as seen:
        time.sleep(0.2)
        reached(life, "dual_write")
        there_and_back(life, 8, pause=0.05)
    orders, old = both(life, "orders__quiesced")
    assert orders == old
    life.do("contract")
    for own, rows in seen.items():
        query = f"SELECT id, amount, twice FROM orders WHERE customer_name = 'c{own}' ORDER BY id"
        assert life.shop.rows(query) == rows


def test_the_copy_counts_on_where_the_table_did_though_the_last_rows_are_gone(begin: Begin) -> None:
    """Hazard 41: no number is given twice, nor by whichever of the two has the name."""
    life = begin()
    life.shop.run(f"{INTO} ('Ann', '1'), ('Bea', '2'), ('Cem', '3')")
    life.shop.run("DELETE FROM orders WHERE id > 1")
    reached(life, "dual_write")
    life.shop.run(f"{INTO} ('Dan', '4')")
    life.shop.run("DELETE FROM orders WHERE id > 1")
    life.do("quiesce")
    life.shop.run(f"{INTO} ('Eve', '5')")
    life.shop.run("DELETE FROM orders WHERE id > 1")
    life.undo("quiesce")
    life.shop.run(f"{INTO} ('Fay', '6')")

    assert life.shop.rows("SELECT id FROM orders ORDER BY id") == [(1,), (6,)]


def test_a_number_that_the_old_table_cannot_hold_is_taken_and_closes_the_way_back(begin: Begin) -> None:
    """Hazard 43: nobody who writes is refused for the old table's sake, and nothing is lost on the way back."""
    life = begin()
    life.shop.run(f"{INTO} ('Ann', '1')")
    reached(life, "quiesce")
    life.shop.run("INSERT INTO orders (id, customer_name) VALUES (3000000000, 'many')")
    assert life.differing() == []
    with pytest.raises(ContractctlError, match=r"1 row of 'orders' is not in 'orders__quiesced'.*\[3000000000\]"):
        life.undo("quiesce")
    life.shop.run("UPDATE orders SET id = 7 WHERE id = 3000000000")
    life.undo("quiesce")
    assert [row[0] for row in both(life)[0]] == [1, 7]

    life.do("quiesce")
    life.shop.run("UPDATE orders SET id = 3000000000 WHERE id = 7")
    assert [[row[0] for row in rows] for rows in both(life, "orders__quiesced")] == [[1, 3000000000], [1]]
    life.do("contract")
    life.shop.run(f"{INTO} ('next', '1')")
    assert [row[0] for row in both(life)[0]] == [1, 3000000000, 3000000001]


def test_a_number_too_great_that_comes_at_the_last_moment_is_found_by_the_statement_itself(begin: Begin) -> None:
    """And whoever writes such numbers goes on."""
    life = reached(begin(), "quiesce")
    life.shop.run("INSERT INTO orders (id, customer_name) VALUES (3000000000, 'many')")
    (sync,) = life.synchronisations()
    copying = life.shop.database.ddl.copying
    assert copying is not None
    with pytest.raises(DBAPIError, match="there is no way back"), life.shop.engine.connect() as connection:
        life.shop.database.carry_out(connection, copying.swap_back(sync))
    life.shop.run("INSERT INTO orders (id, customer_name) VALUES (3000000001, 'more')")

    assert len(life.shop.rows("SELECT id FROM orders")) == 2
    assert life.missing_triggers() == ()


def test_nobody_is_refused_any_more_when_the_way_back_was_not_free(begin: Begin) -> None:
    """Hazard 29: one reads the old table, for which RENAME TABLE waits, and one the table once it has given up."""
    life = reached(begin(), "quiesce")
    (sync,) = life.synchronisations()
    copying = life.shop.database.ddl.copying
    assert copying is not None

    def read(table: str, reader: Any) -> None:
        life.shop.run("BEGIN", app=reader)
        life.shop.rows(f"SELECT * FROM {table}", app=reader)

    def read_behind(reader: Any) -> None:
        waiting = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata%'"
        wait_for(lambda: life.shop.rows(waiting, app=reader) == [(1,)])
        read("orders", reader)

    with closing(life.shop.connect()) as one, closing(life.shop.connect()) as other:
        read("orders__quiesced", one)
        behind = threading.Thread(target=read_behind, args=(other,))
        behind.start()
        with pytest.raises(DBAPIError, match="Lock wait timeout"), life.shop.engine.connect() as connection:
            life.shop.database.carry_out(connection, copying.swap_back(sync))
        behind.join()
        life.shop.run("INSERT INTO orders (id, customer_name) VALUES (3000000000, 'many')")

    assert life.shop.rows("SELECT id FROM orders") == [(3000000000,)]


def test_while_the_old_table_gets_its_name_back_no_row_comes_that_it_cannot_hold(begin: Begin) -> None:
    life = reached(begin(), "quiesce")
    life.shop.run("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
    row = "orders (id, customer_name) VALUES ({}, 'Ann')"
    life.shop.run(f"INSERT INTO {row.format(1)}")
    (sync,) = life.synchronisations()
    with closing(life.shop.connect()) as migrating:
        life.shop.run(f"DO GET_LOCK({going_back(sync)}, 0)", app=migrating)
        for statement in (
            f"INSERT INTO {row.format(3000000000)}",
            f"INSERT IGNORE INTO {row.format(3000000000)}",
            f"REPLACE INTO {row.format(3000000000)}",
            f"INSERT INTO {row.format(1)} ON DUPLICATE KEY UPDATE id = 3000000000",
            "UPDATE orders SET id = 3000000000",
            "UPDATE IGNORE orders SET id = 3000000000",
        ):
            with pytest.raises(pymysql.DataError, match="Out of range value for column 'id'"):
                life.shop.run(statement)
        life.shop.run("UPDATE orders SET id = 2")
        assert [[row[0] for row in rows] for rows in both(life, "orders__quiesced")] == [[2], [2]]
        life.shop.run(f"DO RELEASE_LOCK({going_back(sync)})", app=migrating)
    life.shop.run("UPDATE orders SET id = 3000000000")

    assert life.shop.rows("SELECT id FROM orders") == [(3000000000,)]


@pytest.mark.parametrize(
    ("ddl", "sentence"),
    [
        (
            "CREATE TRIGGER mine AFTER INSERT ON orders FOR EACH ROW SET @a = 1",
            "trigger 'mine' would stay with the old",
        ),
        ("CREATE TABLE orders__new (id int)", "already has a table or a view 'orders__new'"),
        ("CREATE VIEW orders__swapped AS SELECT 1", "already has a table or a view 'orders__swapped'"),
        ("ALTER TABLE orders MODIFY id mediumint AUTO_INCREMENT", "'orders.id' is mediumint(9), but the plan expects"),
        ("ALTER TABLE orders ADD FULLTEXT KEY words (customer_name)", "has the FULLTEXT index 'words'"),
        ("ALTER TABLE orders ADD SYSTEM VERSIONING", "is system-versioned"),
        ("ALTER TABLE orders CHANGE id number integer AUTO_INCREMENT", "table 'orders' has no column 'id'"),
    ],
)
def test_what_keeps_a_table_from_going_over_to_a_copy_is_said_before_anything_is_done(
    begin: Begin, ddl: str, sentence: str
) -> None:
    life = begin()
    life.shop.run(ddl)

    with life.shop.engine.connect() as connection:
        found = list(operations.hindrances(life.plan, connection))
    assert any(sentence in one for one in found), found


@pytest.mark.parametrize(
    ("ddl", "sentence"),
    [
        (
            "ALTER TABLE orders ADD COLUMN late text",
            "'orders' was changed after its copy was created (`late` text DEFAULT NULL)",
        ),
        (
            "ALTER TABLE orders__new DROP KEY by_amount",
            "was changed after its copy was created (KEY `by_amount` (`amount`))",
        ),
        (
            "CREATE TRIGGER mine AFTER INSERT ON orders FOR EACH ROW SET @a = 1",
            "'mine' would stay with the old 'orders'",
        ),
        ("DROP TRIGGER contractctl_plan_orders_old_update", "'contractctl_plan_orders_old_update' is gone"),
    ],
)
def test_what_has_come_meanwhile_is_not_lost_when_the_copy_gets_the_name(begin: Begin, ddl: str, sentence: str) -> None:
    """Hazard 48."""
    life = reached(begin(), "dual_write")
    life.shop.run(ddl)

    with pytest.raises(ContractctlError) as error:
        life.do("quiesce")
    assert sentence in error.value.message


def test_a_transaction_that_is_older_than_the_copy_s_rows_is_waited_for(begin: Begin) -> None:
    """Hazard 28: under REPEATABLE READ it would find the copy as it was when it has read something first."""
    life = begin()
    life.shop.run(f"{INTO} ('Ann', '1')")
    life.shop.run("CREATE TABLE contractctl_checkpoint (plan text, table_name text, at double)")
    reader = life.shop.connect()
    life.shop.run("START TRANSACTION WITH CONSISTENT SNAPSHOT", app=reader)
    reached(life, "dual_write")
    life.shop.run("INSERT INTO contractctl_checkpoint VALUES ('plan', 'orders', unix_timestamp(now(6)))")
    with pytest.raises(ContractctlError, match=f"the transaction of connection {reader.thread_id()} is older"):
        life.do("quiesce")
    life.shop.run("COMMIT", app=reader)
    time.sleep(0.2)  # for so long the server shows what it has shown before
    life.do("quiesce")

    reader.close()


def test_what_was_done_behind_the_triggers_back_is_found_and_repaired(begin: Begin) -> None:
    """Hazard 12. The table that applications write is right."""
    life = begin()
    life.shop.run(f"{INTO} ('Ann', '1'), ('Bea', '2'), ('Cem', '3')")
    for stage, other, right, wrong in (
        ("dual_write", "orders__new", "old", "new"),
        ("quiesce", "orders__quiesced", "new", "old"),
    ):
        life.do("expand") if stage == "dual_write" else None
        life.do(stage)
        life.backfill()
        life.shop.run(f"UPDATE {other} SET amount = '20' WHERE id = 2")
        life.shop.run(f"DELETE FROM {other} WHERE id = 3")
        life.shop.run(f"INSERT INTO {other} (id, customer_name) VALUES (9, 'nobody')")
        (sync,) = life.synchronisations()
        with life.shop.engine.begin() as connection:
            facts = comparison.facts(life.shop.database, connection, sync)
        assert life.differing() == [(2,), (3,), (9,)]
        assert (facts["differing"], facts["remaining"], facts["new_side_nulls"]) == (3, 2, 1)
        with (
            pytest.raises(ContractctlError, match=f"--repair {right}|applications write"),
            life.shop.engine.begin() as c,
        ):
            repairing.repair(life.shop.database, c, sync, [(2,)], wrong)
        with life.shop.engine.begin() as connection:
            repairing.repair(life.shop.database, connection, sync, [(2,), (3,), (9,)], right)
        assert life.differing() == []
    life.shop.run("TRUNCATE orders")
    assert life.differing() == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE orders (shard integer, id integer, customer_name text, PRIMARY KEY (shard, id))",
        PARTITIONED,
        COMPRESSED,
        NUMBERED,
    ],
)
def test_all_that_a_table_is_goes_over_but_its_column_s_type(begin: Begin, table: str) -> None:
    life = begin(table)
    shard = "id" if table == NUMBERED else "shard"
    life.shop.run("SET SESSION sql_mode = ''")
    life.shop.run(
        f"INSERT INTO orders ({shard}, {'amount' if shard == 'id' else 'id'}, customer_name) VALUES (1, 1, 'a')"
    )
    (before,) = life.shop.rows("SHOW CREATE TABLE orders")
    rows = life.shop.rows("SELECT * FROM orders")
    reached(life, "contract")
    (after,) = life.shop.rows("SHOW CREATE TABLE orders")

    assert after[1] == before[1].replace("`id` int(11)", "`id` bigint(20)")
    assert life.shop.rows("SELECT * FROM orders") == rows
    life.shop.run(f"UPDATE orders SET id = 3000000000 WHERE {shard} = 1")
    assert life.shop.rows("SHOW TABLES LIKE 'orders%'") == [("orders",)]

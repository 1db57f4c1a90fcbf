"""As killing.py, where a table that AUTO_INCREMENT counts goes over to a copy in which its key is a BIGINT.

Run as: python killing_copied.py FOLDER EVERY URL [STAGE]. Applications write all the time in every way that MariaDB
has, each rows of its own, which go when their owner does and refer to each other, and items, which go with these rows
and with their numbers, and know nothing of the copy; each logs what it has seen of its rows before every commit, and
the numbers that it was told, so that what is there in the end can be held against the last line.
"""

import contextlib
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import killing
import shop
from killing import Story
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.exc import DBAPIError

from contractctl import databases, operations, planner, revisions
from contractctl.formats.sql import staging
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import Plan

WRITERS, ROWS, APART = 2, 24, 20
OWNERS = "CREATE TABLE owners (id INT PRIMARY KEY)"
ORDERS = (
    "CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, owner INT NOT NULL, number INT NOT NULL,"
    " note VARCHAR(50) NOT NULL DEFAULT '', after INT, UNIQUE KEY one (owner, number),"
    " CONSTRAINT of_itself FOREIGN KEY (after) REFERENCES orders (id),"
    " CONSTRAINT of_owner FOREIGN KEY (owner) REFERENCES owners (id) ON DELETE CASCADE)"
)
ITEMS = (
    "CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, of INT NOT NULL,"
    " CONSTRAINT of_order FOREIGN KEY (of) REFERENCES orders (id) ON DELETE CASCADE ON UPDATE CASCADE)"
)
MOST = 2**31 - 1
TRIED = ("expand", "dual-write", "backfill", "verify", "quiesce", "contract", "rollback")
HELD = 1451
"""ER_ROW_IS_REFERENCED_2."""


def make(folder: Path, url: str) -> None:
    """A shop's folder with orders, and the plan."""
    (folder / "url").write_text(url, encoding="utf-8")
    with shop.connected(folder) as connection:
        for table in (OWNERS, ORDERS, ITEMS):
            connection.exec_driver_sql(table)
        for own in range(WRITERS):
            connection.exec_driver_sql(f"INSERT INTO owners VALUES ({own})")
        for n in range(ROWS):
            connection.exec_driver_sql(f"INSERT INTO orders (owner, number) VALUES ({n % WRITERS}, {n // WRITERS})")
        connection.exec_driver_sql("INSERT INTO items (of) SELECT id FROM orders WHERE number < 9")
        connection.commit()
    plan = planned()
    revisions.write(plan, revisions.environment(folder / "migrations"))
    (folder / "migrations" / "plans").mkdir()
    planner.write_plan(folder / "migrations" / "plans" / f"{plan.name}.toml", plan)


def planned() -> Plan:
    old, new = (
        Source((File("shop.sql", f"{OWNERS};{orders};{items}"),))
        for orders, items in (
            (ORDERS, ITEMS),
            (
                ORDERS.replace("(id INT", "(id BIGINT").replace("after INT", "after BIGINT"),
                ITEMS.replace("of INT", "of BIGINT"),
            ),
        )
    )
    made = staging.operations(old, new, Declared(), "shop/orders", Policy("mysql"))
    assert [one.kind for one in made] == ["drop-foreign-key", "copy-table", "change-type", "add-foreign-key"]
    plan = replace(shop.PLAN, operations=tuple(made), dialect="mysql")
    return replace(plan, revisions=revisions.identifiers(shop.NAME, validating=bool(operations.validate(plan))))


def ways(own: int, number: int, turn: int) -> tuple[str, ...]:
    """What an application may do to its rows."""
    into, mine = "INTO orders (owner, number, note)", f"FROM orders WHERE owner = {own}"
    near = f"owner = {own} AND number BETWEEN {number} AND {number + 3}"
    return (
        f"INSERT IGNORE {into} VALUES ({own}, {number}, '{turn}')",
        f"INSERT IGNORE {into} VALUES ({own}, {number}, '{turn}'), ({own}, {number + 1}, '{turn}')",
        f"INSERT {into} VALUES ({own}, {number}, '{turn}') ON DUPLICATE KEY UPDATE note = 'again {turn}'",
        f"REPLACE {into} VALUES ({own}, {number}, '{turn}')",
        f"INSERT IGNORE {into} SELECT owner, number + 1, '{turn}' {mine} AND number = {number}",
        f"UPDATE orders SET note = '{turn}' WHERE {near}",
        f"UPDATE orders SET id = -id WHERE owner = {own} AND number = {number}",
        f"UPDATE IGNORE orders SET number = number + 1, note = '{turn}' WHERE {near}",
        f"DELETE {mine} AND number BETWEEN {number} AND {number + 1}",
        f"UPDATE orders SET after = (SELECT max(one.id) FROM orders one WHERE one.owner = {own}) WHERE {near}",
        f"UPDATE orders SET after = NULL WHERE owner = {own} AND mod(number, 5) <> 0",
        f"REPLACE INTO owners SELECT {own} FROM DUAL WHERE mod({turn}, 5) = 0",
        f"INSERT INTO items (of) SELECT id FROM orders WHERE {near}",
        f"UPDATE items JOIN orders ON orders.id = items.of SET of = (SELECT max(id) {mine}) WHERE {near}",
        f"DELETE items FROM items JOIN orders ON orders.id = items.of WHERE {near}",
    )


def write_all_the_time(folder: Path, log: Path, _done: int, *, own: int) -> None:
    """Write rows of one's own; log what was committed."""
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda signalled, _frame: stop.append(signalled))
    connection, chance, turn = create_engine(shop.url_of(folder)).connect(), random.Random(own), 0
    with log.open("w") as written:
        written.write(json.dumps([read(connection, own), 0]) + "\n")
        connection.rollback()
        while not stop:
            turn += 1
            statement = chance.choice(ways(own, chance.randrange(APART), turn))
            try:
                told = write(connection, own, statement)
                seen = read(connection, own)
                connection.commit()
            except DBAPIError as error:
                connection.rollback()
                if not (databases.of(connection).busy(error) or getattr(error.orig, "args", (0,))[0] == HELD):
                    raise
                continue
            written.write(json.dumps([seen, told]) + "\n")
            time.sleep(0.002)


def write(connection: Connection, own: int, statement: str) -> int:
    """The number that the application was told; 0: none."""
    changed = connection.exec_driver_sql(statement).rowcount
    if not (statement.startswith("INSERT IGNORE") and "SELECT" not in statement and changed == 1):
        return 0
    told = int(connection.exec_driver_sql("SELECT LAST_INSERT_ID()").scalar_one())
    owner = connection.exec_driver_sql(f"SELECT owner FROM orders WHERE id = {told}").scalar()
    assert owner == own, f"LAST_INSERT_ID() says {told}, a row of {owner}"
    return told


def read(connection: Connection, own: int) -> list[list[object]]:
    items = "(SELECT count(*) FROM items WHERE items.of = orders.id)"
    query = f"SELECT id, number, note, after, {items} FROM orders WHERE owner = {own} ORDER BY number"
    return [list(row) for row in connection.exec_driver_sql(query)]


def wrong_after(folder: Path, logs: Sequence[Path], done: int) -> list[str]:
    """As killing.wrong_in_journal, and whether every row is there as its application has seen it last."""
    return [*killing.wrong_in_journal(folder, done), *_wrong_rows(folder, logs), *_wrong_tables(folder)]


def _wrong_rows(folder: Path, logs: Sequence[Path]) -> Iterator[str]:
    lines = [[json.loads(line) for line in log.read_text().splitlines()] for log in logs]
    with shop.connected(folder) as connection:
        for own, seen in enumerate(lines):
            if (there := read(connection, own)) != seen[-1][0]:
                yield f"{own} has seen {seen[-1][0]}, and there is {there}"
    told = [number for seen in lines for _, number in seen if number]
    if len(told) != len(set(told)):
        yield "two rows were given one number"


def _wrong_tables(folder: Path) -> Iterator[str]:
    with shop.connected(folder) as connection:
        tables = {name for name in inspect(connection).get_table_names() if name.startswith("orders")}
    filled = shop.rows(folder, "SELECT 1 FROM contractctl_checkpoint WHERE done = 1")
    query = "SELECT * FROM {} ORDER BY id"
    for other in tables & {"orders__new", "orders__quiesced"} if filled else set():
        if shop.rows(folder, query.format("orders")) != shop.rows(folder, query.format(other)):
            yield f"orders and {other} differ"
    triggers = len(shop.rows(folder, _TRIGGERS))
    if tables not in ({"orders"}, {"orders", "orders__new", *_SIGNALS}, {"orders", "orders__quiesced", *_SIGNALS}):
        yield f"there are the tables {sorted(tables)}"
    keys = {f"{name} of {table}" for name, table in shop.rows(folder, _KEYS)}
    if tables == {"orders"} and keys != {"of_owner of orders", "of_itself of orders", "of_order of items"}:
        yield f"the foreign keys are {sorted(keys)}"
    for one, column in (("items", "of"), ("orders", "after")):
        where = f"{column} IS NOT NULL AND {column} NOT IN (SELECT id FROM orders)"
        if lost := shop.rows(folder, f"SELECT {column} FROM {one} WHERE {where}"):
            yield f"{one} of no order: {lost}"
    for (other,) in shop.rows(folder, _OF_ITEMS) if filled else ():
        if apart := shop.rows(folder, f"SELECT of, {other} FROM items WHERE NOT (of <=> {other})"):
            yield f"the orders of items are {apart}"
    if triggers not in ({0} if tables == {"orders"} else {0, 6}):
        yield f"there are {triggers} triggers"


_TRIGGERS = (
    "SELECT 1 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE LIKE 'orders%%'"
)
_KEYS = (
    "SELECT CONSTRAINT_NAME, TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS"
    " WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME IN ('orders', 'items')"
)
_OF_ITEMS = (
    "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'items'"
    " AND COLUMN_NAME IN ('of__new', 'of__quiesced')"
)
_SIGNALS = ("orders__swap", "orders__swapped")


def main(folder: Path, every: int, url: str, *stages: str) -> None:
    base = folder / "base"
    base.mkdir()
    with contextlib.redirect_stdout(sys.stderr):
        make(base, url)
    writers: tuple[Callable[[Path, Path, int], None], ...] = tuple(
        partial(write_all_the_time, own=own) for own in range(WRITERS)
    )
    print(json.dumps(killing.try_stages(base, every, stages or TRIED, Story(writers, wrong_after))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])

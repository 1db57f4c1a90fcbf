"""As killing.py, where rows share the row that their column goes on in: it moves there, or the table is extracted.

Run as: python killing_shared.py FOLDER EVERY moved|extracted [URL]. Two applications write all the time, each customers
of its own, by the old names and by the new ones in turn; their logs say what every order must hold in the end.
"""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import killing
import shop
from killing import Story
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import DBAPIError

from contractctl import databases, operations, planner, revisions
from contractctl.formats.sql import staging
from contractctl.model.contract import File, Policy, Source
from contractctl.model.declared import Declared, Extraction, Move
from contractctl.model.plan import Plan

CUSTOMERS, ROWS = 6, 24
WRITERS = 2
BOTH_FROM = 3
"""The stage from which on new applications may write: both sides are kept in step."""
TRIED = ("backfill", "contract", "rollback")
"""The stages in which shared rows are made and filled, or one of the sides goes."""
TOWN = "VARCHAR(100)"
ORDERS = (
    f"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, city {TOWN}, total_cents INTEGER);\n"
    "CREATE INDEX orders_of_customer ON orders (customer_id);\n"
)
MOVED = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(100){});\n"
EXTRACTED = f"CREATE TABLE customers (id INTEGER PRIMARY KEY, city {TOWN});\n"
ON = (("customer_id", "id"),)
SAID = {
    "moved": Declared(moves=(Move("orders.city", "customers.city", ON),), lossy=frozenset({"city"})),
    "extracted": Declared(extractions=(Extraction(("orders.city",), "customers", ON),), lossy=frozenset({"city"})),
}
GONE = (
    *("no such column", "has no column", "no such table"),
    *('column "city" of relation', 'column "city" does not exist', 'relation "customers" does not exist'),
    *("Unknown column 'city'", "customers' doesn't exist"),
)
"""What the engines say of a statement that names what is not there, and of nothing else."""


def make(folder: Path, what: str, url: str | None) -> None:
    """A shop's folder with orders that share customers, and the plan."""
    if url is not None:
        (folder / "url").write_text(url, encoding="utf-8")
    before = ORDERS + (MOVED.format("") if what == "moved" else "")
    with shop.connected(folder) as connection:
        plan = planned(what, before, connection.dialect.name)
        for statement in before.split(";\n")[:-1]:
            connection.exec_driver_sql(statement)
        for n in range(CUSTOMERS if what == "moved" else 0):
            connection.exec_driver_sql(f"INSERT INTO customers (id) VALUES ({n})")
        for n in range(ROWS):
            customer = n % CUSTOMERS
            connection.exec_driver_sql(f"INSERT INTO orders VALUES ({n}, {customer}, 'city {customer}', 1)")
        connection.commit()
    revisions.write(plan, revisions.environment(folder / "migrations"))
    (folder / "migrations" / "plans").mkdir()
    planner.write_plan(folder / "migrations" / "plans" / f"{plan.name}.toml", plan)


def planned(what: str, before: str, dialect: str) -> Plan:
    after = ORDERS.replace(f" city {TOWN},", "") + (MOVED.format(f", city {TOWN}") if what == "moved" else EXTRACTED)
    old, new = (Source((File("shop.sql", text),)) for text in (before, after))
    made = staging.operations(old, new, SAID[what], "shop/orders", Policy(dialect))
    plan = replace(shop.PLAN, operations=tuple(made), dialect=dialect)
    return replace(plan, revisions=revisions.identifiers(shop.NAME, validating=bool(operations.validate(plan))))


def write_all_the_time(folder: Path, log: Path, done: int, *, own: int) -> None:
    """Write all orders of a customer, or the customer, or one more order; log what was committed."""
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stop.append(number))
    engine = create_engine(shop.url_of(folder), isolation_level="AUTOCOMMIT")
    killing.without_waiting_for_the_disk(engine)
    connection = engine.connect()
    city, old, turn = {n: f"city {n}" for n in range(CUSTOMERS)}, True, 0
    with log.open("w") as written:
        while not stop:
            turn += 1
            customer = own + WRITERS * (turn % (CUSTOMERS // WRITERS))
            order = None if turn % 3 else 1000 + WRITERS * turn + own
            value = city[customer] if order else f"{own} {turn}"
            try:
                count = connection.exec_driver_sql(statement(customer, order, value, old=old)).rowcount
            except DBAPIError as error:
                if any(words in str(error.orig) for words in GONE):
                    old = not old
                elif not databases.of(engine).busy(error):
                    raise
                continue
            if count == 0:  # the customer's row is not there yet
                old = True
                continue
            city[customer] = value
            written.write(json.dumps([order, customer, value]) + "\n")
            if done >= BOTH_FROM and turn % 50 == 0:
                old = not old
            time.sleep(0.003)


def statement(customer: int, order: int | None, value: str, *, old: bool) -> str:
    if order is None:
        return (
            f"UPDATE orders SET city = '{value}' WHERE customer_id = {customer}"
            if old
            else f"UPDATE customers SET city = '{value}' WHERE id = {customer}"
        )
    if old:
        return f"INSERT INTO orders (id, customer_id, city) VALUES ({order}, {customer}, '{value}')"
    there = f"FROM customers WHERE id = {customer} AND (city IS NULL OR city = city)"
    return f"INSERT INTO orders (id, customer_id) SELECT {order}, {customer} {there}"


def wrong_after(folder: Path, logs: Sequence[Path], done: int) -> list[str]:
    """As killing.wrong_in_journal, and whether every order and every customer holds what was written last."""
    cities, customers = {n: f"city {n}" for n in range(CUSTOMERS)}, {n: n % CUSTOMERS for n in range(ROWS)}
    for order, customer, value in (json.loads(line) for log in logs for line in log.read_text().splitlines()):
        cities[customer] = value
        customers |= {} if order is None else {order: customer}
    problems = killing.wrong_in_journal(folder, done)
    here, there = columns(folder, "orders"), columns(folder, "customers")
    if dict(shop.rows(folder, "SELECT id, customer_id FROM orders")) != customers or not here | there:
        problems.append("orders are lost, or both sides")
    expected = {order: cities[customer] for order, customer in customers.items()}
    problems += [f"{name} is wrong" for name in here if _read(folder, name, "orders") != expected]
    filled = not here or shop.rows(folder, "SELECT 1 FROM contractctl_checkpoint WHERE done = 1")
    held = {n: city for n, city in (_read(folder, "city", "customers") if there else {}).items() if city or filled}
    if there and held != {n: city for n, city in cities.items() if filled or n in held}:
        problems.append(f"customers hold {held}, and were given {cities}")
    left = [table for table in ("kept", "conflict", "set_aside") if shop.rows(folder, _LEFT[table])]
    return [*problems, *(f"marks are left in {table}" for table in left)]


_LEFT = {
    "kept": "SELECT 1 FROM contractctl_kept WHERE column_name = '(given)'",
    "conflict": "SELECT 1 FROM contractctl_conflict",
    "set_aside": "SELECT 1 FROM contractctl_set_aside",
}


def _read(folder: Path, column: str, table: str) -> dict[object, object]:
    return dict(shop.rows(folder, f"SELECT id, {column} FROM {table}"))


def columns(folder: Path, table: str) -> set[str]:
    """The names under which a table has the city."""
    with shop.connected(folder) as connection:
        there = inspect(connection)
        names = {str(one["name"]) for one in there.get_columns(table)} if there.has_table(table) else set()
        return names & {"city", "city__quiesced"}


def main(folder: Path, every: int, what: str, url: str | None = None) -> None:
    base = folder / "base"
    base.mkdir()
    with contextlib.redirect_stdout(sys.stderr):
        make(base, what, url)
    writers = tuple(partial(write_all_the_time, own=own) for own in range(WRITERS))
    print(json.dumps(killing.try_stages(base, every, TRIED, Story(writers, wrong_after))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])

"""What does a staged rename cost on SQLite? The backfill against one UPDATE, writers with triggers against without."""

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

TABLE = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL, total INTEGER NOT NULL);\n"
ROWS = "INSERT INTO orders WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
ROWS += "SELECT i, 'Customer ' || i, i FROM n"
SIZES = (10_000, 100_000, 1_000_000)
WRITES = 20_000
TRANSACTION = 100
CONTRACT = 'format = "sql"\ndialect = "sqlite"\nowner = "bench"\ndraft = "orders.sql"\n'


def measure(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Rows a second, and ratios."""
    staged = _staged(folder)
    for size in SIZES:
        yield _backfill(folder, staged, size)
    yield _writers(staged)


def _backfill(folder: Path, staged: Path, size: int) -> tuple[str, str, str]:
    at_once, in_batches = folder / "once.db", folder / "batches.db"
    for copy, triggers in ((at_once, False), (in_batches, True)):
        shutil.copy(staged, copy)
        _fill_table(copy, size, triggers=triggers)
    with sqlite3.connect(at_once) as connection:
        begin = time.perf_counter()
        connection.execute("UPDATE orders SET full_name = customer_name WHERE full_name IS NULL")
        connection.commit()
        single = time.perf_counter() - begin
    taken = _seconds_of_backfill(folder, in_batches)
    name = f"backfill of {size:,} rows while others may write"
    return (
        name,
        f"{size / taken:,.0f} rows/s",
        f"{single / taken:.2f} x one UPDATE without triggers, which locks everybody out",
    )


def _fill_table(database: Path, size: int, *, triggers: bool) -> None:
    """Rows as they were before there were triggers; then the triggers, or none."""
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        ours = [(name, sql) for name, sql in found if "_orders_" in name]
        for name, _ in ours:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(ROWS.replace("INTO orders ", "INTO orders (id, customer_name, total) "), (size,))
        for _, sql in ours if triggers else ():
            connection.execute(sql)
    connection.close()


def _seconds_of_backfill(folder: Path, database: Path) -> float:
    from random import Random

    from contractctl import backfill, operations, planner
    from contractctl.databases import sqlite

    plan = planner.read_plans(folder / "migrations")[0]
    engine = sqlite.create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        (sync,) = operations.synchronisations(plan, connection)
    nothing = partial(lambda *_: None)
    outside = backfill.Outside(time.time, time.sleep, Random(0).random, nothing, nothing)
    begin = time.perf_counter()
    reached = backfill.backfill(engine, sync, backfill.Pace(), outside)
    taken = time.perf_counter() - begin
    engine.dispose()
    if not reached.done:
        raise SystemExit("the backfill has not finished")
    return taken


def _writers(staged: Path) -> tuple[str, str, str]:
    """Point updates of the renamed column, a hundred to a transaction, with the triggers and without them."""
    _fill_table(staged, 50_000, triggers=True)
    with sqlite3.connect(staged) as connection:
        connection.execute("UPDATE orders SET full_name = customer_name")
        connection.commit()
    with_triggers = _writes(staged)
    with sqlite3.connect(staged) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type='trigger' AND name LIKE '%_orders_%'")
        for (name,) in names.fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
    without = _writes(staged)
    return (
        "point updates with triggers",
        f"{WRITES / with_triggers:,.0f} writes/s",
        f"{without / with_triggers:.2f} x without",
    )


def _writes(database: Path) -> float:
    with sqlite3.connect(database) as connection:
        begin = time.perf_counter()
        for number in range(WRITES):
            key = number * 7919 % 50_000 + 1
            connection.execute(
                "UPDATE orders SET customer_name = ? WHERE id = ?", (f"Renamed {number} at {begin}", key)
            )
            if number % TRANSACTION == 0:
                connection.commit()
        connection.commit()
        return time.perf_counter() - begin


def _staged(folder: Path) -> Path:
    """An empty table with its new column and its triggers, as the commands make them."""
    contract = folder / "contracts" / "shop" / "orders"
    contract.mkdir(parents=True)
    (contract / "contract.toml").write_text(CONTRACT)
    (contract / "orders.sql").write_text(TABLE)
    (folder / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.executescript(TABLE)
    run = partial(subprocess.run, cwd=folder, check=True, capture_output=True)
    command = str(Path(sys.executable).with_name("contractctl"))
    run(["git", "init", "-q"])
    run([command, "release", "shop/orders"])
    (contract / "orders.sql").write_text(TABLE.replace("customer_name", "full_name"))
    run([command, "plan", "shop/orders", "--rename", "customer_name=full_name", "--name", "full-name"])
    for stage in ("expand", "dual-write"):
        run([command, "migrate", stage, "full-name"])
    return folder / "shop.db"

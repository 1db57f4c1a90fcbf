"""Is a plan carried out in the database that holds its tables, where a repository has several?"""

import json
import sqlite3
from pathlib import Path

import pytest

from tests import alembics

TABLES = {
    "orders": "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL)",
    "people": "CREATE TABLE people (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL)",
}


@pytest.fixture
def shop(tmp_path: Path, contractctl) -> Path:
    """Two released tables in two databases; both drafts call customer_name full_name."""
    for name, table in TABLES.items():
        folder = tmp_path / "contracts" / "shop" / name
        folder.mkdir(parents=True)
        words = f'format = "sql"\nowner = "shop"\ndraft = "{name}.sql"\ndialect = "sqlite"\ndatabase = "{name}"\n'
        (folder / "contract.toml").write_text(words)
        (folder / f"{name}.sql").write_text(f"{table};\n")
        contractctl("release", f"shop/{name}")
        (folder / f"{name}.sql").write_text(f"{table};\n".replace("customer_name", "full_name"))
        database(tmp_path / f"{name}.db", table)
    (tmp_path / "contractctl.toml").write_text(
        "".join(f'[databases.{name}]\nurl = "sqlite:///{name}.db"\n' for name in TABLES)
    )
    return tmp_path


def database(file: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def columns(shop: Path, table: str) -> list[object]:
    return [row[1] for row in database(shop / f"{table}.db", f"PRAGMA table_info({table})")]


def plan(contractctl, *contracts: str, name: str = "r", code: int = 0) -> str:
    done = contractctl("plan", *contracts, "--rename", "customer_name=full_name", "--name", name, code=code)
    return done.stdout + done.stderr


def migrate(contractctl, stage: str, name: str) -> None:
    contractctl("migrate", stage, name, env={"CONTRACTCTL_ACTOR": "Ada <ada@example.org>"})


def test_each_plan_has_one_database(shop, contractctl):
    said = plan(contractctl, "shop/orders", "shop/people", code=2)
    assert "in several: 'shop/orders' in orders, 'shop/people' in people" in said
    assert not (shop / "migrations").exists()
    plan(contractctl, "shop/orders")

    assert 'database = "orders"' in (shop / "migrations/plans/r.toml").read_text()
    migrate(contractctl, "expand", "r")
    assert columns(shop, "orders") == ["id", "customer_name", "full_name"]
    assert columns(shop, "people") == ["id", "customer_name"]
    plan(contractctl, "shop/people", name="s")
    migrate(contractctl, "expand", "s")
    migrate(contractctl, "dual-write", "s")
    board = json.loads(contractctl("migrate", "status", "--format", "json").stdout)
    assert [(row["plan"], row["state"]) for row in board["plans"]] == [("r", "expanded"), ("s", "dual-writing")]


def test_a_table_that_lies_in_no_named_database_is_not_planned(shop, contractctl):
    told = shop / "contracts/shop/orders/contract.toml"
    told.write_text(told.read_text().replace('database = "orders"\n', ""))

    assert "but not which of them holds shop/orders: orders, people" in plan(contractctl, "shop/orders", code=2)
    told.write_text(told.read_text() + 'database = "order"\n')
    assert "no database is called 'order'" in plan(contractctl, "shop/orders", code=2)
    assert not (shop / "migrations").exists()


def test_in_an_alembic_environment_of_several_databases_only_one_is_migrated(shop, contractctl):
    repository = alembics.make(shop, "multidb", f"sqlite:///{shop / 'orders.db'}", names=("people", "orders"))
    repository.revision("0001", "pass")
    repository.alembic("upgrade", "head")
    plan(contractctl, "shop/orders")
    migrate(contractctl, "expand", "r")

    assert columns(shop, "orders") == ["id", "customer_name", "full_name"]
    assert columns(shop, "people") == ["id", "customer_name"]
    repository.alembic("upgrade", "expand@heads")
    assert columns(shop, "people") == ["id", "customer_name"]
    assert database(shop / "people.db", "SELECT name FROM sqlite_schema WHERE name LIKE 'contractctl%'") == []


def test_a_database_that_the_environment_calls_otherwise_is_named(shop, contractctl):
    alembics.make(shop, "multidb", f"sqlite:///{shop / 'orders.db'}", names=("people", "engine2"))

    said = plan(contractctl, "shop/orders", code=2)
    assert "alembic.ini: its databases are people, engine2, and 'orders' is none of them" in said
    settings = shop / "contractctl.toml"
    settings.write_text(settings.read_text().replace("[databases.people]", 'engine = "engine2"\n[databases.people]'))
    plan(contractctl, "shop/orders")
    assert 'if engine_name != "engine2":' in (shop / "alembic/versions/r_expand.py").read_text()

"""Can people run a plan's revisions with plain Alembic, through an env.py of their own, online or as a script?"""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from tests import alembics
from tests.alembics import Repository
from tests.conftest import Run
from tests.operations.scripts import run

ORDERS = "CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, customer_name VARCHAR(80) NOT NULL)"
Planned = Callable[[str, str], Repository]


@pytest.fixture
def planned(tmp_path: Path, contractctl: Run) -> Planned:
    """A table with a row, and a plan to rename a column, in a repository that `alembic init` has made."""

    def make(dialect: str, url: str) -> Repository:
        folder = tmp_path / "contracts" / "shop" / "orders"
        folder.mkdir(parents=True)
        (folder / "contract.toml").write_text(f'format = "sql"\ndraft = "orders.sql"\ndialect = "{dialect}"\n')
        (folder / "orders.sql").write_text(ORDERS)
        (tmp_path / "contractctl.toml").write_text('[database]\nurl = "env:SHOP_URL"\n')
        execute(url, ORDERS, "INSERT INTO orders VALUES (1, 'Ann')")
        contractctl("release", "shop/orders")
        repository = alembics.make(tmp_path, "generic", url)
        (folder / "orders.sql").write_text(ORDERS.replace("customer_name", "full_name"))
        asked = ("--rename", "customer_name=full_name", "--name", "names")
        contractctl("plan", "shop/orders", *asked, env={"SHOP_URL": url})
        return repository

    return make


def execute(url: str, *statements: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            results = [connection.exec_driver_sql(statement) for statement in statements]
            return [tuple(row) for row in results[-1]] if results[-1].returns_rows else []
    finally:
        engine.dispose()


@pytest.mark.parametrize(("engine", "dialect"), [("postgresql", "postgresql"), ("mariadb", "mysql")])
def test_a_script_makes_everything_that_both_versions_need_and_contractctl_goes_on_from_there(
    planned: Planned, contractctl: Run, request: pytest.FixtureRequest, engine: str, dialect: str
) -> None:
    """The contract does not know of the index, for which contractctl makes other triggers."""
    url = str(request.getfixturevalue(f"{engine}_url"))
    repository = planned(dialect, url)
    execute(url, "CREATE UNIQUE INDEX one_customer ON orders (customer_name)")
    script = repository.alembic("upgrade", "expand@heads", "--sql")
    run(make_url(url), "\n".join(line for line in script.splitlines() if not line.startswith("INFO ")))
    execute(url, "INSERT INTO orders (id, customer_name) VALUES (2, 'Bea')")
    execute(url, "INSERT INTO orders (id, full_name) VALUES (3, 'Cem')")

    assert execute(url, "SELECT id, customer_name, full_name FROM orders ORDER BY id") == [
        (1, "Ann", None),
        (2, "Bea", "Bea"),
        (3, "Cem", "Cem"),
    ]
    assert execute(url, "SELECT count(*) FROM contractctl_journal") == [(0,)]

    filled = contractctl("migrate", "backfill", "names", env={"SHOP_URL": url, "CONTRACTCTL_ACTOR": "Ann <a@b.c>"})
    execute(url, "UPDATE orders SET full_name = 'Ann' WHERE id = 2")
    assert filled.stdout.startswith("backfill is done: 'names' is backfilled")
    assert execute(url, "SELECT full_name FROM orders ORDER BY id") == [("Ann",), ("Ann",), ("Cem",)]
    assert execute(url, "SELECT count(*) FROM contractctl_set_aside") == [(1,)]

    refused = repository.alembic("upgrade", "contract@heads", "--sql", fails=True)
    assert "FAILED: the quiesce revision of 'names' needs a decision of the gate" in refused


def test_a_refusal_under_an_env_py_of_the_user_s_is_a_sentence_and_no_traceback(
    planned: Planned, sqlite_url: str
) -> None:
    repository = planned("sqlite", sqlite_url)
    execute(sqlite_url, "ALTER TABLE orders ADD COLUMN full_name TEXT")
    said = repository.alembic("upgrade", "expand@heads", fails=True)
    script = repository.alembic("upgrade", "expand@heads", "--sql", fails=True)

    assert "FAILED: table 'orders' already has a column 'full_name' (choose another name, or drop that column" in said
    assert "so it cannot be written as a script (--sql)" in script

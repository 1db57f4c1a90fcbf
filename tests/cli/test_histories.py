"""Do `init` and `plan` say which Alembic history they found, and what its env.py lacks?"""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from contractctl.planner import read_plan
from tests import alembics
from tests.alembics import Repository

ORDERS = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_name TEXT NOT NULL)"
RENAME = ("plan", "shop/orders", "--rename", "customer_name=full_name", "--name", "r")


@pytest.fixture
def shop(tmp_path: Path, contractctl) -> Repository:
    """A released table whose draft calls customer_name full_name, in a repository that uses Alembic."""
    folder = tmp_path / "contracts" / "shop" / "orders"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "sql"\nowner = "shop"\ndraft = "orders.sql"\ndialect = "sqlite"\n')
    (folder / "orders.sql").write_text(f"{ORDERS};\n")
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "env:SHOP_URL"\n')
    contractctl("release", "shop/orders")
    (folder / "orders.sql").write_text(f"{ORDERS};\n".replace("customer_name", "full_name"))
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute(ORDERS)
    connection.close()
    return alembics.make(tmp_path, "generic", f"sqlite:///{tmp_path / 'shop.db'}")


def test_the_history_that_plans_go_into_is_named_with_what_env_py_lacks(shop, contractctl):
    url = {"SHOP_URL": shop.url}
    said = contractctl("init", env=url).stdout
    assert "plans go into the Alembic history of alembic.ini" in said
    assert "from contractctl.alembic import configure" in said
    said = contractctl(*RENAME, "--dry-run", env=url).stderr
    assert "note: plans go into the Alembic history of alembic.ini" in said
    assert f"write into {shop.env} 'from contractctl.alembic import configure'" in said

    shop.change_env(
        "from alembic import context\n", "from alembic import context\nfrom contractctl.alembic import configure\n"
    )
    shop.change_env("context.configure(", "configure(")
    said = contractctl(*RENAME, env=url).stderr
    assert said == "note: plans go into the Alembic history of alembic.ini\n"
    assert (shop.folder / "alembic" / "versions" / "r_expand.py").is_file()


def test_a_database_that_follows_a_history_elsewhere_gets_no_second_one(shop, contractctl):
    url = {"SHOP_URL": shop.url}
    backend = shop.folder / "backend"
    backend.mkdir()
    for name in ("alembic.ini", "alembic"):
        (shop.folder / name).rename(backend / name)
    with sqlite3.connect(shop.folder / "shop.db") as connection:
        connection.executescript(
            "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('a1')"
        )
    connection.close()
    way_out = 'write into contractctl.toml, under [database]: alembic = "backend/alembic.ini"'

    assert way_out in contractctl("init", env=url).stdout
    said = contractctl(*RENAME, code=2, env=url).stderr
    assert said.startswith("error: the database is at revision 'a1' of an Alembic history, ")
    assert said.endswith(f"hint: {way_out}\n")
    assert not (shop.folder / "migrations").exists()

    (shop.folder / "contractctl.toml").write_text('[database]\nurl = "env:SHOP_URL"\nalembic = "backend/alembic.ini"\n')
    contractctl(*RENAME, env=url)
    assert (backend / "alembic" / "versions" / "r_expand.py").is_file()


def test_a_history_that_cannot_be_read_keeps_init_from_nothing(shop, contractctl):
    (shop.folder / "alembic" / "versions" / "broken.py").write_text("from alembic import op\n")
    (shop.folder / "placed.avsc").write_text('"string"')

    done = contractctl("init", env={"SHOP_URL": shop.url})

    assert done.stdout.startswith("1 contract created; 1 contract already there\n")
    assert "alembic.ini: Alembic cannot read the history: " in done.stdout


def test_an_env_py_through_which_no_stage_can_run_is_told_when_planning(shop, contractctl):
    shop.change_env("config = context.config\n", "config = context.config\nimport models_that_are_not_there\n")

    said = contractctl(*RENAME, env={"SHOP_URL": shop.url}).stderr
    assert "env.py cannot be run: ModuleNotFoundError: No module named 'models_that_are_not_there'" in said
    assert 'given = config.attributes.get("connection")' in said


def test_planning_needs_no_server(shop, contractctl):
    said = contractctl(*RENAME, env={"SHOP_URL": "postgresql://nobody@127.0.0.1:1/shop"}).stderr

    assert "note: the database cannot be reached, so the plan was not checked against it: " in said


MODELS = """
from sqlalchemy import MetaData
convention = {"uq": "uq_%(table_name)s_%(column_0_N_name)s", "fk": "fk_%(column_0_label)s"}
target_metadata = MetaData(naming_convention=convention)
"""


@pytest.mark.parametrize(
    ("engine", "dialect"), [("sqlite", "sqlite"), ("postgresql", "postgresql"), ("mariadb", "mysql")]
)
def test_what_the_contract_has_no_name_for_is_called_as_the_models_call_it(
    tmp_path, contractctl, request, engine, dialect
):
    url = request.getfixturevalue(f"{engine}_url")
    long = "a_table_with_a_name_that_is_as_long_as_a_name_can_be"
    tables = (
        "CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY)",
        f"CREATE TABLE {long} (id INTEGER NOT NULL PRIMARY KEY, person INTEGER, code VARCHAR(20))",
    )
    folder = tmp_path / "contracts" / "shop" / "orders"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(f'format = "sql"\nowner = "s"\ndraft = "o.sql"\ndialect = "{dialect}"\n')
    (folder / "o.sql").write_text(";\n".join(tables))
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "env:SHOP_URL"\n')
    contractctl("release", "shop/orders")
    draft = tables[1][:-1] + ", UNIQUE (person, code), FOREIGN KEY (person) REFERENCES people (id))"
    (folder / "o.sql").write_text(";\n".join((tables[0], draft)))
    repository = alembics.make(tmp_path, "generic", url)
    repository.change_env("target_metadata = None", MODELS)
    made = create_engine(url)
    with made.begin() as connection:
        for table in tables:
            connection.exec_driver_sql(table)
    made.dispose()
    contractctl("plan", "shop/orders", "--name", "r", env={"SHOP_URL": url})
    plan = read_plan(tmp_path / "migrations" / "plans" / "r.toml")
    names = {operation.kind: operation.new for operation in plan.operations}

    limit = {"sqlite": 255, "postgresql": 63, "mysql": 64}[dialect]
    whole = f"uq_{long}_person_code"
    assert names["add-foreign-key"] == f"fk_{long}_person"[:limit]
    assert names["add-unique"] == (whole if len(whole) <= limit else f"{whole[: limit - 8]}{names['add-unique'][-5:]}")
    assert names["add-unique"] in (tmp_path / "alembic" / "versions" / "r_contract.py").read_text()

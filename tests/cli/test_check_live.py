"""Is what a database holds held against what the contracts promise, and is nothing else called drift?"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contractctl import resources
from tests.conftest import Run
from tests.tables import make

SCHEMA = json.loads((resources.contracts() / "contractctl" / "drift" / "drift.schema.json").read_text())
ORDERS = """CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer VARCHAR(80) NOT NULL, price DECIMAL(10, 2) DEFAULT 0, CHECK (price >= 0)
)"""
INDEX = "CREATE INDEX by_price ON orders (price)"


def put(root: Path, name: str, text: str, toml: str = "") -> None:
    folder = root / "contracts" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "draft.sql").write_text(text, encoding="utf-8")
    (folder / "contract.toml").write_text(f'format = "sql"\ndraft = "draft.sql"\n{toml}', encoding="utf-8")


@pytest.fixture
def live(contractctl: Run, sqlite_url: str, tmp_path: Path) -> Callable[..., str]:
    """A released contract of orders, written by hand, and a database that has been made with it; runs check --live."""
    make(sqlite_url, [ORDERS, INDEX])
    put(tmp_path, "shop/orders", f"{ORDERS};\n{INDEX};\n")
    contractctl("release", "shop/orders")
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "env:SHOP"\n')

    def check(*arguments: str, code: int = 0) -> str:
        done = contractctl("check", "--live", *arguments, code=code, env={"SHOP": sqlite_url})
        return done.stdout + done.stderr

    return check


def test_a_database_that_was_made_with_the_version_is_the_same(live: Callable[..., str]) -> None:
    assert live().endswith("holds what 1 contract promises\n")
    assert live("shop/orders").startswith("same: ")


def test_what_has_drifted_is_said_with_who_is_let_down_and_the_way_out(
    live: Callable[..., str], sqlite_url: str
) -> None:
    make(sqlite_url, ["ALTER TABLE orders RENAME COLUMN customer TO buyer"])

    said = live(code=1)

    assert said.startswith("drifted: shop/orders, in ")
    assert "- column 'orders.customer' removed" in said
    assert "statements of 1.0.0 name 'customer' of the table 'orders', and the database has no such column" in said
    assert "sent:    SELECT customer FROM orders" in said
    assert "→ bring the database back to 1.0.0" in said
    assert "contractctl release shop/orders" in said


def test_a_version_that_was_released_and_not_carried_out_is_known_by_the_one_before(
    live: Callable[..., str], contractctl: Run, tmp_path: Path
) -> None:
    put(tmp_path, "shop/orders", f"{ORDERS.replace('CHECK', 'note TEXT, CHECK')};\n{INDEX};\n")
    contractctl("release", "shop/orders")

    said = live(code=1)

    assert "the same as 1.0.0" in said
    assert "migrate the database to 1.1.0" in said


def test_what_cannot_be_compared_is_unknown_and_no_yes(contractctl: Run, postgresql_url: str, tmp_path: Path) -> None:
    make(postgresql_url, ["CREATE TABLE orders (id int, code text CHECK (code ~ '^[a-z]+$'))"])
    put(tmp_path, "shop/orders", "CREATE TABLE orders (id int, code text CHECK (code ~ '^[a-y]+$'));")

    done = contractctl("check", "--database", "env:SHOP", "--format", "json", code=3, env={"SHOP": postgresql_url})

    answer = json.loads(done.stdout)
    assert answer["status"] == "unknown"
    assert "contractctl cannot tell" in answer["databases"][0]["contracts"][0]["unknown"][0]["reason"]


def test_a_table_of_nobodys_is_drift_only_where_that_is_asked_for(live: Callable[..., str], sqlite_url: str) -> None:
    make(sqlite_url, ["CREATE TABLE strange (id INTEGER)", "CREATE TABLE alembic_version (version_num TEXT)"])

    assert live().startswith("same: ")
    assert "in no contract: strange\n" in live("--all-tables", code=1)
    assert "--all-tables goes with all contracts" in live("--all-tables", "shop/orders", code=2)


def test_the_answer_for_pipelines_is_what_its_contract_says(live: Callable[..., str], sqlite_url: str) -> None:
    check = Draft202012Validator(SCHEMA)
    same = json.loads(live("--format", "json"))
    make(sqlite_url, ["ALTER TABLE orders RENAME COLUMN customer TO buyer", "CREATE TABLE strange (id INTEGER)"])
    drifted = json.loads(live("--format", "json", "--all-tables", code=1))

    assert [error.message for answer in (same, drifted) for error in check.iter_errors(answer)] == []
    assert (same["status"], drifted["status"]) == ("same", "drifted")
    (database,) = drifted["databases"]
    assert database["extra"] == ["strange"]
    assert {one["kind"] for one in database["contracts"][0]["differences"]} == {"added", "removed"}
    assert database["contracts"][0]["let_down"][0]["witness"]["sent"].startswith("SELECT")


def test_github_shows_an_error_for_each_contract_that_drifted(live: Callable[..., str], sqlite_url: str) -> None:
    make(sqlite_url, ["ALTER TABLE orders ADD COLUMN note VARCHAR(9)"])

    said = live("--format", "github", code=1)

    assert said.startswith("::error title=shop/orders%3A drifted::+ column 'orders.note' added")
    assert said.splitlines()[-1].startswith("drifted: shop/orders")


def test_each_contract_is_held_against_the_database_that_it_names(contractctl: Run, tmp_path: Path) -> None:
    for name, column in (("shop", "id"), ("people", "no")):
        make(f"sqlite:///{tmp_path / name}.db", [f"CREATE TABLE orders ({column} INTEGER)"])
        put(tmp_path, f"{name}/orders", f"CREATE TABLE orders ({column} INTEGER);", f'database = "{name}"\n')
    words = [f'[databases.{name}]\nurl = "sqlite:///{name}.db"\n' for name in ("shop", "people")]
    (tmp_path / "contractctl.toml").write_text("".join(words))

    assert "same: people, shop holds what 2 contracts promise" in contractctl("check", "--live").stdout
    assert "same: shop holds" in contractctl("check", "--live", "shop/orders").stdout
    assert "same: people holds" in contractctl("check", "--live", "--database", "people").stdout
    make(f"sqlite:///{tmp_path / 'people'}.db", ["ALTER TABLE orders ADD COLUMN more INTEGER"])
    assert "drifted: people/orders, in people, shop" in contractctl("check", "--live", code=1).stdout


def test_a_contract_in_the_sql_of_another_engine_is_not_compared(
    contractctl: Run, sqlite_url: str, tmp_path: Path
) -> None:
    make(sqlite_url, [ORDERS])
    put(tmp_path, "shop/orders", f"{ORDERS};\n")
    put(tmp_path, "shop/far", "CREATE TABLE far (id bigserial);")

    said = contractctl("check", "--database", sqlite_url).stdout

    assert "not compared: shop/far, it is written for postgresql, and the database is sqlite" in said


@pytest.mark.parametrize("option", ["--against=main", "--level=FULL", "--strict", "--dialect=sqlite"])
def test_how_two_versions_are_compared_does_not_go_with_a_database(option: str, contractctl: Run) -> None:
    name = option.partition("=")[0]

    assert f"{name} does not go with --live" in contractctl("check", "--live", option, code=2).stderr


@pytest.mark.parametrize("option", ["--as=sql", "--schema=sql", "--dialect=sqlite", "--columns=positional"])
def test_what_contract_toml_says_is_not_said_of_contracts_again(option: str, contractctl: Run) -> None:
    name = option.partition("=")[0].replace("--schema", "--as")

    assert f"{name} goes with two files: contractctl check OLD NEW" in contractctl("check", option, code=2).stderr


def test_without_a_database_it_is_a_thing_to_mend(contractctl: Run, tmp_path: Path) -> None:
    put(tmp_path, "shop/orders", f"{ORDERS};\n")

    assert "no database is named" in contractctl("check", "--live", code=2).stderr
    assert "there is no such database file" in contractctl("check", "--database", "sqlite:///x.db", code=2).stderr
    far = contractctl("check", "--database", "mariadb://root@127.0.0.1:1/shop", code=2).stderr
    assert "is it running" in far or "cannot be reached" in far


def test_a_contract_of_events_is_in_no_database(contractctl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "contracts/shop/sent"
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text('format = "avro"\ndraft = "sent.avsc"\n')
    (folder / "sent.avsc").write_text('{"type": "record", "name": "Sent", "fields": []}')

    assert "which is not kept in a database" in contractctl("check", "--live", "shop/sent", code=2).stderr
    assert "there are no contracts of tables" in contractctl("check", "--live", code=2).stderr

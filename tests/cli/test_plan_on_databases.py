"""What does `contractctl plan` say of a database? Every statement with its cost, and what cannot be done there."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contractctl import resources
from contractctl.cli import run as run_command
from tests.databases import shops
from tests.tables import make

SCHEMA = json.loads((resources.contracts() / "contractctl" / "plan" / "plan.schema.json").read_text())
ORDERS = "CREATE TABLE orders (id integer NOT NULL PRIMARY KEY, customer_name varchar(80) NOT NULL, amount varchar(20))"
RENAME = ("--rename", "customer_name=full_name")
DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql", "mariadb": "mysql"}
NOWHERE = {"postgresql": "postgresql://127.0.0.1:1/shop", "mysql": "mysql://127.0.0.1:1/shop"}
ROWS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n",
    "postgresql": "SELECT i FROM generate_series(1, 5000) AS n(i)",
    "mysql": "SELECT seq AS i FROM seq_1_to_5000",
}
Plan = Callable[..., tuple[str, str]]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Plan:
    """Plan in this process from a released table to a draft of it, as a dry run; stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def planned(dialect: str, url: str, draft: str, *arguments: str, code: int = 0) -> tuple[str, str]:
        monkeypatch.setenv("SHOP", url)
        folder = tmp_path / "contracts" / "shop" / "orders"
        if not folder.is_dir():
            folder.mkdir(parents=True)
            (folder / "contract.toml").write_text(f'format = "sql"\ndraft = "orders.sql"\ndialect = "{dialect}"\n')
            (folder / "orders.sql").write_text(ORDERS)
            (tmp_path / "contractctl.toml").write_text('[database]\nurl = "env:SHOP"\n')
            assert run_command(["release", "shop/orders"]) == 0
        (folder / "orders.sql").write_text(draft)
        capsys.readouterr()
        assert run_command(["plan", "shop/orders", "--dry-run", *arguments]) == code
        said = capsys.readouterr()
        return said.out, said.err

    return planned


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
def test_a_table_that_somebody_has_for_himself_is_said_in_words(
    engine: str, plan: Plan, request: pytest.FixtureRequest
) -> None:
    url, dialect = request.getfixturevalue(f"{engine}_url"), DIALECTS[engine]
    make(url, [ORDERS])
    words = {"postgresql": shops.POSTGRESQL, "mariadb": shops.MARIADB}[engine]
    begin = {"postgresql": ("BEGIN", "LOCK TABLE orders"), "mariadb": ("LOCK TABLES orders WRITE",)}[engine]
    with closing(words.connect(url)) as other:
        for statement in begin:
            other.cursor().execute(statement)
        draft = ORDERS.replace("customer_name", "full_name")
        _, said = plan(dialect, url, draft, *RENAME, code=2)

    assert "could not be queried about the plan: another session held a lock for too long" in said
    assert "end long transactions, and run it again" in said
    assert "1205" not in said


@pytest.mark.parametrize("engine", DIALECTS)
def test_a_dry_run_shows_every_statement_with_its_lock_its_work_and_its_time(
    engine: str, plan: Plan, request: pytest.FixtureRequest
) -> None:
    url, dialect = request.getfixturevalue(f"{engine}_url"), DIALECTS[engine]
    rows = f"INSERT INTO orders (id, customer_name) SELECT i, 'somebody' FROM ({ROWS[dialect]}) AS numbers"
    make(url, [ORDERS, rows])
    asked = (dialect, url, ORDERS.replace("customer_name", "full_name"), *RENAME)
    answer, text = json.loads(plan(*asked, "--format", "json")[0]), plan(*asked)[0]
    stages = {stage["stage"]: stage["statements"] for stage in answer["stages"]}
    added = next(one for one in stages["expand"] if "ADD COLUMN" in one["sql"])
    filled, compared = stages["backfill"][0], stages["verify"][0]

    Draft202012Validator(SCHEMA).validate(answer)
    assert list(stages) == ["expand", "dual-write", "backfill", "verify", "quiesce", "contract"]
    assert (added["work"], added["seconds"]) == ("none", 0.0)
    assert added["lock"] in {"the writer's lock", "ACCESS EXCLUSIVE", "LOCK=NONE"}
    assert filled["bytes"] > 0
    assert filled["seconds"] == round(filled["bytes"] / 10_000_000, 1)
    assert "at 50 MB a second" in compared["reckoned"]
    assert any("customer_name__quiesced" in (one["sql"] or "") for one in stages["contract"])
    assert f"    {added['sql']}\n      -- lock: {added['lock']}; touches no row\n" in text


@pytest.mark.parametrize("dialect", NOWHERE)
def test_without_a_database_sizes_are_unknown_and_not_guessed(dialect: str, plan: Plan) -> None:
    parcels = "CREATE TABLE parcels (id integer NOT NULL PRIMARY KEY)"
    draft = f"{ORDERS.replace('customer_name', 'full_name')};\n{parcels}"
    text, notes = plan(dialect, NOWHERE[dialect], draft, *RENAME)
    answer = json.loads(plan(dialect, NOWHERE[dialect], draft, *RENAME, "--format", "json")[0])
    statements = [one for stage in answer["stages"] for one in stage["statements"]]

    Draft202012Validator(SCHEMA).validate(answer)
    assert "note: the database cannot be reached" in notes
    assert "how large its tables are, and how long this takes, is unknown" in text
    assert f"    {parcels}\n      -- lock: none; touches no row\n" in text
    assert {one["bytes"] for one in statements} == {None}
    assert {one["seconds"] for one in statements if one["work"] in {"scan", "rewrite"}} == {None}


def test_a_check_comes_into_the_definition_of_mariadb_s_column_and_copies_no_table(
    plan: Plan, mariadb_url: str
) -> None:
    """Hazard 39."""
    make(mariadb_url, [ORDERS])
    draft = f"{ORDERS[:-1]}, CONSTRAINT some_amount CHECK (amount <> ''))"
    text, _ = plan("mysql", mariadb_url, draft)

    assert "NULL CHECK (amount <> ''), ALGORITHM=INSTANT, LOCK=NONE\n      -- lock: LOCK=NONE; reads every row" in text


NO_NULL = ORDERS.replace("amount varchar(20)", "amount varchar(20) NOT NULL DEFAULT ''")
ODD = [
    (
        "FULLTEXT INDEX said (amount)",
        ORDERS[:-1] + ", note text)",
        "has the FULLTEXT index 'said', and MariaDB neither adds nor drops",
    ),
    (
        "SPATIAL INDEX `where` (at)",
        NO_NULL,
        "only while nobody else writes, because of the FULLTEXT or SPATIAL index where",
    ),
    ("INDEX a (amount)", ORDERS + "; CREATE FULLTEXT INDEX b ON orders (amount)", "builds the FULLTEXT index 'b' of"),
]


@pytest.mark.parametrize("odd", ODD)
def test_what_an_index_of_words_or_places_keeps_mariadb_from_is_refused_when_it_is_planned(
    plan: Plan, mariadb_url: str, tmp_path: Path, odd: tuple[str, str, str]
) -> None:
    """Hazard 39."""
    index, draft, said = odd
    make(mariadb_url, [f"{ORDERS[:-1]}, at point NOT NULL, {index})"])
    _, refused = plan("mysql", mariadb_url, draft, code=2)

    assert said in refused
    assert not (tmp_path / "migrations").exists()


def test_what_postgresql_does_only_while_others_wait_is_refused_when_it_is_planned(
    plan: Plan, postgresql_url: str
) -> None:
    parted = f"{ORDERS} PARTITION BY RANGE (id)"
    make(postgresql_url, [parted])
    _, said = plan("postgresql", postgresql_url, f"{ORDERS};\nCREATE INDEX by_amount ON orders (amount)", code=2)

    assert "error: PostgreSQL cannot build an index of the partitioned table 'orders' without blocking writes" in said
    assert "hint: build it on each partition" in said


def test_an_expression_that_hangs_on_a_session_is_refused_when_it_is_planned(
    plan: Plan, postgresql_url: str, tmp_path: Path
) -> None:
    """Hazard 42."""
    make(postgresql_url, [ORDERS])
    draft = ORDERS.replace("amount varchar(20)", "amount timestamptz")
    _, said = plan("postgresql", postgresql_url, draft, code=2)

    assert "error: up of 'orders.amount' depends on the session's time zone: name one" in said
    assert not (tmp_path / "migrations").exists()


def test_whom_the_backfill_wakes_is_noted(plan: Plan, mariadb_url: str) -> None:
    """Hazard 15."""
    make(mariadb_url, [ORDERS, "CREATE TRIGGER stamp BEFORE UPDATE ON orders FOR EACH ROW SET NEW.amount = 'x'"])
    _, said = plan("mysql", mariadb_url, ORDERS.replace("customer_name", "full_name"), *RENAME)

    assert "note: trigger 'stamp' sees every row of 'orders' that is filled" in said

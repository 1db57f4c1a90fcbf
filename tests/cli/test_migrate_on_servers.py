"""Does contractctl migrate keep its journal on a server as it does in a file, and say in words when it cannot?"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.conftest import Run
from tests.servers import Server

NAME = "shop/customer"
SECRET = "s3cret"
Migrate = Callable[..., tuple[str, str]]


def schema(field: str) -> str:
    fields = [{"name": field, "type": "string"}]
    return json.dumps({"type": "record", "name": "Customer", "namespace": "shop", "fields": fields})


@pytest.fixture
def migrate(tmp_path: Path, contractctl: Run) -> Migrate:
    """A plan to rename a field of an event, and the command that runs it on the database at an address."""
    folder = tmp_path / "contracts" / NAME
    folder.mkdir(parents=True)
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "env:SHOP"\n')
    (folder / "contract.toml").write_text('format = "avro"\nowner = "shop"\ndraft = "customer.avsc"\n')
    (folder / "customer.avsc").write_text(schema("name"))
    nowhere = {"SHOP": "sqlite:///none.db"}
    contractctl("release", NAME, env=nowhere)
    (folder / "customer.avsc").write_text(schema("full_name"))
    contractctl("plan", NAME, "--rename", "name=full_name", "--name", "names", env=nowhere)

    def run(url: str, *arguments: str, code: int = 0) -> tuple[str, str]:
        done = contractctl("migrate", *arguments, code=code, env={"SHOP": url, "CONTRACTCTL_ACTOR": "Ada <a@b>"})
        assert SECRET not in done.stdout + done.stderr
        return done.stdout, done.stderr

    return run


def test_a_plan_goes_forward_and_back_on_every_engine(database_url: str, migrate: Migrate) -> None:
    migrate(database_url, "expand", "names")
    again, _ = migrate(database_url, "expand", "names")
    migrate(database_url, "dual-write", "names")
    status, _ = migrate(database_url, "status", "names")
    migrate(database_url, "rollback", "names")
    board, _ = migrate(database_url, "status")

    assert again.startswith("already done")
    assert "dual-writing" in status
    assert "rolled back" in board


def test_an_operator_whose_clock_is_wrong_dates_no_state(
    server_url: str, migrate: Migrate, contractctl: Run, tmp_path: Path
) -> None:
    """Brown-out and bake would seem to have lasted; the way back stays open."""

    def shifted(seconds: int) -> dict[str, str]:
        lines = ("import time", "ours = time.time", f"time.time = lambda: ours() + {seconds}", "")
        (tmp_path / "sitecustomize.py").write_text("\n".join(lines))
        return {"SHOP": server_url, "CONTRACTCTL_ACTOR": "Ada <a@b>", "PYTHONPATH": str(tmp_path)}

    migrate(server_url, "expand", "names")
    behind = contractctl("migrate", "dual-write", "names", code=2, env=shifted(-2 * 86400)).stderr
    ahead = contractctl("gate", "names", "dual-write", code=2, env=shifted(615)).stderr
    back = contractctl("migrate", "rollback", "names", env=shifted(-2 * 86400)).stdout

    said = "error: the clock of this machine is {} the database's: how long a state has lasted is unknown"
    assert said.format("2 days behind") in behind
    assert said.format("10 min ahead of") in ahead
    assert back.startswith("rollback is done")


def test_what_a_server_would_hold_everybody_up_for_is_said_in_a_step_s_own_words(
    mariadb_url: str, contractctl: Run, tmp_path: Path
) -> None:
    """A server may be told to add no column at once."""
    env = {"SHOP": mariadb_url, "CONTRACTCTL_ACTOR": "Ada <a@b>"}
    engine = create_engine(mariadb_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(50))")
    contractctl("init", "--from-database", "env:SHOP", "--one-contract", "shop/t", "--owner", "shop", env=env)
    contractctl("release", "shop/t", env=env)
    draft = tmp_path / "contracts/shop/t/t.sql"
    draft.write_text(draft.read_text().replace("`a` varchar", "`b` varchar"))
    contractctl("plan", "shop/t", "--rename", "a=b", "--name", "p", env=env)
    at_once = "SET GLOBAL innodb_instant_alter_column_allowed = {}"
    with engine.begin() as connection:
        connection.exec_driver_sql(at_once.format("never"))
        try:
            refused = contractctl("migrate", "expand", "p", env=env, code=2).stderr
        finally:
            connection.exec_driver_sql(at_once.format("DEFAULT"))
    engine.dispose()

    assert refused.startswith("error: MariaDB would copy the table")
    assert "hint: the statement is: ALTER TABLE" in refused


def test_asking_makes_no_tables_on_a_server(server_url: str, migrate: Migrate) -> None:
    said, _ = migrate(server_url, "status")
    _, refused = migrate(server_url, "dual-write", "names", code=2)

    assert "planned" in said
    assert "dual-write cannot follow from there" in refused


@pytest.mark.parametrize("arguments", [["status"], ["expand", "names"], ["rollback", "names"]])
@pytest.mark.parametrize("scheme", ["postgresql", "mysql", "postgresql+asyncpg"])
def test_a_server_that_cannot_be_reached_is_to_be_mended(migrate: Migrate, scheme: str, arguments: list[str]) -> None:
    _, said = migrate(f"{scheme}://ada:{SECRET}@127.0.0.1:1/shop", *arguments, code=2)

    assert said.startswith("error: the server cannot be reached: ")
    assert "hint: is it running, and is the URL right?" in said


def test_a_database_that_is_not_there_is_to_be_mended(
    postgresql_server: Server, mariadb_server: Server, migrate: Migrate
) -> None:
    for server in (postgresql_server, mariadb_server):
        _, said = migrate(server.url("nowhere"), "expand", "names", code=2)

        assert said.startswith("error: there is no such database: ")


def test_an_address_of_no_engine_of_ours_is_to_be_mended(migrate: Migrate) -> None:
    _, said = migrate(f"oracle://ada:{SECRET}@127.0.0.1/shop", "status", code=2)

    assert said.startswith("error: 'oracle' is not a database that contractctl can migrate")

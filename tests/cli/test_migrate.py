"""Does contractctl migrate lead through a plan, say where it stands, and end with the code that it promises?"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contractctl import resources
from tests.conftest import GIT_IDENTITY, Run
from tests.waiting import wait_for

ROWS = 400


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a database of orders and a plan to rename a column of it."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(resources.contracts() / "shop/orders", folder / "contracts/shop/orders")
    draft = folder / "contracts/shop/orders/orders.sql"
    draft.write_text(draft.read_text().replace("customer_name", "full_name"))
    (folder / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    connection = sqlite3.connect(folder / "shop.db")
    connection.executescript((folder / "contracts/shop/orders/versions/1.0.0.sql").read_text())
    orders = [(n, f"customer {n}", n) for n in range(1, ROWS + 1)]
    connection.executemany("INSERT INTO orders (id, customer_name, total_cents) VALUES (?, ?, ?)", orders)
    connection.commit()
    connection.close()
    environment = {**os.environ, **GIT_IDENTITY}
    subprocess.run(["git", "init", "-q", "-b", "main", "."], cwd=folder, check=True, env=environment)
    command = [sys.executable, "-m", "contractctl", "plan", "shop/orders"]
    subprocess.run(
        [*command, "--rename", "customer_name=full_name", "--name", "names"],
        cwd=folder,
        check=True,
        env=environment,
        capture_output=True,
    )
    return folder


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "shop")


@pytest.fixture
def migrate(contractctl: Run, shop: Path) -> Callable[..., str]:
    def run(*arguments: str, code: int = 0, env: dict[str, str] | None = None) -> str:
        done = contractctl("migrate", *arguments, code=code, cwd=shop, env=env)
        return done.stdout if code in (0, 1, 3, 4) else done.stderr

    return run


def rows(shop: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(shop / "shop.db", timeout=10)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def begin(shop: Path, *arguments: str) -> subprocess.Popen[str]:
    """A command in a process of its own that this test can kill."""
    return subprocess.Popen(
        [sys.executable, "-m", "contractctl", "migrate", *arguments],
        cwd=shop,
        env={**os.environ, **GIT_IDENTITY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def checkpointed(shop: Path) -> bool:
    try:
        return bool(rows(shop, "SELECT 1 FROM contractctl_checkpoint WHERE rows > 0"))
    except sqlite3.OperationalError:
        return False


def test_a_plan_is_led_by_the_real_gate_up_to_where_evidence_is_missing(
    migrate: Callable[..., str], shop: Path
) -> None:
    assert migrate("expand", "names").startswith("expand is done: 'names' is expanded\n")
    assert "next: contractctl migrate backfill names" in migrate("dual-write", "names")
    assert f"orders: {ROWS} rows filled, 0 set aside" in migrate("backfill", "names")
    assert f"orders: {ROWS} rows, 0 differ" in migrate("verify", "names")
    assert "50 % would skip 1 %" in migrate("canary", "names", "50", code=1)
    assert migrate("canary", "names", "1").startswith("canary at 1 % is done: 'names' is in canary at 1 %")

    refusal = migrate("canary", "names", "10", code=3)

    assert refusal.startswith("canary at 10 % may not begin yet: 'names' is in canary at 1 %\n  unknown  ")
    assert "contractctl evidence collect names" in refusal
    assert rows(shop, "SELECT percent FROM contractctl_canary") == [(1.0,)]
    decided = sorted(path.name.rpartition("-")[0] for path in (shop / "migrations/decisions/names").iterdir())
    assert decided == ["backfill", "canary", "canary", "canary", "dual-write", "expand", "verify"]
    assert migrate("rollback", "names").startswith("rollback is done: 'names' is rolled back")
    assert rows(shop, "SELECT count(customer_name) FROM orders") == [(ROWS,)]


def test_what_was_collected_of_a_canary_is_told_without_the_buckets_of_a_histogram(
    migrate: Callable[..., str], shop: Path, contractctl: Run
) -> None:
    for stage in ("expand", "dual-write", "backfill", "verify"):
        migrate(stage, "names")
    migrate("canary", "names", "1")
    with (shop / "contractctl.toml").open("a") as toml:
        toml.write('[[evidence]]\nsource = "jsonl"\npath = "seen.jsonl"\n')
    now = time.time()
    about = {"kind": "canary", "from": now, "to": now + 0.1, "plan": "names", "path": "new"}
    fast = {**about, "outcome": "ok", "count": 90, "slow": 3, "slower_than": 0.5}
    lines = (fast, {**about, "outcome": "bad", "count": 1})
    (shop / "seen.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    time.sleep(0.2)

    said = contractctl("evidence", "collect", "names", cwd=shop, code=None).stdout

    assert ": 1 new bad, 90 new ok\n" in said


def test_a_decision_that_migrate_made_can_be_replayed(
    migrate: Callable[..., str], contractctl: Run, shop: Path
) -> None:
    migrate("expand", "names")
    (decision,) = (shop / "migrations/decisions/names").iterdir()

    assert contractctl("gate", "replay", str(decision), cwd=shop).stdout.startswith("same: pass")


def test_the_answer_as_json_holds_what_a_pipeline_needs(migrate: Callable[..., str]) -> None:
    done = json.loads(migrate("expand", "names", "--format", "json"))
    again = json.loads(migrate("expand", "names", "--format", "json"))

    assert (done["done"], done["state"], done["decision"]["outcome"]) == (True, "expanded", "pass")
    assert done["next"] == ["contractctl migrate dual-write names"]
    assert (again["done"], again["decision"]) == (True, None)


def lose(shop: Path, *patterns: str) -> None:
    """Tables of these names are gone, as after somebody has restored the others alone."""
    connection = sqlite3.connect(shop / "shop.db")
    for pattern in patterns:
        found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB ?", (pattern,))
        for (name,) in found.fetchall():
            connection.execute(f"DROP TABLE {name}")
    connection.commit()
    connection.close()


def test_status_says_that_triggers_stand_of_which_a_lost_journal_tells_nothing(
    migrate: Callable[..., str], shop: Path
) -> None:
    migrate("expand", "names")
    before = migrate("status")
    migrate("dual-write", "names")
    lose(shop, "contractctl_*")

    told = migrate("status")
    as_json = json.loads(migrate("status", "--format", "json"))["plans"][0]

    assert "found" not in before
    found = (
        "triggers that keep both sides of orders in step; the journal does not know of them: it was lost, or alembic"
    )
    lines = ("names: planned", f"  found    {found} was run by itself", "  next     contractctl migrate expand names")
    assert tuple(told.splitlines()) == lines
    assert (as_json["state"], as_json["unrecorded"]) == ("planned", ["orders"])
    assert migrate("expand", "names").startswith("already done: 'names' is dual-writing\n")
    assert "found" not in migrate("status")


def test_where_alembic_has_lost_its_table_too_the_way_on_is_told(migrate: Callable[..., str], shop: Path) -> None:
    for stage in ("expand", "dual-write"):
        migrate(stage, "names")
    lose(shop, "contractctl_*", "alembic_version")

    for stage in ("expand", "rollback"):
        refusal = migrate(stage, "names", code=2)
        assert "triggers that keep both sides of orders in step are there" in refusal
        assert "alembic stamp names_dual" in refusal
    alembic = [sys.executable, "-m", "alembic", "stamp", "names_dual"]
    subprocess.run(alembic, cwd=shop / "migrations", check=True, capture_output=True)

    assert migrate("rollback", "names").startswith("rollback is done: 'names' is rolled back\n")
    assert rows(shop, "SELECT count(customer_name) FROM orders") == [(ROWS,)]


def test_status_shows_the_board_without_making_anything(
    migrate: Callable[..., str], contractctl: Run, shop: Path
) -> None:
    assert migrate("status").splitlines() == ["names: planned", "  next     contractctl migrate expand names"]
    assert rows(shop, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'contractctl%'") == [(0,)]

    migrate("expand", "names")

    board = migrate("status", "names")
    assert board.startswith("names: expanded since ")
    assert "done     expand at " in board
    assert "by Ada Lovelace <ada@example.org>" in board
    (row,) = json.loads(migrate("status", "--format", "json"))["plans"]
    assert (row["state"], row["next"], row["lease"]) == ("expanded", "contractctl migrate dual-write names", None)

    (shop / "migrations/plans/names.toml").unlink()

    said = contractctl("migrate", "status", cwd=shop)
    assert said.stdout.startswith("there are no plans yet")
    assert "note: 'names' is expanded here, but its file is missing: restore it from git" in said.stderr


def test_expand_says_where_git_has_another_plan_or_none(shop: Path, contractctl: Run, git: Callable[..., str]) -> None:
    note = (
        "note: git does not have migrations/plans/names.toml as it is here, so nobody else can review or restore it\n"
    )
    assert note in contractctl("migrate", "expand", "names", cwd=shop).stderr

    git("add", "-A", cwd=shop)
    git("commit", "-qm", "plan", cwd=shop)
    assert "note: git" not in contractctl("migrate", "expand", "names", cwd=shop, code=None).stderr
    plan = shop / "migrations/plans/names.toml"
    plan.write_text(plan.read_text() + "# edited\n")
    assert note in contractctl("migrate", "expand", "names", cwd=shop, code=None).stderr


def test_out_of_order_is_something_to_mend_and_names_the_next_command(migrate: Callable[..., str]) -> None:
    said = migrate("contract", "names", code=2)

    assert "error: 'names' is planned: contract cannot follow from there" in said
    assert "hint: run: contractctl migrate expand names" in said


def test_an_operator_killed_in_a_backfill_is_not_waited_for(migrate: Callable[..., str], shop: Path) -> None:
    migrate("expand", "names")
    migrate("dual-write", "names")
    killed = begin(shop, "backfill", "names", "--rate", "10")
    wait_for(lambda: checkpointed(shop))

    killed.kill()
    killed.communicate()
    before = rows(shop, "SELECT rows FROM contractctl_checkpoint")[0][0]

    assert 0 < int(str(before)) < ROWS
    assert f"orders: {ROWS} rows filled" in migrate("backfill", "names")
    assert rows(shop, "SELECT count(*) FROM orders WHERE full_name IS NOT customer_name") == [(0,)]


def test_the_second_operator_is_told_who_is_at_work_and_to_wait(migrate: Callable[..., str], shop: Path) -> None:
    migrate("expand", "names")
    migrate("dual-write", "names")
    first = begin(shop, "backfill", "names", "--rate", "10")
    wait_for(lambda: checkpointed(shop))

    said = migrate("backfill", "names", code=4)
    as_json = json.loads(migrate("rollback", "names", "--format", "json", code=4))
    board = migrate("status", "names")

    assert said.startswith("'names' is held by Ada Lovelace <ada@example.org> on ")
    assert 0 < as_json["retry_after"] <= 30
    assert "  held by Ada Lovelace <ada@example.org> on " in board
    assert " remain" in board
    first.send_signal(signal.SIGINT)
    _, talk = first.communicate()
    assert first.returncode == 130
    assert "the same command resumes from there" in talk
    assert migrate("backfill", "names").startswith("backfill is done")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_backfill_that_is_asked_to_end_does_so_after_a_whole_batch(
    migrate: Callable[..., str], shop: Path, number: int, code: int
) -> None:
    migrate("expand", "names")
    migrate("dual-write", "names")
    process = begin(shop, "backfill", "names", "--rate", "10")
    wait_for(lambda: checkpointed(shop))

    process.send_signal(number)
    said, talk = process.communicate(timeout=20)

    assert process.returncode == code
    assert said == ""
    assert talk.startswith("stopped after a complete batch: finished work is kept, and the same command resumes")
    assert "held by" not in migrate("status", "names")
    assert rows(shop, "SELECT rows = count(full_name) FROM orders, contractctl_checkpoint") == [(1,)]
    assert f"orders: {ROWS} rows filled" in migrate("backfill", "names")


def test_a_paused_plan_is_not_begun_anew_and_goes_on_where_somebody_waits(
    migrate: Callable[..., str], shop: Path
) -> None:
    migrate("expand", "names")
    migrate("dual-write", "names")
    waiting = begin(shop, "backfill", "names", "--rate", "100")
    wait_for(lambda: checkpointed(shop))

    assert migrate("pause", "names", "--reason", "the shop is full").startswith("'names' is paused\n")
    time.sleep(1.5)
    before = rows(shop, "SELECT rows FROM contractctl_checkpoint")
    time.sleep(1)
    board = migrate("status", "names")
    assert waiting.poll() is None
    assert rows(shop, "SELECT rows FROM contractctl_checkpoint") == before
    assert "  paused by Ada Lovelace <ada@example.org>: the shop is full at 20" in board
    assert "; contractctl migrate resume names" in board
    assert json.loads(migrate("status", "--format", "json"))["plans"][0]["paused"]["reason"] == "the shop is full"
    waiting.kill()
    waiting.communicate()

    said = migrate("backfill", "names", code=4)
    as_json = json.loads(migrate("backfill", "names", "--format", "json", code=4))
    assert said.startswith("'names' is paused by Ada Lovelace <ada@example.org>: the shop is full\n")
    assert "next: run: contractctl migrate resume names" in said
    assert as_json["retry_after"] > 0

    assert migrate("resume", "names") == "'names' is resumed\n"
    assert migrate("resume", "names") == "'names' was not paused\n"
    assert migrate("backfill", "names").startswith("backfill is done")
    migrate("pause", "names")
    migrate("verify", "names", code=4)


def test_processes_do_what_one_would(migrate: Callable[..., str], shop: Path) -> None:
    migrate("expand", "names")
    migrate("dual-write", "names")

    assert f"orders: {ROWS} rows filled, 0 set aside" in migrate("backfill", "names", "--workers", "2")
    assert f"orders: {ROWS} rows, 0 differ" in migrate("verify", "names", "--workers", "2")


def test_workers_whose_operator_is_killed_end_too(migrate: Callable[..., str], shop: Path) -> None:
    migrate("expand", "names")
    migrate("dual-write", "names")
    operator = begin(shop, "backfill", "names", "--workers", "2", "--executor", "processes", "--rate", "10")
    children = Path(f"/proc/{operator.pid}/task/{operator.pid}/children")
    wait_for(
        lambda: rows(shop, "SELECT 1 FROM contractctl_checkpoint WHERE worker <> ''") if checkpointed(shop) else ()
    )
    workers = [Path("/proc", child) for child in children.read_text().split()]

    operator.kill()

    assert len(workers) >= 2
    wait_for(lambda: not any(worker.exists() for worker in workers))
    operator.communicate()
    assert f"orders: {ROWS} rows filled" in migrate("backfill", "names")


def test_what_sqlite_cannot_be_asked_is_refused_before_anything_is_done(
    migrate: Callable[..., str], shop: Path
) -> None:
    migrate("expand", "names")
    migrate("dual-write", "names")

    assert "error: SQLite has no server whose load could be measured" in migrate(
        "backfill", "names", "--max-load", "20", code=2
    )
    assert "error: SQLite has no replicas" in migrate("backfill", "names", "--max-lag", "5", code=2)
    assert rows(shop, "SELECT count(full_name) FROM orders") == [(0,)]


def test_progress_is_told_in_lines_of_json(migrate: Callable[..., str], shop: Path) -> None:
    migrate("expand", "names")
    migrate("dual-write", "names")

    process = begin(shop, "backfill", "names", "--rate", "60", "--format", "json")
    said, talk = process.communicate(timeout=60)

    assert json.loads(said)["details"]["tables"]["orders"]["rows"] == ROWS
    line = json.loads(talk.splitlines()[0])
    assert (line["table"], line["size"], line["size_is_counted"], line["workers"]) == ("orders", ROWS, True, 1)
    assert 0 < line["share"] == line["seen"] / ROWS < 1
    assert 0 < line["left_seconds"][0] <= line["left_seconds"][1]


def test_rows_that_differ_are_named_and_repaired(migrate: Callable[..., str], shop: Path) -> None:
    for stage in ("expand", "dual-write", "backfill"):
        migrate(stage, "names")
    connection = sqlite3.connect(shop / "shop.db")
    connection.execute("UPDATE orders SET customer_name = 'old', full_name = 'new' WHERE id = 7")
    connection.commit()
    connection.close()

    said = migrate("verify", "names", code=1)
    board = migrate("status", "names")

    assert said.startswith(f"1 of {ROWS} rows of 'orders' differs between old and new side: [7]")
    assert "conflict [7] full_name: old side 'old', new side 'new'" in board
    assert migrate("verify", "names", "--repair", "old").startswith("verify is done")
    assert rows(shop, "SELECT customer_name, full_name FROM orders WHERE id = 7") == [("old", "old")]


def test_a_journal_that_was_tampered_with_is_reported_and_nothing_goes_on(
    migrate: Callable[..., str], contractctl: Run, shop: Path
) -> None:
    migrate("expand", "names")
    connection = sqlite3.connect(shop / "shop.db")
    connection.execute("DROP TRIGGER contractctl_journal_UPDATE")
    connection.execute("UPDATE contractctl_journal SET actor = 'Mallory'")
    connection.commit()
    connection.close()

    assert "the journal has been tampered with: entry 1 " in migrate("status", code=1)
    assert "has been tampered with" in migrate("dual-write", "names", code=2)
    assert "has been tampered with" in contractctl("gate", "names", "dual-write", code=2, cwd=shop).stderr


def test_the_journal_names_the_actor_that_the_environment_names(migrate: Callable[..., str], shop: Path) -> None:
    migrate("expand", "names", env={"CONTRACTCTL_ACTOR": "Grace Hopper <grace@example.org>"})

    assert {row[0] for row in rows(shop, "SELECT actor FROM contractctl_journal")} == {
        "Grace Hopper <grace@example.org>"
    }


def test_a_plan_with_tables_needs_the_database_that_holds_them(migrate: Callable[..., str], shop: Path) -> None:
    (shop / "contractctl.toml").write_text("")
    assert "error: 'names' changes tables, but no database is configured" in migrate("expand", "names", code=2)

    (shop / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shpo.db"\n')
    assert "error: the database file does not exist" in migrate("expand", "names", code=2)
    assert not (shop / "shpo.db").exists()


def test_the_database_of_another_history_is_asked_about(migrate: Callable[..., str], shop: Path) -> None:
    connection = sqlite3.connect(shop / "shop.db")
    connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
    connection.execute("INSERT INTO alembic_version VALUES ('of_another_shop')")
    connection.commit()
    connection.close()

    said = migrate("expand", "names", code=2)

    assert "Can't locate revision identified by 'of_another_shop'\nhint: is it the wrong database, is a branch" in said


def test_a_disk_that_does_not_answer_is_something_to_mend(migrate: Callable[..., str], shop: Path) -> None:
    (shop / "shop.db-journal").mkdir()  # where SQLite must write before it changes anything

    said = migrate("expand", "names", code=2)

    assert said.startswith("error: the disk does not answer: disk I/O error\nhint: check the disk")


def test_a_plan_that_is_not_there_is_something_to_mend(migrate: Callable[..., str]) -> None:
    assert "error: there is no plan 'nmaes'\nhint: known plans: names" in migrate("expand", "nmaes", code=2)


def test_an_approval_is_written_once_for_each_person(migrate: Callable[..., str], shop: Path) -> None:
    reason = ("--reason", "restore rehearsed")

    first = migrate("approve", "names", "contract", *reason)
    again = migrate("approve", "names", "contract", *reason)
    migrate("approve", "names", "contract", *reason, env={"CONTRACTCTL_ACTOR": "Grace <grace@example.org>"})

    assert "next: git add migrations/approvals/names.toml; git commit" in first
    assert again.startswith("already approved: contract of 'names' by Ada Lovelace <ada@example.org>\nnext: git add")
    assert (shop / "migrations/approvals/names.toml").read_text().count("[[approvals]]") == 2


def test_status_tells_of_a_database_s_address_that_is_none(contractctl: Run, tmp_path: Path) -> None:
    (tmp_path / "contractctl.toml").write_text('[database]\nurl = "env:SHOP"\n')

    done = contractctl("migrate", "status", code=2, env={"SHOP": "postgresql://shop:SECRET@db.internal:port/shop"})

    assert "the database URL cannot be read by SQLAlchemy" in done.stderr
    assert "SECRET" not in done.stdout + done.stderr

"""Does a generated revision refuse by itself, under plain `alembic upgrade`, without a fresh passing decision?"""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import shop
from sqlalchemy import text

from contractctl import journal, migration
from contractctl.errors import ContractctlError
from contractctl.migration import Context
from contractctl.model.decision import Outcome
from contractctl.model.plan import Stage, State
from tests import warm

QUIESCE, CONTRACT = (shop.PLAN.revisions[stage] for stage in (Stage.QUIESCE, Stage.CONTRACT))


def alembic(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')
    return warm.CONTRACTCTL.run("alembic", "-c", "migrations/alembic.ini", *arguments, cwd=folder, env=os.environ)


def brought_to(folder: Path, upto: str) -> Context:
    context = shop.context(folder)
    for stage, percent in (
        ("expand", None),
        ("dual-write", None),
        ("backfill", None),
        ("verify", None),
        ("canary", 100.0),
    ):
        migration.run(stage, context, percent)
    if upto == "quiesce":
        migration.run(Stage.QUIESCE, context)
    return context


def decide(folder: Path, stage: Stage, outcome: Outcome = Outcome.PASS, clock: Callable[[], float] = time.time) -> None:
    migration.run(stage, shop.context(folder, ask=shop.says(outcome, clock), clock=clock), decide_only=True)


def state(context: Context) -> State:
    with journal.reading(context.engine) as connection:
        return journal.standing(connection, shop.NAME).state


def refused(folder: Path, revision: str, why: str) -> None:
    before = shop.rows(folder, "SELECT sql FROM sqlite_schema WHERE tbl_name = 'orders'")

    done = alembic(folder, "upgrade", revision)

    assert done.returncode != 0
    assert why in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert shop.rows(folder, "SELECT sql FROM sqlite_schema WHERE tbl_name = 'orders'") == before


def test_without_a_decision_it_refuses(folder: Path) -> None:
    brought_to(folder, "quiesce")

    refused(folder, CONTRACT, "the journal has no decision of the gate for it since the plan reached this state")


def test_a_decision_that_is_no_pass_is_none(folder: Path) -> None:
    brought_to(folder, "quiesce")
    decide(folder, Stage.CONTRACT, Outcome.UNKNOWN)

    refused(folder, CONTRACT, "the gate's last decision is unknown")


def test_a_pass_that_was_taken_back_is_none(folder: Path) -> None:
    brought_to(folder, "quiesce")
    decide(folder, Stage.CONTRACT, Outcome.PASS)
    decide(folder, Stage.CONTRACT, Outcome.FAIL)

    refused(folder, CONTRACT, "the gate's last decision is fail")


def test_an_old_decision_is_none(folder: Path) -> None:
    brought_to(folder, "quiesce")
    decide(folder, Stage.CONTRACT, clock=lambda: time.time() - 4000)

    refused(folder, CONTRACT, "s old, and 3600 s are allowed")


def test_a_decision_from_before_a_move_is_none(folder: Path) -> None:
    """Decided while quiesced; then the brown-out ended and began again."""
    context = brought_to(folder, "quiesce")
    decide(folder, Stage.CONTRACT)
    migration.run(Stage.CANARY, context, 100.0)
    migration.run(Stage.QUIESCE, context)

    refused(folder, CONTRACT, "has no decision")


def test_a_decision_for_another_stage_is_none(folder: Path) -> None:
    brought_to(folder, "canary")
    decide(folder, Stage.QUIESCE)

    done = alembic(folder, "upgrade", CONTRACT)

    assert "needs a passing decision: the plan is in canary at 100 %" in done.stdout + done.stderr
    assert shop.rows(folder, "SELECT count(customer_name__quiesced) FROM orders") == [(50,)]


def test_with_a_fresh_pass_alembic_runs_it_and_the_journal_takes_it_in(folder: Path) -> None:
    context = brought_to(folder, "canary")
    decide(folder, Stage.QUIESCE)
    assert alembic(folder, "upgrade", QUIESCE).returncode == 0
    decide(folder, Stage.CONTRACT)
    assert state(context) is State.QUIESCED

    done = alembic(folder, "upgrade", CONTRACT)

    assert done.returncode == 0, done.stdout + done.stderr
    assert migration.run(Stage.CONTRACT, context).message == "already done: 'customer-name' is contracted"
    assert "customer_name" not in str(shop.rows(folder, "SELECT sql FROM sqlite_schema WHERE name = 'orders'"))


def test_a_decision_is_used_once(folder: Path) -> None:
    brought_to(folder, "canary")
    decide(folder, Stage.QUIESCE)
    assert alembic(folder, "upgrade", QUIESCE).returncode == 0
    assert alembic(folder, "downgrade", "contract@contractctl_contract").returncode == 0

    refused(folder, QUIESCE, "the gate's decision has already been used")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE orders SET customer_name__quiesced = 'a', full_name = 'b' WHERE id = 7", "1 row differs"),
        (
            "INSERT INTO contractctl_set_aside VALUES ('customer-name', 'orders', '[7]', 'full_name', 'no')",
            "1 row could not be converted",
        ),
    ],
)
def test_the_old_side_is_not_dropped_while_the_sides_disagree(folder: Path, statement: str, why: str) -> None:
    """Hazard 50: whatever the gate said a moment before: it is proven in the transaction that drops it."""
    context = brought_to(folder, "quiesce")
    with context.engine.begin() as connection:
        connection.execute(text(statement))

    with pytest.raises(ContractctlError, match=f"'orders' cannot lose its old side: {why}"):
        migration.run(Stage.CONTRACT, context)
    assert state(context) is State.QUIESCED


def test_a_server_keeps_the_old_side_while_the_sides_disagree(tmp_path: Path, server_url: str) -> None:
    """Hazard 50."""
    shop.make(tmp_path, rows=5, url=server_url)
    context = brought_to(tmp_path, "quiesce")
    with context.engine.begin() as connection:
        connection.execute(text("UPDATE orders SET customer_name__quiesced = 'a', full_name = 'b' WHERE id = 3"))

    with pytest.raises(ContractctlError, match="'orders' cannot lose its old side: 1 row differs"):
        migration.run(Stage.CONTRACT, context)
    context.engine.dispose()
    with shop.connected(tmp_path) as connection:
        held = connection.execute(text("SELECT customer_name__quiesced, full_name FROM orders WHERE id = 3")).one()
    assert tuple(held) == ("a", "b")


def test_a_journal_that_was_tampered_with_allows_nothing(folder: Path) -> None:
    context = brought_to(folder, "quiesce")
    decide(folder, Stage.CONTRACT, Outcome.FAIL)
    with context.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER contractctl_journal_UPDATE"))
        newest = "id = (SELECT max(id) FROM contractctl_journal)"
        changed = 'replace(body, \'"outcome":"fail"\', \'"outcome":"pass"\')'
        connection.exec_driver_sql(f"UPDATE contractctl_journal SET body = {changed} WHERE {newest}")

    refused(folder, CONTRACT, "has been tampered with")


def test_a_database_without_a_journal_allows_nothing(folder: Path) -> None:
    context = shop.context(folder)

    with (
        pytest.raises(ContractctlError, match="this database has no contractctl journal"),
        context.engine.begin() as connection,
    ):
        migration.demand_decision(
            connection, plan=shop.NAME, stage="contract", migrations=folder / "migrations", clock=time.time
        )


def test_while_somebody_is_at_work_alembic_waits(folder: Path) -> None:
    context = brought_to(folder, "quiesce")
    decide(folder, Stage.CONTRACT)
    with journal.writing(context.engine) as connection:
        journal.acquire(connection, shop.NAME, journal.Operator("bob@two (process 2)"), time.time())

    refused(folder, CONTRACT, "'customer-name' is held by bob@two (process 2)")


def test_a_plan_that_was_changed_after_the_decision_needs_another_one(folder: Path) -> None:
    brought_to(folder, "quiesce")
    decide(folder, Stage.CONTRACT)
    plan = folder / "migrations" / "plans" / f"{shop.NAME}.toml"
    plan.write_text(plan.read_text().replace("approvals = 2", "approvals = 0"))

    refused(folder, CONTRACT, "the plan has been changed since the gate decided")

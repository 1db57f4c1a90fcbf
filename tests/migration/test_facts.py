"""Does the database tell the gate what is true of a plan at this moment?"""

import time
from pathlib import Path

import pytest
import shop
from sqlalchemy import text

from contractctl import migration
from contractctl.gate import decide
from contractctl.migration import Context
from contractctl.model.decision import Outcome
from contractctl.model.evidence import Kind
from contractctl.model.plan import Stage, Standing, State


@pytest.fixture
def context(folder: Path) -> Context:
    return shop.dual_writing(folder)


def facts(context: Context) -> dict[str, float]:
    records = migration.database_records(context.engine, context.plan, time.time)
    assert {record.kind for record in records} == {Kind.BACKFILL, Kind.DIVERGENCE}
    return {series.labels["fact"]: series.value for record in records for series in record.series}


def around_the_triggers(context: Context, statement: str) -> None:
    with context.engine.begin() as connection:
        found = connection.execute(
            text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'orders'")
        )
        triggers = [(row.name, row.sql) for row in found]
        for name, _ in triggers:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        connection.exec_driver_sql(statement)
        for _, sql in triggers:
            connection.exec_driver_sql(sql)


def test_before_both_sides_are_there_nothing_is_claimed(folder: Path) -> None:
    context = shop.context(folder)
    assert migration.database_records(context.engine, context.plan, time.time) == ()

    migration.run("expand", context)

    assert migration.database_records(context.engine, context.plan, time.time) == ()


def test_rows_from_before_the_triggers_are_no_sign_of_a_writer_around_them(context: Context) -> None:
    found = facts(context)

    assert (found["complete"], found["remaining"], found["new_side_nulls"]) == (0, 50, 0)


def test_a_row_written_around_the_triggers_is_seen_before_the_backfill(context: Context) -> None:
    around_the_triggers(context, "INSERT INTO orders (id, customer_name, total_cents) VALUES (99, 'Ada', 1)")

    assert facts(context)["new_side_nulls"] == 1


def test_after_the_backfill_everything_is_complete_and_zero(context: Context) -> None:
    migration.run("backfill", context)

    found = facts(context)

    assert found.pop("complete") == 1
    assert set(found.values()) == {0}


def test_a_row_that_comes_apart_later_is_seen(context: Context) -> None:
    migration.run("backfill", context)
    around_the_triggers(context, "UPDATE orders SET full_name = 'other' WHERE id = 7")

    assert facts(context)["differing"] == 1


@pytest.mark.parametrize(("filled", "outcome"), [(True, Outcome.PASS), (False, Outcome.FAIL)])
def test_the_gate_understands_what_is_told(context: Context, filled: bool, outcome: Outcome) -> None:
    if filled:
        migration.run("backfill", context)
    now = time.time()
    records = migration.database_records(context.engine, context.plan, lambda: now)
    standing = Standing(State.BACKFILLED, now - 10)

    decision = decide(context.plan, Stage.VERIFY, standing=standing, consumers={}, records=records, now=now)

    assert decision.outcome is outcome

"""What may follow a rollback that did not come to its end, where every statement commits by itself?"""

from dataclasses import replace
from pathlib import Path

import killing_shared
import pytest
import shop
from sqlalchemy.event import listen

from contractctl import migration, planner
from contractctl.errors import ContractctlError
from contractctl.journal import Operator
from contractctl.migration import Context

PLAN = replace(shop.PLAN, dialect="mysql")


@pytest.fixture
def context(tmp_path: Path, mariadb_url: str) -> Context:
    shop.make(tmp_path, plan=PLAN, url=mariadb_url)
    made = shop.context(tmp_path, plan=PLAN, operator=Operator("ada@one", gone=lambda _holder: True))
    for stage, percent in shop.WAY[:4]:
        migration.run(stage, made, percent)
    return made


def test_a_rollback_that_was_cut_short_comes_to_its_end_before_anything_else(tmp_path: Path, context: Context) -> None:
    """Hazard 22, 49: the new side has no names any more, and the old one would lose its own by going forward."""

    def cut(*seen: object) -> None:
        if "DROP TRIGGER" in str(seen[2]):
            raise KeyboardInterrupt

    shorter = replace(context, engine=shop.engine_of(tmp_path))
    listen(shorter.engine, "before_cursor_execute", cut)
    with pytest.raises(KeyboardInterrupt):
        migration.run("rollback", shorter)
    shorter.engine.dispose()

    with pytest.raises(ContractctlError, match="the rollback of 'customer-name' was cut short") as refusal:
        migration.run("canary", context, 100.0)
    assert refusal.value.hint == "run: contractctl migrate rollback customer-name"
    assert migration.run("rollback", context).done
    assert len(shop.rows(tmp_path, "SHOW COLUMNS FROM orders")) == 3
    for stage, percent in shop.WAY:
        assert migration.run(stage, context, percent).done
    assert shop.rows(tmp_path, "SELECT count(*) FROM orders WHERE full_name LIKE 'customer %%'") == [(50,)]


def test_what_old_applications_write_while_a_rollback_is_half_done_does_not_keep_it_from_its_end(
    tmp_path: Path, mariadb_url: str
) -> None:
    """Hazard 22, 49: rows share one in another table, and the triggers that told it are gone before its column is."""
    killing_shared.make(tmp_path, "moved", mariadb_url)
    (plan,) = planner.read_plans(tmp_path / "migrations")
    context = shop.context(tmp_path, plan=plan, operator=Operator("ada@one", gone=lambda _holder: True))
    for stage, percent in shop.WAY[:4]:
        migration.run(stage, context, percent)

    def cut(*seen: object) -> None:
        if "DROP COLUMN" in str(seen[2]):
            raise KeyboardInterrupt

    shorter = replace(context, engine=shop.engine_of(tmp_path))
    listen(shorter.engine, "before_cursor_execute", cut)
    with pytest.raises(KeyboardInterrupt):
        migration.run("rollback", shorter)
    shorter.engine.dispose()
    with shop.connected(tmp_path) as application:
        application.exec_driver_sql("UPDATE orders SET city = 'Oslo' WHERE customer_id = 1")
        application.commit()

    assert migration.run("rollback", context).done
    assert shop.rows(tmp_path, "SELECT DISTINCT city FROM orders WHERE customer_id = 1") == [("Oslo",)]
    assert len(shop.rows(tmp_path, "SHOW COLUMNS FROM customers")) == 2


def test_nothing_is_taken_from_applications_by_a_rollback_that_would_lose_a_value(
    tmp_path: Path, context: Context
) -> None:
    with shop.connected(tmp_path) as application:
        application.exec_driver_sql("UPDATE orders SET customer_name = 'Ada', full_name = 'Grace' WHERE id = 7")
        application.commit()
        with pytest.raises(ContractctlError, match="row of 'orders' holds a value in the new side only"):
            migration.run("rollback", context)

        application.exec_driver_sql("UPDATE orders SET full_name = 'Edsger' WHERE id = 8")
        application.commit()
    assert shop.rows(tmp_path, "SELECT customer_name FROM orders WHERE id = 8") == [("Edsger",)]

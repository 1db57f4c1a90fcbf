"""Is a step done where another's statement has done it meanwhile? On MariaDB a dead command's goes on to its end."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from contractctl.databases.catalog import Live
from contractctl.operations.steps import BuildIndex, DropIndex, MoveKey, RenameConstraint, Step
from tests.databases import shops
from tests.databases.shops import Shop
from tests.operations.lives import STAGES, Life
from tests.operations.scenarios import SCENARIOS
from tests.waiting import wait_for

TABLE = "CREATE TABLE orders (id int PRIMARY KEY, id__new bigint NOT NULL, amount int, UNIQUE INDEX by_id (id__new))"
WAITING = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for table metadata lock'"
AT_WORK = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE STATE = 'altering table'"
STEPS = (
    BuildIndex("orders", "by_amount", "amount"),
    RenameConstraint("orders", "by_id", "by_key", "index"),
    MoveKey("orders", ("id__new",), "by_id"),
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_a_step_that_was_done_while_it_waited_is_done(mariadb_url: str, step: Step) -> None:
    with shops.opened(shops.MARIADB, mariadb_url) as shop, ThreadPoolExecutor(2) as pool:
        shop.run(TABLE)
        reader, dead = shop.connect(), shop.connect()
        shop.run("BEGIN", app=reader)
        shop.rows("SELECT * FROM orders", app=reader)
        with shop.engine.connect() as connection:
            (statement,) = step.statements(shop.database, Live(shop.database, connection))
        others = pool.submit(shop.run, statement.sql, app=dead)
        wait_for(lambda: shop.rows(WAITING) == [(1,)], seconds=30)
        begun = threading.Event()
        event.listen(shop.engine, "before_cursor_execute", lambda *said: said[2] == statement.sql and begun.set())
        ours = pool.submit(take, shop, step)
        wait_for(begun.is_set, seconds=30)
        shop.run("COMMIT", app=reader)

        assert (ours.result(), others.exception()) == (None, None)
        with shop.engine.connect() as connection:
            assert step.done(shop.database, connection)
        reader.close()
        dead.close()


def test_a_step_that_cannot_be_done_is_told_as_it_was(mariadb_url: str) -> None:
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        shop.run(TABLE)
        with pytest.raises(DBAPIError, match="'nothing' doesn't exist"):
            take(shop, BuildIndex("orders", "by_nothing", "nothing"))


def test_nothing_is_taken_for_done_while_somebody_else_has_the_table_for_himself(mariadb_url: str) -> None:
    """Hazard 29: on a connection that Alembic has opened. information_schema then says nothing of the table."""
    with shops.opened(shops.MARIADB, mariadb_url) as shop, ThreadPoolExecutor(1) as pool:
        shop.run(TABLE)
        shop.run("INSERT INTO orders SELECT seq, seq, 1 FROM seq_1_to_100000")
        engine = create_engine(make_url(mariadb_url).set(drivername="mysql+pymysql"))
        with engine.connect() as connection:
            connection.exec_driver_sql("SET SESSION lock_wait_timeout = 0")
            held = pool.submit(shop.run, "ALTER TABLE orders ENGINE = InnoDB, ALGORITHM=INPLACE, LOCK=EXCLUSIVE")
            while not connection.exec_driver_sql(AT_WORK).scalar():
                assert not held.done()
            with pytest.raises(DBAPIError, match="Lock wait timeout exceeded"):
                DropIndex("orders", "by_id").run(connection)
        held.result()
        engine.dispose()


def test_a_brown_out_that_is_over_is_passed_when_its_stage_is_run_again(mariadb_url: str) -> None:
    """Hazard 22: each statement commits by itself, and a step behind it may not have been done."""
    with shops.opened(shops.MARIADB, mariadb_url) as shop:
        life = Life(shop, next(scenario for scenario in SCENARIOS if scenario.kind == "change-type"))
        columns = life.shop.rows("SHOW COLUMNS FROM orders")
        for stage in STAGES[:4]:
            life.do(stage)
        browned = life.shop.rows("SHOW COLUMNS FROM orders")
        life.do("quiesce")
        assert life.shop.rows("SHOW COLUMNS FROM orders") == browned
        life.undo("quiesce")
        life.undo("quiesce")

        life.roll_back("expand", "dual_write")
        assert life.shop.rows("SHOW COLUMNS FROM orders") == columns


def take(shop: Shop, step: Step) -> None:
    with shop.engine.connect() as connection:
        step.run(connection.execution_options(isolation_level="AUTOCOMMIT"), alone=True)

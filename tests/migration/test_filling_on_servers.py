"""Does a whole backfill survive locks, deadlocks, rights and falls of a server? SQLite has none of these.

Hazard numbers are those of the staging design.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import filling
import pytest
import shop
from filling import ROWS, at_work, outside, synced, threads, unfilled
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError

from contractctl import databases, journal, migration
from contractctl.backfill import Pace, Progress, backfill, checkpoints
from contractctl.databases import run
from contractctl.databases.filling import fill
from contractctl.errors import ContractctlError
from tests import servers
from tests.servers import Kind, Server


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_deadlock_is_tried_again(unfilled_shop: Path) -> None:
    """Hazard 21: somebody holds a row far in the batch, and wants one that the batch has."""
    with shop.connected(unfilled_shop) as application:
        application.exec_driver_sql("UPDATE orders SET total_cents = 2 WHERE id = 400")
        filled = at_work(lambda: migration.run("backfill", filling.context(unfilled_shop)))
        time.sleep(0.8)
        try:
            application.exec_driver_sql("UPDATE orders SET total_cents = 2 WHERE id = 3")
            application.commit()
        except DBAPIError:  # the application may be the one that is ended
            application.rollback()

    assert filled.result(60).details["tables"]["orders"]["rows"] == ROWS
    assert unfilled(unfilled_shop) == 0


def test_a_lock_that_is_never_free_ends_it_in_words_and_it_can_go_on(unfilled_shop: Path) -> None:
    """Hazard 21."""
    with shop.connected(unfilled_shop) as application:
        application.exec_driver_sql("UPDATE orders SET total_cents = 2 WHERE id = 7")
        with pytest.raises(ContractctlError, match="the backfill could not get its locks"):
            migration.run("backfill", filling.context(unfilled_shop, pace=Pace(patience_seconds=1)))
        application.rollback()

    assert migration.run("backfill", filling.context(unfilled_shop)).details["tables"]["orders"]["rows"] == ROWS


def test_nothing_is_kept_of_a_batch_whose_operator_was_replaced_while_it_waited(unfilled_shop: Path) -> None:
    """Hazard 22: the checkpoint is fenced, and the rows are in its transaction."""
    engine, sync = synced(unfilled_shop)
    with shop.connected(unfilled_shop) as application:
        application.exec_driver_sql("UPDATE orders SET total_cents = 2 WHERE id = 7")
        filled = at_work(lambda: backfill(engine, sync, Pace(), outside()))
        time.sleep(0.8)
        with journal.writing(engine) as connection:
            checkpoints.begin(connection, sync, 2, time.time())
        application.commit()

    with pytest.raises(ContractctlError, match="somebody else is running this backfill"):
        filled.result(60)
    assert unfilled(unfilled_shop) == ROWS


READ = {
    "postgresql": "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) + (SELECT sum(idx_tup_read)"
    " FROM pg_stat_user_indexes WHERE relname = 'things') FROM pg_stat_user_tables WHERE relname = 'things'",
    "mariadb": "SELECT sum(VARIABLE_VALUE) FROM information_schema.GLOBAL_STATUS"
    " WHERE VARIABLE_NAME LIKE 'HANDLER_READ%%'",
}


def read(folder: Path, engine_name: str) -> int:
    """How many rows and index entries the server has read so far."""
    time.sleep(1.5 if engine_name == "postgresql" else 0)  # its statistics come late
    return int(float(str(shop.rows(folder, READ[engine_name])[0][0])))


def test_a_table_is_read_some_times_and_not_once_a_batch(unfilled_shop: Path, engine_name: str) -> None:
    """Hazard 24, by the server's own count, over forty batches."""
    rows, engine = 20_000, filling.engine_of(unfilled_shop)
    series = {
        "postgresql": f"SELECT i, 'x', NULL FROM generate_series(1, {rows}) AS g(i)",
        "mariadb": f"SELECT seq, 'x', NULL FROM seq_1_to_{rows}",
    }
    ddl = "id INTEGER PRIMARY KEY, old_name VARCHAR(40), new_name VARCHAR(40)"
    sync = filling.things(engine, ddl, series[engine_name])
    analyse = {"postgresql": "VACUUM ANALYZE things", "mariadb": "ANALYZE TABLE things"}[engine_name]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        run(connection, analyse)
    before = read(unfilled_shop, engine_name)

    found = backfill(engine, sync, Pace(rows_per_second=500), replace(outside(), sleep=lambda _: None))

    assert found.rows == rows
    assert read(unfilled_shop, engine_name) - before < 10 * rows


OPEN = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND (backend_xmin IS NOT NULL OR state LIKE 'idle in transaction%%')",
    "mariadb": "SELECT count(*) FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id <> CONNECTION_ID()",
}


def test_whoever_waits_keeps_no_transaction_open(unfilled_shop: Path, engine_name: str) -> None:
    """Hazard 26: an old snapshot would keep vacuum and purge from their work."""
    found: list[int] = []

    def sleep(_seconds: float) -> None:
        found.append(int(str(shop.rows(unfilled_shop, OPEN[engine_name])[0][0])))

    migration.run("backfill", filling.context(unfilled_shop, pace=Pace(rows_per_second=500), sleep=sleep))

    assert len(found) >= 3
    assert set(found) == {0}


CLERK = {
    "postgresql": ("DO $$ BEGIN CREATE ROLE {clerk} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",),
    "mariadb": ("CREATE USER IF NOT EXISTS {clerk}",),
}


def as_clerk(folder: Path, engine_name: str, *grants: str) -> str:
    """The address for a user who has all rights on contractctl's tables, and these."""
    name = f"clerk_{os.getpid()}"
    clerk = name if engine_name == "postgresql" else f"{name}@'127.0.0.1'"
    schema = "'public'" if engine_name == "postgresql" else "DATABASE()"
    query = f"SELECT table_name FROM information_schema.tables WHERE table_schema = {schema}"
    like = "table_name LIKE 'contractctl%%' OR table_name = 'alembic_version'"
    ours = [str(row[0]) for row in shop.rows(folder, f"{query} AND ({like})")]
    with shop.connected(folder) as connection:
        for statement in (*CLERK[engine_name], *(f"GRANT ALL ON {table} TO {{clerk}}" for table in ours), *grants):
            connection.exec_driver_sql(statement.format(clerk=clerk))
        if engine_name == "postgresql":
            connection.exec_driver_sql(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {clerk}")
        connection.commit()
    return make_url(shop.url_of(folder)).set(username=name).render_as_string(hide_password=False)


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = databases.create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def test_a_user_who_may_not_write_the_column_sets_no_row_aside(unfilled_shop: Path, engine_name: str) -> None:
    """Hazard 27: no row is to blame for a missing right."""
    url = as_clerk(unfilled_shop, engine_name, "GRANT SELECT, TRIGGER, UPDATE (total_cents) ON orders TO {clerk}")

    with opened(url) as engine, pytest.raises(ContractctlError, match=r"this user may not do that: .*orders"):
        migration.run("backfill", filling.context(unfilled_shop, engine=engine))
    assert shop.rows(unfilled_shop, "SELECT count(*) FROM contractctl_set_aside") == [(0,)]


def test_rows_that_a_policy_hides_are_not_passed_over(tmp_path: Path, postgresql_server: Server) -> None:
    """Hazard 27: PostgreSQL would hide them in silence; MariaDB and SQLite have no policies."""
    with postgresql_server.database() as address:
        filling.made(tmp_path, address, rows=200)
        policy = ("ALTER TABLE orders ENABLE ROW LEVEL SECURITY", "CREATE POLICY few ON orders USING (id < 100)")
        url = as_clerk(tmp_path, "postgresql", "GRANT ALL ON orders TO {clerk}", *policy)

        with opened(url) as engine, pytest.raises(ContractctlError, match="row-level security"):
            migration.run("backfill", filling.context(tmp_path, engine=engine))
        assert unfilled(tmp_path) == 200
        filling.close()


def test_the_disk_is_waited_for_once_all_is_filled_and_not_for_each_batch(
    tmp_path: Path, postgresql_server: Server
) -> None:
    """Hazard 22: a fall may take batches back with their checkpoints; what says that all is done comes after them."""
    waits: list[str] = []

    def note(connection: Connection) -> None:
        waits.append(str(run(connection, "SHOW synchronous_commit").scalar()))

    with postgresql_server.database() as address:
        filling.made(tmp_path, address, rows=200)
        engine = filling.engine_of(tmp_path)
        listen(engine, "commit", note)
        pace = Pace(rows_per_second=50)
        migration.run("backfill", filling.context(tmp_path, engine=engine, pace=pace, sleep=lambda _: None))
        filling.close()

    first, batches_ = waits.index("off"), waits.count("off")
    assert batches_ == 5  # the last one finds that no row is left
    assert set(waits[first : first + batches_]) == {"off"}
    assert set(waits[first + batches_ :]) == {"on"}  # the outcome


def test_where_commits_wait_for_a_replica_batches_do_too() -> None:
    """Hazard 26: what runs ahead of a replica is waited for by everybody else's commit."""
    waits = "--synchronous_standby_names=nobody"
    with (
        servers.running(servers.POSTGRESQL, options=(waits,)) as server,
        opened(server.url()) as engine,
        databases.of(engine).unhurried(engine).connect() as connection,
    ):
        assert run(connection, "SHOW synchronous_commit").scalar() == "on"


def test_a_batch_holds_up_nobody_who_inserts_between_its_rows(unfilled_shop: Path) -> None:
    """Hazard 28: no gap locks."""
    engine, sync = synced(unfilled_shop)
    with shop.connected(unfilled_shop) as application:
        application.exec_driver_sql("DELETE FROM orders WHERE id = 50")
        application.commit()
        with engine.begin() as connection:
            fill(databases.of(engine), connection, sync, (10,), (100,))
            began = time.monotonic()
            application.exec_driver_sql("INSERT INTO orders (id, customer_name, total_cents) VALUES (50, 'Ada', 1)")
            application.commit()
            waited = time.monotonic() - began

    assert waited < databases.LOCK_SECONDS / 2
    assert shop.rows(unfilled_shop, "SELECT full_name FROM orders WHERE id = 50") == [("Ada",)]


STRICTER = {
    "postgresql": ("ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'", "SELECT 1"),
    "mariadb": (
        "SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    ),
}


def test_a_stricter_isolation_by_default_does_no_harm(unfilled_shop: Path, engine_name: str) -> None:
    """Hazard 28: under a snapshot that is older than a row every batch beside a writer would end."""
    name = make_url(shop.url_of(unfilled_shop)).database
    stricter, usual = STRICTER[engine_name]
    with shop.connected(unfilled_shop) as connection:
        connection.exec_driver_sql(stricter.format(name=name))
        connection.commit()
    writer = filling.Writer(unfilled_shop, "customer_name", 3)
    try:
        writer.start()
        found = migration.run(
            "backfill", filling.context(unfilled_shop, workers=threads(unfilled_shop), pace=Pace(rows_per_second=3000))
        )
    finally:
        writer.stop.set()
        writer.join()
        with shop.connected(unfilled_shop) as connection:
            connection.exec_driver_sql(usual)
            connection.commit()

    assert writer.error is None
    assert found.done


@pytest.mark.parametrize(("kind", "workers"), [(servers.POSTGRESQL, 1), (servers.MARIADB, 2)], ids=["alone", "crew"])
def test_a_server_that_falls_and_comes_back_is_waited_for(tmp_path: Path, kind: Kind, workers: int) -> None:
    """Nothing lost, nothing twice: a batch that was committed as the server fell is known by its checkpoint."""
    with servers.running(kind) as server, server.database() as url:
        filling.made(tmp_path, url)
        fallen: list[int] = []

        def told(progress: Progress) -> None:
            if progress.seen >= 500 * (len(fallen) + 1) and len(fallen) < 2:
                fallen.append(progress.seen)
                server.kill()
                threading.Timer(1.0, server.start).start()

        crew = threads(tmp_path, workers) if workers > 1 else None
        context = filling.context(tmp_path, pace=Pace(rows_per_second=500), told=told, workers=crew)
        found = migration.run("backfill", context)

        assert len(fallen) == 2
        assert found.details["tables"]["orders"]["rows"] == ROWS
        assert unfilled(tmp_path) == 0
        filling.close()


def test_a_server_that_stays_away_is_what_is_told_and_the_journal_an_afterthought(tmp_path: Path) -> None:
    with servers.running(servers.POSTGRESQL) as server, server.database() as url:
        filling.made(tmp_path, url)
        context = filling.context(tmp_path, pace=Pace(patience_seconds=0.5), told=lambda _progress: server.kill())
        with pytest.raises(ContractctlError) as failure:
            migration.run("backfill", context)
        filling.close()
        server.start()  # to be taken away as it was made

    told = [note.partition(":")[0] for note in failure.value.__notes__]
    assert told == ["and the journal could not be written", "and the lease could not be released"]

"""Is what was half done taken up again, where contractctl or PostgreSQL is killed in the middle of a long statement?"""

import multiprocessing
import os
import signal
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import shop
from sqlalchemy.event import listen

from contractctl import migration, revisions
from contractctl.errors import ContractctlError
from contractctl.journal import Operator
from contractctl.model.plan import Operation
from tests import servers
from tests.servers import Server

HELD = """CREATE FUNCTION public.held(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
$$BEGIN PERFORM pg_catalog.pg_advisory_xact_lock_shared(7); RETURN value; END$$"""
"""A function that waits as long as somebody holds the lock: whatever asks it for each row is in the middle then."""
PLAN = replace(
    shop.PLAN,
    operations=(
        Operation(
            "create-index",
            "shop/orders",
            "orders",
            new="by_name",
            parameters={"columns": "public.held(customer_name)", "stands": "verify"},
        ),
        Operation(
            "add-check",
            "shop/orders",
            "orders",
            new="named",
            parameters={"condition": "public.held(customer_name) <> ''", "stands": "verify"},
        ),
    ),
    revisions=revisions.identifiers(shop.NAME, validating=True),
    dialect="postgresql",
)
LONG = ("CREATE INDEX CONCURRENTLY", "VALIDATE CONSTRAINT")
STATE = (
    "SELECT (SELECT string_agg(indisvalid::text, ',') FROM pg_index WHERE indexrelid::regclass::text = 'by_name'),"
    " (SELECT string_agg(convalidated::text, ',') FROM pg_constraint WHERE conname = 'named')"
)


def test_whoever_is_killed_in_the_middle_of_a_long_statement_it_is_whole_in_the_end(tmp_path: Path) -> None:
    """Hazard 31."""
    with servers.running(servers.POSTGRESQL) as server, server.database() as url:
        make(tmp_path, url)
        for stage, percent in shop.WAY[:3]:
            run(tmp_path, stage, percent)
        left = []
        for statement in LONG:
            fall(tmp_path, url, server, statement, "server")
            left += shop.rows(tmp_path, STATE)
            fall(tmp_path, url, server, statement, "contractctl")
        assert left == [("false", None), ("true", "false")]
        for stage, percent in shop.WAY[3:]:
            run(tmp_path, stage, percent)

        assert shop.rows(tmp_path, STATE) == [("true", "true")]
        assert shop.rows(tmp_path, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]


def make(folder: Path, url: str) -> None:
    (folder / "url").write_text(url, encoding="utf-8")
    with shop.connected(folder) as connection:
        connection.exec_driver_sql(HELD)
        connection.commit()
    shop.make(folder, plan=PLAN, url=url)


def run(folder: Path, stage: str, percent: float | None = None, hold_at: str = "") -> None:
    """A stage; where `hold_at` stands in a statement, the lock is taken before it, until this process ends."""
    operator = Operator(f"process {os.getpid()}", gone=lambda _holder: True)
    context = shop.context(folder, plan=PLAN, operator=operator)
    holder = shop.engine_of(folder).connect() if hold_at else None

    def hold(*seen: object) -> None:
        if holder is not None and hold_at in str(seen[2]):
            holder.exec_driver_sql("SELECT pg_advisory_lock(7)")

    listen(context.engine, "before_cursor_execute", hold)
    migration.run(stage, context, percent)
    context.engine.dispose()


def fall(folder: Path, url: str, server: Server, statement: str, victim: str) -> None:
    """Verify, until the server is seen to wait in the midst of the statement: then kill one of the two."""
    child = multiprocessing.get_context("fork").Process(target=until_it_falls, args=(folder, statement))
    child.start()
    assert child.pid is not None
    wait_for(server, url.rpartition("/")[2], statement)
    if victim == "server":
        server.kill()
        child.join()
        server.start()
    else:
        os.kill(child.pid, signal.SIGKILL)
        child.join()


def until_it_falls(folder: Path, statement: str) -> None:
    try:
        run(folder, "verify", hold_at=statement)
    except ContractctlError:
        os._exit(1)
    os._exit(0)


def wait_for(server: Server, database: str, statement: str) -> None:
    waits = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = %s"
        " AND position(%s IN query) > 0 AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + 20
    with closing(
        psycopg.connect(
            host=servers.HOST, port=server.port, user=server.kind.account, dbname="postgres", autocommit=True
        )
    ) as watching:
        while time.monotonic() < deadline:
            if watching.execute(waits, (database, statement)).fetchone() != (0,):
                return
            time.sleep(0.01)
    raise AssertionError(f"{statement} was never met")

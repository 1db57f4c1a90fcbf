"""Does a server without room cost nothing but the time until there is some again?"""

import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest
import shop

from contractctl import migration
from contractctl.errors import ContractctlError
from contractctl.migration import Context
from tests import servers
from tests.servers import Server

ROWS = 4000
ROOM = ("--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:18M")
"""All tables in one file, which may not grow further, as on a disk of that size."""
PLAN = replace(shop.PLAN, dialect="mysql")
NAME = "rpad(seq, 180, 'x')"


def test_a_backfill_goes_on_when_the_server_has_room_again(tmp_path: Path) -> None:
    """Hazard 22, 25: no row is set aside for it, and none is missed."""
    with servers.running(servers.MARIADB, options=ROOM) as server, server.database() as url:
        database = url.rpartition("/")[2]
        shop.make(tmp_path, rows=0, plan=PLAN, url=url)
        server.run(f"INSERT INTO orders SELECT seq, {NAME}, 1 FROM seq_1_to_{ROWS}", database)
        context = shop.context(tmp_path, plan=PLAN)
        for stage, percent in shop.WAY[:2]:
            migration.run(stage, context, percent)
        fill(server, database)
        with pytest.raises(ContractctlError, match="the server's disk is full") as refusal:
            migration.run("backfill", context)
        assert refusal.value.hint == "free some space; finished work is kept, and the same command resumes"
        server.run("UPDATE orders SET customer_name = 'written' WHERE id = 7", database)
        server.run("DROP TABLE ballast", database)
        go_on(context)
        assert migration.run("verify", context).done
        context.engine.dispose()

        assert shop.rows(tmp_path, "SELECT count(*) FROM orders WHERE full_name = customer_name") == [(ROWS,)]
        assert shop.rows(tmp_path, "SELECT full_name FROM orders WHERE id = 7") == [("written",)]
        assert shop.rows(tmp_path, "SELECT count(*) FROM contractctl_set_aside") == [(0,)]


def go_on(context: Context) -> None:
    """The backfill; the server gives the room of a dropped table free in its own time."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(ContractctlError):
            migration.run("backfill", context)
            return
        time.sleep(0.1)
    raise AssertionError("there was never room again")


def fill(server: Server, database: str) -> None:
    """Let nothing but what a few pages can take be left."""
    with closing(server.kind.connect(server.port, database)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ballast (text CHAR(255) CHARACTER SET latin1)")
        for rows in (10_000, 1000, 100):
            with suppress(pymysql.err.OperationalError):
                while True:
                    cursor.execute(f"INSERT INTO ballast SELECT 'x' FROM seq_1_to_{rows}")

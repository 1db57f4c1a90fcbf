"""Do the servers of the tests keep what was committed, and does none outlive its tests?"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pymysql
import pytest
from sqlalchemy import create_engine, text

from tests import servers
from tests.servers import Kind, Server

KINDS = pytest.mark.parametrize("kind", [servers.POSTGRESQL, servers.MARIADB], ids=lambda kind: kind.name)
HOLDING = """
import sys, time
from tests import servers
server = servers.Server(servers.{name})
server.start()
print(server.folder, flush=True)
time.sleep(600)
"""


@pytest.fixture(params=[servers.POSTGRESQL, servers.MARIADB], ids=lambda kind: kind.name)
def own_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with servers.running(request.param) as server:
        yield server


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_was_committed_before_a_kill_is_there_after_it(own_server: Server) -> None:
    own_server.run("CREATE TABLE kept (n INTEGER)")
    own_server.run("INSERT INTO kept VALUES (7)")

    own_server.kill()
    with pytest.raises((psycopg.Error, pymysql.Error)):
        own_server.run("SELECT 1")
    own_server.start()

    engine = create_engine(own_server.url())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT n FROM kept")).scalars().all() == [7]
    engine.dispose()


@KINDS
def test_a_server_dies_with_the_process_that_started_it(kind: Kind) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING.format(name=kind.name.upper())],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    folder = Path(holder.stdout.readline().strip())
    server = int((folder / "pid").read_text())
    assert alive(server)

    holder.send_signal(signal.SIGKILL)
    holder.communicate()

    assert eventually(lambda: not alive(server))
    assert eventually(lambda: not folder.exists())


@KINDS
def test_a_stopped_server_leaves_no_folder(kind: Kind) -> None:
    with servers.running(kind) as server:
        server.kill()

    assert not server.folder.exists()


@KINDS
def test_a_server_that_cannot_start_says_why(kind: Kind) -> None:
    with (
        pytest.raises(servers.UnavailableError, match=r"no.such.option"),
        servers.running(kind, options=("--no-such-option=1",)),
    ):
        pass


def test_every_test_has_a_database_of_its_own(postgresql_server: Server, mariadb_server: Server) -> None:
    for server in (postgresql_server, mariadb_server):
        with server.database() as first, server.database() as second:
            assert first != second
            for url in (first, second):
                engine = create_engine(url)
                with engine.begin() as connection:
                    connection.execute(text("CREATE TABLE shop (n INTEGER)"))
                engine.dispose()

"""Is it known how far a replica is behind, and never taken for nothing where it is not? With a real replica."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from contractctl.databases import Measured
from tests.databases.replicas import asked, is_known, is_late, until
from tests.servers import HOST, MARIADB, Server, running


@contextmanager
def session(server: Server) -> Iterator[Any]:
    with closing(server.kind.connect(server.port, server.kind.first)) as connection, connection.cursor() as cursor:
        yield cursor


def test_a_replica_that_stands_still_is_late_and_one_that_has_stopped_is_unknown() -> None:
    """Hazard 26."""
    with (
        running(MARIADB, options=("--server-id=1", "--log-bin=changes")) as primary,
        running(MARIADB, options=("--server-id=2",)) as replica,
    ):
        alone = asked(replica, "own_lag")
        replica.run(
            f"CHANGE MASTER TO MASTER_HOST = '{HOST}', MASTER_PORT = {primary.port}, MASTER_USER = 'root',"
            " MASTER_USE_GTID = slave_pos"
        )
        replica.run("START SLAVE")
        primary.run("CREATE DATABASE shop")
        primary.run("CREATE TABLE shop.t (n INT)")
        own = until(lambda: asked(replica, "own_lag"), is_known)
        with session(replica) as cursor:
            cursor.execute("FLUSH TABLES WITH READ LOCK")
            primary.run("INSERT INTO shop.t VALUES (1)")
            late = until(lambda: asked(replica, "own_lag"), is_late)
        replica.run("STOP SLAVE SQL_THREAD")
        stopped = asked(replica, "own_lag")

    assert alone == Measured(None, "an address leads to a server that is not a replica")
    assert own.value == 0
    assert is_late(late)
    assert stopped == Measured(None, "a replica's threads do not run (SHOW ALL SLAVES STATUS)")

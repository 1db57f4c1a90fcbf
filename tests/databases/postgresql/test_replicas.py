"""Is it known how far a replica is behind, and never taken for nothing where it is not? With a real replica."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from contractctl.databases import Measured
from tests.databases.replicas import asked, is_known, is_late, until
from tests.servers import HOST, POSTGRESQL, Server, program, running


@contextmanager
def standby_of(primary: Server) -> Iterator[Server]:
    """A replica of a PostgreSQL."""
    standby = Server(POSTGRESQL)
    data = standby.folder / "data"
    shutil.rmtree(data)
    copy = [program("pg_basebackup"), f"--pgdata={data}", f"--host={HOST}", f"--port={primary.port}"]
    subprocess.run([*copy, "--username=postgres", "--checkpoint=fast", "--write-recovery-conf"], check=True)
    standby.give(standby.folder)
    try:
        standby.start()
        yield standby
    finally:
        standby.stop()


def test_a_replica_that_stands_still_is_late_and_one_that_is_gone_is_unknown() -> None:
    """Hazard 26."""
    with running(POSTGRESQL) as primary:
        alone = asked(primary, "lag")
        with standby_of(primary) as standby:
            primary.run("CREATE TABLE t (n INTEGER)")
            seen = until(lambda: asked(primary, "lag"), is_known)
            own = until(lambda: asked(standby, "own_lag"), lambda found: found.value == 0)
            standby.run("SELECT pg_wal_replay_pause()")
            primary.run("INSERT INTO t VALUES (1)")
            late = until(lambda: asked(standby, "own_lag"), is_late)
        gone = until(lambda: asked(primary, "lag"), lambda found: found.value is None)

    assert alone == gone == Measured(None, "no replica is connected (pg_stat_replication)")
    assert is_known(seen)
    assert own.value == 0
    assert is_late(late)

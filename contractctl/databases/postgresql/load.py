"""How busy is a PostgreSQL server, how far behind are its replicas, and how large is a table?"""

from collections.abc import Iterator

from sqlalchemy import Connection

from contractctl.databases import Measured, Size, run
from contractctl.databases.postgresql.names import table as table_name

_ACTIVE = """
SELECT count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state IS NULL AND usesysid IS NOT NULL)
FROM pg_catalog.pg_stat_activity
WHERE pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'
  AND application_name IS DISTINCT FROM current_setting('application_name')
"""

_STANDBYS = """
SELECT application_name, state, replay_lsn IS NOT NULL, extract(epoch FROM replay_lag)::float8,
  pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::float8
FROM pg_catalog.pg_stat_replication WHERE state IS DISTINCT FROM 'backup'
"""

_LOST = "SELECT slot_name::text FROM pg_catalog.pg_replication_slots WHERE slot_type = 'physical' AND NOT active"

_OWN = """
SELECT pg_catalog.pg_is_in_recovery(), (SELECT status FROM pg_catalog.pg_stat_wal_receiver),
  pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn(),
  extract(epoch FROM clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::float8
"""


def load(connection: Connection) -> Measured:
    """How many statements of others are running, by pg_stat_activity; contractctl's own and idle ones do not count."""
    active, hidden = run(connection, _ACTIVE).one()
    if hidden:
        return Measured(None, "this user cannot see others' statements: GRANT pg_read_all_stats to it")
    return Measured(float(active), "statements of others run (pg_stat_activity)")


def lag(connection: Connection) -> Measured:
    """The greatest replay_lag of the connected replicas: how long ago what they show now was written."""
    found = [*_standbys(connection)]
    unknown = next((one for one in found if one.value is None), None)
    if unknown is not None:
        return unknown
    return max(found, key=lambda one: one.value or 0.0)


def _standbys(connection: Connection) -> Iterator[Measured]:
    for (slot,) in run(connection, _LOST):
        yield Measured(None, f"nothing reads from replication slot '{slot}'")
    standbys = run(connection, _STANDBYS).all()
    if not standbys:
        yield Measured(None, "no replica is connected (pg_stat_replication)")
    for name, state, visible, seconds, behind in standbys:
        if not visible:
            yield Measured(None, "this user cannot see the replicas' progress: GRANT pg_monitor to it")
        elif state != "streaming":
            yield Measured(None, f"replica '{name}' is in state {state}")
        elif seconds is None and behind > 0:
            yield Measured(None, f"the lag of replica '{name}' has not been measured yet")
        else:
            yield Measured(seconds or 0.0, f"is how far replica '{name}' is behind (replay_lag)")


def own_lag(connection: Connection) -> Measured:
    """How long ago the last transaction was written that this replica shows; 0 where it has replayed everything."""
    in_recovery, status, up_to_date, seconds = run(connection, _OWN).one()
    if not in_recovery:
        return Measured(None, "an address leads to a server that is not a replica")
    if status != "streaming":
        return Measured(None, "a replica is not connected to its primary, or this user may not see it (pg_monitor)")
    if not up_to_date and seconds is None:
        return Measured(None, "a replica has not replayed anything yet")
    return Measured(0.0 if up_to_date else max(0.0, seconds), "is how far a replica says it is behind")


def size(connection: Connection, table: str) -> Size:
    """The planner's estimate of the number of rows: from statistics, scaled to the table's current size."""
    plan = run(connection, f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {table_name(table)}").scalar_one()
    return Size(int(plan[0]["Plan"]["Plan Rows"]), exact=False)

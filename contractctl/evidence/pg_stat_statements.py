"""Who touched the column, as PostgreSQL's pg_stat_statements counts it? https://www.postgresql.org/docs/current/pgstatstatements.html

A look is compared with the one before. Every role is counted; a role is a consumer of that name, or of the one that
`roles` gives it. What could hide a statement (other settings, evictions, resets, a restart, a replica) is unknown.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from contractctl import databases
from contractctl.evidence import snapshots, triage
from contractctl.evidence.catalog import postgresql
from contractctl.evidence.observations import Observations
from contractctl.evidence.questions import Question
from contractctl.evidence.records import records
from contractctl.evidence.servers import (
    UnusableError,
    accounts,
    answer,
    demand_replicas,
    known_options,
    state,
)
from contractctl.evidence.snapshots import Look, Looked, Statement, Watch
from contractctl.evidence.sources import Given
from contractctl.model.evidence import Record
from contractctl.statements import Target

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAME = "pg_stat_statements"
_LIMIT = "SET LOCAL statement_timeout = '10s'"
_ENTRIES = """
SELECT s.userid || '/' || s.queryid || '/' || s.toplevel, pg_get_userbyid(s.userid), s.calls, s.query
FROM pg_stat_statements s WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_STANDING = """
SELECT extract(epoch FROM clock_timestamp())::float8, pg_postmaster_start_time()::text, i.stats_reset::text, i.dealloc,
  (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'),
  (SELECT extract(epoch FROM min(coalesce(backend_start, 'epoch')))::float8 FROM pg_stat_activity
   WHERE datname = current_database() AND coalesce(backend_type, 'client backend') = 'client backend'
     AND pid <> pg_backend_pid())
FROM pg_stat_statements_info i
"""
"""When a session began that this account may not see is unknown."""
_SETTINGS = """
SELECT name, setting FROM pg_settings
WHERE name IN ('pg_stat_statements.track', 'pg_stat_statements.track_utility', 'compute_query_id')
"""
_OVERRIDES = """
SELECT count(*) FROM pg_db_role_setting s, unnest(s.setconfig) one
WHERE one LIKE 'pg_stat_statements.%' OR one LIKE 'compute_query_id%'
"""
_NEEDED = {
    "pg_stat_statements.track": ("all",),
    "pg_stat_statements.track_utility": ("on",),
    "compute_query_id": ("auto", "on"),
}
_HIDDEN = "<insufficient privilege>"


def collect(given: Given) -> tuple[Record, ...]:
    """Query the server, and report what was counted since the first query."""
    options, question = given.options, given.question
    known_options(options, ("roles", "replicas", "triage"))
    names, settled = accounts(options), triage.settled(given.root, options.get("triage"))
    seen = Observations(NAME, " ".join(_ENTRIES.split()))
    path = state(given.folder, question, NAME, given.location)

    def ask(connection: "Connection") -> Looked:
        with snapshots.noted(path):
            _demand_settings(connection)
            replicas, look = _standing(connection)
            demand_replicas(options, replicas)
        mark, sent = snapshots.marked(question.plan.name)
        connection.exec_driver_sql(sent)
        rows = list(connection.exec_driver_sql(_ENTRIES))
        statements = {key: Statement(names.get(role, role), sql or _HIDDEN) for key, role, _, sql in rows}
        if any(one.sql == _HIDDEN for one in statements.values()):
            raise UnusableError(
                "unparseable: statements of other roles are not visible: GRANT pg_read_all_stats to this role"
            )
        calls = {key: float(count) for key, _, count, _ in rows}
        own = sum(count for key, count in calls.items() if mark in statements[key].sql)
        return Looked(replace(look, calls=calls, own=own), statements, _watch(connection, question, settled))

    found = answer(seen, given.location, _LIMIT, ask)
    if found is not None:
        snapshots.take(seen, found, question, path)
    return records(seen, question)


def _demand_settings(connection: "Connection") -> None:
    settings = {str(name): str(value) for name, value in connection.exec_driver_sql(_SETTINGS)}
    for name, wanted in _NEEDED.items():
        if name not in settings:
            raise UnusableError(f"missing source: {NAME} is not loaded: set shared_preload_libraries = '{NAME}'")
        if settings[name] not in wanted:
            raise UnusableError(f"sampled: {name} is '{settings[name]}': only '{wanted[0]}' counts every statement")
    if databases.run(connection, _OVERRIDES).scalar():
        raise UnusableError(f"sampled: a role or database has settings of its own for {NAME}: ALTER ROLE … RESET")


def _standing(connection: "Connection") -> tuple[int, Look]:
    """How many replicas there are, and what the server says about itself."""
    there = connection.exec_driver_sql(f"SELECT 1 FROM pg_extension WHERE extname = '{NAME}'").scalar()
    if not there:
        raise UnusableError(f"missing source: this database has no {NAME}: run CREATE EXTENSION {NAME}")
    at, started, reset, evicted, replicas, oldest = connection.exec_driver_sql(_STANDING).one()
    return int(replicas), Look(at, f"{started} {reset}", float(evicted), {}, oldest=oldest)


def _watch(connection: "Connection", question: Question, settled: frozenset[str]) -> Watch:
    targets = []
    for field in question.columns:
        reached = postgresql.reached(connection, field)
        also, through = reached.also, reached.through
        target = Target(field.table, field.column, "postgresql", also=also, through=through, nested_seen=True)
        targets.append((field, target))
    return Watch(tuple(targets), settled)

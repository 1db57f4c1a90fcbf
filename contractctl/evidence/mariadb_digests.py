"""Who touched the column, as MariaDB's statement digests count it? https://mariadb.com/kb/en/performance-schema-digests/

A look is compared with the one before. Digests do not say who: a statement that touches the column is nobody's, and
where there is none, everybody was silent. What could hide a statement is unknown.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from contractctl import databases
from contractctl.evidence import snapshots, triage
from contractctl.evidence.catalog import mariadb
from contractctl.evidence.observations import Observations
from contractctl.evidence.questions import Question
from contractctl.evidence.records import records
from contractctl.evidence.servers import UnusableError, answer, demand_replicas, known_options, state
from contractctl.evidence.snapshots import Look, Looked, Statement, Watch
from contractctl.evidence.sources import Given
from contractctl.model.evidence import Record
from contractctl.statements import Target

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAME = "mariadb_digests"
_LIMIT = "SET SESSION max_statement_time = 10"
_ENTRIES = """
SELECT coalesce(schema_name, ''), digest, digest_text, count_star
FROM performance_schema.events_statements_summary_by_digest
"""
_SWITCHED_OFF = """
SELECT 'performance_schema' FROM dual WHERE @@performance_schema = 0
UNION ALL SELECT name FROM performance_schema.setup_consumers
  WHERE enabled = 'NO' AND name IN ('global_instrumentation', 'thread_instrumentation', 'statements_digest')
UNION ALL SELECT name FROM performance_schema.setup_instruments WHERE name LIKE 'statement/%' AND enabled = 'NO'
UNION ALL SELECT concat('the accounts of ', user, '@', host) FROM performance_schema.setup_actors
  WHERE enabled = 'NO' OR host <> '%' OR user <> '%'
UNION ALL SELECT concat('the session of ', processlist_user, '@', processlist_host) FROM performance_schema.threads
  WHERE type = 'FOREGROUND' AND instrumented = 'NO' AND processlist_user IS NOT NULL
UNION ALL SELECT 'setup_actors' FROM dual WHERE NOT EXISTS (SELECT 1 FROM performance_schema.setup_actors)
LIMIT 1
"""
_STARTED = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'UPTIME'"
_LOST = """
SELECT sum(variable_value) FROM information_schema.global_status
WHERE variable_name IN ('PERFORMANCE_SCHEMA_DIGEST_LOST', 'PERFORMANCE_SCHEMA_THREAD_INSTANCES_LOST')
"""
_REPLICAS = "SELECT count(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"


def collect(given: Given) -> tuple[Record, ...]:
    """Query the server, and report what was counted since the first query."""
    options, question = given.options, given.question
    known_options(options, ("replicas", "triage"))
    settled = triage.settled(given.root, options.get("triage"))
    seen = Observations(NAME, " ".join(_ENTRIES.split()))
    path = state(given.folder, question, NAME, given.location)

    def ask(connection: "Connection") -> Looked:
        with snapshots.noted(path):
            if off := databases.run(connection, _SWITCHED_OFF).scalar():
                raise UnusableError(f"missing source: {off} is not counted by the performance schema")
            demand_replicas(options, int(str(databases.run(connection, _REPLICAS).scalar())))
        mark, sent = snapshots.marked(question.plan.name)
        connection.exec_driver_sql(sent)
        rows = list(connection.exec_driver_sql(_ENTRIES))
        overflow = sum(float(count) for _, digest, _, count in rows if digest is None)
        lost = overflow + float(connection.exec_driver_sql(_LOST).scalar() or 0)
        counted = {f"{row[0]}/{row[1]}": row for row in rows if row[1] is not None}
        calls = {key: float(count) for key, (*_, count) in counted.items()}
        statements = {key: Statement("", str(text or ""), schema) for key, (schema, _, text, _) in counted.items()}
        own = sum(count for key, count in calls.items() if mark in statements[key].sql)
        look = replace(_look(connection, lost, calls), own=own)
        return Looked(look, statements, _watch(connection, question, settled))

    found = answer(seen, given.location, _LIMIT, ask)
    if found is not None:
        snapshots.take(seen, found, question, path)
    return records(seen, question)


def _look(connection: "Connection", lost: float, calls: Mapping[str, float]) -> Look:
    at = float(connection.exec_driver_sql("SELECT unix_timestamp(now(6))").scalar() or 0)
    uptime = float(str(connection.exec_driver_sql(_STARTED).scalar()))
    return Look(at, "", lost, calls, started=at - uptime)


def _watch(connection: "Connection", question: Question, settled: frozenset[str]) -> Watch:
    targets = []
    for field in question.columns:
        it = mariadb.reached(connection, field)
        target = Target(it.table, field.column, "mysql", through=it.through, fires=it.fires)
        targets.append((field, target))
    return Watch(tuple(targets), settled)

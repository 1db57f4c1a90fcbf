"""Who touched the column, as pgaudit wrote it into PostgreSQL's log? https://github.com/pgaudit/pgaudit

Log files as csvlog, jsonlog or stderr have them. Who reads there was seen reading. Silence counts only where the server
says that every statement is written, a statement of ours was found in these files, and lines show that it was alive.
"""

import csv
import io
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import uuid4

from contractctl import databases
from contractctl.evidence import triage
from contractctl.evidence.catalog import postgresql
from contractctl.evidence.condensed import Condenser, near, runs
from contractctl.evidence.observations import Observations, Read, Sign
from contractctl.evidence.pgaudit.postgresql_log import Entry, entries
from contractctl.evidence.questions import Field, Question
from contractctl.evidence.records import reaches_back, records
from contractctl.evidence.servers import UnusableError, accounts, answer, demand_replicas, known_options
from contractctl.evidence.sources import Given
from contractctl.model.evidence import Record
from contractctl.statements import Target, Touch, touch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LIMIT = "SET LOCAL statement_timeout = '10s'"
_AUDIT = "AUDIT: "
_NEEDED = frozenset({"read", "write", "ddl", "role"})
"""The class ROLE has the statements that give an account settings of its own."""
_CLASSES = _NEEDED | {"function", "misc", "misc_set"}
_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name LIKE 'pgaudit.%%'"
_OVERRIDES = (
    "SELECT count(*) FROM pg_db_role_setting s, unnest(s.setconfig) one WHERE one LIKE 'pgaudit.%' OR one LIKE 'log%'"
)
_BEGAN = """
SELECT extract(epoch FROM pg_postmaster_start_time())::float8,
  extract(epoch FROM min(coalesce(backend_start, '-infinity')))::float8
FROM pg_stat_activity
WHERE coalesce(backend_type, 'client backend') = 'client backend' AND pid <> pg_backend_pid()
"""
"""When a session began that this account may not see is unknown."""
_REPLICAS = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
_ANEW = re.compile(r'parameter "log_\S*" (changed|removed)|\W(pgaudit[.]\w|log_(min_messages|destination|directory)\W)')
"""From here on other settings may hold; servers report that in many languages."""
_CLASSES_ANEW = re.compile(r"\Wpgaudit[.]log\W")
"""Up to here, accounts may have got settings of their own without a trace in the log."""
_OWN_SETTINGS = re.compile(
    r"\balter\s+(role|user|database)\b.*\b(set|reset)\s+(\"?(pgaudit[.]|log_)|all\b)", re.IGNORECASE | re.DOTALL
)
"""From here on other settings may hold for sessions that begin."""
_UNTOLD = ("<not logged>", "<previously logged>", "")
_SWITCHED = re.compile("set_config.*(pgaudit[.]|log_min_messages)", re.IGNORECASE | re.DOTALL)
"""A superuser may, for its own session; its SET itself takes effect before it would be written."""
_PARTS = 9
_STRUCTURE = frozenset(
    ("DDL", one) for one in ("CREATE TABLE", "ALTER TABLE", "DROP TABLE", "CREATE INDEX", "CREATE TRIGGER")
)
"""They make the column and what stands around it; what else a text with several statements does has its own entry."""
_WAIT = 3.0
"""How long a statement of ours may take to reach the files, in seconds."""


def collect(given: Given) -> tuple[Record, ...]:
    """Read the log files that the pattern matches.

    Options: `server` (its address: without it, silence proves nothing), `database` (only what was sent to it), `roles`
    (`app_reporting=reporting, …`), `replicas`, `triage`.
    """
    options, question = given.options, given.question
    known_options(options, ("server", "database", "roles", "replicas", "triage"))
    names, settled = accounts(options), triage.settled(given.root, options.get("triage"))
    seen = Observations("pgaudit", given.location)
    told = _Told(tuple((field, _target(field)) for field in question.columns))
    marker = f"contractctl {uuid4().hex}"
    if "server" in options:
        found = answer(
            seen, options["server"], _LIMIT, lambda connection: _asked(connection, options, question, marker)
        )
        told = found or told
    else:
        seen.spoiled('missing source: no server confirms that pgaudit logs every statement: add server = "env:NAME"')
    asked = _Asked(told, options.get("database", ""), names, settled, marker if seen.problem is None else None)
    _until_found(seen, given, asked)
    return records(seen, question)


def _target(
    field: Field, also: tuple[str, ...] = (), through: tuple[str, ...] = (), *, nested_seen: bool = False
) -> Target:
    return Target(field.table, field.column, "postgresql", also=also, through=through, nested_seen=nested_seen)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the server says about itself."""

    targets: tuple[tuple[Field, Target], ...]
    """The fields, and what leads to each."""
    started: float = 0.0
    """When it began."""
    oldest: float = math.inf
    """When the oldest of the current sessions began."""


def _asked(connection: "Connection", options: Mapping[str, str], question: Question, marker: str) -> _Told:
    """Leave a statement of ours in the log. Raise UnusableError where not every statement is written."""
    settings = {str(name): str(value) for name, value in connection.exec_driver_sql(_SETTINGS)}
    if "pgaudit.log" not in settings:
        raise UnusableError("missing source: pgaudit is not loaded: set shared_preload_libraries = 'pgaudit'")
    if left_out := sorted(_NEEDED - _logged(settings["pgaudit.log"])):
        raise UnusableError(
            f"sampled: pgaudit.log is '{settings['pgaudit.log']}': {', '.join(left_out)} is not written"
        )
    for name, wanted in (("pgaudit.log_statement", "on"), ("pgaudit.log_statement_once", "off")):
        if settings.get(name, wanted) != wanted:
            raise UnusableError(f"sampled: {name} is '{settings[name]}': the statements are not written each time")
    if databases.run(connection, _OVERRIDES).scalar():
        raise UnusableError("sampled: a role or database has log settings of its own: ALTER ROLE … RESET")
    demand_replicas(options, int(str(databases.run(connection, _REPLICAS).scalar())))
    found = []
    for of in question.columns:
        reached = postgresql.reached(connection, of)
        found.append((of, _target(of, reached.also, reached.through, nested_seen=True)))
    connection.exec_driver_sql(f"SELECT '{marker}'")
    started, oldest = connection.exec_driver_sql(_BEGAN).one()
    return _Told(tuple(found), started, math.inf if oldest is None else oldest)


def _logged(setting: str) -> frozenset[str]:
    """The classes that `pgaudit.log` names: `all, -misc` are all but one."""
    found: set[str] = set()
    for word in (one.strip().lower() for one in setting.split(",")):
        if word == "all":
            found |= _CLASSES
        elif word.startswith("-"):
            found -= _CLASSES if word == "-all" else {word.removeprefix("-")}
        else:
            found.add(word)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What entries are compared with."""

    told: _Told
    database: str
    names: Mapping[str, str]
    settled: frozenset[str]
    marker: str | None
    """The marker that one of them must contain; None where nothing was sent to the server."""


@dataclass(slots=True)
class _Kept:
    """What is kept of a log, however long it is."""

    there: bool
    """Whether it holds the marker."""
    since: float
    """Anything older no longer matters."""
    tick: float
    anew: float = 0.0
    """Since when the current settings have been in force."""
    own: float = 0.0
    """Since when they have been in force for every session that began."""
    alive: dict[int, tuple[float, float]] = field(default_factory=dict)
    """By tick of the clock: its first and its last line in that tick."""

    def look_at(self, entry: Entry) -> None:
        """Every line is a sign of life."""
        is_audit = entry.message.startswith(_AUDIT)
        if (_OWN_SETTINGS if is_audit else _ANEW).search(entry.message):
            self.anew = max(self.anew, entry.at)
            if is_audit or _CLASSES_ANEW.search(entry.message):
                self.own = max(self.own, entry.at)
        if entry.at >= self.since:
            first, last = self.alive.get(tick := int(entry.at // self.tick), (entry.at, entry.at))
            self.alive[tick] = min(first, entry.at), max(last, entry.at)


def _until_found(seen: Observations, given: Given, asked: _Asked) -> None:
    """Read the files, repeatedly until the server's collector has written what was just sent."""
    until, question = time.monotonic() + _WAIT, given.question
    since = question.now - max((reaches_back(question, one) for one in question.fields), default=0.0)
    while True:
        trial = Observations(seen.source, seen.query)
        tick = question.plan.reads.heartbeat_seconds / 2
        kept = _Kept(asked.marker is None, since, tick, anew=asked.told.started)
        condenser = Condenser(trial, question)
        for entry in entries(trial, given.location, given.root):
            kept.there = kept.there or str(asked.marker) in entry.message
            kept.look_at(entry)
            _take(trial, entry, asked)
            condenser.look_after()
        if kept.there or time.monotonic() > until:
            break
        time.sleep(0.1)
    seen.raw += trial.raw
    seen.reads += trial.reads
    seen.earliest, seen.latest = trial.earliest, trial.latest
    if trial.problem:
        seen.spoiled(trial.problem)
    if not kept.there:
        seen.spoiled("missing source: a test statement sent to the server is in none of these files")
    if asked.told.oldest < kept.own:
        seen.spoiled(
            "sampled: sessions are connected since before the log settings of all or of a role changed: end them"
        )
    _signs(seen, kept, asked.told.targets, question)


def _take(seen: Observations, entry: Entry, asked: _Asked) -> None:
    if not entry.message.startswith(_AUDIT) or (asked.database and entry.database not in ("", asked.database)):
        return
    about = _fields(entry.message)
    if tuple(about[3:5]) in _STRUCTURE:
        return
    sql = None if about[7] in _UNTOLD else about[7]
    if sql and _SWITCHED.search(sql):
        seen.spoiled(f"sampled: a session of {entry.user or 'somebody'} changed what is logged: {sql[:60]}")
    for of, target in asked.told.targets:
        found = Touch.UNKNOWN if sql is None else _touch(sql, target)
        if found is not Touch.NONE and (sql is None or triage.same(sql) not in asked.settled):
            certainty = {Touch.UNKNOWN: "unknown", Touch.WRITES: "writes"}.get(found, "")
            who = asked.names.get(entry.user, entry.user)
            seen.reads.append(Read(of.contract, of.path, who, "", entry.at, entry.at, 1.0, certainty))


@lru_cache(maxsize=4096)
def _touch(sql: str, target: Target) -> Touch:
    """Applications send the same statements again and again."""
    return touch(sql, target).touch


def _signs(seen: Observations, kept: _Kept, targets: tuple[tuple[Field, Target], ...], question: Question) -> None:
    """Every line is a sign of life of the log, from where the current settings came into force."""
    lines = sorted({at for both in kept.alive.values() for at in both if at >= kept.anew})
    alive = list(runs([Sign("", "", "", "", at) for at in lines], near(question))) if lines else []
    for of, _ in targets:
        for party in question.consumers.get(of.contract, ()):
            seen.signs += (replace(run, consumer=party.name, contract=of.contract, path=of.path) for run in alive)


def _fields(message: str) -> list[str]:
    """Type, number, part, class, command, kind, name, statement, parameters."""
    found = next(csv.reader(io.StringIO(message.removeprefix(_AUDIT))), [])
    return [*found, *([""] * (_PARTS - len(found)))]

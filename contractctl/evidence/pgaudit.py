"""Who touched the column, as pgaudit wrote it into PostgreSQL's log? https://github.com/pgaudit/pgaudit

Log files as csvlog, jsonlog or stderr have them. Who reads there was seen reading. Silence counts only where the server
says that every statement is written, a statement of ours was found in these files, and lines show that it was alive.
"""

import csv
import io
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from contractctl import databases
from contractctl.evidence import postgresql_catalog, triage
from contractctl.evidence.files import contents
from contractctl.evidence.observations import Observations, Read, Sign
from contractctl.evidence.questions import Field, Question, sign_of_life_seconds
from contractctl.evidence.servers import UnusableError, accounts, answer, demand_replicas, known_options
from contractctl.statements import Target, Touch, touch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LIMIT = "SET LOCAL statement_timeout = '10s'"
_AUDIT = "AUDIT: "
_NEEDED = frozenset({"read", "write", "ddl"})
_CLASSES = _NEEDED | {"function", "role", "misc", "misc_set"}
_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name LIKE 'pgaudit.%%'"
_OVERRIDES = (
    "SELECT count(*) FROM pg_db_role_setting s, unnest(s.setconfig) one WHERE one LIKE 'pgaudit.%' OR one LIKE 'log%'"
)
_REPLICAS = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
_LINE = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+) (?P<rest>.*?)(?P<level>[A-Z]+\d?):  (?P<message>.*)",
    re.DOTALL,
)
_WHO = re.compile(r"(?P<user>[^\s@]+)@(?P<database>\S+)")
_ANEW = re.compile(r'parameter "(pgaudit\.|log_)\S*" (changed|removed)|^starting PostgreSQL')
"""From here on other settings may hold."""
_UNTOLD = ("<not logged>", "<previously logged>", "")
_SWITCHED = re.compile("set_config.*(pgaudit[.]|log_min_messages)", re.IGNORECASE | re.DOTALL)
"""A superuser may, for its own session; its SET itself takes effect before it would be written."""
_PARTS = 9
_STRUCTURE = frozenset(
    ("DDL", one) for one in ("CREATE TABLE", "ALTER TABLE", "DROP TABLE", "CREATE INDEX", "CREATE TRIGGER")
)
"""They make the column and what stands around it; what else a text with several statements does has its own entry."""
_WAIT = 3.0
"""Seconds within which a statement of ours must stand in the files."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the log."""

    at: float
    user: str
    database: str
    message: str


class _UnreadableError(ValueError):
    """What stands there is no entry of a log."""


def observe(location: str, options: Mapping[str, str], question: Question, root: Path) -> Observations:
    """Read the log files that the pattern matches.

    Options: `server` (its address: without it, silence proves nothing), `database` (only what was sent to it), `roles`
    (`app_reporting=reporting, …`), `replicas`, `triage`.
    """
    known_options(options, ("server", "database", "roles", "replicas", "triage"))
    names, settled = accounts(options), triage.settled(root, options.get("triage"))
    seen = Observations("pgaudit", location)
    targets = tuple((field, _target(field)) for field in question.columns)
    marker = f"contractctl {uuid4().hex}"
    if "server" in options:
        found = answer(
            seen, options["server"], _LIMIT, lambda connection: _asked(connection, options, question, marker)
        )
        targets = targets if found is None else found
    else:
        seen.spoiled('missing source: no server says that pgaudit writes every statement: server = "env:NAME"')
    entries = _until_found(seen, location, root, marker if seen.problem is None else None)
    _take(seen, entries, targets, options.get("database", ""), names, settled)
    _signs(seen, entries, targets, question)
    return seen


def _target(
    field: Field, also: tuple[str, ...] = (), through: tuple[str, ...] = (), *, nested_seen: bool = False
) -> Target:
    path, _, column = field.path.rpartition(".")
    return Target(path, column, "postgresql", also=also, through=through, nested_seen=nested_seen)


def _asked(
    connection: "Connection", options: Mapping[str, str], question: Question, marker: str
) -> tuple[tuple[Field, Target], ...]:
    """What leads to each field; a statement of ours stays in the log. Raise UnusableError where not all is written."""
    settings = {str(name): str(value) for name, value in connection.exec_driver_sql(_SETTINGS)}
    if "pgaudit.log" not in settings:
        raise UnusableError("missing source: pgaudit is not loaded: shared_preload_libraries = 'pgaudit'")
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
    for field in question.columns:
        reached = postgresql_catalog.reached(connection, field)
        found.append((field, _target(field, reached.also, reached.through, nested_seen=True)))
    connection.exec_driver_sql(f"SELECT '{marker}'")
    return tuple(found)


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


def _until_found(seen: Observations, location: str, root: Path, marker: str | None) -> list[_Entry]:
    """The entries, read again until the server's collector has written what was just sent."""
    until = time.monotonic() + _WAIT
    while True:
        trial = Observations(seen.source, seen.query)
        entries = list(_entries(trial, location, root))
        there = marker is None or any(marker in entry.message for entry in entries)
        if there or time.monotonic() > until:
            break
        time.sleep(0.1)
    seen.raw += trial.raw
    if trial.problem:
        seen.spoiled(trial.problem)
    if not there:
        seen.spoiled("missing source: what was just sent to the server stands in none of these files")
    return entries


def _entries(seen: Observations, location: str, root: Path) -> Iterator[_Entry]:
    for name, raw in contents(seen, location, root):
        text = raw.decode(errors="replace")
        whole = text[: text.rfind("\n") + 1]  # the last line may be in the writing
        read = {".csv": _csv, ".json": _json}.get(Path(name).suffix, _plain)
        try:
            yield from read(whole)
        except (ValueError, LookupError, TypeError, csv.Error) as error:
            seen.spoiled(f"unparseable: {name}: {error}")


def _csv(text: str) -> Iterator[_Entry]:
    """https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG"""
    for row in csv.reader(io.StringIO(text)):
        yield _Entry(_moment(row[0]), row[1], row[2], row[13])


def _json(text: str) -> Iterator[_Entry]:
    for line in text.splitlines():
        row = json.loads(line)
        yield _Entry(_moment(row["timestamp"]), row.get("user", ""), row.get("dbname", ""), row.get("message", ""))


def _plain(text: str) -> Iterator[_Entry]:
    """Lines that begin with a tab go on with the one before; the prefix begins with %m or %t and may have %u@%d."""
    for line in re.split(r"\n(?!\t)", text.rstrip("\n")) if text else ():
        found = _LINE.fullmatch(line)
        if found is None:
            raise _UnreadableError("a line does not begin with a time: log_line_prefix = '%m [%p] %u@%d '")
        who = _WHO.search(found["rest"])
        message = found["message"].replace("\n\t", "\n")
        yield _Entry(_moment(found["at"]), who["user"] if who else "", who["database"] if who else "", message)


def _moment(text: str) -> float:
    day, clock, zone = text.split(" ")
    if zone not in ("UTC", "GMT"):
        raise _UnreadableError(f"nobody knows when {text} is: log_timezone = 'UTC'")
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC).timestamp()


def _take(  # noqa: PLR0913, PLR0917 - what entries are held against
    seen: Observations,
    entries: list[_Entry],
    targets: tuple[tuple[Field, Target], ...],
    database: str,
    names: Mapping[str, str],
    settled: frozenset[str],
) -> None:
    for entry in entries:
        if not entry.message.startswith(_AUDIT) or (database and entry.database not in ("", database)):
            continue
        about = _fields(entry.message)
        if tuple(about[3:5]) in _STRUCTURE:
            continue
        sql = None if about[7] in _UNTOLD else about[7]
        if sql and _SWITCHED.search(sql):
            seen.spoiled(f"sampled: a session of {entry.user or 'somebody'} set what is written of it: {sql[:60]}")
        for field, target in targets:
            found = Touch.UNKNOWN if sql is None else touch(sql, target).touch
            if found is not Touch.NONE and (sql is None or triage.same(sql) not in settled):
                certainty = {Touch.UNKNOWN: "unknown", Touch.WRITES: "writes"}.get(found, "")
                who = names.get(entry.user, entry.user)
                seen.reads.append(Read(field.contract, field.path, who, "", entry.at, entry.at, 1.0, certainty))


def _signs(
    seen: Observations, entries: list[_Entry], targets: tuple[tuple[Field, Target], ...], question: Question
) -> None:
    """Every line is a sign of life of the log, from where the settings of now began to hold."""
    anew = max((entry.at for entry in entries if _ANEW.search(entry.message)), default=0.0)
    alive = sorted(entry.at for entry in entries if entry.at >= anew)
    for field, _ in targets if alive else ():
        for party in question.consumers.get(field.contract, ()):
            every, last = sign_of_life_seconds(question.plan.reads, party) / 2, 0.0
            for at in alive:
                if at - last >= every or at == alive[-1]:
                    seen.signs.append(Sign(party.name, "", field.contract, field.path, at))
                    last = at


def _fields(message: str) -> list[str]:
    """Type, number, part, class, command, kind, name, statement, parameters."""
    found = next(csv.reader(io.StringIO(message.removeprefix(_AUDIT))), [])
    return [*found, *([""] * (_PARTS - len(found)))]

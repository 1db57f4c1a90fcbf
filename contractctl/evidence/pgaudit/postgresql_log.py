"""What does PostgreSQL's log say, as csvlog, jsonlog or stderr? One entry at a time, however long it is."""

import csv
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contractctl.evidence.files import LONGEST, digested, matched
from contractctl.evidence.observations import Observations

_LINE = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+) (?P<rest>.*?)(?P<level>[A-Z]+\d?):  (?P<message>.*)",
    re.DOTALL,
)
_WHO = re.compile(r"(?P<user>[^\s@]+)@(?P<database>\S+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log."""

    at: float
    user: str
    database: str
    message: str


class _UnreadableError(ValueError):
    """This is not an entry of a log."""


def entries(seen: Observations, location: str, root: Path) -> Iterator[Entry]:
    """Every entry of every file that the pattern matches; an unfinished last one is left for later."""
    for name, path in matched(seen, location, root):
        read = {".csv": _csv, ".json": _json}.get(Path(name).suffix, _plain)
        try:
            with path.open("rb") as file:
                pieces = digested(seen, file, LONGEST)
                try:
                    yield from read(_lines(pieces))
                except (ValueError, LookupError, TypeError, csv.Error) as error:
                    seen.spoiled(f"unparseable: {name}: {error}")
                deque(pieces, maxlen=0)  # what nobody can read belongs to the answer, too
        except OSError as error:
            seen.spoiled(f"source error: {name}: {error.strerror}")


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """The complete ones, with their ends."""
    whole = True
    for raw in pieces:
        if not whole:
            raise _UnreadableError(f"a line is longer than {LONGEST:,} bytes")
        whole = raw.endswith(b"\n")
        if whole:
            yield raw.decode(errors="replace")


def _csv(lines: Iterable[str]) -> Iterator[Entry]:
    """https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG"""
    for row in csv.reader(lines):
        yield Entry(_moment(row[0]), row[1], row[2], row[13])


def _json(lines: Iterable[str]) -> Iterator[Entry]:
    for line in lines:
        row = json.loads(line)
        yield Entry(_moment(row["timestamp"]), row.get("user", ""), row.get("dbname", ""), row.get("message", ""))


def _plain(lines: Iterable[str]) -> Iterator[Entry]:
    """Lines that begin with a tab continue the one before; the prefix begins with %m or %t and may have %u@%d."""
    entry: list[str] = []
    blank = False
    for line in lines:
        if blank and line != "\n":
            raise _UnreadableError("an empty line is followed by others")
        blank = line == "\n"
        if entry and not line.startswith("\t") and not blank:
            yield _of_plain("".join(entry))
            entry = []
        entry.append(line)
    text = "".join(entry).rstrip("\n")
    if text:
        yield _of_plain(text)


def _of_plain(text: str) -> Entry:
    found = _LINE.fullmatch(text.rstrip("\n"))
    if found is None:
        raise _UnreadableError("a line does not begin with a time: set log_line_prefix = '%m [%p] %u@%d '")
    who = _WHO.search(found["rest"])
    message = found["message"].replace("\n\t", "\n")
    return Entry(_moment(found["at"]), who["user"] if who else "", who["database"] if who else "", message)


def _moment(text: str) -> float:
    day, clock, zone = text.split(" ")
    if zone not in ("UTC", "GMT"):
        raise _UnreadableError(f"the time zone of {text} is ambiguous: set log_timezone = 'UTC'")
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC).timestamp()

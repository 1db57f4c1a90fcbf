"""Which lines do log files have, rotated and compressed ones included? One at a time, however long the log is."""

import gzip
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePath

from contractctl.evidence.files import matched, whole_lines
from contractctl.evidence.observations import Observations

LONGEST = 1_000_000
"""The longest line that is read, in bytes."""
_DATE = r"\d{4}-?\d{2}-?\d{2}(?:[T_.-]?\d{2,6})?"
_ROTATED = re.compile(rf"(?P<log>.*?)(?:[.-](?P<number>\d{{1,3}}))?(?:[.-]{_DATE})?(?:\.gz)?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log."""

    log: str
    """Which log it belongs to: the files that one log was rotated into count as one."""
    place: str
    """file:number."""
    text: str | None
    """None where it is not text, or too long."""


def lines(seen: Observations, location: str, root: Path) -> Iterator[Line]:
    """Every line that is not empty, of every file that the pattern matches. What cannot be read is noted in `seen`."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for name, path in matched(seen, location, root):
        log, number = _log(name)
        numbers[log].append(number)
        try:
            with gzip.open(path) if name.endswith(".gz") else path.open("rb") as file:
                for place, text in whole_lines(seen, file, name, LONGEST):
                    yield Line(log, place, text)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            seen.spoiled(f"truncated: {name}: its end is missing, or it is not a gzip file")
        except OSError as error:
            seen.spoiled(f"source error: {name}: {error.strerror}")
    for log, found in numbers.items():
        for one, after in pairwise(sorted(found)):
            if after > one + 1:
                seen.spoiled(f"truncated: between {log}.{one} and {log}.{after} a rotated file is missing")


def _log(name: str) -> tuple[str, int]:
    """`a/access.log.3.gz` is the third of `a/access.log`; one with a date has no number."""
    path = PurePath(name)
    found = _ROTATED.fullmatch(path.name)
    log = found["log"] if found else path.name
    return str(path.with_name(log)), int(found["number"] or 0) if found else 0

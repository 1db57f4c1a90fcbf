"""How are samples put in order that come in any order, and do not fit into memory?"""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from contractctl.evidence.beyond_memory import table

_BATCH = 10_000
_MIDDLE = 2**63
"""Times are fixed64, and SQLite's integers have a sign."""

Counter = tuple[int, bool, int]
"""The number of its series, whether its samples are deltas, and when it began, in nanoseconds."""
Sample = tuple[int, float]
"""Nanoseconds, value."""
_Row = tuple[int, bool, int, int, float]


@dataclass(slots=True)
class Samples:
    """Samples of counters; of two for the same moment, the one that came later counts."""

    _database: sqlite3.Connection
    _waiting: list[_Row] = field(default_factory=list)

    def add(self, counter: Counter, at: int, value: float) -> None:
        """Raise sqlite3.Error where there is no room left."""
        series, delta, start = counter
        self._waiting.append((series, delta, start - _MIDDLE, at - _MIDDLE, value))
        if len(self._waiting) >= _BATCH:
            self._write()

    def counters(self) -> Iterator[tuple[Counter, Iterator[Sample]]]:
        """Each counter with its samples in order of time, one for each moment."""
        self._write()
        found = self._database.execute("SELECT * FROM sample ORDER BY series, delta, start, at, rowid")
        for (series, delta, start), rows in groupby(found, itemgetter(0, 1, 2)):
            yield (series, bool(delta), start + _MIDDLE), _newest(rows)

    def _write(self) -> None:
        self._database.executemany("INSERT INTO sample VALUES (?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()


def _newest(rows: Iterator[_Row]) -> Iterator[Sample]:
    for at, same in groupby(rows, itemgetter(3)):
        (newest,) = deque(same, maxlen=1)
        yield at + _MIDDLE, newest[-1]


@contextmanager
def samples() -> Iterator[Samples]:
    """An empty sorter."""
    with table("sample (series, delta, start, at, value)") as database:
        yield Samples(database)

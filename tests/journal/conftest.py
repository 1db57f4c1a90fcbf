"""A journal in a real database, on each engine in turn."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from contractctl import databases, journal

Together = Callable[..., list[str]]


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """A database, with its journal."""
    made = databases.create_engine(url)
    try:
        journal.open(made)
        yield made
    finally:
        made.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with opened(database_url) as engine:
        yield engine


_STARTING = """
import sys
from sqlalchemy import text
from contractctl import databases, journal
from contractctl.journal import EntryKind, Note, Operator
engine = databases.create_engine({url!r})
me = sys.argv[1]
{before}
print("ready", flush=True)
sys.stdin.readline()
{program}
"""


@pytest.fixture
def together() -> Together:
    """Run a program in several processes, all of them starting at once; what each of them printed."""

    def run(url: str, program: str, *, before: str = "", processes: int = 4) -> list[str]:
        text = _STARTING.format(url=url, before=before, program=program)
        started = [
            subprocess.Popen(
                [sys.executable, "-c", text, f"process {n}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for n in range(processes)
        ]
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=120)[0].strip() for process in started]
        assert [process.returncode for process in started] == [0] * processes
        return said

    return run

"""What does a worker do, wherever it runs? It fills what it claims, or compares a range, on its own connection."""

import os
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import Engine

from contractctl import __version__, databases, journal
from contractctl.backfill import checkpoints
from contractctl.backfill.checkpoints import FencedError, Stretch
from contractctl.backfill.pace import FIRST_BATCH, Outside, Pace, most_rows
from contractctl.backfill.walking import Job, patiently, walk
from contractctl.databases import Compared, Key, Synchronisation, comparison
from contractctl.errors import ContractctlError

_SECONDS = 10.0
"""How long a turn lasts: short, so that a late worker gets one soon, and one without an operator ends soon."""
_BATCHES = 2
"""How many batches are claimed at once."""
_ENVIRONMENT = "env:"

_OPENING = Lock()

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Answer(Generic[Found]):
    """A task's result: always a value, since not every error can be sent back."""

    found: Found | None = None
    error: tuple[str, str | None] | None = None
    """What is wrong, and a hint."""
    bug: str = ""
    """A traceback."""

    def value(self) -> Found:
        """The result. Raise the error that prevented it."""
        if self.error is not None:
            raise ContractctlError(self.error[0], hint=self.error[1])
        if self.found is None:
            raise RuntimeError(self.bug)
        return self.found


@dataclass(frozen=True, slots=True)
class Filling:
    """A turn of filling, as it is sent to a worker."""

    job: Job
    address: str = field(repr=False)
    """The database as the worker reaches it: a URL, or env:NAME for a variable of the worker's own environment."""
    limit: int = FIRST_BATCH
    """How many rows the first batch may have."""
    version: str = __version__


@dataclass(frozen=True, slots=True)
class Turn:
    """The result of a turn."""

    limit: int
    """How many rows the last batch had."""
    claimed_all: bool = False
    """Whether nothing is left to claim."""


@dataclass(frozen=True, slots=True)
class Comparing:
    """A range to compare, as it is sent to a worker."""

    sync: Synchronisation
    after: Key | None
    upto: Key | None
    address: str = field(repr=False)
    version: str = __version__


def fill(task: Filling) -> Answer[Turn]:
    """Fill for some seconds, until nothing is left to claim, or until all are paused."""
    return _answer(task.version, partial(_fill, task))


def compare(task: Comparing) -> Answer[Compared]:
    """Compare both sides in one range."""
    return _answer(task.version, partial(_compare, task))


def _answer(version: str, work: Callable[[], Found]) -> Answer[Found]:
    try:
        _demand_version(version)
        return Answer(work())
    except ContractctlError as error:
        return Answer(error=(error.message, error.hint))
    except Exception:  # noqa: BLE001 - it is raised again where a user sees it
        return Answer(bug=traceback.format_exc())


def _fill(task: Filling) -> Turn:
    engine, outside, walker = _engine(task.address), _outside(), task.job.walker
    job = replace(task.job, walker=replace(walker, name=checkpoints.name_of(walker.name)))
    give_back = partial(_give_back, engine, task.job)
    patiently(job.pace, outside, give_back)  # what an earlier run of this task left behind
    try:
        turn = _take_turn(engine, job, outside, task.limit)
    except FencedError:
        return Turn(task.limit)
    patiently(job.pace, outside, give_back)
    return turn


def _take_turn(engine: Engine, job: Job, outside: Outside, limit: int) -> Turn:
    until = outside.clock() + _SECONDS
    while outside.clock() < until:
        stretch = patiently(job.pace, outside, partial(_claim, engine, job, limit))
        if stretch is None:
            return Turn(limit, claimed_all=True)
        for step in walk(engine, job, stretch, outside, limit):
            limit = step.limit
            if not step.stretch.done and (step.why or outside.clock() >= until):
                return Turn(limit)
            outside.sleep(step.pause)
    return Turn(limit)


def _claim(engine: Engine, job: Job, limit: int, _attempt: int) -> Stretch | None:
    with journal.writing(engine) as connection:
        rows = _BATCHES * min(limit, most_rows(job.pace, job.most))
        return checkpoints.claim(databases.of(connection), connection, job.sync, job.walker, rows, time.time())


def _give_back(engine: Engine, job: Job, _attempt: int) -> None:
    with journal.writing(engine) as connection:
        checkpoints.give_back(connection, job.sync, job.walker.token, job.walker.name)


def _compare(task: Comparing) -> Compared:
    engine = _engine(task.address)

    def work(_attempt: int) -> Compared:
        with journal.reading(engine) as connection:
            return comparison.compare(databases.of(connection), connection, task.sync, task.after, task.upto)

    return patiently(Pace(), _outside(), work)


def _engine(address: str) -> Engine:
    with _OPENING:
        return _engine_at(address)


@cache
def _engine_at(address: str) -> Engine:
    """One engine for all tasks of this process."""
    if not address.startswith(_ENVIRONMENT):
        return databases.create_engine(address)
    name = address.removeprefix(_ENVIRONMENT)
    if not os.environ.get(name):
        raise ContractctlError(
            f"a worker has no environment variable '{name}'", hint="set it where the workers are started"
        )
    return databases.create_engine(os.environ[name])


def leave(address: str) -> None:
    """Close what tasks opened in this process, where nothing else uses it."""
    _engine(address).dispose()


def _outside() -> Outside:
    """A worker reads the clock itself, and asks the database whether it may continue."""
    return Outside(time.time, time.sleep, random.random, lambda _connection: None, lambda _progress: None)


def _demand_version(version: str) -> None:
    if version != __version__:
        raise ContractctlError(
            f"a worker has contractctl {__version__}, and the work was sent by contractctl {version}",
            hint=f"install contractctl {version} where the workers run",
        )

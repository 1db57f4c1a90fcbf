"""Who works on a plan, from where, and with what? Everything that a migration needs from this machine."""

import os
import random
import re
import socket
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from contractctl import databases, git, planner, settings, store
from contractctl.backfill import Crew, Pace, Progress, executors
from contractctl.cli import case, observing, waiving
from contractctl.cli.who import actor, commit
from contractctl.errors import ContractctlError
from contractctl.evidence.reviewed import committed
from contractctl.gate import decide_case, decision_file
from contractctl.gate.case import Case
from contractctl.journal import History, Operator
from contractctl.migration import Context
from contractctl.model.decision import Decision
from contractctl.model.plan import Plan, Stage
from contractctl.settings import Settings
from contractctl.settings.databases import ENVIRONMENT

if TYPE_CHECKING:
    from sqlalchemy import Engine

_REPLICAS = "CONTRACTCTL_REPLICAS"
_HOLDER = re.compile(r" on (?P<host>.+) \(process (?P<process>\d+)\)$")


@dataclass(frozen=True, slots=True)
class _Gate:
    """The gate over everything that is known here, its decisions kept in files."""

    settings: Settings
    plan: Plan

    def __call__(self, stage: Stage, percent: float | None, history: History) -> Decision:
        now = time.time()
        consumers = case.consumers(self.settings, self.plan)
        known = case.Known(self.settings, self.plan, history.standing, consumers)
        records = (*observing.records(known, now), *waiving.known(self.settings, self.plan, now))
        question = Case(self.plan, stage, percent, history.standing, consumers, records, now)
        decision = decide_case(question)
        decision_file.write(self.settings.migrations, question, decision)
        return decision


@dataclass(frozen=True, slots=True)
class Ways:
    """How the work is done, and what is shown of it."""

    pace: Pace = field(default_factory=Pace)
    workers: int | None = None
    """How many workers at once; None: one, or as many as the executor has."""
    executor: str | None = None
    """An executor's address, or `processes`."""
    told: Callable[[Progress], None] = lambda _: None
    stopping: Callable[[], bool] = lambda: False


def context(word: str, ways: Ways) -> Context:
    """The context of a plan, named or as a file, in the repository of the current folder."""
    found = settings.load(Path.cwd())
    plan = case.named(found, word)
    who = actor()
    return Context(
        plan=plan,
        migrations=found.migrations,
        engine=databases.create_engine(_url(found, plan)),
        operator=Operator(f"{who} on {socket.gethostname()} (process {os.getpid()})", gone),
        actor=who,
        commit=commit(),
        clock=time.time,
        sleep=time.sleep,
        random=random.random,
        ask=_Gate(found, plan),
        released=_released(found),
        told=ways.told,
        pace=ways.pace,
        workers=_crew(found, plan, ways),
        stopping=ways.stopping,
        flags=tuple(flag for flag in found.flags if flag.plan == plan.name),
        alembic=case.environment(found, plan.database),
    )


@contextmanager
def opened(word: str) -> "Iterator[tuple[Plan, Engine]]":
    """A plan and its database, to pause, resume or slow down those who work on it."""
    found = settings.load(Path.cwd())
    plan = case.named(found, word)
    with databases.opened(_url(found, plan)) as engine:
        yield plan, engine


def unreviewed(context: Context) -> str | None:
    """That git does not have the plan as it is run here, where that is so; None outside of git."""
    path = planner.path_of(context.migrations, context.plan.name)
    if not path.is_file() or git.root_of(path.parent) is None:
        return None
    there = committed(path)
    if there is not None and store.with_lf(there[0]) == store.with_lf(path.read_bytes()):
        return None
    shown = os.path.relpath(path)
    return f"note: git does not have {shown} as it is here, so nobody else can review or restore it"


def replicas() -> tuple[str, ...]:
    """The addresses of the replicas to ask for their lag: they may be secret, so they come from the environment."""
    return tuple(os.environ.get(_REPLICAS, "").split())


def gone(holder: str) -> bool:
    """Whether a lease's holder is known to have died: a process of this machine that no longer runs, or our own."""
    match = _HOLDER.search(holder)
    if match is None or match["host"] != socket.gethostname():
        return False
    process = int(match["process"])
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _crew(found: Settings, plan: Plan, ways: Ways) -> Crew | None:
    """Workers elsewhere take a secret address from their own environment: it is never sent."""
    named = found.database(plan.database)
    kept = named is not None and ways.executor is not None and named.given.startswith(ENVIRONMENT)
    address = named.given if kept and named is not None else found.journal_url(plan.database)
    return executors.crew(ways.workers, address, ways.executor)


def _released(found: Settings) -> Callable[[str], Collection[str]]:
    return lambda name: tuple(str(version.number) for version in store.read(found.contracts, name).versions)


def _url(found: Settings, plan: Plan) -> str:
    """The database's address. A plan with tables needs the database that holds them: a typo must not create one."""
    if any(movement.format == "sql" for movement in plan.movements):
        if found.database(plan.database) is None:
            raise ContractctlError(
                f"'{plan.name}' changes tables, but no database is configured",
                hint='write into contractctl.toml:\n  [database]\n  url = "env:NAME"  # or "sqlite:///shop.db"',
            )
        if not case.is_there(found, plan.database):
            raise ContractctlError("the database file does not exist", hint="is [database] url right?")
    return found.journal_url(plan.database)

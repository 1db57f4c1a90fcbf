"""Who works on a plan, from where, and with what? Everything that a migration needs from this machine."""

import os
import random
import re
import socket
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from contractctl import databases, git, settings, store
from contractctl.backfill import Pace, Progress
from contractctl.cli import case
from contractctl.errors import ContractctlError
from contractctl.gate import decide_case, decision_file
from contractctl.gate.case import Case
from contractctl.journal import History, Operator
from contractctl.migration import Context
from contractctl.model.decision import Decision
from contractctl.model.plan import Plan, Stage
from contractctl.settings import Settings

_ACTOR = "CONTRACTCTL_ACTOR"
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
        records = case.records(known, now)
        question = Case(self.plan, stage, percent, history.standing, consumers, records, now)
        decision = decide_case(question)
        decision_file.write(self.settings.migrations, question, decision)
        return decision


def context(word: str, pace: Pace, told: Callable[[Progress], None]) -> Context:
    """The context of a plan, named or as a file, in the repository of the current folder."""
    found = settings.load(Path.cwd())
    plan = case.named(found, word)
    repository = git.open_repository(Path.cwd())
    who = actor()
    return Context(
        plan=plan,
        migrations=found.migrations,
        engine=databases.create_engine(_url(found, plan)),
        operator=Operator(f"{who} on {socket.gethostname()} (process {os.getpid()})", gone),
        actor=who,
        commit=(repository.head() if repository else None) or "",
        clock=time.time,
        sleep=time.sleep,
        random=random.random,
        ask=_Gate(found, plan),
        released=_released(found),
        told=told,
        pace=pace,
        alembic=case.environment(found, plan.database),
    )


def actor() -> str:
    """Who answers for what is done: $CONTRACTCTL_ACTOR, else git's user."""
    if given := os.environ.get(_ACTOR, "").strip():
        return given
    repository = git.open_repository(Path.cwd())
    found = repository.user() if repository else None
    if not found:
        raise ContractctlError(
            "nobody knows who you are, and the journal names who does what",
            hint=f"git config user.name …; git config user.email …; or set {_ACTOR}='Name <email>'",
        )
    return found


def gone(holder: str) -> bool:
    """Whether a lease's holder is known to have died: a process of this machine that is not there, or was us."""
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


def _released(found: Settings) -> Callable[[str], Collection[str]]:
    return lambda name: tuple(str(version.number) for version in store.read(found.contracts, name).versions)


def _url(found: Settings, plan: Plan) -> str:
    """The database's address. A plan with tables needs the one that holds them: a typing error must not create one."""
    if any(movement.format == "sql" for movement in plan.movements):
        if found.database(plan.database) is None:
            raise ContractctlError(
                f"'{plan.name}' changes tables, and no database is named",
                hint='write into contractctl.toml: [database] url = "sqlite:///shop.db", or url = "env:NAME"',
            )
        if not case.is_there(found, plan.database):
            raise ContractctlError("the database file does not exist", hint="is [database] url right?")
    return found.journal_url(plan.database)

"""What does a migration need from outside, and what does it answer?"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine

from contractctl import journal
from contractctl.backfill import Crew, Outside, Pace, Progress
from contractctl.flagd import Flag
from contractctl.journal import EntryKind, History, Lease, Note
from contractctl.model.decision import Decision
from contractctl.model.plan import Plan, Stage, Standing
from contractctl.revisions import Environment, environment

Side = Literal["old", "new"]


@dataclass(frozen=True, slots=True)
class Context:
    """A plan, its database, and the operator."""

    plan: Plan
    migrations: Path
    engine: Engine
    operator: journal.Operator
    actor: str
    """`name <email>`: who is responsible."""
    commit: str
    """What is checked out; empty outside of git."""
    clock: Callable[[], float]
    """Unix seconds."""
    sleep: Callable[[float], None]
    random: Callable[[], float]
    """From 0 to 1."""
    ask: Callable[[Stage, float | None, History], Decision]
    """The gate, with all evidence that exists at this moment."""
    released: Callable[[str], Collection[str]]
    """The released versions of a contract."""
    told: Callable[[Progress], None] = lambda _: None
    pace: Pace = field(default_factory=Pace)
    alembic: Environment | None = None
    """Where the plan's revisions are; the environment nearest to `migrations` where it is left out."""
    flags: tuple[Flag, ...] = ()
    """The flags that follow the plan's share."""
    workers: Crew | None = None
    """Who fills and compares beside this process; None: nobody."""
    stopping: Callable[[], bool] = lambda: False
    """Whether stoppable work should end."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a command."""

    stage: str
    standing: Standing
    message: str
    """The answer in one line."""
    done: bool
    """Whether the stage is done: now, or before."""
    decision: Decision | None = None
    """The gate's answer, where it was asked."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What there is to count, by stage; JSON."""
    advice: tuple[str, ...] = ()
    """What to do next, as commands or short sentences."""


@dataclass(frozen=True, slots=True)
class Session:
    """A context whose plan is leased to this operator: everything that is written goes through here."""

    context: Context
    lease: Lease

    @property
    def plan(self) -> Plan:
        return self.context.plan

    @property
    def environment(self) -> Environment:
        return self.context.alembic or environment(self.context.migrations)

    def hold(self, connection: Connection) -> None:
        """Prove in a transaction that nobody has taken over."""
        journal.hold(connection, self.lease, self.context.clock())

    def history(self) -> History:
        with journal.reading(self.context.engine) as connection:
            return journal.history(connection, self.plan.name)

    def note(self, kind: EntryKind, stage: str, key: str, body: Mapping[str, Any]) -> History:
        """Write an entry in a transaction of its own, and return the history as it is then."""
        with journal.writing(self.context.engine) as connection:
            self.note_in(connection, kind, stage, key, body)
            return journal.history(connection, self.plan.name)

    def note_in(self, connection: Connection, kind: EntryKind, stage: str, key: str, body: Mapping[str, Any]) -> None:
        """Write an entry in the same transaction as what it records."""
        self.hold(connection)
        context = self.context
        note = Note(self.plan.name, kind, stage, key, context.clock(), context.actor, context.commit, body)
        journal.append(connection, note)

    @property
    def outside(self) -> Outside:
        """What the backfill needs of it."""
        context = self.context
        return Outside(
            context.clock,
            context.sleep,
            context.random,
            self.hold,
            context.told,
            self.lease.token,
            context.stopping,
        )

"""May the next batch begin, or is the server too busy? Unknown is not a yes."""

from collections.abc import Iterator

from sqlalchemy import Engine

from contractctl import databases, journal
from contractctl.backfill import checkpoints
from contractctl.backfill.pace import Outside
from contractctl.backfill.walking import Job
from contractctl.databases import Measured
from contractctl.errors import ContractctlError

_EVERY_SECONDS = 1.0


class Throttle:
    """Asks the server and its replicas once a second, and records for all workers why they are paused."""

    def __init__(self, engine: Engine, job: Job, outside: Outside) -> None:
        self._engine, self._job, self._outside = engine, job, outside
        self._why, self._next = "", 0.0
        self._replicas = tuple(map(databases.create_engine, job.pace.replicas)) if job.pace.max_lag else ()

    def __call__(self) -> None:
        """Pause all workers, or let them continue. Raise ContractctlError if this database cannot be asked."""
        pace, now = self._job.pace, self._outside.clock()
        if (pace.max_load is None and pace.max_lag is None) or now < self._next:
            return
        why = "; ".join(self._reasons())
        if why or self._why:
            with journal.writing(self._engine) as connection:
                checkpoints.hold_up(connection, self._job.sync, self._job.walker.token, why)
        self._why, self._next = why, now + _EVERY_SECONDS

    def _reasons(self) -> Iterator[str]:
        pace, database = self._job.pace, databases.of(self._engine)
        if pace.max_load is not None:
            with journal.reading(self._engine) as connection:
                yield from _too_much(database.load(connection), pace.max_load, "")
        if pace.max_lag is None:
            return
        if not self._replicas:
            with journal.reading(self._engine) as connection:
                yield from _too_much(database.lag(connection), pace.max_lag, " s")
        for replica in self._replicas:
            yield from _too_much(_lag_of(replica), pace.max_lag, " s")


def _lag_of(replica: Engine) -> Measured:
    """The lag that a replica reports; one that does not answer may lag by any amount."""
    try:
        with journal.reading(replica) as connection:
            return databases.of(replica).own_lag(connection)
    except ContractctlError as error:
        return Measured(None, f"a replica does not answer: {error.message}")


def _too_much(found: Measured, allowed: float, unit: str) -> Iterator[str]:
    if found.value is None:
        yield f"unknown, which counts as too much: {found.of}"
    elif found.value > allowed:
        yield f"{found.value:.4g}{unit} {found.of}, and {allowed:g}{unit} are allowed"

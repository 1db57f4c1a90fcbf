"""What does one run over one table report, and what ends or pauses it?"""

from dataclasses import replace

from sqlalchemy import Engine

from contractctl import databases, journal
from contractctl.backfill import checkpoints
from contractctl.backfill.checkpoints import Checkpoint
from contractctl.backfill.pace import Outside, largest_batch
from contractctl.backfill.progress import Meter
from contractctl.backfill.stopping import StoppedError
from contractctl.backfill.throttle import Throttle
from contractctl.backfill.walking import Job, patiently
from contractctl.databases import Size

_HOLD_SECONDS = 5.0
"""How often the operator gives a sign of life: several times within a lease."""


class Run:
    """One operator's run over one table."""

    def __init__(self, engine: Engine, job: Job, outside: Outside) -> None:
        self.engine, self.job, self.outside = engine, job, outside
        self._meter: Meter | None = None
        self._throttle, self._held = Throttle(engine, job, outside), outside.clock()

    def begin(self) -> Checkpoint:
        """Take over the table: another operator may have been working on it."""
        reached = patiently(self.job.pace, self.outside, self._begin)
        if not reached.done:
            self._throttle()  # a database that cannot be asked is refused before anything is done
        if self._meter is None:
            size = patiently(self.job.pace, self.outside, self._size)
            most = largest_batch(size, one_writer=databases.of(self.engine).one_writer)
            self.job = replace(self.job, most=most)
            self._meter = Meter(self.job.sync.table, reached, size, self.outside.clock())
        return reached

    def go_on(self, reached: Checkpoint, workers: int = 1) -> None:
        """Report how far it is, and see to what must not wait. Raise StoppedError if it should end."""
        if self._meter is not None:
            self.outside.told(self._meter.read(reached, self.outside.clock(), workers))
        if self.outside.stopping() and not reached.done:
            raise StoppedError
        patiently(self.job.pace, self.outside, self._hold)
        self._throttle()

    def look(self) -> Checkpoint:
        """How far the table is filled, according to the database."""
        return patiently(self.job.pace, self.outside, self._look)

    def _begin(self, _attempt: int) -> Checkpoint:
        with journal.writing(self.engine) as connection:
            self.outside.hold(connection)
            checkpoints.begin(connection, self.job.sync, self.job.walker.token, self.outside.clock())
            return checkpoints.reached(connection, self.job.sync)

    def _size(self, _attempt: int) -> Size | None:
        with journal.reading(self.engine) as connection:
            return databases.of(connection).size(connection, self.job.sync.table)

    def _look(self, _attempt: int) -> Checkpoint:
        with journal.reading(self.engine) as connection:
            return checkpoints.reached(connection, self.job.sync)

    def _hold(self, _attempt: int) -> None:
        if self.outside.clock() - self._held >= _HOLD_SECONDS:
            with journal.writing(self.engine) as connection:
                self.outside.hold(connection)
            self._held = self.outside.clock()

"""How do several workers share a piece of work? If one dies, another takes over; what was done stays done."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Generic, TypeVar

from contractctl import journal
from contractctl.backfill import checkpoints, workers
from contractctl.backfill.checkpoints import Checkpoint, Walker
from contractctl.backfill.pace import FIRST_BATCH, Pace
from contractctl.backfill.running import Run
from contractctl.backfill.workers import Answer, Filling, Turn
from contractctl.errors import ContractctlError

_LOOK_SECONDS = 0.5
_GOODBYE_SECONDS = 30.0
"""How long to wait for workers that are in the middle of a batch."""
_FUTILE = 3
"""How many workers may die one after the other without any progress."""

Asked = TypeVar("Asked")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Crew:
    """Workers beside this process."""

    gather: Callable[[], AbstractContextManager[tuple[Executor, int]]] = field(repr=False)
    """Opens an executor, and says how many tasks it can do at once; called again if it has broken."""
    address: str = field(repr=False)
    """The database as the workers reach it: a URL, or env:NAME for a variable of their own environment."""


class _BrokenError(Exception):
    """The executor no longer works."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class _Losses:
    """Counts workers that died without any progress since the previous one."""

    def __init__(self) -> None:
        self._progress, self._times = -1, 0

    def since(self, progress: int) -> None:
        """How far the workers are."""
        if progress != self._progress:
            self._progress, self._times = progress, 0

    def add(self, error: BaseException) -> None:
        """One more. Raise ContractctlError if that was too many."""
        self._times += 1
        if self._times > _FUTILE:
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            raise ContractctlError(
                f"the workers keep dying: {said}",
                hint="check that they have contractctl installed and enough memory; run it again, or without"
                " --executor: it resumes from its checkpoint",
            ) from error


def fill(run: Run, crew: Crew) -> Checkpoint:
    """Let the crew fill the table to its end. Workers take turns; claims are kept in the database."""
    names, losses = count(1), _Losses()
    while True:
        try:
            with crew.gather() as (executor, workers):
                shift = _Shift(run, crew, executor, workers, names, losses)
                try:
                    return _until_done(shift)
                finally:
                    _send_home(shift)
        except _BrokenError as broken:
            losses.add(broken.error)
            run.begin()


def in_order(
    crew: Crew, work: Callable[[Asked], Answer[Found]], tasks: Iterable[Asked], go_on: Callable[[], None]
) -> Iterator[Found]:
    """The tasks' results in order. `go_on` is called all the time, and may raise."""
    source, window, losses = iter(tasks), deque[_Given[Asked, Found]](), _Losses()
    while True:
        try:
            with crew.gather() as (executor, workers):
                desk = _Desk(executor, workers, work, source, window, losses)
                yield from _answers(desk, go_on)
                return
        except _BrokenError as broken:
            losses.add(broken.error)
            for given in window:
                given.future = None


@dataclass(frozen=True, slots=True)
class _Shift:
    """An executor at work on a table."""

    run: Run
    crew: Crew
    executor: Executor
    workers: int
    names: Iterator[int]
    losses: _Losses
    running: dict["Future[Answer[Turn]]", str] = field(default_factory=dict)


def _until_done(shift: _Shift) -> Checkpoint:
    limit, reached, claimed_all = FIRST_BATCH, _look(shift), False
    while not reached.done or shift.running:
        claimed_all = claimed_all and bool(shift.running)
        while len(shift.running) < shift.workers and not (claimed_all or reached.why or reached.done):
            _begin_turn(shift, limit)
        if not shift.running:
            shift.run.outside.sleep(_LOOK_SECONDS)
        ended, _ = wait(shift.running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
        reached = _look(shift)
        for turn in _turns(shift, ended):
            limit, claimed_all = turn.limit, claimed_all or turn.claimed_all
    return reached


def _look(shift: _Shift) -> Checkpoint:
    reached = shift.run.look()
    shift.losses.since(reached.seen)
    shift.run.go_on(reached, shift.workers)
    return reached


def _begin_turn(shift: _Shift, limit: int) -> None:
    job = shift.run.job
    walker = Walker(job.walker.token, f"worker {next(shift.names)}")
    task = Filling(replace(job, pace=_share(job.pace, shift.workers), walker=walker), shift.crew.address, limit)
    shift.running[_submit(shift.executor, workers.fill, task)] = walker.name


def _share(pace: Pace, workers: int) -> Pace:
    """One worker's share of what all may do; the operator tells them how busy the server is."""
    rate = None if pace.rows_per_second is None else pace.rows_per_second / workers
    return replace(pace, rows_per_second=rate, max_load=None, max_lag=None, replicas=())


def _turns(shift: _Shift, ended: Iterable["Future[Answer[Turn]]"]) -> Iterator[Turn]:
    """The results of turns; the claims of a worker that died are free again."""
    job, dead = shift.run.job, list[BaseException]()
    for future in ended:
        worker, error = shift.running.pop(future), _error(future)
        if error is None:
            yield future.result().value()
            continue
        dead.append(error)
        with journal.writing(shift.run.engine) as connection:
            checkpoints.give_back(connection, job.sync, job.walker.token, worker)
    _mourn(shift.losses, dead)


def _mourn(losses: _Losses, dead: list[BaseException]) -> None:
    """Those who died together count as one. A broken executor takes all its workers along."""
    broken = next((error for error in dead if isinstance(error, BrokenExecutor)), None)
    if broken is not None:
        raise _BrokenError(broken)
    if dead:
        losses.add(dead[0])


def _send_home(shift: _Shift) -> None:
    """Workers that are still busy end after their current batch."""
    if not shift.running:
        return
    with journal.writing(shift.run.engine) as connection:
        checkpoints.dismiss(connection, shift.run.job.sync, shift.run.job.walker.token)
    for future in shift.running:
        future.cancel()
    wait(shift.running, timeout=_GOODBYE_SECONDS)


@dataclass(slots=True)
class _Given(Generic[Asked, Found]):
    """A task that a worker was given."""

    task: Asked
    future: "Future[Answer[Found]] | None" = None


@dataclass(frozen=True, slots=True)
class _Desk(Generic[Asked, Found]):
    """An executor at work on tasks."""

    executor: Executor
    workers: int
    work: Callable[[Asked], Answer[Found]]
    source: Iterator[Asked]
    window: deque[_Given[Asked, Found]]
    losses: _Losses


def _answers(desk: _Desk[Asked, Found], go_on: Callable[[], None]) -> Iterator[Found]:
    answered = 0
    while True:
        _give_out(desk)
        if not desk.window:
            return
        first = desk.window[0]
        assert first.future is not None  # noqa: S101 - narrows for mypy: all have just been given out
        wait([first.future], timeout=_LOOK_SECONDS)
        go_on()
        if not first.future.done():
            continue
        if (error := _error(first.future)) is not None:
            first.future = None
            _mourn(desk.losses, [error])
            continue
        desk.window.popleft()
        answered += 1
        desk.losses.since(answered)
        yield first.future.result().value()


def _give_out(desk: _Desk[Asked, Found]) -> None:
    """Each worker has one task in hand and one waiting."""
    for given in desk.window:
        if given.future is None:
            given.future = _submit(desk.executor, desk.work, given.task)
    while len(desk.window) < 2 * desk.workers and (task := next(desk.source, None)) is not None:
        desk.window.append(_Given(task))
        desk.window[-1].future = _submit(desk.executor, desk.work, task)


def _submit(executor: Executor, work: Callable[[Asked], Answer[Found]], task: Asked) -> "Future[Answer[Found]]":
    try:
        return executor.submit(work, task)
    except (BrokenExecutor, RuntimeError) as error:
        raise _BrokenError(error) from error


def _error(future: "Future[Answer[Found]]") -> BaseException | None:
    """What happened to a worker that sent nothing back."""
    return CancelledError("it was cancelled") if future.cancelled() else future.exception()

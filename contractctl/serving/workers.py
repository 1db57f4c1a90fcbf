"""Who answers? Processes of our own, each one question at a time, killed if they take too long."""

import asyncio
import contextlib
import json
import os
import signal
from asyncio import Task
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence

from contractctl.serving.answers import Answer, ProblemError, Verdict
from contractctl.serving.questions import Question, to_line
from contractctl.serving.worker import READY

TOKEN = "CONTRACTCTL_SERVE_TOKEN"  # noqa: S105 - the name of a variable
_LONGEST_LINE = 64 * 1024 * 1024


class Workers:
    """Started when they are needed, and kept. How long one takes to start is never held against a question for good:
    who cannot wait leaves it to the next one.
    """

    def __init__(self, program: Sequence[str]) -> None:
        self._program = tuple(program)
        self._idle: list[Task[Process]] = []
        self._alive: set[Process] = set()
        self._asked = 0
        self._closed = False

    async def ask(self, question: Question) -> Answer:
        """The answer. Raise ProblemError where there is none; who stops waiting ends the process that works on it."""
        starting = self._next()
        try:
            worker = await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._idle.append(starting)
            raise
        self._asked += 1
        try:
            said = await _exchange(worker, self._asked, question)
        except BaseException:
            _end(worker)
            self._alive.discard(worker)
            if not self._closed:
                self._idle.append(asyncio.create_task(self._start()))
            raise
        self._idle.append(starting)
        return _answer(said)

    async def warm(self) -> None:
        """Have one that has loaded everything. Raise ProblemError where none starts."""
        starting = self._next()
        await starting
        self._idle.append(starting)

    def _next(self) -> "Task[Process]":
        """An idle one, else one that is starting, else a new one."""
        self._idle = [one for one in self._idle if not _has_ended(one)]
        found = next((one for one in self._idle if one.done()), self._idle[0] if self._idle else None)
        if found is None:
            return asyncio.create_task(self._start())
        self._idle.remove(found)
        return found

    async def _start(self) -> Process:
        """A process that has loaded everything and says so."""
        worker = await asyncio.create_subprocess_exec(
            *self._program,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=_LONGEST_LINE,
            start_new_session=True,  # Ctrl-C is for us: they finish what they are asked
            env={name: value for name, value in os.environ.items() if name != TOKEN},
        )
        self._alive.add(worker)
        assert worker.stdout is not None  # noqa: S101 - narrows for mypy; it was started with a pipe
        if await worker.stdout.readline() != READY:
            _end(worker)
            self._alive.discard(worker)
            raise ProblemError(500, "the worker process does not start", "check that contractctl --version works there")
        return worker

    async def close(self) -> None:
        """End them all."""
        self._closed = True
        for starting in self._idle:
            starting.cancel()
        workers = tuple(self._alive)
        for worker in workers:
            _end(worker)
        for worker in workers:
            await worker.wait()


def _has_ended(worker: "Task[Process]") -> bool:
    return worker.done() and worker.exception() is None and worker.result().returncode is not None


def _end(worker: Process) -> None:
    """End it with whatever it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)


async def _exchange(worker: Process, number: int, question: Question) -> dict[str, object]:
    """What it says to this question, and to no earlier one."""
    assert worker.stdin is not None  # noqa: S101 - narrows for mypy; it was started with a pipe
    assert worker.stdout is not None  # noqa: S101 - as above
    try:
        worker.stdin.write(to_line(number, question).encode())
        await worker.stdin.drain()
        said = json.loads(await worker.stdout.readline())
    except (OSError, ValueError) as error:
        raise ProblemError(500, "the worker process has died", "ask again") from error
    if not isinstance(said, dict) or said.get("number") != number:
        raise ProblemError(500, "what came back is not an answer to this question", "ask again")
    return said


def _answer(said: dict[str, object]) -> Answer:
    retry = said["retry_after"]
    after = retry if isinstance(retry, float | int) else None
    problem = said.get("problem")
    if isinstance(problem, dict):
        raise ProblemError(problem["status"], problem["title"], problem.get("detail"), retry_after=after)
    found = said["found"]
    assert isinstance(found, dict)  # noqa: S101 - our own worker wrote it
    return Answer(Verdict(str(said["verdict"])), str(said["message"]), after, str(said["part"]), found)

"""Who answers? Processes of our own, each one question at a time, ended where they take too long."""

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence

from contractctl.serving.answers import Answer, ProblemError, Verdict
from contractctl.serving.questions import Question, to_line

TOKEN = "CONTRACTCTL_SERVE_TOKEN"  # noqa: S105 - the name of a variable
_LONGEST_LINE = 64 * 1024 * 1024


class Workers:
    """Started when they are needed, and kept: the one that answered last is asked next."""

    def __init__(self, program: Sequence[str]) -> None:
        self._program = tuple(program)
        self._idle: list[Process] = []
        self._busy: set[Process] = set()
        self._asked = 0

    async def ask(self, question: Question) -> Answer:
        """The answer. Raise ProblemError where there is none; who stops waiting ends the process that works on it."""
        worker = await self._worker()
        self._asked += 1
        self._busy.add(worker)
        try:
            said = await _exchange(worker, self._asked, question)
        except BaseException:
            _end(worker)
            raise
        finally:
            self._busy.discard(worker)
        self._idle.append(worker)
        return _answer(said)

    async def _worker(self) -> Process:
        while self._idle:
            worker = self._idle.pop()
            if worker.returncode is None:
                return worker
        return await asyncio.create_subprocess_exec(
            *self._program,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=_LONGEST_LINE,
            start_new_session=True,  # Ctrl-C is for us: they finish what they are asked
            env={name: value for name, value in os.environ.items() if name != TOKEN},
        )

    async def close(self) -> None:
        """End them all."""
        workers = (*self._idle, *self._busy)
        for worker in workers:
            _end(worker)
        for worker in workers:
            await worker.wait()


def _end(worker: Process) -> None:
    """With whatever it has started."""
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
        raise ProblemError(500, "whoever worked on the answer has ended", "ask again") from error
    if not isinstance(said, dict) or said.get("number") != number:
        raise ProblemError(500, "what came back is no answer to this question", "ask again")
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

"""How does a process answer one question after the other? A line in, a line out, until stdin ends."""

import json
import os
import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

from contractctl.serving.answers import Answer, ProblemError
from contractctl.serving.questions import Question, from_line

READY = b"ready\n"
"""The first line: everything is loaded."""


def answer_all(answer: Callable[[Question], Answer]) -> None:
    """Answer what comes on stdin. Does not return: it ends with its parent process, even in the middle of an answer."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is not an answer
    lines: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_listen, args=(lines,), daemon=True).start()
    out.write(READY.decode())
    out.flush()
    while True:
        number, question = from_line(lines.get())
        out.write(json.dumps({"number": number} | _said(answer, question), allow_nan=False) + "\n")
        out.flush()


def _listen(lines: "SimpleQueue[bytes]") -> None:
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)


def _said(answer: Callable[[Question], Answer], question: Question) -> dict[str, Any]:
    try:
        said = answer(question)
    except ProblemError as error:
        return {"problem": error.body, "retry_after": error.retry_after}
    fields = {"message": said.message, "part": said.part, "found": dict(said.found)}
    return {"verdict": said.verdict.value, "retry_after": said.retry_after} | fields

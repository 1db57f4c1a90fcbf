"""How do worker processes on this machine begin and end? With their operator, not with signals from its terminal."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from threading import Thread

_OF_A_TERMINAL = (signal.SIGINT, signal.SIGHUP)
"""Ctrl-C and a closing terminal: sent to every process in it, but only the operator should react."""


class _Process(SpawnProcess):
    def start(self) -> None:
        with _held_back():
            super().start()


class _Context(SpawnContext):
    Process = _Process


@contextmanager
def processes(workers: int) -> Iterator[tuple[Executor, int]]:
    """That many processes, until the end of the block."""
    with _held_back():  # here Python starts a process that tracks what its processes share
        pool = ProcessPoolExecutor(workers, _Context(), initializer=_be_a_worker)
    with pool as executor:
        yield executor, workers


@contextmanager
def _held_back() -> Iterator[None]:
    """What starts inside never receives a terminal's signals; this process receives them afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _OF_A_TERMINAL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _be_a_worker() -> None:
    """End when the operator says so, after a whole batch; and when the operator is gone, as nobody else would."""
    parent = parent_process()
    assert parent is not None  # noqa: S101 - narrows for mypy: this runs in a child
    Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)

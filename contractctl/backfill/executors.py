"""Who are the workers? Threads or processes of this machine, a Dask cluster, or any executor that a program has."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from contractctl.backfill.crew import Crew
from contractctl.backfill.workers import leave
from contractctl.errors import ContractctlError

_DASK = re.compile(r"dask://(?P<host>\[[0-9a-fA-F:]+\]|[^\s/:@\[\]]+):(?P<port>\d{1,5})/?")
_CONNECT_SECONDS = 10
PROCESSES = "processes"
MOST = 64
"""More workers than this only wait for each other."""


def crew(workers: int | None, address: str, executor: str | None = None) -> Crew | None:
    """The workers that are asked for; None where this process alone is enough.

    The work is the server's, so threads are enough to give it several things to do at once, and are there immediately.
    """
    if executor == PROCESSES:
        from contractctl.backfill.processes import processes  # loaded only for those who ask for processes

        return Crew(partial(processes, workers or os.cpu_count() or 1), address)
    if executor is not None:
        return Crew(partial(_dask, _scheduler(executor), workers), address)
    if workers is None or workers == 1:
        return None
    return Crew(partial(_threads, workers, address), address)


def of(executor: Executor, workers: int, address: str) -> Crew:
    """A program's own executor, which it closes itself."""
    return Crew(partial(_given, executor, workers, address), address)


@contextmanager
def _given(executor: Executor, workers: int, address: str) -> Iterator[tuple[Executor, int]]:
    try:
        yield executor, workers
    finally:
        leave(address)


@contextmanager
def _threads(workers: int, address: str) -> Iterator[tuple[Executor, int]]:
    with ThreadPoolExecutor(workers) as executor, _given(executor, workers, address) as given:
        yield given


def _scheduler(word: str) -> str:
    """The scheduler's address in Dask's words."""
    match = _DASK.fullmatch(word)
    if match is None or not 0 < int(match["port"]) < 2**16:
        raise ContractctlError(
            f"'{word}' names no executor", hint=f"write '{PROCESSES}', or an address like dask://scheduler.example:8786"
        )
    return f"tcp://{match['host']}:{match['port']}"


@contextmanager
def _dask(scheduler: str, workers: int | None) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ContractctlError("Dask is not installed", hint='run: pip install "contractctl[dask]"') from error
    try:
        # distributed is typed in parts only
        client = Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call] # no types
    except (OSError, TimeoutError) as error:
        raise ContractctlError(
            f"no Dask scheduler answers at {scheduler}", hint="start one: dask scheduler; is the port right?"
        ) from error
    with client:
        threads = sum(client.ncores().values())  # type: ignore[no-untyped-call] # distributed has no types
        if threads == 0:
            raise ContractctlError(
                f"the Dask scheduler at {scheduler} has no worker", hint=f"start some: dask worker {scheduler}"
            )
        with client.get_executor(pure=False) as executor:  # type: ignore[no-untyped-call] # distributed has no types
            yield executor, min(workers or threads, MOST)

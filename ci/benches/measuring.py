"""What is a row of the table, and how is time taken?"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

Row = tuple[str, str, str]
"""What was measured, what it came to, and beside what."""
Command = tuple[list[str], Mapping[str, str]]
"""What is run, and its environment."""

SHARED = Path(__file__).parents[3] / "shared"
"""Labelled and real schemas, where they lie beside the checkout."""


def installed(folder: Path) -> dict[str, str]:
    """The environment of a program as it is installed: with its bytecode, whatever this shell says of writing it."""
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**known, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def finish(
    command: list[str], folder: Path, environment: Mapping[str, str] | None = None, codes: tuple[int, ...] = (0, 1)
) -> None:
    """Run a process to its end. What ends otherwise than it may ends the bench, with what it said."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise SystemExit(f"{command[0]} said {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")


def medians(commands: Mapping[str, Command], folder: Path, runs: int) -> dict[str, float]:
    """Seconds of whole processes, side by side. Each runs once before: that makes bytecode, and what is remembered."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command, environment in commands.values():
        finish(command, folder, environment)
    for _ in range(runs):
        for name, (command, environment) in commands.items():
            times[name].append(seconds(partial(finish, command, folder, environment)))
    return {name: statistics.median(taken) for name, taken in times.items()}


def seconds(work: Callable[[], object]) -> float:
    """How long the work took, by the clock."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin

"""What is a row of the table, and how is time taken?"""

import os
import time
from collections.abc import Callable
from pathlib import Path

Row = tuple[str, str, str]
"""What was measured, what it came to, and beside what."""

SHARED = Path(__file__).parents[3] / "shared"
"""Labelled and real schemas, where they lie beside the checkout."""


def installed(folder: Path) -> dict[str, str]:
    """The environment of a program as it is installed: with its bytecode, whatever this shell says of writing it."""
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**known, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def seconds(work: Callable[[], object]) -> float:
    """How long the work took, by the clock."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin

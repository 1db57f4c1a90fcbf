"""What is a row of the table, and how is time taken?"""

import time
from collections.abc import Callable
from pathlib import Path

Row = tuple[str, str, str]
"""What was measured, what it came to, and beside what."""

SHARED = Path(__file__).parents[3] / "shared"
"""Labelled and real schemas, where they lie beside the checkout."""


def seconds(work: Callable[[], object]) -> float:
    """How long the work took, by the clock."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin

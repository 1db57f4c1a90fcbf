"""How is a backfill's progress shown? A bar on a terminal, else a line every few seconds; always on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from contractctl.backfill import Progress

_EVERY_SECONDS = 5.0


@contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """What is to be told of each batch."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    with _bars() as tell:
        yield tell


class _Lines:
    """A line at most every few seconds."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _EVERY_SECONDS

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_SECONDS
            click.echo(in_words(progress), err=True)


def in_words(progress: Progress) -> str:
    """`orders: 40,000 of about 200,000 rows filled, about 12 s left`."""
    aside = f", {progress.set_aside:,} set aside" if progress.set_aside else ""
    left = progress.left_seconds
    when = "" if left is None else f", about {left:.0f} s left"
    return f"{progress.table}: {progress.filled:,} of about {progress.due:,} rows filled{aside}{when}"


@contextmanager
def _bars() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn
    from rich.progress import Progress as Bars

    tasks: dict[str, TaskID] = {}
    with Bars(BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as bars:

        def tell(progress: Progress) -> None:
            if progress.table not in tasks:
                tasks[progress.table] = bars.add_task(progress.table, total=None)
            total = max(progress.filled if progress.done else progress.due, progress.filled, 1)
            done = total if progress.done else progress.filled
            bars.update(tasks[progress.table], completed=done, total=total, description=in_words(progress))

        yield tell

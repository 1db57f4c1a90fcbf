"""How is a backfill's progress shown? A bar on a terminal, else a line every few seconds; always on stderr."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from contractctl.backfill import Progress
from contractctl.gate.words import span
from contractctl.model.amounts import agreeing

_EVERY_SECONDS = 5.0


@contextmanager
def shown(form: str = "text") -> Iterator[Callable[[Progress], None]]:
    """What to show after each batch."""
    if form == "json":
        yield _Lines(as_json)
        return
    if not sys.stderr.isatty():
        yield _Lines(in_words)
        return
    with _bars() as tell:
        yield tell


class _Lines:
    """One line every few seconds at most."""

    def __init__(self, say: Callable[[Progress], str]) -> None:
        self._say, self._next = say, time.monotonic() + _EVERY_SECONDS

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_SECONDS
            click.echo(self._say(progress), err=True)


def in_words(progress: Progress) -> str:
    """`orders: 42 % of about 200,000 rows, 80,100 filled, 12,000 rows/s, 9 to 12 s left`."""
    parts = [_share(progress), f"{progress.filled:,} filled"]
    if progress.set_aside:
        parts.append(f"{progress.set_aside:,} set aside")
    if progress.speeds is not None:
        parts.append(f"{progress.speeds[-1]:,.0f} rows/s")
    if progress.workers > 1:
        parts.append(f"{progress.workers} workers")
    if progress.waited >= 1:
        parts.append(f"paused for {span(progress.waited)}")
    parts.append(progress.why or _left(progress))
    return f"{progress.table}: {', '.join(parts)}"


def as_json(progress: Progress) -> str:
    """The same for programs, in one line."""
    tree = {
        "table": progress.table,
        "filled": progress.filled,
        "set_aside": progress.set_aside,
        "seen": progress.seen,
        "size": None if progress.size is None else progress.size.rows,
        "size_is_counted": progress.size is not None and progress.size.exact,
        "share": progress.share,
        "rows_per_second": progress.speeds,
        "left_seconds": progress.left_seconds,
        "held_up_seconds": progress.waited,
        "held_up_by": progress.why or None,
        "workers": progress.workers,
    }
    return json.dumps(tree, ensure_ascii=False)


def _share(progress: Progress) -> str:
    if progress.share is None or progress.size is None:
        return f"{progress.seen:,} {agreeing(progress.seen, 'row')} gone through"
    about = "" if progress.size.exact else "about "
    return (
        f"{math.floor(progress.share * 100)} % of {about}{progress.size.rows:,} {agreeing(progress.size.rows, 'row')}"
    )


def _left(progress: Progress) -> str:
    if progress.left_seconds is None:
        return "time left unknown"
    least, most = map(span, progress.left_seconds)
    return f"{most} left" if least == most else f"{least} to {most} left"


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
            share, words = progress.share, in_words(progress)
            total = None if share is None else 1.0
            bars.update(tasks[progress.table], completed=share or 0.0, total=total, description=words)

        yield tell

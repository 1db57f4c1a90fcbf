"""How is an answer shown that changes while a person watches? Redrawn on a terminal, else printed on each change."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def shown() -> Iterator[Callable[[str, str], None]]:
    """What to show of each answer: all of it, and in one line. On stderr: the command itself prints the last answer."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True, vertical_overflow="visible") as live:
        yield lambda whole, _line: live.update(Text.from_ansi(whole), refresh=True)


class _Lines:
    """One line whenever it changes."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, _whole: str, line: str) -> None:
        if line != self._last:
            click.echo(line, err=True)
        self._last = line

"""How is an answer shown that changes while a person looks on? Drawn anew on a terminal, else told when it changes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def shown() -> Iterator[Callable[[str, str], None]]:
    """What is shown of each answer: all of it, and in a line. On stderr: the last answer is the command's own."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True, vertical_overflow="visible") as live:
        yield lambda whole, _line: live.update(Text.from_ansi(whole), refresh=True)


class _Lines:
    """A line each time that it is another one."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, _whole: str, line: str) -> None:
        if line != self._last:
            click.echo(line, err=True)
        self._last = line

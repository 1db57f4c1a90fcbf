"""How are rows aligned, on a terminal and in a file that is searched?"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

import click


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """One line for each row under a line of headings; two spaces between columns, none at the end."""
    widths = [max(map(len, column)) for column in zip_longest(heads, *rows, fillvalue="")]
    yield click.style(_line(heads, widths), bold=True)
    for row in rows:
        yield _line(row, widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

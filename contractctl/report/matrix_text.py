"""How does the matrix look on a terminal? Tables drawn by rich."""

from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contractctl.report import unreadable
from contractctl.report.findings import COLOUR
from contractctl.report.matrix_words import LETTERS, MARKS, Row, answer, grid, judged, letters
from contractctl.store import Unreadable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from contractctl.matrix import Cell, Matrix

_SHOWN = 8
_WIDEST = 10_000


def matrix(rows: tuple[Row, ...], width: int) -> str:
    """The answer, then each contract's tables. Colours are ANSI codes; click removes them where none are wanted."""
    console = Console(file=StringIO(), force_terminal=True, color_system="standard", width=_WIDEST, highlight=False)
    console.print(Text(answer(rows), style="bold"), width=width)
    for one in rows:
        for part in _parts(one):
            # a table is wider than the terminal rather than cut off
            console.print(part, width=width if isinstance(part, Text) else None)
    if rows:
        console.print()
        console.print(
            Text(", ".join(f"{sign} {meaning}" for sign, meaning in LETTERS.items()), style="dim"), width=width
        )
    file = console.file
    assert isinstance(file, StringIO)  # noqa: S101 - it was made above
    return file.getvalue().rstrip()


def _parts(one: Row) -> "Iterator[RenderableType]":
    yield Text()
    if isinstance(one, Unreadable):
        yield from map(Text.from_ansi, unreadable.lines(one))
    else:
        yield from _compared(one)


def _compared(one: "Matrix") -> "Iterator[RenderableType]":
    owner = f", {one.owner}" if one.owner else ""
    yield Text.assemble((one.contract, "bold"), f"  {one.format}, {judged(one)}{owner}")
    if len(one.entries) > 1:
        yield _versions(one)
        yield from _broken(one)
    else:
        yield Text(f"  one version: {one.entries[0].name}" if one.entries else "  no version yet", style="dim")
    if one.matches:
        yield _parties(one)
        for match in one.matches:
            if match.reason:
                yield Text(f"  {match.consumer} × {match.producer}: {match.reason}", style="yellow")


def _versions(one: "Matrix") -> Table:
    cells = grid(one)
    names = [entry.name for entry in one.entries]
    table = Table("older \\ newer", header_style="bold")
    for name in names[1:]:
        table.add_column(name, justify="center", no_wrap=True)
    for old in names[:-1]:
        found = [cells.get((old, new)) for new in names[1:]]
        table.add_row(Text(old, style="bold"), *(_cell(cell) if cell else Text() for cell in found))
    return table


def _cell(cell: "Cell") -> Text:
    both = zip(letters(cell.comparison), (cell.comparison.backward, cell.comparison.forward), strict=True)
    return Text.assemble(*((letter, f"bold {COLOUR[said.status]}") for letter, said in both))


def _broken(one: "Matrix") -> Iterator[Text]:
    """The first reasons, for the newest pairs: what a reader asks next."""
    lines = [
        Text.assemble(
            f"  {cell.old} → {cell.new}  ",
            (finding.effect, "red" if finding.breaks else "yellow"),
            f"  {finding.message}",
        )
        for cell in reversed(one.cells)
        for finding in cell.comparison.findings
    ]
    lines += [
        Text.assemble(f"  {cell.old} → {cell.new}  ", ("unknown", "yellow"), f"  {reason}")
        for cell in reversed(one.cells)
        for reason in dict.fromkeys(cell.comparison.backward.reasons + cell.comparison.forward.reasons)
    ]
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield Text(f"  … {len(lines) - _SHOWN} more; --format html shows them all", style="dim")


def _parties(one: "Matrix") -> Table:
    verdicts = {(match.consumer, match.producer): match for match in one.matches}
    producers = list(dict.fromkeys(match.producer for match in one.matches))
    table = Table("consumer \\ producer", header_style="bold")
    for producer in producers:
        table.add_column(producer, justify="center")
    for consumer in dict.fromkeys(match.consumer for match in one.matches):
        statuses = [verdicts[consumer, producer].status for producer in producers]
        table.add_row(Text(consumer, style="bold"), *(Text(MARKS[s], style=f"bold {COLOUR[s]}") for s in statuses))
    return table

"""How does the matrix look in a pull request or a wiki? GitHub's Markdown, tables and all."""

from collections.abc import Iterator, Sequence

from contractctl.matrix import Cell, Matrix
from contractctl.report.matrix_words import LETTERS, MARKS, Row, answer, grid, judged, letters
from contractctl.store import Unreadable


def matrix(rows: tuple[Row, ...]) -> str:
    """One section for each contract: its versions, what breaks between them, and who is compatible with whom."""
    lines = ["# Compatibility matrix", "", f"{answer(rows)}.", ""]
    lines += ["; ".join(f"`{sign}` {meaning}" for sign, meaning in LETTERS.items()) + "."]
    for one in rows:
        lines += ["", *_section(one)]
    return "\n".join(lines)


def _section(one: Row) -> Iterator[str]:
    yield f"## {_safe(one.name if isinstance(one, Unreadable) else one.contract)}"
    yield ""
    if isinstance(one, Unreadable):
        yield f"Unreadable: {_safe(one.message)}; {_safe(one.remedy)}"
    else:
        yield from _compared(one)


def _compared(one: Matrix) -> Iterator[str]:
    yield f"{one.format}, {judged(one)}{f', owner {_safe(one.owner)}' if one.owner else ''}"
    yield ""
    if len(one.entries) > 1:
        yield from _versions(one)
    else:
        yield f"One version: {one.entries[0].name}." if one.entries else "No version."
    broken = [cell for cell in one.cells if cell.comparison.findings or "?" in letters(cell.comparison)]
    if broken:
        yield ""
        for cell in broken:
            yield from _findings(cell)
    if one.matches:
        yield ""
        yield from _parties(one)


def _versions(one: Matrix) -> Iterator[str]:
    cells = grid(one)
    names = [entry.name for entry in one.entries]
    yield _row(["older \\ newer", *names[1:]])
    yield _row(["---", *[":-:"] * (len(names) - 1)])
    for old in names[:-1]:
        found = [cells.get((old, new)) for new in names[1:]]
        yield _row([f"**{old}**", *(f"`{letters(cell.comparison)}`" if cell else "" for cell in found)])


def _findings(cell: Cell) -> Iterator[str]:
    for finding in cell.comparison.findings:
        yield (
            f"- {cell.old} → {cell.new}, {finding.direction}, {finding.effect}: {_safe(finding.message)} "
            f"(`{finding.rule}`)"
        )
    for direction, said in (("backward", cell.comparison.backward), ("forward", cell.comparison.forward)):
        for reason in said.reasons:
            yield f"- {cell.old} → {cell.new}, {direction}, unknown: {_safe(reason)}"


def _parties(one: Matrix) -> Iterator[str]:
    producers = list(dict.fromkeys(match.producer for match in one.matches))
    consumers = list(dict.fromkeys(match.consumer for match in one.matches))
    verdicts = {(match.consumer, match.producer): match for match in one.matches}
    yield _row(["consumer \\ producer", *map(_safe, producers)])
    yield _row(["---", *[":-:"] * len(producers)])
    for consumer in consumers:
        yield _row([f"**{_safe(consumer)}**", *(MARKS[verdicts[consumer, p].status] for p in producers)])
    reasons = [match for match in one.matches if match.reason]
    if reasons:
        yield ""
        yield from (f"- {_safe(match.consumer)} × {_safe(match.producer)}: {_safe(match.reason)}" for match in reasons)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _safe(text: str | None) -> str:
    """The text escaped for Markdown and for a table's cell."""
    escaped = "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in text or "")
    return " ".join(escaped.split())

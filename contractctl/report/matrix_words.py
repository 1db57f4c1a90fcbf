"""How is a pair's verdict written in two letters, and what do the letters mean?"""

from contractctl.check import worst
from contractctl.matrix import Cell, Matrix
from contractctl.model.amounts import counted
from contractctl.model.verdict import Answer, Comparison, Seats, Status
from contractctl.report.policies import policies
from contractctl.store import Unreadable, parted

Row = Matrix | Unreadable
"""What is shown of a contract: its versions, or why it cannot be read."""

LETTERS = {
    "BF": "compatible both ways",
    "B-": "backward only",
    "-F": "forward only",
    "--": "neither",
    "?": "in place of a letter: unknown",
}
MARKS = {Status.COMPATIBLE: "✓", Status.INCOMPATIBLE: "✗", Status.UNKNOWN: "?"}
MEANING = {
    Seats.MESSAGE: {
        "backward": "the newer version reads what the older one wrote",
        "forward": "the older version reads what the newer one writes",
    },
    Seats.INTERFACE: {
        "backward": "the newer version serves the clients of the older one",
        "forward": "the older version serves the clients of the newer one",
    },
}


def letters(comparison: Comparison) -> str:
    """BF, B-, -F, --, and ? for what is unknown."""
    return _letter("B", comparison.backward) + _letter("F", comparison.forward)


def judged(matrix: Matrix) -> str:
    """How a contract is judged: its level, and the choices for its format."""
    return ", ".join((f"level {matrix.level}", *policies(matrix.policy)))


def grid(matrix: Matrix) -> dict[tuple[str, str], Cell]:
    """The cells by the names of their two versions, the older one first."""
    return {(cell.old, cell.new): cell for cell in matrix.cells}


def standing(matrix: Matrix) -> Status:
    """The worst of what the level demands of the newest version, and of the matches of consumers and producers."""
    newest = matrix.cells[-1:]
    said = [cell.comparison.towards(direction).status for cell in newest for direction in matrix.level.directions]
    return worst((*said, *(match.status for match in matrix.matches)))


def sentence(cell: Cell) -> str:
    """A cell in words, for a tooltip and a screen reader."""
    backward, forward = cell.comparison.backward.status, cell.comparison.forward.status
    return f"{cell.old} → {cell.new}: backward {backward}, forward {forward}"


def answer(rows: tuple[Row, ...]) -> str:
    """The first line: how many pairs there are, and their verdicts."""
    matrices, broken = parted(rows)
    cells = [cell for matrix in matrices for cell in matrix.cells]
    pairs = [letters(cell.comparison) for cell in cells]
    both = pairs.count("BF")
    unknown = sum("?" in pair for pair in pairs)
    parts = [f"{both} compatible both ways", f"{len(pairs) - both - unknown} incompatible", f"{unknown} unknown"]
    contracts = counted(len(rows), "contract") + (f" ({len(broken)} unreadable)" if broken else "")
    return f"{contracts}, {counted(len(pairs), 'pair')} of versions: {', '.join(parts)}"


def _letter(letter: str, said: Answer) -> str:
    return {Status.COMPATIBLE: letter, Status.INCOMPATIBLE: "-", Status.UNKNOWN: "?"}[said.status]

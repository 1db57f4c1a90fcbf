"""How is the cost of each kind of operation on each engine shown? As one table."""

from collections.abc import Iterator

from contractctl.databases import Work
from contractctl.operations import KINDS
from contractctl.operations.effort import Effort

ENGINES = ("SQLite", "PostgreSQL", "MariaDB")
_WORDS = {Work.NONE: "at once", Work.SCAN: "reads rows", Work.REWRITE: "writes rows", None: "refused"}
_LEGEND = """\
Each cell is the most that any statement of the operation does to the rows of its table. PostgreSQL and MariaDB read
and write them without blocking others, SQLite while nobody else writes. What is refused, plan refuses and says what to
do instead. If both sides are kept in step, existing rows are also filled, batch by batch.
For your own tables: contractctl plan --dry-run"""


def text() -> str:
    """Columns side by side."""
    rows = [("operation", *ENGINES, ""), *_rows()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", _LEGEND])


def _rows() -> Iterator[tuple[str, ...]]:
    for kind, module in KINDS.items():
        yield (kind, *_cells(module.effort), module.effort.remark)


def _cells(effort: Effort) -> tuple[str, ...]:
    return tuple(_WORDS[work] for work in (effort.sqlite, effort.postgresql, effort.mariadb))

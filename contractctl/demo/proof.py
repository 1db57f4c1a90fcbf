"""Was any write lost? Replay what every process logged, and hold the table against it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from contractctl.demo.customers import first_name_on


@dataclass(frozen=True, slots=True)
class Write:
    """One committed write, as the process that made it logged it."""

    at: float
    order: int
    name: str
    ms: float
    by: str


@dataclass(frozen=True, slots=True)
class Lost:
    """An order whose name is not the last one written."""

    order: int
    expected: str
    found: str | None
    by: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the replay came to."""

    writes: Mapping[str, int]
    """How many, by writer."""
    orders: int
    """How many orders the logs and the first filling of the table say there must be."""
    rewritten: int
    """How many of them were written at least once since."""
    lost: tuple[Lost, ...]
    unaccounted: tuple[int, ...]
    """Orders in the table that nobody says to have written."""

    @property
    def holds(self) -> bool:
        return not self.lost and not self.unaccounted


def read_log(file: Path, by: str) -> tuple[Write, ...]:
    """Every write that a process logged; a line cut short by a crash would be an error here, none is skipped."""
    lines = file.read_text(encoding="utf-8").split("\n")
    return tuple(Write(by=by, **json.loads(line)) for line in lines if line)


def prove(writes: Iterable[Write], first_orders: int, table: Mapping[int, str | None]) -> Proof:
    """Hold the table (name by order) against the last write of every order, or its first name where there is none.

    It is sound because no two processes write the same order at the same time: the last entry is the last write.
    """
    last: dict[int, Write] = {}
    counts: dict[str, int] = {}
    for write in sorted(writes, key=lambda write: write.at):
        last[write.order] = write
        counts[write.by] = counts.get(write.by, 0) + 1
    untouched = {order: Write(0, order, first_name_on(order), 0, "first") for order in range(1, first_orders + 1)}
    expected = untouched | last
    lost = tuple(
        Lost(order, write.name, table.get(order), write.by)
        for order, write in expected.items()
        if table.get(order) != write.name
    )
    unaccounted = tuple(order for order in table if order not in expected)
    return Proof(counts, len(expected), len(last), lost, unaccounted)


def read_table(engine: Engine, column: str) -> dict[int, str | None]:
    """Name by order, as the table stands now."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT id, {column} FROM orders")
        return {int(row[0]): row[1] for row in rows}

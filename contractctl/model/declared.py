"""What can only a person say about a change? What becomes what, and how values are converted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

On = tuple[tuple[str, str], ...]
"""Pairs of a column of one table and the column of the other that holds the same."""


@dataclass(frozen=True, slots=True)
class Move:
    """A column that moves into another table."""

    source: str
    """table.column."""
    target: str
    """table.column of the other table."""
    on: On
    """Column of the source's table, column of the target's."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """Columns that move into a table of their own."""

    sources: tuple[str, ...]
    """table.column, all of one table."""
    target: str
    """The new table; or, where the columns have other names there, table.column of each, with commas between."""
    on: On
    """Column of the sources' table, column of the new one."""


@dataclass(frozen=True, slots=True)
class Declared:
    """All that was said. A column is `column` or `table.column`, where nothing else is written; or an event's field."""

    renames: Mapping[str, str] = field(default_factory=dict)
    """Old column, `field` or `Record.field` → its new name."""
    tables: Mapping[str, str] = field(default_factory=dict)
    """Old table → new table."""
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Old column → new columns."""
    merges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """New column → old columns."""
    moves: tuple[Move, ...] = ()
    extractions: tuple[Extraction, ...] = ()
    ups: Mapping[str, str] = field(default_factory=dict)
    """Column → SQL over the old columns that gives the new value."""
    downs: Mapping[str, str] = field(default_factory=dict)
    """Column → SQL over the new columns that gives the old value."""
    lossy: frozenset[str] = frozenset()
    """Columns whose values need not come back from the new form."""
    fills: Mapping[str, str] = field(default_factory=dict)
    """Column → SQL over the row that takes the place of NULL."""


def said(wishes: Mapping[str, str], table: str, *columns: str) -> str | None:
    """What was declared for one of these columns of a table, by `table.column` or by `column`."""
    names = (*(f"{table}.{column}" for column in columns), *columns)
    return next((wishes[name] for name in names if name in wishes), None)

"""How are rows filled, compared and repaired whose sides are in two tables? A module for columns, one for copies."""

from collections.abc import Iterable
from typing import Protocol

from sqlalchemy import Connection

from contractctl.databases import Across, Compared, Database, Filled, Key, Synchronisation, copied_rows, crossed_rows


class TwoTables(Protocol):
    """What both modules offer. `sync` has another table as its new side; `where` is a condition on the old side's."""

    def fill(
        self, database: Database, connection: Connection, sync: Synchronisation, where: str, before: str | None, /
    ) -> Filled:
        """Write what these rows say to the other table. before: the condition of rows for which that was done."""

    def compare(self, database: Database, connection: Connection, sync: Synchronisation, where: str, /) -> Compared:
        """Count these rows and those that differ, with the checksums of both sides."""

    def facts(self, database: Database, connection: Connection, sync: Synchronisation, /) -> dict[str, int]:
        """What the gate asks, as `comparison.facts`."""

    def repair(
        self, database: Database, connection: Connection, sync: Synchronisation, keys: Iterable[Key], /, *, old: bool
    ) -> int:
        """Make the rows of these keys agree; `old`: the old side is right. Returns how many rows were written."""

    def only_in_new(self, database: Database, connection: Connection, sync: Synchronisation, /) -> tuple[Key, ...]:
        """Keys of rows of the other table that hold what the old side does not."""


def rows_of(across: Across) -> TwoTables:
    """The module for a table that is copied as a whole, or for columns that are in two tables."""
    return crossed_rows if across.copied is None else copied_rows

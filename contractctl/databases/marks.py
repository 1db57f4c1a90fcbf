"""For which pairs does a side table hold anything? Mostly for none, and then no row needs to be looked up."""

from dataclasses import dataclass

from sqlalchemy import Connection

from contractctl.databases import SIDE_TABLES, Database, Synced, Synchronisation, run
from contractctl.databases.sides import of_pair


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks as they were when they were read."""

    found: frozenset[tuple[str, str]]

    def of(self, table: str, pair: Synced) -> bool:
        """Whether this side table holds a mark on any row for the pair."""
        return (table, pair.name) in self.found


def read_marks(database: Database, connection: Connection, sync: Synchronisation) -> Marks:
    """Read all side tables at once."""
    asked = [(table, pair) for table in SIDE_TABLES for pair in sync.columns]
    exists = (
        f"EXISTS (SELECT 1 FROM {database.quote(table)} WHERE {of_pair(database, sync, pair)})" for table, pair in asked
    )
    answers = run(connection, f"SELECT {', '.join(exists)}").one()
    return Marks(frozenset((table, pair.name) for (table, pair), there in zip(asked, answers, strict=True) if there))


def every_mark(sync: Synchronisation) -> Marks:
    """As if each held something: a row that was just inserted is seen with its own mark, or not at all."""
    return Marks(frozenset((table, pair.name) for table in SIDE_TABLES for pair in sync.columns))

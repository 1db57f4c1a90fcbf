"""Which lock does a statement take? https://www.postgresql.org/docs/current/explicit-locking.html."""

from contractctl.databases import Statement, Work
from contractctl.databases.postgresql.names import quote
from contractctl.databases.postgresql.names import table as of_table

ALONE = "ACCESS EXCLUSIVE"
"""Nobody reads or writes meanwhile."""
BESIDE = "SHARE UPDATE EXCLUSIVE"
"""Everybody reads and writes meanwhile."""
WRITERS_OUT = "SHARE ROW EXCLUSIVE"
"""Nobody writes meanwhile."""


def alter(
    table: str, action: str, work: Work = Work.NONE, lock: str = ALONE, *, transactional: bool = True
) -> Statement:
    """ALTER TABLE, with the lock that it takes and what it does to the rows under it."""
    return Statement(f"ALTER TABLE {of_table(table)} {action}", lock, work, transactional)


def beside_table(table: str, name: str) -> str:
    """The name of something in the table's schema."""
    schema, _, _ = table.rpartition(".")
    return of_table(f"{schema}.{name}") if schema else quote(name)

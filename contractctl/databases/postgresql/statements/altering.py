"""Which lock does a statement take? https://www.postgresql.org/docs/current/explicit-locking.html."""

import re
from collections.abc import Iterable

from contractctl.databases import Statement, Work
from contractctl.databases.postgresql.names import quote
from contractctl.databases.postgresql.names import table as of_table
from contractctl.databases.postgresql.tokens import Token, spoken

ALONE = "ACCESS EXCLUSIVE"
"""Nobody reads or writes meanwhile."""
BESIDE = "SHARE UPDATE EXCLUSIVE"
"""Applications read and write meanwhile."""
WRITERS_OUT = "SHARE ROW EXCLUSIVE"
"""Nobody writes meanwhile."""
_ON_TABLE = re.compile(r"\b(?:(?:CREATE|DROP) TRIGGER|ALTER TABLE)\b")


def alter(
    table: str, action: str, work: Work = Work.NONE, lock: str = ALONE, *, transactional: bool = True
) -> Statement:
    """ALTER TABLE, with the lock that it takes and what it does to the rows under it."""
    return Statement(f"ALTER TABLE {of_table(table)} {action}", lock, work, transactional)


def of_triggers(statements: Iterable[str], lock: str) -> tuple[Statement, ...]:
    """Those that create or drop triggers, with the lock that they take, and their functions, which lock no table."""
    return tuple(Statement(sql, lock if _ON_TABLE.search(sql) else "none") for sql in statements)


def shared(lock: str, table: str, others: Iterable[str]) -> str:
    """The lock, and the further tables on which a statement about one table takes it."""
    named = " and ".join(other for other in others if other != table)
    return f"{lock}, also on {named}" if named else lock


def referred(sql: str) -> tuple[str, ...]:
    """The tables to which foreign keys in a piece of SQL refer: to make or drop one locks both ends."""
    found = spoken(sql)
    names = (_name(found[at + 1 :]) for at, token in enumerate(found) if token.says("REFERENCES"))
    return tuple(dict.fromkeys(names))


def _name(found: list[Token]) -> str:
    """The name, with its schema where that is said, at the beginning of these tokens."""
    if [one.text for one in found[1:2]] == ["."]:
        return f"{found[0].name}.{found[2].name}"
    return found[0].name


def beside_table(table: str, name: str) -> str:
    """The name of something in the table's schema."""
    schema, _, _ = table.rpartition(".")
    return of_table(f"{schema}.{name}") if schema else quote(name)

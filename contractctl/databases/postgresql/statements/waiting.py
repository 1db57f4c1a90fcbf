"""How long may a statement wait, or work while others wait? Brief under a lock, patient where nobody notices."""

from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from contractctl.databases import LOCK_SECONDS, Statement, run
from contractctl.databases.postgresql.names import table as of_table
from contractctl.databases.postgresql.statements.altering import ALONE

STATEMENT_SECONDS = 10.0
"""How long a statement of a revision may take that only changes the catalogue."""
_SECOND_LOCK_SECONDS = 0.2
TWO_LOCKS_SECONDS = 0.7
"""Of one statement that locks two tables. Less than deadlock_timeout, so that no application fails instead of us."""
_LIMITS = ("lock_timeout", "statement_timeout")
_SESSIONS = tuple(f"SET {name} = " for name in _LIMITS)
_PATIENT = ("SET lock_timeout = '10min'", "SET statement_timeout = 0")


def patience() -> tuple[Statement, ...]:
    """What a revision says first: nothing of it waits or works for long, so that nobody queues behind it for long."""
    return tuple(
        Statement(f"SET LOCAL {name} = '{seconds * 1000:.0f}ms'", "none")
        for name, seconds in (("lock_timeout", LOCK_SECONDS), ("statement_timeout", STATEMENT_SECONDS))
    )


def hold(tables: tuple[str, ...]) -> tuple[Statement, ...]:
    """Lock tables for ourselves alone. Whoever has one of them and waits for another does so for less than a deadlock
    would need to be looked for (deadlock_timeout, a second): it is we who give up, and come again.
    """
    first, *others = (Statement(f"LOCK TABLE {of_table(table)} IN ACCESS EXCLUSIVE MODE", ALONE) for table in tables)
    return (first, _wait(_SECOND_LOCK_SECONDS), *others, _wait(LOCK_SECONDS))


def _wait(seconds: float) -> Statement:
    return Statement(f"SET LOCAL lock_timeout = '{seconds * 1000:.0f}ms'", "none")


def brief(statement: Statement, seconds: float) -> tuple[Statement, ...]:
    """What runs outside of a transaction, and still must not wait for long."""
    limits = zip(_LIMITS, (seconds, STATEMENT_SECONDS), strict=True)
    texts = (f"SET {name} = '{limit * 1000:.0f}ms'" for name, limit in limits)
    settings = (Statement(sql, "none", transactional=False) for sql in texts)
    return (*settings, statement, *(Statement(f"RESET {name}", "none", transactional=False) for name in _LIMITS))


def patient(statement: Statement) -> tuple[Statement, ...]:
    """What takes long, and nobody waits for: it may wait for transactions that began before it."""
    settings = tuple(Statement(sql, "none", transactional=False) for sql in _PATIENT)
    return (*settings, statement, *(Statement(f"RESET {name}", "none", transactional=False) for name in _LIMITS))


def carry_out(connection: Connection, statements: Iterable[Statement]) -> None:
    """Execute them, one after the other. How patient the session is, it is only for what takes long."""
    given = tuple(statements)
    try:
        for statement in given:
            run(connection, statement.sql)
    finally:
        if any(statement.sql.startswith(_SESSIONS) for statement in given):
            with suppress(SQLAlchemyError):  # the session may be gone, and its limits with it
                run(connection, "; ".join(f"RESET {name}" for name in _LIMITS))

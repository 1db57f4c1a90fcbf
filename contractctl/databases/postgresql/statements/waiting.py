"""How long may a statement wait, or work while others wait? Brief under a lock, patient where nobody notices."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

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
_SESSIONS = tuple(f"SET {name}" for name in _LIMITS)
_RESETS = tuple(f"RESET {name}" for name in _LIMITS)
_PATIENCE = ("10min", "0")


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
    """In a transaction of its own: what must not wait for long."""
    return _by_itself(statement, f"{seconds * 1000:.0f}ms", f"{STATEMENT_SECONDS * 1000:.0f}ms")


def patient(statement: Statement) -> tuple[Statement, ...]:
    """In a transaction of its own: what takes long, and nobody waits for."""
    return _by_itself(statement, *_PATIENCE)


def _by_itself(statement: Statement, *limits: str) -> tuple[Statement, ...]:
    settings = (f"SET LOCAL {name} = '{limit}'" for name, limit in zip(_LIMITS, limits, strict=True))
    begin, end = (_beside("BEGIN"), *map(_beside, settings)), _beside("COMMIT")
    return (*begin, statement, end)


def patient_outside(statement: Statement) -> tuple[Statement, ...]:
    """Outside of any transaction: what may wait for those that began before it. The session's limits are for this."""
    settings = (f"{sets} = '{limit}'" for sets, limit in zip(_SESSIONS, _PATIENCE, strict=True))
    return (*map(_beside, settings), statement, *map(_beside, _RESETS))


def _beside(sql: str) -> Statement:
    return Statement(sql, "none", transactional=False)


def carry_out(connection: Connection, statements: Iterable[Statement]) -> None:
    """Execute them, one after the other. How patient the session is, it is only for what takes long.

    Behind a pooler it stays as it is: the next statement may come to another session, and a stranger to this one.
    """
    given = [statement.sql for statement in statements]
    if any(sql.startswith(_SESSIONS) for sql in given) and _is_pooled(connection):
        given = [sql for sql in given if not sql.startswith((*_SESSIONS, *_RESETS))]
    try:
        for sql in given:
            run(connection, sql)
    except BaseException:
        begun = ["ROLLBACK"] if "BEGIN" in given else []
        limited = [*_RESETS] if any(sql.startswith(_SESSIONS) for sql in given) else []
        with suppress(SQLAlchemyError):  # the session may be gone, and all of this with it
            run(connection, "; ".join((*begun, *limited)))
        raise


def _is_pooled(connection: Connection) -> bool:
    """Whether another process answers than the one that was met first: a pooler is one that has met us itself."""
    driver: Any = connection.connection.driver_connection
    return bool(run(connection, "SELECT pg_catalog.pg_backend_pid()").scalar_one() != driver.info.backend_pid)

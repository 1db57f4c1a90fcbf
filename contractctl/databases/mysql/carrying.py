"""How are statements executed, so that a table is never left locked, and MariaDB's refusal of a copy is understood?

Behind a statement that waits for a table everybody else waits, too, and a transaction that has read the table and now
writes it is told that this is a deadlock (1213): MariaDB never ends our statement instead. So one that takes an instant
is tried again and again without a place in the queue, and only then waits.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import LOCK_SECONDS, Statement, run
from contractctl.databases.ddl import BlockingError

_NOT_ONLINE = (1845, 1846)
"""ER_ALTER_OPERATION_NOT_SUPPORTED, with and without a reason: https://mariadb.com/kb/en/mariadb-error-code-reference/."""
_NOT_FREE = 1205
"""ER_LOCK_WAIT_TIMEOUT."""
_UNKNOWN_COLUMN = 1054
"""ER_BAD_FIELD_ERROR."""
_ATTEMPTS = 100
_PAUSE_SECONDS = LOCK_SECONDS / _ATTEMPTS
_UNLOCK = "UNLOCK TABLES"


def carry_out(connection: Connection, statements: Iterable[Statement]) -> None:
    """Execute them in order; no table stays locked, whatever happens: a lost session releases its locks."""
    given = tuple(statements)
    locked = any(statement.sql == _UNLOCK for statement in given)
    try:
        _execute_all(connection, given)
    except DBAPIError as error:
        if not locked or connection.invalidated or not _is_of_names_before(error):
            raise
        run(connection, _UNLOCK)
        _execute_all(connection, given)
    finally:
        if locked and not connection.invalidated:
            run(connection, _UNLOCK)


def _execute_all(connection: Connection, statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        _execute(connection, statement)


def _is_of_names_before(error: DBAPIError) -> bool:
    """Whether MariaDB still knew a CHECK's column by the name that it had before it was renamed: then nothing was done.

    It says so of a table that has stood open since, and then opens it anew.
    """
    code, said = (*getattr(error.orig, "args", ()), 0, "")[:2]
    return code == _UNKNOWN_COLUMN and "'CHECK'" in str(said)


def _execute(connection: Connection, statement: Statement) -> None:
    try:
        _try(connection, statement)
    except DBAPIError as error:
        code, said = (*getattr(error.orig, "args", ()), 0, "")[:2]
        if code not in _NOT_ONLINE:
            raise
        raise BlockingError(
            f"MariaDB would copy the table, which blocks others: {said}",
            hint=f"the statement is: {statement.sql}",
        ) from error


def _try(connection: Connection, statement: Statement) -> None:
    """First without waiting, repeatedly, for as long as others would wait; then as it stands."""
    if not (statement.instant and _is_done_at_once(connection, statement)):
        run(connection, statement.sql)


def _is_done_at_once(connection: Connection, statement: Statement) -> bool:
    """Whether one of the attempts found the table free."""
    with _impatient(connection):
        for _ in range(_ATTEMPTS):
            try:
                run(connection, statement.sql)
            except DBAPIError as error:
                if getattr(error.orig, "args", (0,))[0] != _NOT_FREE:
                    raise
                run(connection, f"DO SLEEP({_PAUSE_SECONDS})")
            else:
                return True
    return False


@contextmanager
def _impatient(connection: Connection) -> Iterator[None]:
    """Make the statement fail at once where the table is not free: it neither waits nor queues."""
    before = run(connection, "SELECT @@lock_wait_timeout").scalar_one()
    run(connection, "SET SESSION lock_wait_timeout = 0")
    try:
        yield
    finally:
        if not connection.invalidated:
            run(connection, f"SET SESSION lock_wait_timeout = {before}")

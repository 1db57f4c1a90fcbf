"""Which statements on MariaDB are tried until nobody has the table? Those that take an instant.

No statement says how long it waits for others: its session does, see `statements.patience`.
"""

from collections.abc import Iterable

from contractctl.databases import LOCK_SECONDS, Statement, Work
from contractctl.databases.mysql.names import table as table_name

PATIENCE = f"SET SESSION lock_wait_timeout = {int(LOCK_SECONDS)}, innodb_lock_wait_timeout = {int(LOCK_SECONDS)}"
"""Nothing waits for a lock for long, so that nobody queues behind it for long."""


def alter(table: str, action: str, algorithm: str = "INSTANT", work: Work = Work.NONE) -> Statement:
    """It says its ALGORITHM and its LOCK: where the server would copy the table, it refuses instead."""
    sql = f"ALTER TABLE {table_name(table)} {action}, ALGORITHM={algorithm}, LOCK=NONE"
    instant = algorithm == "INSTANT" or work is Work.NONE
    return Statement(sql, "LOCK=NONE", work, transactional=False, instant=instant)


def of_triggers(statements: Iterable[str]) -> tuple[Statement, ...]:
    """Those that create or drop triggers."""
    return tuple(Statement(sql, "LOCK=SHARED, for an instant", instant=True) for sql in statements)

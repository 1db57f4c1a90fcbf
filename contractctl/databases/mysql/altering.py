"""How does an ALTER TABLE of MariaDB say that nobody waits for it?"""

from contractctl.databases import LOCK_SECONDS, Statement, Work
from contractctl.databases.mysql.names import table as table_name

WAIT = int(LOCK_SECONDS)
"""Seconds for which it waits for others' locks."""


def alter(table: str, action: str, algorithm: str = "INSTANT", work: Work = Work.NONE) -> Statement:
    """It says its ALGORITHM and its LOCK: where the server would copy the table, it refuses instead."""
    how = f"ALGORITHM={algorithm}, LOCK=NONE"
    sql = f"ALTER TABLE {table_name(table)} WAIT {WAIT} {action}, {how}"
    return Statement(sql, "LOCK=NONE", work, transactional=False)

"""What does a statement cost other sessions?"""

from dataclasses import dataclass
from enum import StrEnum


class Work(StrEnum):
    """What a statement does to existing rows."""

    NONE = "none"
    """Only the catalogue changes."""
    SCAN = "scan"
    """Every row is read."""
    REWRITE = "rewrite"
    """Every row is rewritten."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a revision, and what it costs other sessions."""

    sql: str
    lock: str
    """In the engine's own words: ACCESS EXCLUSIVE, LOCK=NONE, …"""
    work: Work = Work.NONE
    transactional: bool = True
    """Whether it can run in a transaction with others."""
    instant: bool = False
    """Whether it takes an instant and does nothing if it fails: it can be retried until nobody uses the table."""

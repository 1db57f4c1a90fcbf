"""What does a kind of operation cost on each engine? The most that a statement of its revisions does to the rows.

Each kind declares it beside its stages; a test compares it with the statements.
"""

from dataclasses import dataclass

from contractctl.databases import Work


@dataclass(frozen=True, slots=True)
class Effort:
    """By engine; None where `plan` refuses it there."""

    sqlite: Work | None
    postgresql: Work | None
    mariadb: Work | None
    remark: str = ""
    """What else there is to know."""

"""What does a kind of operation cost on each engine? The most that a statement of its revisions does to the rows.

Each kind says it beside its stages; a test holds it against the statements.
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
    """What there is to know besides."""

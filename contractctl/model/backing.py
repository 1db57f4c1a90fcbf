"""Who vouches for what people have written into a file, as waivers, approvals and attestations are?"""

from enum import StrEnum


class Backing(StrEnum):
    """Who vouches for an entry."""

    COMMITTED = "committed"
    """The commit that is checked out has it exactly like this: reviewed as everything in git is."""
    UNCOMMITTED = "uncommitted"
    """The file in git says otherwise, or nothing."""
    JOURNAL = "journal"
    """Break-glass: the journal records who did it."""
    NOWHERE = "nowhere"
    """It says break-glass, and the journal has no record of it."""

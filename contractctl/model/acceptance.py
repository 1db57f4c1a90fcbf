"""Which finding of a check has somebody accepted, and until when?"""

from dataclasses import dataclass
from datetime import date

from contractctl.model.verdict import Finding

UNKNOWN = "unknown"
"""In the place of a rule, where nothing could be decided."""
DELETED = "contract-deleted"
"""The rule of a file that is gone: what is accepted of it is the file itself."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An exception for the findings of one rule at one path. It excuses them, and makes nothing compatible."""

    rule: str
    """UNKNOWN accepts what could not be decided there."""
    path: str
    """As findings have it."""
    says: str | None
    """Words of the finding's message, without which it is another finding: one more value that goes, say."""
    reason: str
    owner: str
    """Who answers for it."""
    expires: date
    """The last day on which it holds."""
    place: str
    """The file that it is written in, for messages."""
    file: str | None = None
    """A path or pattern of files outside the store; None for a contract's own findings."""
    holds: bool = False
    """Whether its last day is yet to pass; until somebody has looked, it excuses nothing."""

    @property
    def about(self) -> str:
        """What is accepted."""
        return f"{self.rule} at {self.path}" + (f", {self.says}" if self.says else "")

    @property
    def words(self) -> str:
        """Until when, by whom and why; or that it is over."""
        terms = f"until {self.expires} by {self.owner}: {self.reason}"
        return f"accepted {terms}" if self.holds else f"accepted {terms}, which is over: it counts again"

    def names(self, found: Finding | str) -> bool:
        """Whether this is about a finding, or about a reason for which something is unknown."""
        if isinstance(found, str):
            return self.rule == UNKNOWN and found.startswith(f"{self.path}: ") and self._fits(found)
        return (self.rule, self.path) == (found.rule, found.path) and self._fits(found.message)

    def _fits(self, message: str) -> bool:
        return self.says is None or self.says in " ".join(message.split())

"""Which finding of a check has somebody accepted, and until when?"""

from dataclasses import dataclass
from datetime import date

from contractctl.model.verdict import Finding

UNKNOWN = "unknown"
"""In place of a rule, where nothing could be decided."""
DELETED = "contract-deleted"
"""The rule for a deleted file: what is accepted is that the file is gone."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An exception for the findings of one rule at one path. It excuses them, but makes nothing compatible."""

    rule: str
    """UNKNOWN accepts what could not be decided there."""
    path: str
    """The path as findings have it."""
    says: str | None
    """Words that the finding's message must contain: one about one more removed value is another finding."""
    reason: str
    owner: str
    """Who is responsible for it."""
    expires: date
    """The last day on which it applies; days are those of UTC, on every machine."""
    place: str
    """The file that it is written in, for messages."""
    file: str | None = None
    """A path or pattern of files outside the store; None for a contract's own findings."""
    holds: bool = False
    """Whether its last day has not passed yet; until that is checked, it excuses nothing."""

    @property
    def about(self) -> str:
        """What is accepted."""
        return f"{self.rule} at {self.path}" + (f", {self.says}" if self.says else "")

    @property
    def words(self) -> str:
        """Until when, by whom and why; or that it has expired."""
        terms = f"until {self.expires} by {self.owner}: {self.reason}"
        return f"accepted {terms}" if self.holds else f"accepted {terms}, which is over: it counts again"

    def names(self, found: Finding | str) -> bool:
        """Whether this is about a finding, or about a reason for which something is unknown."""
        if isinstance(found, str):
            return self.rule == UNKNOWN and found.startswith(f"{self.path}: ") and self._fits(found)
        return (self.rule, self.path) == (found.rule, found.path) and self._fits(found.message)

    def _fits(self, message: str) -> bool:
        return self.says is None or self.says in " ".join(message.split())

"""What is a waiver? An approved, expiring exception to one condition, bound to what was known when it was made."""

from dataclasses import dataclass

from contractctl.model.backing import Backing
from contractctl.model.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver file's entry. Times in Unix seconds."""

    plan: str
    stage: str
    condition: str
    """The condition's name."""
    outcome: Outcome
    """The verdict that it overrides: fail or unknown."""
    evidence: str
    """Digest of the verdict and of the records that it rested on; another digest voids the waiver."""
    reason: str
    ticket: str
    owner: str
    """Who makes sure that it is not needed again."""
    approvers: tuple[str, ...]
    at: float
    expires: float
    backing: Backing
    place: str
    """Where it is written."""

    @property
    def said(self) -> dict[str, str | float]:
        """What it says, without its approvals and its state in git."""
        return {
            "plan": self.plan,
            "stage": self.stage,
            "condition": self.condition,
            "outcome": self.outcome.value,
            "evidence": self.evidence,
            "reason": self.reason,
            "ticket": self.ticket,
            "owner": self.owner,
            "at": self.at,
            "expires": self.expires,
        }

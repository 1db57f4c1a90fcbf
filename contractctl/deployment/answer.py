"""What is the answer to "may this version be deployed there", and for which reasons?"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """No beats unknown beats wait beats yes."""

    NO = "no"
    UNKNOWN = "unknown"
    WAIT = "wait"
    YES = "yes"


class Why(StrEnum):
    """The closed list of reasons."""

    INCOMPATIBLE = "incompatible"
    VERIFICATION_FAILED = "verification failed"
    OLD_SIDE_GONE = "old side gone"
    PLAN_NOT_THERE_YET = "plan not there yet"
    NOT_DECLARED = "not declared"
    NO_SUCH_VERSION = "no such version"
    NOTHING_ON_RECORD = "nothing on record"
    COUNTERPART_NOT_ON_RECORD = "counterpart not on record"
    COUNTERPART_NOT_DECLARED = "counterpart not declared"
    TRAFFIC_UNACCOUNTED = "traffic unaccounted"
    CLUSTER_LIST_STALE = "cluster list stale"
    CLUSTER_LIST_INCOMPLETE = "cluster list incomplete"
    WORKLOAD_NOT_MAPPED = "workload not mapped"
    NO_KNOWN_CONSUMERS = "no known consumers"
    NOT_JUDGED = "not judged"
    NOT_VERIFIED = "not verified"
    ANOTHER_ENVIRONMENT = "another environment"
    PLAN_WITHOUT_FILE = "plan without a file"

    @property
    def outcome(self) -> Outcome:
        return _OUTCOMES.get(self, Outcome.UNKNOWN)


_OUTCOMES = {
    Why.INCOMPATIBLE: Outcome.NO,
    Why.VERIFICATION_FAILED: Outcome.NO,
    Why.OLD_SIDE_GONE: Outcome.NO,
    Why.PLAN_NOT_THERE_YET: Outcome.WAIT,
}
"""The outcomes of reasons; all others are unknown."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is in the way."""

    why: Why
    message: str
    """Who and what, in the user's own names."""
    remedy: str
    """The next step."""
    contract: str | None = None
    counterpart: str | None = None
    """service@version."""
    share: float | None = None
    """The percentage of its service's traffic that the counterpart takes there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """May this version be deployed there?"""

    service: str
    version: str
    environment: str
    at: float
    """Unix seconds."""
    reasons: tuple[Reason, ...]
    """What is in the way, the worst first; empty if the answer is yes."""
    held: tuple[str, ...]
    """What was checked and holds, in words."""

    @property
    def outcome(self) -> Outcome:
        """The worst of all reasons."""
        found = {reason.why.outcome for reason in self.reasons}
        return next((outcome for outcome in Outcome if outcome in found), Outcome.YES)


def worst_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Reasons in the order of their outcomes, each once."""
    order = list(Outcome)
    return tuple(sorted(dict.fromkeys(reasons), key=lambda reason: order.index(reason.why.outcome)))

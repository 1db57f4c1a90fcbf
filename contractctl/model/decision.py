"""What does a gate answer? pass, fail or unknown, condition by condition, each resting on records."""

from dataclasses import dataclass, field
from enum import StrEnum

from contractctl.model.canonical import UNWRITTEN
from contractctl.model.outcome import Outcome as Outcome  # noqa: PLC0414 - a word of decisions, told to mypy
from contractctl.model.waiver import Waiver


class Unknown(StrEnum):
    """The closed list of reasons why something is unknown."""

    MISSING_SOURCE = "missing source"
    STALE = "stale"
    WINDOW_NOT_COVERED = "window not covered"
    CALENDAR_NOT_COVERED = "calendar not covered"
    TOO_FEW_SAMPLES = "too few samples"
    BAKING = "baking"
    DARK_CONSUMER = "dark consumer"
    UNATTRIBUTED_READS = "unattributed reads"
    UNPARSEABLE = "unparseable"
    TRUNCATED = "truncated"
    SAMPLED = "sampled"
    COUNTER_RESET = "counter reset"
    ENVIRONMENT_STALE = "environment stale"
    SHARE_MISMATCH = "share mismatch"
    CONFLICTING_EVIDENCE = "conflicting evidence"
    NO_KNOWN_CONSUMERS = "no known consumers"
    SOURCE_ERROR = "source error"


WAITING_MENDS = frozenset(
    {Unknown.STALE, Unknown.WINDOW_NOT_COVERED, Unknown.CALENDAR_NOT_COVERED, Unknown.TOO_FEW_SAMPLES, Unknown.BAKING}
)
"""Reasons that waiting alone can resolve: the exit code is then 4, not 3."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold before a stage may begin."""

    name: str
    outcome: Outcome
    message: str
    """What was seen: who, when, and how much is still missing."""
    observed: str
    threshold: str
    reason: Unknown | None = None
    """Set only if the outcome is unknown."""
    sample: float | None = None
    interval: tuple[float, float] | None = None
    retry_after: float | None = None
    """Seconds until asking again can make a difference; None if waiting does not help."""
    records: tuple[str, ...] = ()
    """Digests of the records that it rests on."""
    remedy: str | None = None
    waiver: Waiver | None = field(default=None, metadata=UNWRITTEN)
    """What lets the stage begin nevertheless, the outcome staying what it is; of a condition that passes, what is not
    used. `message` says it in words, and `records` has it."""

    @property
    def holds(self) -> bool:
        return self.outcome is Outcome.PASS

    @property
    def is_open(self) -> bool:
        """Whether it keeps the stage from beginning."""
        return not self.holds and self.waiver is None


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's answer for one stage of one plan at one moment."""

    plan: str
    stage: str
    at: float
    """The clock's time at the decision, in Unix seconds."""
    outcome: Outcome
    conditions: tuple[Condition, ...]
    digest: str
    """sha256 of the plan, the evidence and the clock that it was decided from."""

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, if waiting alone can turn this into a pass."""
        open_ones = [condition for condition in self.conditions if condition.is_open]
        waits = [condition.retry_after for condition in open_ones]
        if not waits or any(wait is None for wait in waits):
            return None
        return max(wait for wait in waits if wait is not None)

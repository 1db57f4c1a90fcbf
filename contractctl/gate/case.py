"""What is a decision made from? All of it, as one value that can be written down and decided again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contractctl.gate.trust import Clock
from contractctl.model.contract import Party
from contractctl.model.evidence import Record
from contractctl.model.plan import Plan, Stage, Standing


@dataclass(frozen=True, slots=True)
class Case:
    """The question and everything that is known about it."""

    plan: Plan
    stage: Stage
    percent: float | None
    """The requested share; only with Stage.CANARY."""
    standing: Standing
    consumers: Mapping[str, tuple[Party, ...]]
    """By contract, as contract.toml declares them."""
    records: tuple[Record, ...]
    now: float
    """Unix seconds."""

    @property
    def clock(self) -> Clock:
        rules = self.plan.reads
        return Clock(self.now, rules.fresh_seconds, rules.heartbeat_seconds)

    def of(self, *kinds: str) -> Sequence[Record]:
        """The records of these kinds."""
        return tuple(record for record in self.records if record.kind in kinds)

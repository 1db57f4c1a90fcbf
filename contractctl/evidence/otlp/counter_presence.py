"""Was there a counter of reads while an OTLP process gave signs of life? Without one, nothing could have been counted.

Behind a collector that drops the counters and passes the gauges on, or in a build that has the one and not the other,
no read is counted. Whether a counter of deltas still exists is not known: it sends nothing while it counts nothing.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contractctl.evidence.condensed import MOST
from contractctl.evidence.metrics import READS, consumer_of, take_lost
from contractctl.evidence.observations import Observations
from contractctl.evidence.otlp.processes import NANO, Labels, Life
from contractctl.evidence.questions import Field
from contractctl.evidence.spans import Span, merged, without
from contractctl.evidence.targets import NEAR

_Key = tuple[Labels, str, str, str]
"""Resource, consumer, contract and path; the last two may be empty."""


@dataclass(slots=True)
class CounterPresence:
    """When there were signs of life, and when counters existed."""

    beat: float
    """Seconds between two signs of life."""
    _signs: dict[_Key, list[Span]] = field(default_factory=lambda: defaultdict(list))
    _stood: dict[_Key, list[Span]] = field(default_factory=lambda: defaultdict(list))
    _room: int = MOST

    @property
    def crowded(self) -> bool:
        """Whether there are too many to tell apart."""
        return self._room < 0

    def sign(self, resource: Labels, attributes: Mapping[str, str], at: float) -> None:
        """A sign of life."""
        runs, near = self._signs[_key(resource, attributes)], NEAR * self.beat
        if runs and runs[-1][0] - near <= at <= runs[-1][1] + near:
            runs[-1] = min(runs[-1][0], at), max(runs[-1][1], at)
        else:
            runs.append((at, at))
            self._room -= 1

    def counter(self, resource: Labels, attributes: Mapping[str, str], life: Life, *, delta: bool) -> None:
        """A counter of reads was exported."""
        end = math.inf if delta else life.last / NANO
        stood = self._stood[_key(resource, attributes)]
        stood[:] = merged([*stood, (life.first / NANO, end)], reach=NEAR * self.beat)

    def tell(self, seen: Observations, fields: Sequence[Field]) -> None:
        """Take as lost the time in which a process was alive without a counter; one that never had any is dark."""
        for (resource, consumer, contract, path), runs in self._signs.items():
            for one in fields:
                if contract not in ("", one.contract) or path not in ("", one.path):
                    continue
                stood = list(self._counters(resource, consumer, one))
                if stood:
                    near = NEAR * self.beat
                    alone = without(runs, [(low - near, high + near) for low, high in stood])
                    take_lost(seen, READS, {"contract.consumer.name": consumer}, alone)
                elif path:
                    name = consumer or "somebody"
                    seen.spoiled(
                        f"dark consumer: {name} gives signs of life, but exports no counter: absent is not zero"
                    )

    def _counters(self, resource: Labels, consumer: str, of: Field) -> Iterator[Span]:
        for contract in ("", of.contract):
            yield from self._stood.get((resource, consumer, contract, of.path), ())


def _key(resource: Labels, attributes: Mapping[str, str]) -> _Key:
    contract, path = attributes.get("contract.name", ""), attributes.get("contract.field.path", "")
    return resource, consumer_of(attributes), contract, path

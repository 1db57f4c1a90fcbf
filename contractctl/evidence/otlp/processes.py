"""Which processes of an OTLP file ended without a final export? What they counted after the last one is lost.

A process tells how often it exports when it begins (`contract.export.began`), and that its last export holds everything
(`contract.instrumentation.ended`, with the time of that very export). Of one that tells neither, its own exports show
how often there would have been another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from contractctl.evidence.condensed import MOST
from contractctl.evidence.otlp.sorting import Sample
from contractctl.evidence.spans import Span
from contractctl.evidence.targets import NEAR

BEGAN = "contract.export.began"
"""A gauge: the interval between two exports, in seconds."""
STARTED = "contract.instrumentation.started"
"""A gauge: when the process began to count."""
ENDED = "contract.instrumentation.ended"
NANO = 1e9

Labels = tuple[tuple[str, str], ...]
"""Attributes of a resource."""


@dataclass(slots=True)
class Life:
    """One counter of one process, from its first sample to its last. Times in nanoseconds, 0 where there is none."""

    start: int
    first: int = 0
    last: int = 0
    pause: int = 0
    """The longest interval between two samples."""

    def follow(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """The same samples, which it remembers."""
        for at, value in samples:
            if self.first:
                self.pause = max(self.pause, at - self.last)
            else:
                self.first = at
            self.last = at
            yield at, value

    def interval(self, beat: float) -> float:
        """Seconds after which there would have been another sample. `beat` is what the plan asks of signs of life."""
        before = (self.first - self.start) / NANO if self.start else 0.0
        return max(self.pause / NANO, min(before, beat)) if self.pause else max(before, beat)


@dataclass(slots=True)
class Processes:
    """What processes report about themselves."""

    beat: float
    until: int = 0
    """The last moment that anybody reported on."""
    _began: dict[Labels, tuple[int, float]] = field(default_factory=dict)
    _ended: set[tuple[Labels, int]] = field(default_factory=set)

    @property
    def crowded(self) -> bool:
        """Whether there are too many to tell apart."""
        return max(len(self._began), len(self._ended)) >= MOST

    def began(self, resource: Labels, at: int, seconds: float) -> None:
        """Note that it will export every so many seconds."""
        self._began[resource] = at, seconds

    def ended(self, resource: Labels, at: int) -> None:
        """Note that what it exported at that time was everything."""
        self._ended.add((resource, at))

    def lost(self, resource: Labels, life: Life) -> Iterator[Span]:
        """The time in which it counted what nobody will see: from its last sample to the next, which never came."""
        if (resource, life.last) not in self._ended:
            _, seconds = self._began.get(resource, (0, life.interval(self.beat)))
            yield from self._missing(life.last, seconds)

    def silent(self, heard: Iterable[Labels]) -> Iterator[tuple[Labels, Span]]:
        """Those that began, and were not heard from since."""
        for resource in self._began.keys() - {one for one, _ in self._ended} - set(heard):
            for span in self._missing(*self._began[resource]):
                yield resource, span

    def _missing(self, last: int, seconds: float) -> Iterator[Span]:
        """Nothing is missing as long as the next sample may just be late: the plan says when it is, not the process."""
        at, until = last / NANO, self.until / NANO
        if at + NEAR * self.beat < until:
            yield at, min(at + seconds, until)

"""Which process is behind a Prometheus series, when did it restart, and when was nothing counted for it?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from contractctl.evidence.range_vectors import Labels, Samples
from contractctl.evidence.spans import Span, merged, without

_COLLECTORS = ("monitor", "prometheus", "prometheus_replica", "replica")
"""Labels that distinguish servers that scrape the same."""
_OF_ONE = ("container", "host", "instance", "node", "pod", "pod_template_hash", "uid", *_COLLECTORS)
"""Labels that distinguish the instances of a job."""
NEAR = 1.5
"""How many signs of life apart two samples may be and still follow each other."""


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """What was scraped."""

    job: str
    instance: str
    behind: tuple[str, str]
    """Job and instance where the target only passes on what it was told, as a collector or another server does."""

    @classmethod
    def of(cls, labels: Labels) -> "Target":
        """By the labels that Prometheus itself adds."""
        found = dict(labels)
        behind = found.get("exported_job", ""), found.get("exported_instance", "")
        return cls(found.get("job", ""), found.get("instance", ""), behind)

    def __str__(self) -> str:
        job, instance = self.behind if any(self.behind) else (self.job, self.instance)
        return f"job '{job}', instance '{instance}'"


@dataclass(slots=True)
class Life:
    """When a target was seen, and between which two samples it restarted."""

    heard: list[Span] = field(default_factory=list)
    restarts: list[Span] = field(default_factory=list)


def lives(series: Iterable[tuple[Labels, Samples]], targets: frozenset[Target], reach: float) -> dict[Target, Life]:
    """From series whose value is when the process began: another value is another process."""
    found: dict[Target, Life] = defaultdict(Life)
    before: dict[Labels, tuple[float, float]] = {}
    for labels, samples in series:
        target = Target.of(labels)
        if target not in targets:
            continue
        for at, begun in samples:
            last, known = before.get(labels, (at, begun))
            if begun != known:
                found[target].restarts.append((last, at))
            found[target].heard.append((last, at))
            before[labels] = at, begun
        found[target].heard = merged(found[target].heard, reach=reach)
    for life in found.values():
        life.restarts = merged(life.restarts)
    return dict(found)


@dataclass(slots=True)
class Wanted:
    """When each job and instance was meant to be scraped, whether it answered or not."""

    spans: dict[tuple[str, str], list[Span]] = field(default_factory=lambda: defaultdict(list))
    kinds: dict[tuple[str, str], Labels] = field(default_factory=dict)
    """Their other labels: those with the same ones are replicas of one process."""

    def of(self, target: Target) -> list[Span]:
        """Nothing of one that passes on what others told it: its scrapes say nothing of those behind it."""
        return [] if any(target.behind) else self.spans.get((target.job, target.instance), [])

    def silent(self, counted: Iterable[Target]) -> Iterator[tuple[Target, list[Span]]]:
        """Those that are of one kind with some that count, and do not: a job is one process, replicated.

        https://prometheus.io/docs/concepts/jobs_instances/
        """
        own = {(one.job, one.instance) for one in counted if not any(one.behind)}
        kinds = {self.kinds[key] for key in own if key in self.kinds}
        for key, spans in self.spans.items():
            if key not in own and self.kinds[key] in kinds:
                yield Target(*key, ("", "")), spans


def present(series: Iterable[tuple[Labels, Samples]], reach: float) -> Wanted:
    """From what Prometheus itself records about each scrape."""
    found = Wanted()
    for labels, samples in series:
        target = Target.of(labels)
        key = target.job, target.instance
        found.spans[key] = merged([*found.spans[key], *((at, at) for at, _ in samples)], reach=reach)
        found.kinds[key] = tuple(pair for pair in labels if pair[0] not in _OF_ONE)
    return found


def uncounted(  # noqa: PLR0913 - what there is to know of a counter
    counted: Sequence[Span],
    resets: Sequence[Span],
    life: Life,
    wanted: Sequence[Span],
    *,
    end: float,
    beat: float,
) -> Iterator[Span]:
    """When one target may have done what its counter does not tell.

    `counted`: from the first to the last sample of each of its series; `wanted`: when it was meant to be scraped.
    Between two processes nobody knows how much the first one had counted when it ended.
    """
    stood = merged(counted)
    yield from resets
    yield from ((before[1], after[0]) for before, after in pairwise(stood))
    yield from without(wanted, stood)
    yield from without(stood, [(low - beat, high + beat) for low, high in life.heard])
    last = stood[-1][1]
    if last + NEAR * beat < end:
        yield last, min(end, last + beat)


def told_twice(counters: Iterable[Labels]) -> str | None:
    """The label by which the answer has the same series twice, where one does."""
    known: dict[Labels, Mapping[str, str]] = {}
    for labels in counters:
        one = dict(labels)
        collectors = {"job", *_COLLECTORS} if ":" in one.get("instance", "") else set(_COLLECTORS)
        own = tuple(pair for pair in labels if pair[0] not in collectors)
        other = known.setdefault(own, one)
        if other is not one:
            return next(key for key in sorted(collectors) if other.get(key) != one.get(key))
    return None

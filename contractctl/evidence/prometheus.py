"""What does a Prometheus server say? Its HTTP API, asked for raw samples; what was counted is computed here.

`increase()` would lose births, and a range query's grid whatever was counted and lost between two of its points. What a
process has counted since it was last scraped is lost when it ends: that it began again is told by when it began
(`contract_instrumentation_started_seconds`, or the `process_start_time_seconds` that most clients export).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from contractctl.errors import ContractctlError
from contractctl.evidence.counters import Growth, growth
from contractctl.evidence.metrics import CANARY, READS, TAKEN, consumer_of, take_lost, take_sign
from contractctl.evidence.observations import Observations
from contractctl.evidence.prometheus_queries import Query, one_of, queries
from contractctl.evidence.range_vectors import Labels, Samples, UnusableError, label_sets, samples
from contractctl.evidence.records import records
from contractctl.evidence.sources import Given
from contractctl.evidence.spans import Span, merged, seconds, without
from contractctl.evidence.targets import Life, Target, Wanted, lives, present, told_twice, uncounted
from contractctl.evidence.web import NoAnswerError, Server
from contractctl.model.evidence import Record

_FEW = 0.01
"""A fraction of the window: for how long a process may exist before it counts."""
_PROCESS = "process_start_time_seconds"
"""The name that the clients of Prometheus give it."""
_ATTRIBUTES = {
    "contract_name": "contract.name",
    "contract_field_path": "contract.field.path",
    "contract_consumer_name": "contract.consumer.name",
    "contract_read_certainty": "contract.read.certainty",
    "contract_plan": "contract.plan",
    "contract_path": "contract.path",
    "contract_outcome": "contract.outcome",
    "contract_result": "contract.result",
    "le": "le",
    "deployment_environment": "deployment.environment",
    "deployment_environment_name": "deployment.environment.name",
    "service_name": "service.name",
    "service_version": "service.version",
}


def collect(given: Given) -> tuple[Record, ...]:
    """Ask the server at the URL that is the location.

    Options: `reads`, `heartbeat`, `canary`, `duration`, `shadow`, `started` (names of metrics, where they differ),
    `timeout` (seconds), `token`.
    """
    options = given.options
    server = Server.at(
        given.location, of="[[evidence]] prometheus", token=options.get("token"), timeout=_timeout(options)
    )
    asked = list(queries(given.question, options))
    shown = " ; ".join(one for query in asked for one in (query.counter, query.sign) if one)
    seen = Observations("prometheus", f"{server.url}: {shown}", environment=given.question.environment)
    for query in asked:
        if query.metric == READS:
            seen.reads_from = query.begin
        try:
            _follow(seen, server, query)
        except (UnusableError, NoAnswerError) as error:
            seen.spoiled(str(error))
    return records(seen, given.question)


def _timeout(options: Mapping[str, str]) -> float:
    try:
        seconds = float(options.get("timeout", "30"))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise ContractctlError(
            f"[[evidence]] prometheus: timeout = '{options['timeout']}' is not a number of seconds",
            hint="write timeout = 30",
        )
    return seconds


_Attributes = dict[str, str]


def _attributes(labels: Labels) -> _Attributes:
    return {_ATTRIBUTES[key]: value for key, value in labels if key in _ATTRIBUTES}


# what was counted


@dataclass(slots=True)
class _Counter:
    """One series, as far as it has been followed."""

    first: float
    last: tuple[float, float]
    run: Growth
    """Growth that is not taken yet: the next one may belong to it."""
    resets: list[Span] = field(default_factory=list)


def _follow(seen: Observations, server: Server, query: Query) -> None:
    known = label_sets(seen, server, query.counter, query.begin, query.end)
    if query.metric != READS and (label := told_twice(known)):
        seen.spoiled(f"conflicting evidence: a counter appears twice, distinguished by '{label}': select one of them")
    targets = frozenset(map(Target.of, known))
    jobs = f'{{job=~"{one_of(sorted({target.job for target in targets}))}"}}'
    begun: dict[Target, Life] = {}
    if targets:
        told = (samples(seen, server, name + jobs, query.begin, query.end) for name in (query.started, _PROCESS))
        begun = lives(chain.from_iterable(told), targets, query.near)
    for target in sorted(targets - begun.keys()):
        seen.spoiled(
            f"counter reset: it is unknown when the process of {target} started: a restart would hide reads. Export "
            f"{_PROCESS}, or {query.started} from contractctl.runtime"
        )
    found = _counted(seen, server, query, begun)
    wanted = present(samples(seen, server, f"up{jobs}", query.begin, query.end), query.near) if targets else Wanted()
    if query.metric == READS:
        _beside_those_that_count(seen, query, targets, wanted)
        stood = _stood(seen, query, found, begun, wanted)
        _signs(seen, server, query, stood)
    else:
        _unheard(seen, query, found, wanted)


def _counted(seen: Observations, server: Server, query: Query, begun: Mapping[Target, Life]) -> dict[Labels, _Counter]:
    """Every series, followed to its end; its growth is taken on the way."""
    found: dict[Labels, _Counter] = {}
    for labels, values in samples(seen, server, query.counter, query.begin, query.end):
        restarts = begun.get(Target.of(labels), Life()).restarts
        known = found.get(labels)
        steps = growth(values, query.begin + query.beat, restarts) if known is None else _on(known, values, restarts)
        for step in steps:
            if known is None:
                known = found[labels] = _Counter(step.begin, values[0], step)
            elif _belongs(query, known.run, step):
                known.run = replace(known.run, end=step.end, count=known.run.count + step.count)
            else:
                _take(seen, query, labels, known.run)
                known.run = step
            if step.reset:
                known.resets.append((step.begin, step.end))
        if known is not None:
            known.last = values[-1]
    for labels, counter in found.items():
        _take(seen, query, labels, counter.run)
        if query.metric != READS:
            take_lost(seen, query.metric, _attributes(labels), counter.resets)
    return found


def _on(known: _Counter, values: Samples, restarts: list[Span]) -> Iterator[Growth]:
    """The growth of a counter that was already being followed."""
    steps = growth([known.last, *values], math.inf, restarts)
    next(steps)
    return steps


def _belongs(query: Query, run: Growth, step: Growth) -> bool:
    """Whether two steps may be merged: quiet ones, and reads no further apart than signs of life."""
    if query.metric != READS or (run.count == 0) != (step.count == 0):
        return False
    return run.count == 0 or step.end - run.begin <= query.beat


def _take(seen: Observations, query: Query, labels: Labels, run: Growth) -> None:
    TAKEN[query.metric](seen, _attributes(labels), run)


# who was there to count it

_Stood = dict[tuple[Target, str, str, str], list[Span]]
"""When the counters of a target's consumer, contract and path existed."""


def _stood(
    seen: Observations,
    query: Query,
    found: Mapping[Labels, _Counter],
    begun: Mapping[Target, Life],
    wanted: Wanted,
) -> _Stood:
    """When counters existed; time in which they do not tell everything is noted as lost on the way."""
    together: dict[tuple[Target, str, str, str], list[Labels]] = defaultdict(list)
    for labels in found:
        one = _attributes(labels)
        key = Target.of(labels), consumer_of(one), one.get("contract.name", ""), one.get("contract.field.path", "")
        together[key].append(labels)
    stood: _Stood = {}
    for key, series in together.items():
        target = key[0]
        stood[key] = [(found[labels].first, found[labels].last[0]) for labels in series]
        resets = [span for labels in series for span in found[labels].resets]
        life = begun.get(target, Life())
        lost = uncounted(stood[key], resets, life, wanted.of(target), end=query.end, beat=query.beat)
        take_lost(seen, query.metric, _attributes(series[0]), lost)
    return stood


def _beside_those_that_count(seen: Observations, query: Query, targets: Iterable[Target], wanted: Wanted) -> None:
    """The reads of a process that cannot be scraped, or of a build without instruments, are not counted."""
    for target, spans in wanted.silent(targets):
        if seconds(spans, query.begin, query.end) > max(2 * query.beat, _FEW * (query.end - query.begin)):
            seen.spoiled(f"dark consumer: {target} belongs to the same job, but exports no counter: absent is not zero")


def _unheard(seen: Observations, query: Query, found: Mapping[Labels, _Counter], wanted: Wanted) -> None:
    """What a process of the canary counted since its last scrape is unknown while scrapes fail."""
    last: dict[Target, tuple[float, Labels]] = {}
    for labels, counter in found.items():
        target = Target.of(labels)
        last[target] = max(last.get(target, (-math.inf, labels)), (counter.last[0], labels))
    for target, (at, labels) in last.items():
        spans = without(wanted.of(target), [(-math.inf, at + query.near)])
        take_lost(seen, CANARY, _attributes(labels), ((at, end) for _, end in spans))


def _signs(seen: Observations, server: Server, query: Query, stood: _Stood) -> None:
    """Signs of life count only where a counter of the same process was seen: nothing else could have counted."""
    kept: dict[Labels, list[float]] = defaultdict(list)
    dark: set[str] = set()
    for labels, values in samples(seen, server, query.sign, query.begin, query.end):
        beside = _beside(stood, labels)
        if not beside:
            dark.add(consumer_of(_attributes(labels)) or str(Target.of(labels)))
        for at, _ in values:
            if any(low - query.beat <= at <= high + query.beat for low, high in beside):
                _keep(kept[labels], at, query.beat)
    for labels, moments in kept.items():
        for at in moments:
            take_sign(seen, _attributes(labels), at)
    for name in sorted(dark):
        seen.spoiled(f"dark consumer: {name} gives signs of life, but exports no counter: absent is not zero")


def _beside(stood: _Stood, labels: Labels) -> list[Span]:
    one = _attributes(labels)
    contract, path = one.get("contract.name", ""), one.get("contract.field.path", "")
    asked = Target.of(labels), consumer_of(one)
    return merged(
        span
        for (target, consumer, of, at), spans in stood.items()
        if (target, consumer) == asked and contract in ("", of) and path in ("", at)
        for span in spans
    )


def _keep(moments: list[float], at: float, beat: float) -> None:
    """Only as many signs as are needed to prove the same: one per beat, and the last."""
    if len(moments) > 1 and at - moments[-2] <= beat:
        moments[-1] = at
    else:
        moments.append(at)

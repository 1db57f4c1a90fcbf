"""What do OTLP-JSON metrics say? One ExportMetricsServiceRequest a line, as the collector's file exporter writes it.

Field by field:
https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
"""

import json
import math
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import Any

from contractctl.evidence.condensed import MOST, Condenser
from contractctl.evidence.counters import Growth, growth
from contractctl.evidence.files import lines
from contractctl.evidence.metrics import CANARY, DURATION, HEARTBEAT, READS, TAKEN, environment_of, take_lost, take_sign
from contractctl.evidence.observations import Observations
from contractctl.evidence.otlp import sorting
from contractctl.evidence.otlp.counter_presence import CounterPresence
from contractctl.evidence.otlp.processes import BEGAN, ENDED, NANO, STARTED, Labels, Life, Processes
from contractctl.evidence.otlp.sorting import Sample, Samples
from contractctl.evidence.records import records
from contractctl.evidence.sources import Given
from contractctl.evidence.spans import Span
from contractctl.model.evidence import Record

_DELTA, _CUMULATIVE = 1, 2
_TEMPORALITY = {"AGGREGATION_TEMPORALITY_DELTA": _DELTA, "AGGREGATION_TEMPORALITY_CUMULATIVE": _CUMULATIVE}
_SCOPES = ("scopeMetrics", "instrumentationLibraryMetrics")
"""Metrics of a scope, by the current name and the one before OTLP 0.15."""
_NUMBERS = ("gauge", "sum")
_KINDS = {DURATION: (("histogram",), "a histogram with a bucket that ends at the plan's slow_seconds")}
_LATEST = 2**64
"""Times are fixed64."""
_NO_REQUEST = (ArithmeticError, ValueError, RecursionError, TypeError, AttributeError, LookupError)
_KNOWN = frozenset((HEARTBEAT, STARTED, BEGAN, ENDED, *TAKEN))


class _UnreadableError(ValueError):
    """A line that is not a metrics request."""


@dataclass(frozen=True, slots=True)
class _Series:
    """What makes samples belong together; a restart gives a new start, and so another counter of the same series."""

    metric: str
    resource: Labels
    labels: Labels

    @property
    def attributes(self) -> dict[str, str]:
        return dict(self.resource) | dict(self.labels)


def collect(given: Given) -> tuple[Record, ...]:
    """Read every file that the pattern matches. There are no options."""
    question = given.question
    seen = Observations("otlp", given.location, environment=question.environment)
    condenser = Condenser(seen, question)
    timed = question.plan.canary.slow_seconds is not None
    try:
        with sorting.samples() as samples:
            beat = question.plan.reads.heartbeat_seconds
            known = _Known(samples, Processes(beat), CounterPresence(beat))
            for place, line in lines(seen, given.location, given.root):
                try:
                    for point in _points(json.loads(line), timed=timed):
                        _take(seen, point, known)
                except _NO_REQUEST as error:
                    why = str(error) if isinstance(error, _UnreadableError) else "is not an OTLP metrics request"
                    seen.spoiled(f"unparseable: {place}: {why}")
                condenser.look_after()
            series = list(known.numbers)
            for (number, delta, start), found in samples.counters():
                life = Life(start)
                _grow(condenser, series[number], life, found, delta=delta)
                if not delta:
                    _lose(seen, series[number], known.processes.lost(series[number].resource, life))
                if series[number].metric == READS:
                    known.presence.counter(series[number].resource, series[number].attributes, life, delta=delta)
            known.presence.tell(seen, question.fields)
            for resource, span in known.processes.silent(one.resource for one in series):
                for metric in (READS, CANARY):
                    take_lost(seen, metric, dict(resource), [span])
    except sqlite3.Error as error:
        seen.spoiled(f"source error: the samples cannot be sorted: {error}")
    return records(seen, question)


@dataclass(frozen=True, slots=True)
class _Point:
    series: _Series
    start: int
    """0 where it is not given."""
    until: int
    value: float
    temporality: int
    """0 for a gauge."""


def _points(request: Any, *, timed: bool) -> Iterator[_Point]:  # noqa: ANN401 - JSON
    """timed: whether the plan asks how long requests took."""
    for of_resource in request["resourceMetrics"]:
        resource = _labels(of_resource.get("resource", {}))
        for of_scope in chain.from_iterable(of_resource.get(name, []) for name in _SCOPES):
            for metric in of_scope.get("metrics", []):
                name = metric.get("name")
                if name in _KNOWN:
                    if name != DURATION or timed:
                        _demand_its_kind(metric)
                    yield from _of_metric(metric, resource)


def _demand_its_kind(metric: Mapping[str, Any]) -> None:
    """What cannot be read is not passed over in silence."""
    name = metric["name"]
    kinds, expected = _KINDS.get(name, (_NUMBERS, "a sum or a gauge"))
    others = (key for key, held in metric.items() if key not in kinds and isinstance(held, dict))
    if other := next((key for key in others if "dataPoints" in metric[key]), None):
        raise _UnreadableError(f"{name} is of the kind '{other}', which is not read: {expected} is expected")


def _of_metric(metric: Mapping[str, Any], resource: Labels) -> Iterator[_Point]:
    name = metric["name"]
    if name == DURATION:
        yield from _of_histogram(metric, resource)
        return
    for kind, temporality in (("gauge", 0), ("sum", _temporality(metric))):
        for point in metric.get(kind, {}).get("dataPoints", []):
            if int(point.get("flags", 0)) & 1:  # FLAG_NO_RECORDED_VALUE: the stream ended here
                continue
            start = int(point.get("startTimeUnixNano", 0)) if kind == "sum" else 0
            until = int(point["timeUnixNano"])
            if not 0 <= min(start, until) <= max(start, until) < _LATEST:
                raise _UnreadableError(f"{name} has a time that cannot be read")
            yield _Point(_Series(name, resource, _labels(point)), start, until, _value(point), temporality)


def _of_histogram(metric: Mapping[str, Any], resource: Labels) -> Iterator[_Point]:
    """OTLP's buckets start above the previous bound; a point here counts all up to its own, as in Prometheus."""
    temporality = _temporality(metric, "histogram")
    for point in metric.get("histogram", {}).get("dataPoints", []):
        if int(point.get("flags", 0)) & 1:
            continue
        counts = [int(count) for count in point.get("bucketCounts", [])]
        bounds = [*map(float, point.get("explicitBounds", [])), math.inf]
        if len(counts) != len(bounds) or min(counts) < 0 or sum(counts) != int(point["count"]):
            raise _UnreadableError(f"{DURATION} has buckets whose counts do not add up")
        start, until = int(point.get("startTimeUnixNano", 0)), int(point["timeUnixNano"])
        if not 0 <= min(start, until) <= max(start, until) < _LATEST:
            raise _UnreadableError(f"{DURATION} has a time that cannot be read")
        for bound, count in zip(bounds, accumulate(counts), strict=True):
            labels = (*_labels(point), ("le", repr(bound)))
            yield _Point(_Series(DURATION, resource, labels), start, until, float(count), temporality)


def _temporality(metric: Mapping[str, Any], kind: str = "sum") -> int:
    if kind not in metric:
        return 0
    stated = metric[kind].get("aggregationTemporality")
    found = _TEMPORALITY.get(stated, stated)
    if found not in (_DELTA, _CUMULATIVE):
        raise _UnreadableError(f"{metric['name']} does not say whether it is delta or cumulative")
    return int(found)


def _value(point: Mapping[str, Any]) -> float:
    value = float(point["asInt"] if "asInt" in point else point["asDouble"])
    if not math.isfinite(value) or value < 0:
        raise _UnreadableError(f"{value} is not a count")
    return value


def _labels(holder: Mapping[str, Any]) -> Labels:
    """Attributes as sorted text pairs; an int64 comes as a string, which is what it stays."""
    found = {}
    for attribute in holder.get("attributes", []):
        value = attribute.get("value", {})
        found[attribute["key"]] = str(next(iter(value.values()), ""))
    return tuple(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class _Known:
    """The counters; what they have in common is kept once."""

    samples: Samples
    processes: Processes
    presence: CounterPresence
    numbers: dict[_Series, int] = field(default_factory=dict)
    labels: dict[Labels, Labels] = field(default_factory=dict)

    def number(self, series: _Series) -> int | None:
        """None where there are too many to tell apart."""
        found = self.numbers.get(series)
        if found is None and len(self.numbers) < MOST:
            resource, labels = (self.labels.setdefault(one, one) for one in (series.resource, series.labels))
            found = self.numbers[_Series(series.metric, resource, labels)] = len(self.numbers)
        return found


def _take(seen: Observations, point: _Point, known: _Known) -> None:
    series, processes = point.series, known.processes
    if series.metric in (BEGAN, ENDED):
        _take_mark(seen, point, processes)
        return
    processes.until = max(processes.until, point.until)
    if series.metric == HEARTBEAT:
        attributes, at = series.attributes, point.until / NANO
        take_sign(seen, attributes, at)
        if not seen.is_elsewhere(environment_of(attributes)):
            known.presence.sign(series.resource, attributes, at)
        if known.presence.crowded:
            seen.spoiled(f"truncated: more than {MOST:,} periods of life are too many to keep apart")
    elif not point.temporality and series.metric != STARTED:
        raise _UnreadableError(f"{series.metric} is a gauge, but a sum is expected")
    elif (number := known.number(series)) is None:
        seen.spoiled(f"truncated: more than {MOST:,} counters are too many to keep apart")
    else:
        start = int(point.value * NANO) if series.metric == STARTED else point.start
        if not start < _LATEST:
            raise _UnreadableError(f"{STARTED} has a time that cannot be read")
        known.samples.add((number, point.temporality == _DELTA, start), point.until, point.value)


def _take_mark(seen: Observations, point: _Point, processes: Processes) -> None:
    if processes.crowded:
        seen.spoiled(f"truncated: more than {MOST:,} processes are too many to keep apart")
    elif point.series.metric == BEGAN:
        processes.began(point.series.resource, point.until, point.value)
    else:
        processes.ended(point.series.resource, point.until)


def _grow(condenser: Condenser, series: _Series, life: Life, found: Iterable[Sample], *, delta: bool) -> None:
    """What a counter has counted, from sample to sample."""
    seen, attributes, samples = condenser.seen, series.attributes, life.follow(found)
    if series.metric == STARTED:
        deque(samples, maxlen=0)
        return
    if delta:
        steps: Iterable[Growth] = (Growth((life.start or until) / NANO, until / NANO, n) for until, n in samples)
    else:
        steps = growth(((until / NANO, value) for until, value in samples), -math.inf)
    for step in steps:
        if step.reset:
            take_lost(seen, series.metric, attributes, [(step.begin, step.end)])
        TAKEN[series.metric](seen, attributes, step)
        condenser.look_after()


def _lose(seen: Observations, series: _Series, spans: Iterable[Span]) -> None:
    """A process that counts reads may have counted some more before it ended."""
    metric = READS if series.metric == STARTED else series.metric
    take_lost(seen, metric, series.attributes, spans)

"""What do OTLP-JSON metrics say? One ExportMetricsServiceRequest a line, as the collector's file exporter writes it.

Field by field: https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from contractctl.evidence.counters import Growth, growth
from contractctl.evidence.files import lines
from contractctl.evidence.metrics import DURATION, HEARTBEAT, TAKEN, take_lost, take_sign
from contractctl.evidence.observations import Observations

_DELTA, _CUMULATIVE = 1, 2
_TEMPORALITY = {"AGGREGATION_TEMPORALITY_DELTA": _DELTA, "AGGREGATION_TEMPORALITY_CUMULATIVE": _CUMULATIVE}
_NANO = 1e9
_LATEST = 2**64
"""Times are fixed64."""
_Labels = tuple[tuple[str, str], ...]


class _UnreadableError(ValueError):
    """A line that is no metrics request."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """What makes samples belong together: a restart gives a new start, and so a new stream."""

    metric: str
    resource: _Labels
    labels: _Labels
    start: int


def observe(location: str, options: Mapping[str, str], root: Path) -> Observations:
    """Read every file that the pattern `location` matches below `root`. There are no options."""
    del options
    seen = Observations("otlp", location)
    cumulative: dict[_Stream, dict[float, float]] = defaultdict(dict)
    deltas: dict[tuple[_Stream, int], float] = {}
    for place, line in lines(seen, location, root):
        try:
            for point in _points(json.loads(line)):
                _take(seen, point, cumulative, deltas)
        except (ArithmeticError, ValueError, RecursionError, TypeError, AttributeError, LookupError) as error:
            why = str(error) if isinstance(error, _UnreadableError) else "is no OTLP metrics request"
            seen.spoiled(f"unparseable: {place}: {why}")
    for (stream, until), count in deltas.items():
        _count(seen, stream, Growth((stream.start or until) / _NANO, until / _NANO, count))
    for stream, samples in cumulative.items():
        _grow(seen, stream, samples)
    return seen


@dataclass(frozen=True, slots=True)
class _Point:
    stream: _Stream
    until: int
    value: float
    temporality: int
    """0 for a gauge."""


def _points(request: Any) -> Iterator[_Point]:  # noqa: ANN401 - JSON
    for of_resource in request["resourceMetrics"]:
        resource = _labels(of_resource.get("resource", {}))
        for of_scope in of_resource.get("scopeMetrics", []):
            for metric in of_scope.get("metrics", []):
                if metric.get("name") in (HEARTBEAT, *TAKEN):
                    yield from _of_metric(metric, resource)


def _of_metric(metric: Mapping[str, Any], resource: _Labels) -> Iterator[_Point]:
    name = metric["name"]
    if name == DURATION:
        yield from _of_histogram(metric, resource)
        return
    for kind, temporality in (("gauge", 0), ("sum", _temporality(metric))):
        for point in metric.get(kind, {}).get("dataPoints", []):
            if int(point.get("flags", 0)) & 1:  # FLAG_NO_RECORDED_VALUE: the stream ended here
                continue
            start = int(point.get("startTimeUnixNano", 0)) if kind == "sum" else 0
            stream = _Stream(name, resource, _labels(point), start)
            until = int(point["timeUnixNano"])
            if not max(start, until) < _LATEST:
                raise _UnreadableError(f"{name} has a time that is none")
            yield _Point(stream, until, _value(point), temporality)


def _of_histogram(metric: Mapping[str, Any], resource: _Labels) -> Iterator[_Point]:
    """A bucket counts what is above the bound before; a point here is all up to its own bound, as Prometheus has it."""
    temporality = _temporality(metric, "histogram")
    for point in metric.get("histogram", {}).get("dataPoints", []):
        if int(point.get("flags", 0)) & 1:
            continue
        counts = [int(count) for count in point.get("bucketCounts", [])]
        bounds = [*map(float, point.get("explicitBounds", [])), math.inf]
        if len(counts) != len(bounds) or min(counts) < 0 or sum(counts) != int(point["count"]):
            raise _UnreadableError(f"{DURATION} has buckets that do not add up")
        start, until = int(point.get("startTimeUnixNano", 0)), int(point["timeUnixNano"])
        if not max(start, until) < _LATEST:
            raise _UnreadableError(f"{DURATION} has a time that is none")
        for bound, count in zip(bounds, accumulate(counts), strict=True):
            labels = (*_labels(point), ("le", repr(bound)))
            yield _Point(_Stream(DURATION, resource, labels, start), until, float(count), temporality)


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
        raise _UnreadableError(f"{value} is no count")
    return value


def _labels(holder: Mapping[str, Any]) -> _Labels:
    """Attributes as sorted text pairs; an int64 comes as a string, which is what it stays."""
    found = {}
    for attribute in holder.get("attributes", []):
        value = attribute.get("value", {})
        found[attribute["key"]] = str(next(iter(value.values()), ""))
    return tuple(sorted(found.items()))


def _take(
    seen: Observations,
    point: _Point,
    cumulative: dict[_Stream, dict[float, float]],
    deltas: dict[tuple[_Stream, int], float],
) -> None:
    if point.stream.metric == HEARTBEAT:
        take_sign(seen, dict(point.stream.resource) | dict(point.stream.labels), point.until / _NANO)
    elif point.temporality == _DELTA:
        deltas[point.stream, point.until] = point.value  # the same point twice is one point
    elif point.temporality == _CUMULATIVE:
        cumulative[point.stream][point.until / _NANO] = point.value
    else:
        raise _UnreadableError(f"{point.stream.metric} is a gauge, and a sum is expected")


def _grow(seen: Observations, stream: _Stream, samples: Mapping[float, float]) -> None:
    for step in growth(sorted(samples.items()), -math.inf):
        if step.reset:
            take_lost(seen, stream.metric, dict(stream.resource) | dict(stream.labels), [(step.begin, step.end)])
        _count(seen, stream, step)


def _count(seen: Observations, stream: _Stream, step: Growth) -> None:
    TAKEN[stream.metric](seen, dict(stream.resource) | dict(stream.labels), step)

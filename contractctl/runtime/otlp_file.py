"""How do metrics get into a file? As OTLP JSON, one request a line, for `contractctl evidence collect`.

https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    PeriodicExportingMetricReader,
    ResourceMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource

_JUST_NOW = 1_000_000_000
"""Nanoseconds: when a reader is shut down it exports once more, and then shuts its exporter down."""


def provider(path: Path, *, service: str, version: str = "", seconds: float = 60.0) -> MeterProvider:
    """A meter provider that appends to `path` at once, every `seconds`, and once more when it is shut down.

    A process that is killed loses what it counted since it last wrote. The file shows that it started and did not
    finish, and evidence treats that time as lost.
    """
    attributes = {"service.name": service, "service.instance.id": str(uuid4())}
    resource = Resource.create(attributes | ({"service.version": version} if version else {}))
    exporter = OtlpFileExporter(path)
    exporter.begin(resource, seconds)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=seconds * 1000)
    return MeterProvider([reader], resource)


class OtlpFileExporter(MetricExporter):
    """Appends counters and gauges to a file; each line is written at once, so several processes may share a file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._told: list[tuple[Resource, int]] = []
        """Whose metrics the last export held, and when they were read."""

    def begin(self, resource: Resource, seconds: float) -> None:
        """Record that a process counts from now on, and exports every so many seconds."""
        self._append([_mark(resource, "contract.export.began", time.time_ns(), seconds)])

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object) -> MetricExportResult:
        """Append one line; a full disk never disturbs the application."""
        del timeout_millis, kwargs
        done = self._append(list(_resources(metrics_data)))
        self._told = [(one.resource, _newest(one)) for one in metrics_data.resource_metrics] if done else []
        return MetricExportResult.SUCCESS if done else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Return at once: nothing is buffered."""
        del timeout_millis
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        """Record that the export made just now has everything. If there was none, record nothing."""
        del timeout_millis, kwargs
        last = [(resource, at) for resource, at in self._told if time.time_ns() - at <= _JUST_NOW]
        if last:
            self._append([_mark(resource, "contract.instrumentation.ended", at, 1.0) for resource, at in last])

    def _append(self, resources: Sequence[Mapping[str, Any]]) -> bool:
        line = (json.dumps({"resourceMetrics": resources}, separators=(",", ":")) + "\n").encode()
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                return os.write(handle, line) == len(line)
            finally:
                os.close(handle)
        except OSError:
            return False


def _mark(resource: Resource, name: str, at: int, value: float) -> dict[str, Any]:
    point = {"attributes": [], "timeUnixNano": str(at), "asDouble": value}
    scope = {"scope": {"name": "contractctl.runtime"}, "metrics": [{"name": name, "gauge": {"dataPoints": [point]}}]}
    return {"resource": {"attributes": _attributes(resource.attributes)}, "scopeMetrics": [scope]}


def _newest(found: ResourceMetrics) -> int:
    metrics = (metric for scope in found.scope_metrics for metric in scope.metrics)
    return max((point.time_unix_nano for metric in metrics for point in metric.data.data_points), default=0)


def _resources(found: MetricsData) -> Iterator[dict[str, Any]]:
    for of_resource in found.resource_metrics:
        scopes = [
            {
                "scope": {"name": scope.scope.name},
                "metrics": [one for metric in scope.metrics for one in _metric(metric)],
            }
            for scope in of_resource.scope_metrics
        ]
        yield {"resource": {"attributes": _attributes(of_resource.resource.attributes)}, "scopeMetrics": scopes}


def _metric(metric: Metric) -> Iterator[dict[str, Any]]:
    """Counters, gauges and histograms with bounds of their own."""
    head = {"name": metric.name, "unit": metric.unit or ""}
    if isinstance(metric.data, Sum):
        points = [_point(point) for point in metric.data.data_points]
        held = {"dataPoints": points, "aggregationTemporality": _temporality(metric.data.aggregation_temporality)}
        yield head | {"sum": held | {"isMonotonic": metric.data.is_monotonic}}
    elif isinstance(metric.data, Histogram):
        buckets = [_buckets(point) for point in metric.data.data_points]
        held = {"dataPoints": buckets, "aggregationTemporality": _temporality(metric.data.aggregation_temporality)}
        yield head | {"histogram": held}
    elif isinstance(metric.data, Gauge):
        yield head | {"gauge": {"dataPoints": [_point(point) for point in metric.data.data_points]}}


def _temporality(found: AggregationTemporality) -> int:
    return 1 if found is AggregationTemporality.DELTA else 2


def _buckets(point: HistogramDataPoint) -> dict[str, Any]:
    return {
        "attributes": _attributes(point.attributes or {}),
        "timeUnixNano": str(point.time_unix_nano),
        "startTimeUnixNano": str(point.start_time_unix_nano),
        "count": str(point.count),
        "sum": point.sum,
        "bucketCounts": [str(count) for count in point.bucket_counts],
        "explicitBounds": list(point.explicit_bounds),
    }


def _point(point: NumberDataPoint) -> dict[str, Any]:
    """A 64-bit integer travels as a text: https://protobuf.dev/programming-guides/json/."""
    value = {"asInt": str(point.value)} if isinstance(point.value, int) else {"asDouble": point.value}
    times = {"timeUnixNano": str(point.time_unix_nano)}
    if point.start_time_unix_nano:
        times["startTimeUnixNano"] = str(point.start_time_unix_nano)
    return {"attributes": _attributes(point.attributes or {}), **times, **value}


def _attributes(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": str(value)}} for key, value in sorted(found.items())]

"""How do the shop's processes tell what they do? OpenTelemetry metrics, appended to a file or scraped by Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from sqlalchemy import Engine

from contractctl.demo.scraping import HOST, own_port
from contractctl.runtime.otlp_file import provider
from contractctl.runtime.reads import FieldReads
from contractctl.runtime.sqlalchemy import count_reads

EVERY = 0.4
"""Seconds between two reports: a demo cannot wait for the usual minute."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """What a process counts with."""

    meter: Meter
    reads: FieldReads


@contextmanager
def measured(service: str, version: str, engine: Engine) -> Iterator[Instruments]:
    """Count the reads of the column that is to go, as long as the process works; a last report closes the file."""
    name = f"{service}-{version}"
    port = own_port(name)
    file = Path(f"telemetry/{name}.jsonl")
    metrics = provider(file, service=service, version=version, seconds=EVERY) if port is None else _scraped(port)
    meter = metrics.get_meter("contractctl.demo")
    reads = FieldReads(service, version=version, meter=meter)
    count_reads(engine, reads, contract="shop/orders", columns=["orders.customer_name"])
    yield Instruments(meter, reads)
    metrics.shutdown()


def _scraped(port: int) -> MeterProvider:
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from prometheus_client import start_http_server

    metrics = MeterProvider([PrometheusMetricReader()])
    start_http_server(port, HOST)
    return metrics

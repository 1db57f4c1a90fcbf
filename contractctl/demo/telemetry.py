"""How do the shop's processes tell what they do? OpenTelemetry metrics, appended to a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.metrics import Meter
from sqlalchemy import Engine

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
    metrics = provider(Path(f"telemetry/{service}-{version}.jsonl"), service=service, version=version, seconds=EVERY)
    meter = metrics.get_meter("contractctl.demo")
    reads = FieldReads(service, version=version, meter=meter)
    count_reads(engine, reads, contract="shop/orders", columns=["orders.customer_name"])
    yield Instruments(meter, reads)
    metrics.shutdown()

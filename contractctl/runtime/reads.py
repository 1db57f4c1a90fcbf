"""Who still reads a field? A counter, and a sign of life without which its silence would prove nothing."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from opentelemetry.metrics import CallbackOptions, Counter, Meter, Observation, get_meter

Attributes = dict[str, str]
_BEGUN = time.time()
"""When this process began to count."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One field whose reads are counted."""

    contract: str
    path: str
    _counter: Counter = field(repr=False)
    _attributes: Attributes = field(repr=False)

    def read(self, count: int = 1) -> None:
        """Count so many reads of the field."""
        self._counter.add(count, self._attributes)

    def not_understood(self, count: int = 1) -> None:
        """Count so many statements that may have read the field."""
        self._counter.add(count, self._attributes | {"contract.read.certainty": "unknown"})


class FieldReads:
    """The reads of one consumer, through the OpenTelemetry API.

    It has the counter `contract.field.reads` and the gauges `contract.instrumentation.info`,
    `contract.instrumentation.started` and `contract.instrumentation.ended`. What a process counted since its last
    export is lost when it is killed; if its counters are scraped, as by Prometheus, also when it ends normally. The
    next start shows that. If its counters are sent, as in OTLP, `finish` shows that nothing was lost. The application
    chooses the exporter and how often it exports: `meter` is one of its meters, by default the global one.
    """

    def __init__(self, consumer: str, *, version: str = "", meter: Meter | None = None) -> None:
        meter = meter or get_meter("contractctl.runtime")
        self._attributes = {"contract.consumer.name": consumer} | ({"service.version": version} if version else {})
        self._counter = meter.create_counter("contract.field.reads", "{read}", "Reads of a field that will be removed")
        self._watched: list[Attributes] = []
        self._lock = Lock()
        self._finished = False
        meter.create_observable_gauge(
            "contract.instrumentation.info", [self._alive], "", "The instrument of a field is alive"
        )
        meter.create_observable_gauge(
            "contract.instrumentation.started", [self._started], "s", "When the process began to count"
        )
        meter.create_observable_gauge(
            "contract.instrumentation.ended", [self._ended], "", "The last report of the process"
        )

    def watch(self, contract: str, path: str, *, contract_version: str = "") -> Watched:
        """Begin to count the reads of a field: `orders.customer_name`, `OrderPlaced.customer_name`.

        The counter starts at zero at once: if its first sample were the first read, `increase()` would miss that read.
        """
        attributes = self._attributes | {"contract.name": contract, "contract.field.path": path}
        if contract_version:
            attributes["contract.version"] = contract_version
        self._counter.add(0, attributes)
        with self._lock:
            self._watched.append(attributes)
        return Watched(contract, path, self._counter, attributes)

    def finish(self) -> None:
        """Declare that nothing is read any more. Call it before the meter provider is shut down and exports once more.

        `contractctl.runtime.otlp_file` does without it.
        """
        with self._lock:
            self._finished = True

    def _alive(self, options: CallbackOptions) -> Iterable[Observation]:
        del options
        with self._lock:
            return [Observation(1, attributes) for attributes in self._watched]

    def _started(self, options: CallbackOptions) -> Iterable[Observation]:
        del options
        with self._lock:
            return [Observation(_BEGUN, attributes) for attributes in self._watched]

    def _ended(self, options: CallbackOptions) -> Iterable[Observation]:
        del options
        with self._lock:
            return [Observation(1, attributes) for attributes in self._watched if self._finished]

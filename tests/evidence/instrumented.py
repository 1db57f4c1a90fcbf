"""A consumer as its team would instrument it for Prometheus: `python -m tests.evidence.instrumented PORT`.

Each line that it is given is a number of reads; it answers when it has counted them, and ends with its input.
"""

import sys

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import start_http_server

from contractctl.runtime.reads import FieldReads
from tests.servers import HOST

_PORT = int(sys.argv[1])
_METRICS = MeterProvider([PrometheusMetricReader()])
_FIELD = FieldReads("reporting", version="2.1", meter=_METRICS.get_meter("shop")).watch(
    "shop/orders", "orders.customer_name"
)
start_http_server(_PORT, HOST)
print("counting", flush=True)
for line in sys.stdin:
    _FIELD.read(int(line))
    print("counted", flush=True)

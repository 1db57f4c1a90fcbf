"""A question, and a real HTTP server that speaks Prometheus' API over samples that a test gives it."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from contractctl.evidence.questions import Question
from contractctl.model.contract import Party
from contractctl.model.evidence import Kind, Record
from contractctl.model.plan import CanaryRules, Movement, Operation, Plan, ReadRules, Transform

NOW = 1_793_678_400.0
MINUTE = 60.0
PATH = "orders.customer_name"
WINDOW = 6 * 3600.0
PLAN = Plan(
    name="rename",
    movements=(Movement("shop/orders", "sql", "1.0.0", "1.1.0", "2.0.0"),),
    operations=(
        Operation("rename-column", "shop/orders", "orders", "customer_name", "full_name", Transform("a", "b")),
    ),
    revisions={},
    canary=CanaryRules(bake_seconds=600),
    reads=ReadRules(window_seconds=WINDOW),
)
QUESTION = Question(PLAN, {"shop/orders": (Party("reporting"),)}, None, NOW)


def only(records: tuple[Record, ...], kind: Kind) -> Record:
    (found,) = [record for record in records if record.kind is kind]
    return found


Samples = list[tuple[float, float]]


class Prometheus:
    """Series by metric; answers range queries as Prometheus does, five minutes' memory included."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.series: list[tuple[dict[str, str], Samples]] = []
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], bool] | None = None
        """What to do instead; True where it has answered."""
        self.extra: dict[str, Any] = {}

    def add(self, metric: str, labels: dict[str, str], samples: Samples) -> None:
        self.series.append(({"__name__": metric, **labels}, samples))

    def reads(self, samples: Samples, **labels: str) -> None:
        found = {
            "contract_name": "shop/orders",
            "contract_field_path": PATH,
            "contract_consumer_name": "reporting",
            "service_version": "2.1",
        }
        self.add("contract_field_reads_total", found | labels, samples)

    def alive(self, begin: float, end: float, **labels: str) -> None:
        found = {"contract_name": "shop/orders", "contract_field_path": PATH, "contract_consumer_name": "reporting"}
        samples = [(begin + step * 15, 1.0) for step in range(int((end - begin) / 15) + 1)]
        self.add("contract_instrumentation_info", found | labels, samples)

    def query(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        match = re.fullmatch(r"(timestamp\()?(\w+)\{.*\}\)?", asked["query"])
        assert match, asked["query"]
        begin, end, step = float(asked["start"]), float(asked["end"]), float(asked["step"])
        assert (end - begin) / step <= 11_000, "exceeded maximum resolution of 11,000 points per timeseries"
        result = []
        for labels, samples in self.series:
            if labels["__name__"] != match[2]:
                continue
            values = list(_range(samples, begin, end, step, stamps=bool(match[1])))
            if values:
                named = {key: text for key, text in labels.items() if not (match[1] and key == "__name__")}
                result.append({"metric": named, "values": values})
        return result


def _range(samples: Samples, begin: float, end: float, step: float, *, stamps: bool) -> Iterator[list[Any]]:
    index, at = -1, begin
    while at <= end:
        while index + 1 < len(samples) and samples[index + 1][0] <= at:
            index += 1
        if index >= 0 and at - samples[index][0] < 300:
            value = samples[index][0] if stamps else samples[index][1]
            yield [at, "NaN" if value != value else "+Inf" if value == float("inf") else repr(value)]  # noqa: PLR0124 - NaN
        at += step


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            fake.headers.append(dict(self.headers))
            if fake.answer and fake.answer(self):
                return
            asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
            fake.asked.append(asked)
            assert parts.path == "/api/v1/query_range"
            data = {"resultType": "matrix", "result": fake.query(asked)}
            reply(self, 200, {"status": "success", "data": data, **fake.extra})

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake = Prometheus(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


def reply(handler: BaseHTTPRequestHandler, code: int, body: object, **headers: str) -> bool:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(code)
    for key, text in headers.items():
        handler.send_header(key, text)
    handler.send_header("Content-Length", str(len(raw)))
    with suppress(BrokenPipeError):  # who asked has gone
        handler.end_headers()
        handler.wfile.write(raw)
    return True


def slow(handler: BaseHTTPRequestHandler) -> bool:
    del handler
    time.sleep(0.6)
    return False

"""A question, and a real HTTP server that speaks Prometheus' API over samples that a test gives it."""

import json
import math
import operator
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
TARGET = {"job": "reporting", "instance": "10.0.0.7:9100"}
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
    """Series by metric; answers range selectors as Prometheus does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.series: list[tuple[dict[str, str], Samples]] = []
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], bool] | None = None
        """What to do instead; True where it has answered."""
        self.extra: dict[str, Any] = {}
        self.after: Callable[[float, float], bool] = operator.ge
        """Whether a sample is in a range that begins there: at its very beginning in version 2, later in version 3."""
        self.most = math.inf
        """Samples of one series that one query may load."""
        self.answers: dict[str, Callable[[dict[str, str]], Any]] = {
            "/api/v1/query": lambda asked: {"resultType": "matrix", "result": self.query(asked)},
            "/api/v1/series": self.label_sets,
        }

    def add(self, metric: str, labels: dict[str, str], samples: Samples) -> None:
        self.series.append(({"__name__": metric, **labels}, samples))

    def reads(self, samples: Samples, *, begun: Samples | None = None, **labels: str) -> None:
        """A counter, and when its process began: once and for all, where no test says otherwise."""
        found = {
            "contract_name": "shop/orders",
            "contract_field_path": PATH,
            "contract_consumer_name": "reporting",
            "service_version": "2.1",
        }
        self.add("contract_field_reads_total", TARGET | found | labels, samples)
        started = [(at, 1.0) for at, _ in samples] if begun is None else begun
        self.add("process_start_time_seconds", TARGET | {key: labels[key] for key in TARGET if key in labels}, started)

    def alive(self, begin: float, end: float, **labels: str) -> None:
        found = {"contract_name": "shop/orders", "contract_field_path": PATH, "contract_consumer_name": "reporting"}
        samples = [(begin + step * 15, 1.0) for step in range(int((end - begin) / 15) + 1)]
        self.add("contract_instrumentation_info", TARGET | found | labels, samples)

    def query(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        match = re.fullmatch(r"(\w+)\{.*\}\[(\d+)ms\]", asked["query"])
        assert match, asked["query"]
        end = float(asked["time"])
        begin = end - int(match[2]) / 1000
        result = []
        for labels, samples in self.series:
            if labels["__name__"] != match[1]:
                continue
            values = [[at, _text(value)] for at, value in samples if self.after(at, begin) and at <= end]
            if len(values) > self.most:
                raise OverflowError
            if values:
                result.append({"metric": labels, "values": values})
        return result

    def label_sets(self, asked: dict[str, str]) -> list[dict[str, str]]:
        return [labels for labels, _ in self.series if asked["match[]"].startswith(f"{labels['__name__']}{{")]


def _text(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value == math.inf else repr(value)


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
            try:
                data = fake.answers[parts.path](asked)
                reply(self, 200, {"status": "success", "data": data, **fake.extra})
            except OverflowError:
                error = {
                    "status": "error",
                    "errorType": "execution",
                    "error": "query processing would load too many samples",
                }
                reply(self, 422, error)

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

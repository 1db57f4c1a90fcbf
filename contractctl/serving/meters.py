"""How many requests were there, what was answered, and how long did it take? In Prometheus' format."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Meters:
    """The metrics. None names a plan, a service or an environment."""

    def __init__(self) -> None:
        self._all = CollectorRegistry()
        self._requests = Counter("contractctl_serve_requests", "Requests.", ("endpoint", "status"), registry=self._all)
        self._answers = Counter("contractctl_serve_answers", "Answers.", ("endpoint", "verdict"), registry=self._all)
        self._seconds = Histogram(
            "contractctl_serve_seconds", "How long requests took.", ("endpoint",), buckets=_SECONDS, registry=self._all
        )
        self._asking = Gauge("contractctl_serve_asking", "Questions that are being answered.", registry=self._all)

    def count(self, endpoint: str, status: int, verdict: str | None, seconds: float) -> None:
        """Count one finished request."""
        self._requests.labels(endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)
        if verdict is not None:
            self._answers.labels(endpoint, verdict).inc()

    def asking(self, questions: int) -> None:
        """How many requests are being answered at this moment."""
        self._asking.set(questions)

    def text(self) -> bytes:
        """All metrics as text."""
        return generate_latest(self._all)

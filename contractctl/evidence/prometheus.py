"""What does a Prometheus server say? Its HTTP API, asked for samples; deltas are computed here, never by `increase()`.

https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries. Signs of life are asked for as `timestamp(…)`:
a plain range query repeats a sample for five minutes after its source has died.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from contractctl.errors import ContractctlError
from contractctl.evidence.counters import growth
from contractctl.evidence.metrics import CANARY, HEARTBEAT, READS, take_read, take_request, take_sign
from contractctl.evidence.observations import Observations
from contractctl.evidence.questions import Question, needed_window
from contractctl.evidence.web import Answer, NoAnswerError, Server, get

_POINTS = 10_000
"""A range query may ask for 11,000 points a series."""
_METRICS = {
    "reads": "contract_field_reads_total",
    "heartbeat": "contract_instrumentation_info",
    "canary": "contract_canary_requests_total",
}
_ATTRIBUTES = {
    "contract_name": "contract.name",
    "contract_field_path": "contract.field.path",
    "contract_consumer_name": "contract.consumer.name",
    "contract_read_certainty": "contract.read.certainty",
    "contract_plan": "contract.plan",
    "contract_path": "contract.path",
    "contract_outcome": "contract.outcome",
    "service_name": "service.name",
    "service_version": "service.version",
}


@dataclass(frozen=True, slots=True)
class _Query:
    """One expression over one window."""

    metric: str
    expression: str
    begin: float
    end: float
    step: float


class _UnusableError(Exception):
    """An answer that proves nothing; its text is the record's problem."""


def observe(location: str, options: Mapping[str, str], question: Question) -> Observations:
    """Ask the server at the URL `location`.

    Options: `reads`, `heartbeat`, `canary` (names of metrics, where they differ), `timeout` (seconds), `token`.
    """
    server = Server.at(location, token=options.get("token"), timeout=_timeout(options))
    queries = list(_queries(question, options))
    shown = " ; ".join(dict.fromkeys(query.expression for query in queries))
    seen = Observations("prometheus", f"{server.url}: {shown}")
    for query in queries:
        try:
            samples = _ask(seen, server, query)
            _take(seen, query, samples)
        except (_UnusableError, NoAnswerError) as error:
            seen.spoiled(str(error))
    return seen


def _timeout(options: Mapping[str, str]) -> float:
    try:
        seconds = float(options.get("timeout", "30"))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise ContractctlError(f"'{options['timeout']}' is no timeout", hint="write seconds, for example timeout = 30")
    return seconds


def _queries(question: Question, options: Mapping[str, str]) -> Iterator[_Query]:
    """Reads and signs of life over the longest window that any consumer needs, then the requests of the share."""
    rules = question.plan.reads
    names = {key: options.get(key, default) for key, default in _METRICS.items()}
    contracts = sorted({field.contract for field in question.fields})
    if contracts:
        parties = [party for contract in contracts for party in question.consumers.get(contract, ())]
        longest = max(needed_window(rules, party, None) for party in (None, *parties))
        chosen = "|".join(_escaped(contract) for contract in contracts)
        step = max(1.0, rules.heartbeat_seconds)
        begin = question.now - longest - 2 * step
        selector = f'{{contract_name=~"{chosen}|"}}'
        yield _Query(READS, names["reads"] + selector, begin, question.now, step)
        yield _Query(HEARTBEAT, f"timestamp({names['heartbeat']}{selector})", begin, question.now, step)
    if question.since is not None:
        step = max(1.0, min(60.0, question.plan.canary.bake_seconds / 60))
        begin = question.since - question.plan.canary.bake_seconds
        selector = f'{{contract_plan="{_quoted(question.plan.name)}"}}'
        yield _Query(CANARY, names["canary"] + selector, begin, question.now, step)


def _escaped(text: str) -> str:
    """As a literal inside a regular expression inside a quoted string."""
    special = "".join(f"\\{letter}" if letter in r"\.+*?()[]{}|^$" else letter for letter in text)
    return _quoted(special)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


_Samples = dict[tuple[tuple[str, str], ...], dict[float, float]]


def _ask(seen: Observations, server: Server, query: _Query) -> _Samples:
    """The samples of every series, put together from as many requests as the server's limit demands."""
    found: _Samples = {}
    begin = query.begin
    while begin <= query.end:
        end = min(query.end, begin + (_POINTS - 1) * query.step)
        asked = {"query": query.expression, "start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{query.step:g}"}
        answer = get(server, f"/api/v1/query_range?{urlencode(asked)}")
        seen.answered(answer.body)
        for series in _matrix(seen, answer):
            labels = tuple(sorted((str(key), str(value)) for key, value in series["metric"].items()))
            samples = found.setdefault(labels, {})
            for at, value in series["values"]:
                samples[float(at)] = _number(value)
        begin = end + query.step
    return found


def _matrix(seen: Observations, answer: Answer) -> list[Any]:
    """The series of an answer. What a server warns of may be missing from it."""
    try:
        document = json.loads(answer.body)
        status, warnings = document["status"], document.get("warnings")
        if status == "success" and document["data"]["resultType"] == "matrix" and answer.code == 200:  # noqa: PLR2004 - HTTP's OK
            if warnings:
                seen.spoiled(f"truncated: the server warns: {'; '.join(map(str, warnings))}")
            result: list[Any] = document["data"]["result"]
            return result
        error = f"{document.get('errorType', 'error')}: {document.get('error', 'no reason given')}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as broken:
        if answer.code != 200:  # noqa: PLR2004 - HTTP's OK
            raise _UnusableError(f"source error: the server answered {answer.code}") from broken
        raise _UnusableError("unparseable: the server's answer is none of Prometheus") from broken
    raise _UnusableError(f"source error: the server answered {answer.code}, {error}")


def _number(text: object) -> float:
    """Values come as strings, since JSON has no NaN."""
    try:
        value = float(str(text))
    except ValueError as error:
        raise _UnusableError(f"unparseable: '{text}' is no number") from error
    if not math.isfinite(value):
        raise _UnusableError(f"unparseable: a sample is {text}")
    return value


def _take(seen: Observations, query: _Query, samples: _Samples) -> None:
    for raw, by_time in samples.items():
        labels = {_ATTRIBUTES[key]: value for key, value in raw if key in _ATTRIBUTES}
        if query.metric == HEARTBEAT:
            for at in sorted({value for value in by_time.values() if value >= query.begin}):
                take_sign(seen, labels, at)
            continue
        for step in growth(sorted(by_time.items()), query.begin + query.step):
            if step.reset:
                seen.lost_seconds += step.end - step.begin
            (take_read if query.metric == READS else take_request)(seen, labels, step)

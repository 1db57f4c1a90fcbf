"""Which samples does a Prometheus server hold? All of them, as they were scraped: a grid of steps would jump over some.

A range selector that is asked for at one moment answers with raw samples:
https://prometheus.io/docs/prometheus/latest/querying/basics/#range-vector-selectors. What lies at its very beginning
belongs to it in version 2 and does not in version 3: parts that touch leave nothing out, and what comes twice is taken
once.
"""

import json
import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from contractctl.evidence.observations import Observations
from contractctl.evidence.web import Answer, NoAnswerError, Server, get

Labels = tuple[tuple[str, str], ...]
Samples = list[tuple[float, float]]
"""(Unix seconds, value), in order of time."""

_OK = 200
_PART = 12 * 3600 * 1000
"""The part of a window that is requested at once, in milliseconds."""
_ROUNDED = 1
"""By how many milliseconds a sample may seem to lie outside what was requested."""
_LEAST = 1000
"""The smallest part: where even that is too much for the server, it cannot answer."""


class UnusableError(Exception):
    """An answer that proves nothing; its text is the record's problem."""


class _TooMuchError(UnusableError):
    """More than the server, or this process, can hold; a smaller request may work."""


def samples(
    seen: Observations, server: Server, selector: str, begin: float, end: float
) -> Iterator[tuple[Labels, Samples]]:
    """Every series, part by part of the window, each part's samples later than those of the part before.

    Raise UnusableError or NoAnswerError where the server does not answer for the whole of the window.
    """
    latest: dict[Labels, float] = {}
    at, last, size = math.floor(begin * 1000), math.floor(end * 1000), _PART
    while at < last:
        until = min(last, at + size)
        try:
            found = _part(seen, server, selector, at, until)
        except _TooMuchError:
            if size <= _LEAST:
                raise
            size = max(_LEAST, (until - at) // 4)
            continue
        for labels, values in found:
            known = latest.get(labels, -math.inf)
            fresh = [one for one in values if one[0] > known]
            if fresh:
                latest[labels] = fresh[-1][0]
                yield labels, fresh
        at = until


def label_sets(seen: Observations, server: Server, selector: str, begin: float, end: float) -> list[Labels]:
    """The series that the selector finds in the window, without their samples."""
    asked = {"match[]": selector, "start": f"{begin:.3f}", "end": f"{end:.3f}"}
    try:
        answer = get(server, f"/api/v1/series?{urlencode(asked)}")
        found = _data(seen, answer)
        return [_labels(one) for one in found]
    except (TypeError, AttributeError) as broken:
        raise UnusableError(_NONE) from broken


def _part(seen: Observations, server: Server, selector: str, begin: int, end: int) -> list[tuple[Labels, Samples]]:
    asked = {"query": f"{selector}[{end - begin}ms]", "time": f"{end / 1000:.3f}"}
    try:
        answer = get(server, f"/api/v1/query?{urlencode(asked)}")
    except NoAnswerError as error:
        if str(error).startswith("truncated"):
            raise _TooMuchError(str(error)) from error
        raise
    try:
        data = _data(seen, answer)
        if data["resultType"] != "matrix":
            raise UnusableError(_NONE)
        found = [(_labels(series["metric"]), _samples(series["values"])) for series in data["result"]]
    except (KeyError, TypeError, AttributeError, ValueError) as broken:
        raise UnusableError(_NONE) from broken
    if len(dict(found)) < len(found):
        raise UnusableError("conflicting evidence: the answer has the same series twice")
    if not all(begin - _ROUNDED <= at * 1000 <= end + _ROUNDED for _, values in found for at, _ in values):
        raise UnusableError("unparseable: the server answered for another time than requested")
    return found


_NONE = "unparseable: the server's answer is not a Prometheus answer"


def _data(seen: Observations, answer: Answer) -> Any:  # noqa: ANN401 - JSON
    """The result. Where the server warns, or calls it partial, something may be missing."""
    try:
        document = json.loads(answer.body)
        status = document["status"]
    except (ValueError, KeyError, TypeError, RecursionError) as broken:
        if answer.code != _OK:
            raise UnusableError(f"source error: the server answered {answer.code}") from broken
        raise UnusableError(_NONE) from broken
    if status != "success" or answer.code != _OK:
        raise _refused(answer.code, document)
    for key in ("warnings", "infos"):
        if document.get(key):
            seen.spoiled(f"truncated: the server warns: {'; '.join(map(str, document[key]))}")
    if document.get("isPartial"):
        seen.spoiled("truncated: the server says that its answer is partial")
    if "data" not in document:
        raise UnusableError(_NONE)
    seen.answered(answer.body)
    return document["data"]


def _refused(code: int, document: Mapping[str, Any]) -> UnusableError:
    error = f"{document.get('errorType', 'error')}: {document.get('error', 'no reason given')}"
    if "too many samples" in error:
        return _TooMuchError(f"truncated: the server answered {code}, {error}")
    return UnusableError(f"source error: the server answered {code}, {error}")


def _labels(metric: Mapping[str, Any]) -> Labels:
    return tuple(sorted((str(key), str(value)) for key, value in metric.items()))


def _samples(values: list[Any]) -> Samples:
    found = [(float(at), _number(value)) for at, value in values]
    if any(after[0] <= before[0] for before, after in pairwise(found)):
        raise UnusableError("unparseable: samples are not in order of time")
    return found


def _number(text: object) -> float:
    """Values come as strings, since JSON has no NaN."""
    try:
        value = float(str(text))
    except ValueError as error:
        raise UnusableError(f"unparseable: '{text}' is not a number") from error
    if not 0 <= value < math.inf:
        raise UnusableError(f"unparseable: a sample is {text}")
    return value

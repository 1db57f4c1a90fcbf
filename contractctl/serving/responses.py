"""How is an answer sent over HTTP? As JSON; a problem as in RFC 9457, with the time after which to retry."""

import json
from collections.abc import Mapping
from math import ceil
from typing import Any

from starlette.responses import Response

from contractctl.serving.answers import ProblemError


def as_json(
    body: Mapping[str, Any],
    status: int,
    headers: Mapping[str, str] | None = None,
    *,
    retry_after: float | None = None,
) -> Response:
    """retry_after: in seconds, if a retry can help."""
    content = json.dumps(body, ensure_ascii=False, allow_nan=False)
    kind = "application/problem+json" if "title" in body else "application/json"
    later = {} if retry_after is None else {"retry-after": str(max(1, ceil(retry_after)))}
    return Response(content, status, {**(headers or {}), **later}, media_type=kind)


def as_problem(problem: ProblemError, headers: Mapping[str, str] | None = None) -> Response:
    """The problem, with a status that no caller takes for a yes."""
    return as_json(problem.body, problem.status, headers, retry_after=problem.retry_after)

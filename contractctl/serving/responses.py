"""How does an answer go out over HTTP? As JSON; a problem as RFC 9457 has it, and with the time to come again."""

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
    """retry_after: in seconds, where coming again can help."""
    content = json.dumps(body, ensure_ascii=False, allow_nan=False)
    kind = "application/problem+json" if "title" in body else "application/json"
    later = {} if retry_after is None else {"retry-after": str(max(1, ceil(retry_after)))}
    return Response(content, status, {**(headers or {}), **later}, media_type=kind)


def as_problem(problem: ProblemError, headers: Mapping[str, str] | None = None) -> Response:
    """What went wrong, with a status that no caller takes for a yes."""
    return as_json(problem.body, problem.status, headers, retry_after=problem.retry_after)

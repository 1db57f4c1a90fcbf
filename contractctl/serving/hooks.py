"""Which token does a webhook of Flagger carry? https://docs.flagger.app/usage/webhooks."""

import json
from typing import Any

from contractctl.serving.answers import ProblemError

_PAYLOAD = ("name", "namespace", "phase")


def token_of(content_type: str, body: bytes) -> str:
    """metadata.token, empty if there is none. Raise ProblemError if it is not a payload of Flagger's."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise ProblemError(415, "the body is not application/json", "send a payload as Flagger does")
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise ProblemError(400, "the body is not JSON", "send a payload as Flagger does") from None
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in _PAYLOAD):
        raise ProblemError(400, "the body is not a Flagger payload", f"it has the strings {', '.join(_PAYLOAD)}")
    metadata = said.get("metadata", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ProblemError(400, "its metadata is not an object of strings", "send a payload as Flagger does")
    return str(metadata.get("token", ""))

"""What does a webhook of Flagger say? https://docs.flagger.app/usage/webhooks."""

import json
from dataclasses import dataclass, field
from typing import Any

from contractctl.serving.answers import ProblemError

_PAYLOAD = ("name", "namespace", "phase")
_OPEN_ON_YES = frozenset({"rollback", "event", "post-rollout"})


@dataclass(frozen=True, slots=True)
class Hook:
    """What counts of it here."""

    kind: str
    """Where it says which type of webhook it is."""
    token: str = field(repr=False)
    """metadata.token."""


def read(content_type: str, body: bytes) -> Hook:
    """The payload. Raise ProblemError where it is none."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise ProblemError(415, "the body is not application/json", "send what Flagger sends")
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise ProblemError(400, "the body is no JSON", "send what Flagger sends") from None
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in _PAYLOAD):
        raise ProblemError(400, "the body is no payload of Flagger's", f"it has the texts {', '.join(_PAYLOAD)}")
    metadata = said.get("metadata")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ProblemError(400, "its metadata are no texts by name", "send what Flagger sends")
    kind = said.get("type", "")
    if not isinstance(kind, str):
        raise ProblemError(400, "its type is no text", "send what Flagger sends")
    return Hook(kind, metadata.get("token", ""))


def demand_gate(said: Hook) -> None:
    """A yes to a rollback hook would roll back what passes: such hooks are not ours to answer."""
    if said.kind in _OPEN_ON_YES:
        title = f"a webhook of type '{said.kind}' is no gate"
        raise ProblemError(400, title, "use confirm-rollout, pre-rollout, rollout or confirm-promotion")

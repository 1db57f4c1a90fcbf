"""What is the answer, and which status conveys it to a caller that reads nothing else?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The verdict of a gate, and of can-i-deploy in the same words."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question."""

    verdict: Verdict
    message: str
    """The answer in a line, for those who read no more."""
    retry_after: float | None
    """Seconds, if waiting alone can turn it into a pass."""
    part: str
    """What `found` is called in the body: decision or deployability."""
    found: Mapping[str, Any]
    """What the command prints with --format json."""

    @property
    def body(self) -> dict[str, Any]:
        """The first two come first for callers that log only the beginning."""
        first = {"verdict": self.verdict.value, "message": self.message, "retry_after": self.retry_after}
        return first | {self.part: dict(self.found)}

    @property
    def status(self) -> int:
        """The status, where 200 means yes. `curl --retry` retries after 503 and none of the others."""
        match self.verdict:
            case Verdict.PASS:
                return 200
            case Verdict.FAIL:
                return 409
            case Verdict.UNKNOWN:
                return 424 if self.retry_after is None else 503


class ProblemError(Exception):
    """Why there is no answer: https://www.rfc-editor.org/rfc/rfc9457.html."""

    def __init__(self, status: int, title: str, detail: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after = retry_after

    @property
    def body(self) -> dict[str, Any]:
        """As application/problem+json."""
        found: dict[str, Any] = {"title": self.title, "status": self.status}
        return found if self.detail is None else found | {"detail": self.detail}

"""Which requests are let in, and for how long? With a size limit, one for each connection; each is logged."""

import asyncio
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contractctl.serving import hosts
from contractctl.serving.answers import ProblemError
from contractctl.serving.meters import Meters
from contractctl.serving.responses import as_problem

SEEN = "contractctl.seen"
"""The key of an ASGI scope under which a request's Seen is."""
_LARGEST_HEAD = 16 * 1024
_LONGEST_PATH = 300
_CLOSING = (
    (b"connection", b"close"),  # so that a connection cannot outlast its one request
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits for requests."""

    token: str | None = field(repr=False)
    """None: anybody may ask."""
    seconds: float
    """For a whole answer."""
    most: int
    """Questions that are answered at once."""
    hosts: tuple[str, ...] | None = None
    """What the Host header may name beside this machine's own names; None: anything."""

    def allow(self, given: str) -> bool:
        """Compare in constant time."""
        return self.token is None or hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self.token.encode())


@dataclass(slots=True)
class Seen:
    """What the log and the meters report about a request."""

    endpoint: str = "none"
    verdict: str | None = None


class Door:
    """Lets a request in and logs it: limited in time and size, one for each connection."""

    def __init__(self, app: ASGIApp, terms: Terms, meters: Meters, log: Callable[[str], None]) -> None:
        self._app = app
        self._terms = terms
        self._meters = meters
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        seen = scope[SEEN] = Seen()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], *_CLOSING]}
            await send(message)

        bug = None
        try:
            async with asyncio.timeout(self._terms.seconds):
                await self._let_in(scope)(scope, receive, sending)
        except TimeoutError:
            if not status:
                late = ProblemError(504, f"no answer within {self._terms.seconds:g} s", "ask again")
                await as_problem(late)(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - told as 500 already, and its text may hold anything
            bug = type(error).__name__
        finally:
            seconds = time.monotonic() - started
            self._meters.count(seen.endpoint, status, seen.verdict, seconds)
            self._log(self._line(scope, status, seconds) if bug is None else self._line(scope, status, seconds, bug))

    def _let_in(self, scope: Scope) -> ASGIApp:
        if _head(scope) > _LARGEST_HEAD:
            return _too_large
        return (
            self._app
            if self._terms.hosts is None or hosts.is_meant(scope["headers"], self._terms.hosts)
            else _another_host
        )

    def _line(self, scope: Scope, status: int, seconds: float, bug: str | None = None) -> str:
        path = str(scope["path"])
        if self._terms.token is not None:
            path = path.replace(self._terms.token, "…")
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "from": (scope.get("client") or ("",))[0],
            "method": scope["method"],
            "path": path[:_LONGEST_PATH],
            "status": status,
            "ms": round(seconds * 1000),
        }
        verdict = scope[SEEN].verdict
        return json.dumps(line | ({"verdict": verdict} if verdict else {}) | ({"bug": bug} if bug else {}))


def _head(scope: Scope) -> int:
    """Bytes. The HTTP server has a limit for what has not come to its end yet, and none for what came at once."""
    sizes = (len(name) + len(value) for name, value in scope["headers"])
    return len(scope["raw_path"]) + len(scope["query_string"]) + sum(sizes)


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    refusal = ProblemError(431, "path, query and headers are too large", f"send at most {_LARGEST_HEAD} bytes of them")
    await as_problem(refusal)(scope, receive, send)


async def _another_host(scope: Scope, receive: Receive, send: Send) -> None:
    refusal = ProblemError(
        421, "the Host header names another server", "use a loopback name, or start it with --allow-host NAME"
    )
    await as_problem(refusal)(scope, receive, send)

"""Who may ask what, how much at once, and for how long? One request after the other, as an ASGI application.

Nothing is kept from one answer to the next. Whatever goes wrong has a status that no caller takes for a yes.
"""

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from math import ceil
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contractctl.model.amounts import counted
from contractctl.serving import hooks, hosts, meters, questions
from contractctl.serving.answers import Answer, ProblemError
from contractctl.serving.questions import Query, Question, Readiness

_LARGEST_BODY = 64 * 1024
_LARGEST_HEAD = 16 * 1024
_LONGEST_PATH = 300
_COME_AGAIN = 1.0
_SEEN = "contractctl.seen"
_CLOSING = (
    (b"connection", b"close"),  # so that a connection cannot outlast what its one request may take
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is demanded of those who ask."""

    token: str | None = field(repr=False)
    """None: anybody may ask."""
    seconds: float
    """For a whole answer."""
    most: int
    """Questions that are answered at once."""
    hosts: tuple[str, ...] | None = None
    """What the Host header may name beside this machine's own names; None: anything."""

    def allow(self, given: str) -> bool:
        """In a time that does not tell how much of it was right."""
        return self.token is None or hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self.token.encode())


@dataclass(slots=True)
class _Seen:
    """What the log and the meters tell of a request."""

    endpoint: str = "none"
    verdict: str | None = None


def application(terms: Terms, ask: Callable[[Question], Awaitable[Answer]], log: Callable[[str], None]) -> ASGIApp:
    """Everything that is answered. `log` takes lines of JSON; none holds a token, a header or a query."""
    desk = _Desk(terms, ask)
    handlers = {HTTPException: _refused, ProblemError: _problem, Exception: _ours}
    app = Starlette(routes=list(desk.routes()), exception_handlers=handlers)
    app.router.redirect_slashes = False
    return _Door(app, terms, desk.meters, log)


class _Desk:
    """Where questions are taken in, and answers handed out."""

    def __init__(self, terms: Terms, ask: Callable[[Question], Awaitable[Answer]]) -> None:
        self.meters = meters.Meters()
        self._terms = terms
        self._ask = ask
        self._asking = 0
        self._readiness: asyncio.Task[Answer] | None = None

    def routes(self) -> list[Route]:
        """A path, the one method it takes, and who answers."""
        found = [
            _route("/health/live", "GET", _alive),
            _route("/health/ready", "GET", self._ready),
            _route("/metrics", "GET", self._metrics),
        ]
        for path, read in (
            ("gate/{plan}/{stage}", questions.gate),
            ("can-i-deploy/{service}/{version}", questions.deployability),
        ):
            found.append(_route(f"/v1/{path}", "GET", self._telling(read)))
            found.append(_route(f"/v1/go/{path}", "GET", self._deciding(read)))
            found.append(_route(f"/v1/flagger/{path}", "POST", self._hook(read)))
        return found

    def _telling(self, read: "_Read") -> "_Endpoint":
        """200 for every verdict: the caller reads it in the body, as Argo Rollouts does by a JSON path."""

        async def tell(request: Request) -> Response:
            self._demand_token(request)
            return _json((await self._answer(request, read)).body, 200)

        return tell

    def _deciding(self, read: "_Read") -> "_Endpoint":
        """200 for a pass alone: the caller reads the status."""

        async def decide(request: Request) -> Response:
            self._demand_token(request)
            return _yes_or_no(await self._answer(request, read))

        return decide

    def _hook(self, read: "_Read") -> "_Endpoint":
        """As `_deciding`. Flagger sends no header, so that its metadata may hold the token."""

        async def decide(request: Request) -> Response:
            by_header = "authorization" in request.headers
            if by_header:
                self._demand_token(request)
            token = hooks.token_of(request.headers.get("content-type", ""), await self._body(request))
            if not (by_header or self._terms.allow(token)):
                raise _no_token()
            return _yes_or_no(await self._answer(request, read))

        return decide

    async def _answer(self, request: Request, read: "_Read") -> Answer:
        question = read(request.path_params, request.query_params.multi_items())
        answer = await self._asked(question)
        request.scope[_SEEN].verdict = answer.verdict.value
        return answer

    async def _asked(self, question: Question) -> Answer:
        if self._asking >= self._terms.most:
            title = f"{counted(self._terms.most, 'question is', 'questions are')} being answered already"
            raise ProblemError(
                503, title, "try again, or start it with a higher --max-concurrent", retry_after=_COME_AGAIN
            )
        self._asking += 1
        self.meters.asking(self._asking)
        try:
            return await self._ask(question)
        finally:
            self._asking -= 1
            self.meters.asking(self._asking)

    async def _ready(self, _request: Request) -> Response:
        """Whether the repository can be read. Anybody may ask, so that all who do wait for one and the same look."""
        if self._readiness is None:
            self._readiness = asyncio.create_task(self._look())
            self._readiness.add_done_callback(self._looked)
        try:
            await asyncio.shield(self._readiness)
        except (ProblemError, TimeoutError):
            return _json({"ready": False}, 503)
        return _json({"ready": True}, 200)

    async def _look(self) -> Answer:
        async with asyncio.timeout(self._terms.seconds):
            return await self._ask(Readiness())

    def _looked(self, look: "asyncio.Task[Answer]") -> None:
        self._readiness = None
        if not look.cancelled():
            look.exception()  # it is told to those who wait, where somebody still does

    async def _metrics(self, request: Request) -> Response:
        self._demand_token(request)
        return Response(self.meters.text(), media_type=meters.CONTENT_TYPE)

    async def _body(self, request: Request) -> bytes:
        """All of it, where it is not too large and does not take too long: an answer takes some time, too."""
        body = b""
        try:
            async with asyncio.timeout(self._terms.seconds / 2):
                async for piece in request.stream():
                    body += piece
                    if len(body) > _LARGEST_BODY:
                        raise ProblemError(413, "the body is too large", f"send at most {_LARGEST_BODY} bytes")
        except ClientDisconnect as error:
            raise ProblemError(400, "the body is incomplete", "send the whole body") from error
        except TimeoutError as error:
            raise ProblemError(408, "the body did not arrive in time", "send it faster") from error
        return body

    def _demand_token(self, request: Request) -> None:
        """https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if self._terms.token is not None and not (self._terms.allow(given.strip()) and scheme.lower() == "bearer"):
            raise _no_token()


class _Door:
    """Lets a request in and says in the log that it went: at most so long, at most so large, one for a connection."""

    def __init__(self, app: ASGIApp, terms: Terms, counted: meters.Meters, log: Callable[[str], None]) -> None:
        self._app = app
        self._terms = terms
        self._meters = counted
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        seen = scope[_SEEN] = _Seen()
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
                await _response(late)(scope, receive, sending)
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
        verdict = scope[_SEEN].verdict
        return json.dumps(line | ({"verdict": verdict} if verdict else {}) | ({"bug": bug} if bug else {}))


_Read = Callable[[Mapping[str, str], Query], Question]
_Endpoint = Callable[[Request], Awaitable[Response]]


def _route(path: str, method: str, endpoint: _Endpoint) -> Route:
    async def named(request: Request) -> Response:
        request.scope[_SEEN].endpoint = path
        return await endpoint(request)

    route = Route(path, named, methods=[method])
    route.methods = {method}  # Starlette adds HEAD to every GET, and a HEAD has no verdict
    return route


def _head(scope: Scope) -> int:
    """Bytes. The HTTP server has a limit for what has not come to its end yet, and none for what came at once."""
    sizes = (len(name) + len(value) for name, value in scope["headers"])
    return len(scope["raw_path"]) + len(scope["query_string"]) + sum(sizes)


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    refusal = ProblemError(431, "path, query and headers are too large", f"send at most {_LARGEST_HEAD} bytes of them")
    await _response(refusal)(scope, receive, send)


async def _another_host(scope: Scope, receive: Receive, send: Send) -> None:
    refusal = ProblemError(
        421, "the Host header names another server", "use a loopback name, or start it with --allow-host NAME"
    )
    await _response(refusal)(scope, receive, send)


async def _alive(_request: Request) -> Response:
    return _json({"alive": True}, 200)


def _yes_or_no(answer: Answer) -> Response:
    later = {} if answer.retry_after is None else {"retry-after": str(max(1, ceil(answer.retry_after)))}
    return _json(answer.body, answer.status, later)


def _json(body: Mapping[str, Any], status: int, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(body, ensure_ascii=False, allow_nan=False)
    kind = "application/problem+json" if "title" in body else "application/json"
    return Response(content, status, headers, media_type=kind)


def _response(problem: ProblemError, headers: Mapping[str, str] | None = None) -> Response:
    later = {} if problem.retry_after is None else {"retry-after": str(max(1, ceil(problem.retry_after)))}
    return _json(problem.body, problem.status, {**(headers or {}), **later})


def _no_token() -> ProblemError:
    return ProblemError(401, "the token is missing or wrong", "send it: Authorization: Bearer TOKEN")


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - Starlette hands over what is registered for it
    return _response(error, {"www-authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    return _response(ProblemError(error.status_code, error.detail), error.headers)


async def _ours(_request: Request, _error: Exception) -> Response:
    return _response(ProblemError(500, "this is a bug in contractctl"))

"""What is answered over HTTP, and how many questions at once? An ASGI application.

No state is kept between answers. Every failure has a status that no caller takes for a yes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from contractctl.model.amounts import counted
from contractctl.serving import hooks, meters, questions
from contractctl.serving.answers import Answer, ProblemError
from contractctl.serving.door import SEEN, Door, Terms
from contractctl.serving.questions import Query, Question, Readiness
from contractctl.serving.responses import as_json, as_problem

_LARGEST_BODY = 64 * 1024
_COME_AGAIN = 1.0


def application(terms: Terms, ask: Callable[[Question], Awaitable[Answer]], log: Callable[[str], None]) -> ASGIApp:
    """The whole application. `log` receives lines of JSON; none contains a token, a header or a query."""
    desk = _Desk(terms, ask)
    handlers = {HTTPException: _refused, ProblemError: _problem, Exception: _ours}
    app = Starlette(routes=list(desk.routes()), exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Door(app, terms, desk.meters, log)


class _Desk:
    """Takes questions and gives answers."""

    def __init__(self, terms: Terms, ask: Callable[[Question], Awaitable[Answer]]) -> None:
        self.meters = meters.Meters()
        self._terms = terms
        self._ask = ask
        self._asking = 0
        self._readiness: asyncio.Task[Answer] | None = None

    def routes(self) -> list[Route]:
        """Each path, its only method, and its handler."""
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
        """200 for every verdict: the caller reads it in the body, as Argo Rollouts does with a JSON path."""

        async def tell(request: Request) -> Response:
            self._demand_token(request)
            return as_json((await self._answer(request, read)).body, 200)

        return tell

    def _deciding(self, read: "_Read") -> "_Endpoint":
        """200 only for a pass: the caller reads the status."""

        async def decide(request: Request) -> Response:
            self._demand_token(request)
            return _yes_or_no(await self._answer(request, read))

        return decide

    def _hook(self, read: "_Read") -> "_Endpoint":
        """As `_deciding`. Flagger sends no header, so its metadata may contain the token."""

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
        request.scope[SEEN].verdict = answer.verdict.value
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
            return as_json({"ready": False}, 503)
        return as_json({"ready": True}, 200)

    async def _look(self) -> Answer:
        async with asyncio.timeout(self._terms.seconds):
            return await self._ask(Readiness())

    def _looked(self, look: "asyncio.Task[Answer]") -> None:
        self._readiness = None
        if not look.cancelled():
            look.exception()  # those who still wait are told

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


_Read = Callable[[Mapping[str, str], Query], Question]
_Endpoint = Callable[[Request], Awaitable[Response]]


def _route(path: str, method: str, endpoint: _Endpoint) -> Route:
    async def named(request: Request) -> Response:
        request.scope[SEEN].endpoint = path
        return await endpoint(request)

    route = Route(path, named, methods=[method])
    route.methods = {method}  # Starlette adds HEAD to every GET, but a HEAD has no verdict
    return route


async def _alive(_request: Request) -> Response:
    return as_json({"alive": True}, 200)


def _yes_or_no(answer: Answer) -> Response:
    return as_json(answer.body, answer.status, retry_after=answer.retry_after)


def _no_token() -> ProblemError:
    return ProblemError(401, "the token is missing or wrong", "send it: Authorization: Bearer TOKEN")


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - Starlette hands over what is registered for it
    return as_problem(error, {"www-authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    return as_problem(ProblemError(error.status_code, error.detail), error.headers)


async def _ours(_request: Request, _error: Exception) -> Response:
    return as_problem(ProblemError(500, "this is a bug in contractctl"))

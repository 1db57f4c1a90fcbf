"""What does a server answer? In time, from the host that was asked, and of a bearable size."""

import base64
import http.client
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from contractctl.errors import ContractctlError

_LARGEST = 256 * 1024 * 1024
_WHOLE = 4.0
"""By how many times the longest silence that is borne the whole of an answer may last."""


class NoAnswerError(Exception):
    """Nothing to rely on came back; the text is a record's problem."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    code: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """Whom to ask. The secret is in `headers` and nowhere else."""

    url: str
    """Without user, password, query: fit to be shown and recorded."""
    timeout: float
    """In seconds: how long it may be silent, and four times that for all that it says."""
    headers: Mapping[str, str] = field(repr=False)

    @classmethod
    def at(cls, location: str, *, of: str, token: str | None, timeout: float) -> "Server":
        """Raise ContractctlError where the location is not an http(s) URL: it says `of` whom, and never holds it."""
        try:
            parts = urlsplit(location)
            port = parts.port
        except ValueError as error:
            raise ContractctlError(f"{of}: the URL cannot be read", hint=_HINT) from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ContractctlError(f"{of}: this is not an http or https URL", hint=_HINT)
        headers = {"Accept": "application/json"}
        if parts.username is not None:
            secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(secret.encode()).decode()}"
        elif token:
            headers["Authorization"] = f"Bearer {token}"
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        url = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
        return cls(url, timeout, headers)


_HINT = "write it like http://prometheus.internal:9090"


class _Nowhere(HTTPRedirectHandler):
    """What is sent elsewhere would be asked for there, and not sent: a redirect is an answer like any other."""

    def redirect_request(self, *_: object) -> None:
        return None


class _SameHost(HTTPRedirectHandler):
    """A redirect elsewhere would carry the question, and perhaps the secret, to a server that was not asked."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - urllib's signature
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        asked, sent = urlsplit(req.full_url), urlsplit(newurl)
        if (asked.scheme, asked.netloc) != (sent.scheme, sent.netloc):
            raise NoAnswerError(f"source error: the server redirects to {sent.scheme}://{sent.hostname}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def get(server: Server, path: str) -> Answer:
    """One GET. Raise NoAnswerError where nothing usable comes back in time."""
    request = Request(server.url + path, headers=dict(server.headers))  # noqa: S310 - Server.at allows http and https only
    return _ask(server, request, _SameHost)


def post(server: Server, body: bytes, content_type: str) -> Answer:
    """One POST. Raise NoAnswerError where nothing usable comes back in time."""
    headers = {**server.headers, "Content-Type": content_type}
    request = Request(server.url, body, headers, method="POST")  # noqa: S310 - as get()
    return _ask(server, request, _Nowhere)


def _ask(server: Server, request: Request, redirects: type[HTTPRedirectHandler]) -> Answer:
    """What drips in byte by byte lets no timeout of a socket run out; a thread is waited for only so long."""
    came: list[Answer | BaseException] = []

    def ask() -> None:
        try:
            came.append(_asked(server, request, redirects))
        except BaseException as error:  # noqa: BLE001 - raised below, where the caller still waits
            came.append(error)

    patience = _WHOLE * server.timeout
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(patience)
    if not came:
        raise NoAnswerError(f"source error: the answer was not whole within {patience:g} s")
    said = came.pop()
    try:
        if isinstance(said, BaseException):
            raise said
        return said
    finally:
        del said  # an error that its own frame holds would keep the socket open until garbage is collected


def _asked(server: Server, request: Request, redirects: type[HTTPRedirectHandler]) -> Answer:
    try:
        with build_opener(redirects).open(request, timeout=server.timeout) as answer:
            return Answer(answer.status, _whole(answer))
    except HTTPError as error:
        with error:
            return Answer(error.code, error.read(_LARGEST))
    except TimeoutError as error:
        raise NoAnswerError(f"source error: no answer within {server.timeout:g} s") from error
    except URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise NoAnswerError(f"source error: no answer within {server.timeout:g} s") from error
        raise NoAnswerError(f"source error: {server.url} cannot be reached: {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswerError(
            f"source error: the connection broke off during the answer: {type(error).__name__}"
        ) from error


def _whole(answer: http.client.HTTPResponse) -> bytes:
    body = answer.read(_LARGEST + 1)
    if len(body) <= _LARGEST and answer.length:  # read(n) does not notice by itself that the server has hung up
        raise NoAnswerError("source error: the connection broke off during the answer")
    if len(body) > _LARGEST:
        raise NoAnswerError("truncated: the answer is too large")
    return body

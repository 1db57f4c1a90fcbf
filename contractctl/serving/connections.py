"""How long may connections live, how many at once, and how does serving end? The HTTP server has no such settings."""

import asyncio
import json
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from contractctl.errors import ContractctlError

_MOST_CONNECTIONS = 256
_LARGEST_HEAD = 16 * 1024
_HEAD_SECONDS = 5.0
_SPARE_SECONDS = 2.0
"""Time for what surrounds an answer: reading the request, sending the response."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BY_SIGNAL = 128


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raise ContractctlError if there cannot be one."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ContractctlError(
            f"cannot listen on {shown(host, port)}: {why}", hint="name another --host or --port; 0 takes any port"
        ) from error


def shown(host: str, port: int) -> str:
    """The host as a URL writes it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def serve(
    app: ASGIApp, place: socket.socket, seconds: float, log: Callable[[str], None], close: Callable[[], Awaitable[None]]
) -> int:
    """Answer until a signal comes, then finish what is being answered. The exit code; a second signal waits no more.

    seconds: for an answer. close: called at the end, whichever way it ends.
    """
    _tell_warnings(log)
    config = uvicorn.Config(
        app,
        http=_patient(seconds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        timeout_graceful_shutdown=ceil(seconds + _SPARE_SECONDS),
    )
    server = _Server(config)
    try:
        await server.serve(sockets=[place])
    finally:
        await close()
    return server.exit_code


def _patient(seconds: float) -> type[asyncio.Protocol]:
    """A protocol whose connections end: soon if nothing is asked, and eventually if nobody reads the answer."""

    class Patient(H11Protocol):
        _ends: tuple[asyncio.TimerHandle, ...] = ()

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
            super().connection_made(transport)
            if len(self.connections) > _MOST_CONNECTIONS:
                transport.abort()
                return
            head = min(_HEAD_SECONDS, seconds)
            whole = head + seconds + _SPARE_SECONDS
            self._ends = (self.loop.call_later(head, self._cut), self.loop.call_later(whole, transport.abort))

        def _cut(self) -> None:
            if self.cycle is None:
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            for end in self._ends:
                end.cancel()
            super().connection_lost(exc)

    return Patient


class _Server(uvicorn.Server):
    """A server that ends at the first signal once everything is answered, and at the second one at once."""

    exit_code = 0

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._take, number)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def _take(self, number: int) -> None:
        if self.should_exit:
            self.force_exit = True
            self.exit_code = _BY_SIGNAL + number
            for connection in list(self.server_state.connections):
                transport: Any = connection.transport
                transport.abort()
        self.should_exit = True


def _tell_warnings(log: Callable[[str], None]) -> None:
    """The HTTP server's warnings as lines of the same log; without tracebacks, which could contain anything."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log(json.dumps({"level": record.levelname.lower(), "message": record.getMessage()}))

    logger = logging.getLogger("uvicorn.error")
    logger.handlers = [Lines(logging.WARNING)]
    logger.propagate = False

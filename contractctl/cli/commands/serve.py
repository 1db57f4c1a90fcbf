"""contractctl serve: how do gate and can-i-deploy answer over HTTP?"""

import os
import re
import socket
import sys
from pathlib import Path

import click

from contractctl.cli.numbers import Number
from contractctl.errors import ContractctlError

_TOKEN = "CONTRACTCTL_SERVE_TOKEN"  # noqa: S105 - the name of a variable
_SHORTEST_TOKEN = 16
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


@click.command
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=8730,
    show_default=True,
    help="0 takes any free port; it is printed.",
)
@click.option(
    "--timeout",
    type=Number(0.1, 600),
    metavar="SECONDS",
    default=8.0,
    show_default=True,
    help="The time for an answer.",
)
@click.option(
    "--max-concurrent",
    "most",
    type=click.IntRange(1, 64),
    metavar="N",
    default=8,
    show_default=True,
    help="How many requests are answered at once.",
)
@click.option("--no-token", is_flag=True, help="Answer without a token; only on a loopback address.")
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Host names that requests may use besides loopback; by default any, with --no-token none.",
)
def command(host: str, port: int, timeout: float, most: int, no_token: bool, allowed: tuple[str, ...]) -> int:
    """Answer gate and can-i-deploy over HTTP.

    \b
    GET  /v1/gate/PLAN/STAGE?percent=5                     200, the verdict in the body: Argo Rollouts' web metric
    GET  /v1/go/gate/PLAN/STAGE                            200 only for a pass: curl --fail in a job
    POST /v1/flagger/gate/PLAN/STAGE                       the same, for Flagger's webhooks
    GET  /v1/can-i-deploy/SERVICE/VERSION?to=ENVIRONMENT   and /v1/go/…, /v1/flagger/…, as above
    GET  /health/live, /health/ready, /metrics

    Every answer is computed afresh from the repository that it is started in, and nothing is written there. Clients
    send the token in CONTRACTCTL_SERVE_TOKEN as a bearer token; Flagger, which sends no headers, as metadata.token.
    With --no-token, the Host header must name this machine (or what --allow-host names), which protects against DNS
    rebinding. HTTP is not encrypted: beyond this machine, put a TLS proxy in front. The contract contractctl/serve
    describes all of it. Needs the extra: pip install "contractctl[serve]".

    SIGTERM or Ctrl-C stops it once open requests are answered, within --timeout; a second one stops it at once.

    Exit codes: 0 it was stopped, 2 usage or input error.
    """  # noqa: D301 - click takes \b for "leave these lines alone"
    try:
        import prometheus_client  # noqa: F401 - whether it is there
        import starlette  # noqa: F401 - as above
        import uvicorn  # noqa: F401 - as above
    except ImportError as error:
        raise ContractctlError(
            f"what serves HTTP is not installed: {error.name}", hint='run: pip install "contractctl[serve]"'
        ) from error
    import asyncio

    from contractctl import settings
    from contractctl.serving import ProblemError, connections, hosts
    from contractctl.serving.application import application
    from contractctl.serving.door import Terms
    from contractctl.serving.workers import Workers

    token = _token(no_token=no_token)
    if token is None and not hosts.is_loopback(host):
        raise ContractctlError(f"a token is required to serve on '{host}'", hint=f"set {_TOKEN}")
    named = _names(allowed) if allowed or token is None else None
    settings.load(Path.cwd())
    workers = Workers([sys.executable, "-m", "contractctl.cli.answering"])
    app = application(Terms(token, timeout, most, named), workers.ask, _log)

    async def serve(place: socket.socket) -> int:
        try:
            await workers.warm()
        except ProblemError as problem:
            raise ContractctlError(problem.title, hint=problem.detail) from problem
        click.echo(f"serving on http://{connections.shown(host, place.getsockname()[1])}")
        sys.stdout.flush()
        return await connections.serve(app, place, timeout, _log, workers.close)

    with connections.listen(host, port) as place:
        return asyncio.run(serve(place))


def _names(allowed: tuple[str, ...]) -> tuple[str, ...]:
    for name in allowed:
        if not _HOST.fullmatch(name):
            raise ContractctlError(f"--allow-host '{name}' is not a host name", hint="without a port: shop.internal")
    return tuple(name.lower() for name in allowed)


def _log(line: str) -> None:
    click.echo(line, err=True)


def _token(*, no_token: bool) -> str | None:
    given = os.environ.get(_TOKEN, "")
    if no_token:
        if given:
            raise ContractctlError(f"--no-token was given, but {_TOKEN} is set", hint="leave one of the two out")
        return None
    if not given:
        raise ContractctlError(
            f"{_TOKEN} is not set", hint=f"set it, or use --no-token on this machine: {_TOKEN}=$(openssl rand -hex 32)"
        )
    if len(given) < _SHORTEST_TOKEN or not (given.isascii() and given.isprintable()) or " " in given:
        raise ContractctlError(
            f"{_TOKEN} is too short to be safe, or has characters that cannot be sent",
            hint=f"take at least {_SHORTEST_TOKEN} printable ASCII characters without spaces",
        )
    return given

"""How do old clients and new servers get on? The taker serves, the giver calls; the response goes the other way.

A request is written by the client and read by the server, as messages are. A response is written by the server: there
the seats are exchanged, so that the client on the giver's side reads what the taker's server writes.
"""

from collections.abc import Iterator

from contractctl.formats.protobuf.resolution.pairs import Asked, Pair
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Method, Service, short
from contractctl.model.verdict import Effect, Incompatibility

_FREEDOM = {"IDEMPOTENCY_UNKNOWN": 0, "IDEMPOTENT": 1, "NO_SIDE_EFFECTS": 2}
"""How freely a client may repeat a call."""


def methods(server: Schema, client: Schema) -> Iterator[tuple[str, Method, Method]]:
    """The methods that both have: `Service.Method`, the server's and the client's."""
    for name, called in client.services.items():
        served = server.services.get(name)
        if served is None:
            continue
        label = _label(client, called)
        for method in called.methods.values():
            if method.name in served.methods:
                yield f"{label}.{method.name}", served.methods[method.name], method


def requests(asked: Asked) -> Iterator[Pair]:
    """What the client sends and the server reads."""
    for label, served, called in methods(asked.reader, asked.writer):
        if served.request == called.request and asked.has_not_changed(called.request):
            continue
        reader, writer = asked.reader.message(served.request), asked.writer.message(called.request)
        yield Pair(reader, writer, via=f"{label} request")


def responses(asked: Asked) -> Iterator[Pair]:
    """What the server sends and the client reads: `asked` has the client as its reader."""
    for label, served, called in methods(asked.writer, asked.reader):
        if called.response == served.response and asked.has_not_changed(called.response):
            continue
        reader, writer = asked.reader.message(called.response), asked.writer.message(served.response)
        yield Pair(reader, writer, via=f"{label} response")


def calls(server: Schema, client: Schema) -> Iterator[Incompatibility]:
    """Services and methods that are missing, and calls whose streaming or idempotency differs."""
    for name, called in client.services.items():
        served = server.services.get(name)
        if served is None:
            label = _label(client, called)
            facts = {"what": "service", "name": label, "full_name": name}
            yield Incompatibility("protobuf-method-removed", Effect.FAILS, label, facts, giver_at=called.at)
            continue
        for method in called.methods.values():
            if method.name not in served.methods:
                path = f"{_label(client, called)}.{method.name}"
                facts = {"what": "method", "name": path, "full_name": f"{name}.{method.name}"}
                yield Incompatibility("protobuf-method-removed", Effect.FAILS, path, facts, served.at, method.at)
    for path, served_method, method in methods(server, client):
        yield from _call(path, served_method, method)


def _call(path: str, served: Method, called: Method) -> Iterator[Incompatibility]:
    if _streams(served) != _streams(called):
        facts = {"wanted": _streams(served), "sent": _streams(called)}
        yield Incompatibility("protobuf-streaming-changed", Effect.FAILS, path, facts, served.at, called.at)
    if _FREEDOM[called.idempotency] > _FREEDOM[served.idempotency]:
        facts = {"wanted": served.idempotency, "sent": called.idempotency}
        yield Incompatibility("protobuf-idempotency-weakened", Effect.FAILS, path, facts, served.at, called.at)


def _streams(method: Method) -> str:
    match method.client_streams, method.server_streams:
        case False, False:
            return "one request, one response"
        case True, False:
            return "a stream of requests, one response"
        case False, True:
            return "one request, a stream of responses"
        case _:
            return "a stream of requests, a stream of responses"


def _label(schema: Schema, service: Service) -> str:
    return short(service.name, schema.names.packages[service.name])

"""Is every operation that is called served, and every call back made? https://spec.openapis.org/oas/v3.1.0#path-item-object."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from contractctl.formats.description import below
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import METHODS, Unresolved, alike, entries, fields, nearest, resolved
from contractctl.formats.openapi.resolution.bodies import request_body
from contractctl.formats.openapi.resolution.parameters import parameters
from contractctl.formats.openapi.resolution.responses import responses
from contractctl.formats.openapi.resolution.security import same_schemes, security
from contractctl.formats.openapi.resolution.servers import servers
from contractctl.formats.openapi.resolution.sunset import removal, sunset
from contractctl.formats.openapi.resolution.ways import Call, Ends, Way, pointer
from contractctl.model.verdict import Effect, Found, Incompatibility, Undecided

_REMOVED = "openapi-operation-removed"


def paths(way: Way) -> Iterator[Found]:
    """Every path that clients know. The names of its parameters do not travel."""
    served = dict(entries(way.server, way.server.root, "paths"))
    known = alike(served)
    same_around = _same_around(way)
    for path, called in entries(way.caller, way.caller.root, "paths"):
        fitting = {one: served[one] for one in nearest(known, path)}
        if same_around and any(way.shared.holds(called, spot) for spot in fitting.values()):
            continue
        yield from _path(way, path, called, fitting)


def webhooks(way: Way) -> Iterator[Found]:
    """Every webhook that clients wait for: there the provider calls. One that they do not know is not for them."""
    known = dict(entries(way.server, way.server.root, "webhooks"))
    same_around = _same_around(way)
    for name, awaited in entries(way.caller, way.caller.root, "webhooks"):
        made = known.get(name)
        if made is not None and same_around and way.shared.holds(awaited, made):
            continue
        waiting = _Awaited("openapi-webhook-removed", f"webhook {name}", {"webhook": name}, awaited)
        try:
            yield from _back(way, waiting, made)
        except Unresolved as error:
            yield Undecided(waiting.label, error.reason)


def _path(way: Way, path: str, written: Spot, fitting: Mapping[str, Spot]) -> Iterator[Found]:
    """A path of the caller's, and the server's that are alike, each of which has some of the methods."""
    try:
        called = resolved(way.caller, written)
        served = {one: resolved(way.server, spot) for one, spot in fitting.items()}
    except Unresolved as error:
        yield Undecided(path, error.reason)
        return
    for spot in (written, *fitting.values()):
        if isinstance(spot.value, dict) and "$ref" in spot.value and len(spot.value) > 1:
            yield Undecided(
                path, "there are other fields beside '$ref', and the specification does not say which count"
            )
    for method in METHODS:
        if method not in fields(way.caller, called):
            continue
        name, operation = f"{method.upper()} {path}", below(way.caller, called, method)
        there = next((one for one, item in served.items() if method in fields(way.server, item)), None)
        if there is None:
            facts = {"call": name, "method": method, "path": path}
            at = pointer(operation)
            removed = Incompatibility(_REMOVED, Effect.FAILS, name, facts, None, at, flipped=not way.inverted)
            yield removal(way, removed, operation)
            continue
        facts, item = {"method": method, "path": path}, served[there]
        ends = operation, below(way.server, item, method)
        yield from _operation(way, Call(name, facts, *ends, called, item, path, there))


def exchanged(way: Way, call: Call) -> Iterator[Found]:
    """What of a call is wrong, wherever it is served and however long."""
    yield from _judged(way, call, _EXCHANGED)


def _operation(way: Way, call: Call) -> Iterator[Found]:
    yield from _judged(way, call, _PARTS)


def _judged(way: Way, call: Call, parts: "tuple[_Part, ...]") -> Iterator[Found]:
    for part, name in parts:
        if name and _are_alike(way, call, name):
            continue
        try:
            yield from part(way, call)
        except Unresolved as error:
            yield Undecided(call.name, error.reason)


def _are_alike(way: Way, call: Call, name: str) -> bool:
    """Whether both operations have the same below a name, as it has to be, and it means the same."""
    if name == "parameters":
        same_path = call.caller_path == call.server_path
        if not (same_path and way.shared.alike(call.caller_item, call.server_item, name, list)):
            return False
    return way.shared.alike(call.caller, call.server, name, list if name == "parameters" else dict)


def _callbacks(way: Way, call: Call) -> Iterator[Found]:
    """https://spec.openapis.org/oas/v3.1.0#callback-object: the server calls, at an address from the request."""
    for name, awaited in entries(way.caller, call.caller, "callbacks"):
        item = resolved(way.caller, awaited)
        for expression in fields(way.caller, item):
            if expression.startswith("x-"):
                continue
            label = f"{call.name} callback {name}"
            facts = {**call.facts, "within": call.facts.get("method", ""), "callback": name, "expression": expression}
            there = made_at(way.server, call.server, name, expression)
            awaited_call = _Awaited("openapi-callback-removed", label, facts, below(way.caller, item, expression))
            yield from _back(way, awaited_call, there)


def made_at(document: Document, operation: Spot | None, name: str, expression: str) -> Spot | None:
    """The calls that an operation makes at an address: under that name, else under another, for names do not travel."""
    callbacks = dict(entries(document, operation, "callbacks"))
    for one in sorted(callbacks, key=lambda other: other != name):
        made = resolved(document, callbacks[one])
        if expression in fields(document, made):
            return below(document, made, expression)
    return None


@dataclass(frozen=True, slots=True)
class _Awaited:
    """Calls that clients wait for."""

    rule: str
    label: str
    facts: Mapping[str, str]
    item: Spot


def _back(way: Way, awaited: _Awaited, made: Spot | None) -> Iterator[Found]:
    """A call that clients wait for: missing where nobody makes it, else judged as the call that it is."""
    waiting = resolved(way.caller, awaited.item)
    made = resolved(way.server, made) if made is not None else None
    for method in METHODS:
        if method not in fields(way.caller, waiting):
            continue
        name, operation = f"{awaited.label} {method.upper()}", below(way.caller, waiting, method)
        facts = {**awaited.facts, "method": method}
        if made is None or method not in fields(way.server, made):
            at = Ends("", operation, made)
            call = Call(name, facts, operation, operation, waiting, waiting, "", "")
            yield way.answered(call, awaited.rule, Effect.FAILS, at)
            continue
        ends = below(way.server, made, method), operation
        yield from _operation(way.back, Call(name, facts, *ends, made, waiting, "", ""))


_Part = tuple[Callable[[Way, Call], Iterator[Found]], str]
_PARTS: tuple[_Part, ...] = (
    (servers, ""),
    (parameters, "parameters"),
    (request_body, "requestBody"),
    (responses, "responses"),
    (security, ""),
    (sunset, ""),
    (_callbacks, "callbacks"),
)
"""In the order of the specification; and what of an operation they look at, where it is that alone."""
_EXCHANGED = tuple(part for part in _PARTS if part[0] not in {servers, sunset})


def _same_around(way: Way) -> bool:
    """Whether what stands at the root for every operation is the same."""
    return same_schemes(way) and all(
        json.dumps(fields(way.caller, way.caller.root).get(name))
        == json.dumps(fields(way.server, way.server.root).get(name))
        for name in ("security", "servers")
    )

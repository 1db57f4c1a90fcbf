"""Which call is a finding about? With what both sides have of it, to send it."""

from dataclasses import dataclass, replace
from urllib.parse import quote

from contractctl.formats.description import below
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import alike, child, entries, fields, nearest, resolved
from contractctl.formats.openapi.resolution.operations import made_at
from contractctl.formats.openapi.resolution.templates import overlap
from contractctl.formats.openapi.resolution.ways import Call, Way
from contractctl.model.verdict import Incompatibility

_NEVER_MADE = frozenset({"openapi-webhook-removed", "openapi-callback-removed"})


@dataclass(frozen=True, slots=True)
class Meant:
    """A call as it goes between two documents; without the server's path where the server lacks it."""

    way: Way
    call: Call
    served: dict[str, Spot]
    """All that the server has of the kind, by the paths that they are sent to."""


def meant(way: Way, found: Incompatibility) -> Meant | None:
    """The call that a finding is about. None for one that nothing can be sent to."""
    facts = found.facts
    if "method" not in facts:
        return None
    if "reached" in facts:
        return _to_another(way, found)
    if "webhook" not in facts and "callback" not in facts:
        return _to_path(way, found)
    ends = [_calls_back(document, found) for document in (way.caller, way.server)]
    path = f"/webhook/{quote(facts['webhook'])}" if "webhook" in facts else f"/callback/{quote(facts['callback'])}"
    awaited, made = (items.get(path) for items in ends)
    if found.rule in _NEVER_MADE:
        # what clients wait for, sent as they know it
        return _between(way, found, (path, awaited), (path, made), ends[1])
    return _between(way.back, found, (path, made), (path, awaited), ends[0])


def _to_path(way: Way, found: Incompatibility) -> Meant | None:
    path = found.facts.get("path", "")
    called = dict(entries(way.caller, way.caller.root, "paths")).get(path)
    served = dict(entries(way.server, way.server.root, "paths"))
    items = {name: resolved(way.server, spot) for name, spot in served.items()}
    fitting = nearest(alike(served), path) or [path]
    methods = (name for name in fitting if name in items and found.facts["method"] in fields(way.server, items[name]))
    written = next(methods, fitting[0])
    item = resolved(way.caller, called) if called is not None else None
    return _between(way, found, (path, item), (written, items.get(written)), items)


def _to_another(way: Way, found: Incompatibility) -> Meant | None:
    """A call that reaches an operation of another path."""
    path, other = found.facts["path"], found.facts["reached"]
    met = overlap(path, other)
    called, served = (dict(entries(document, document.root, "paths")) for document in (way.caller, way.server))
    ends = (path, resolved(way.caller, called[path])), (other, resolved(way.server, served[other]))
    sent = _between(way, found, *ends, {})
    if sent is None or met is None:
        return None
    return replace(sent, call=replace(sent.call, caller_path=met.path, server_path=met.other))


def _between(
    way: Way,
    found: Incompatibility,
    caller: tuple[str, Spot | None],
    server: tuple[str, Spot | None],
    served: dict[str, Spot],
) -> Meant | None:
    method, (path, called), (written, item) = found.facts["method"], caller, server
    if called is None or method not in fields(way.caller, called):
        return None
    facts, name, operation = {"method": method}, found.facts["call"], below(way.caller, called, method)
    if item is None or method not in fields(way.server, item):
        return Meant(way, Call(name, facts, operation, operation, called, called, path, ""), served)
    ends = operation, below(way.server, item, method)
    return Meant(way, Call(name, facts, *ends, called, item, path, written), served)


def _calls_back(document: Document, found: Incompatibility) -> dict[str, Spot]:
    """The webhooks of a document, or the callbacks of the operation, by paths that stand for them."""
    facts = found.facts
    if "webhook" in facts:
        hooks = entries(document, document.root, "webhooks")
        return {f"/webhook/{quote(name)}": resolved(document, spot) for name, spot in hooks}
    written = dict(entries(document, document.root, "paths"))
    fitting = nearest(alike(written), facts.get("path", ""))
    calling = (child(document, resolved(document, written[name]), facts["within"]) for name in fitting)
    operation = next((one for one in calling if one is not None), None)
    made = made_at(document, operation, facts["callback"], facts["expression"])
    return {f"/callback/{quote(facts['callback'])}": resolved(document, made)} if made is not None else {}

"""May everybody who may use one version use the other?

https://www.asyncapi.com/docs/reference/specification/v3.0.0#securitySchemeObject. In 2.x schemes are named, each with
scopes: https://www.asyncapi.com/docs/reference/specification/v2.6.0#securityRequirementObject.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from contractctl.documents import Json
from contractctl.formats.asyncapi.application import Operation
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.parts import called, child, entries, fields, items, resolved
from contractctl.formats.asyncapi.servers import addresses, kept
from contractctl.formats.asyncapi.ways import Facet, Meeting
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Effect, Found

Alternative = Mapping[str, frozenset[str]]
"""What somebody shows, by how it looks on the wire, each with the scopes that it was granted."""
_WIRE = ("type", "in", "name", "scheme", "openIdConnectUrl")
_FLOW = ("authorizationUrl", "tokenUrl")
_PLAIN = frozenset({"scramSha256", "scramSha512", "plain", "gssapi", "userPassword", "X509"})


def security(met: Meeting, ends: tuple[Operation, Operation]) -> Iterator[Found]:
    """Requirements are alternatives: whichever the client has chosen must be enough for one of the application's."""
    documents = met.way.writer, met.way.reader
    used, serving = (addresses(document, one.channel.spot) for document, one in zip(documents, ends, strict=True))
    for ends_there, address in kept(used, serving).items():
        yield from _demanded(met, address, ends_there)
    for spot, others in counterparts(*ends):
        for other in others:
            yield from _demanded(met, called(spot), ((spot,), (other,)))


def counterparts(used: Operation, served: Operation) -> Iterator[tuple[Spot, list[Spot]]]:
    """What each of the operations on a channel has become.

    That of its name; of another name any that is new there, and where none is, any.
    """
    known = {called(spot) for spot in used.spots}
    come = [one for one in served.spots if called(one) not in known]
    for spot in used.spots:
        named = [one for one in served.spots if called(one) == called(spot)]
        yield spot, [one for one in named if one.pointer == spot.pointer] or named or come or list(served.spots)


def _demanded(met: Meeting, of: str, ends: tuple[tuple[Spot, ...], tuple[Spot, ...]]) -> Iterator[Found]:
    """What clients come with to one of the servers or operations; first what clients know of it."""
    documents = met.way.writer, met.way.reader
    sent, taken = (_alternatives(document, spots) for document, spots in zip(documents, ends, strict=True))
    for shown, alternative in sent.items():
        if any(_is_enough(alternative, demanded) for demanded in taken.values()):
            continue
        own, others = shown, list(taken)
        if shown in taken:  # one name for what looks otherwise
            own, others = _on_the_wire(alternative), [_on_the_wire(one) for one in taken.values()]
        facet = Facet("credentials", own, {"const": own}, {"enum": list[Json](others)})
        facts = {"sent": own, "taken": " or ".join(others), "place": of}
        trial = replace(met.trial(), facet=facet)
        at = ends[1][0], ends[0][0]
        yield met.found("asyncapi-security-tightened", Effect.FAILS, f"security of {of}", at, trial, **facts)


def _is_enough(carried: Alternative, demanded: Alternative) -> bool:
    return all(scheme in carried and scopes <= carried[scheme] for scheme, scopes in demanded.items())


def _alternatives(document: Document, holders: tuple[Spot, ...]) -> dict[str, Alternative]:
    """What is demanded; without a word nothing is."""
    found: dict[str, Alternative] = {}
    for holder in holders:
        is_open = True
        for written in items(document, holder, "security"):
            is_open = False
            label, alternative = _one(document, written)
            found[label] = alternative
        if is_open:
            found["nothing"] = {}
    return found


def _one(document: Document, written: Spot) -> tuple[str, Alternative]:
    if document.major == 2:  # noqa: PLR2004 - AsyncAPI 2
        known = dict(entries(document, child(document, document.root, "components"), "securitySchemes"))
        schemes = fields(document, written)
        wires = {
            _wire(fields(document, resolved(document, known[name]))) if name in known else f"? {name}": _scopes(scopes)
            for name, scopes in schemes.items()
        }
        return _worded({name: _scopes(scopes) for name, scopes in schemes.items()}), wires
    scheme = resolved(document, written)
    said = fields(document, scheme)
    scopes = _scopes(said.get("scopes"))
    name = called(scheme) if "$ref" in fields(document, written) else str(said.get("type"))
    return _worded({name: scopes}), {_wire(said): scopes}


def _worded(schemes: Mapping[str, frozenset[str]]) -> str:
    """One alternative, in people's words."""
    words = [f"{name} ({', '.join(sorted(scopes))})" if scopes else name for name, scopes in schemes.items()]
    return " and ".join(words) or "nothing"


def _on_the_wire(alternative: Alternative) -> str:
    """The same, where two versions call by one name what looks otherwise."""
    return _worded({_shown(wire): scopes for wire, scopes in alternative.items()})


def _shown(wire: str) -> str:
    """How a scheme looks; one that is only named, its name."""
    return wire[2:] if wire.startswith("? ") else ", ".join(map(str, json.loads(wire).values()))


def _scopes(scopes: Json) -> frozenset[str]:
    return frozenset(map(str, scopes)) if isinstance(scopes, list) else frozenset()


def _wire(said: Mapping[str, Json]) -> str:
    """What tells a scheme from others on the wire; its name does not travel."""
    parts: dict[str, Json] = {name: said[name] for name in _WIRE if name in said}
    if str(said.get("type")) in _PLAIN:
        parts = {"type": said["type"]}
    flows = said.get("flows")
    if isinstance(flows, dict):
        parts["flows"] = {
            name: [flow.get(url) for url in _FLOW] for name, flow in flows.items() if isinstance(flow, dict)
        }
    if isinstance(said.get("scheme"), str):
        parts["scheme"] = str(said["scheme"]).lower()
    return json.dumps(parts, sort_keys=True)

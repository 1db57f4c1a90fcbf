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
from contractctl.formats.asyncapi.parts import child, entries, fields, items, resolved
from contractctl.formats.asyncapi.places import addresses
from contractctl.formats.asyncapi.ways import Facet, Found, Meeting
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Effect

Alternative = Mapping[str, frozenset[str]]
"""What somebody shows, by how it looks on the wire, each with the scopes that it was granted."""
_WIRE = ("type", "in", "name", "scheme", "openIdConnectUrl")
_FLOW = ("authorizationUrl", "tokenUrl")
_PLAIN = frozenset({"scramSha256", "scramSha512", "plain", "gssapi", "userPassword", "X509"})


def security(met: Meeting, ends: tuple[Operation, Operation]) -> Iterator[Found]:
    """Requirements are alternatives: whichever the client has chosen must be enough for one of the application's."""
    documents = met.way.writer, met.way.reader
    holders = [_holders(document, one) for document, one in zip(documents, ends, strict=True)]
    for kind in ("server", "operation"):
        sent, taken = (_alternatives(document, known[kind]) for document, known in zip(documents, holders, strict=True))
        for shown, alternative in sent.items():
            if any(_is_enough(alternative, demanded) for demanded in taken.values()):
                continue
            facet = Facet("credentials", shown, {"const": shown}, {"enum": [one for one in taken if one != shown]})
            facts = {"sent": shown, "taken": " or ".join(taken), "kind": kind}
            at = holders[1][kind][0], holders[0][kind][0]
            trial = replace(met.trial(), facet=facet)
            yield met.found("asyncapi-security-tightened", Effect.FAILS, f"{kind} security", at, trial, **facts)


def _holders(document: Document, operation: Operation) -> dict[str, list[Spot]]:
    servers = list(dict.fromkeys(addresses(document, operation).values()))
    return {"server": servers or [document.root], "operation": list(operation.spots)}


def _is_enough(carried: Alternative, demanded: Alternative) -> bool:
    return all(scheme in carried and scopes <= carried[scheme] for scheme, scopes in demanded.items())


def _alternatives(document: Document, holders: list[Spot]) -> dict[str, Alternative]:
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
    return _worded(
        {str(scheme.pointer[-1]) if "$ref" in fields(document, written) else str(said.get("type")): scopes}
    ), {_wire(said): scopes}


def _worded(schemes: Mapping[str, frozenset[str]]) -> str:
    """One alternative, in people's words."""
    words = [f"{name} ({', '.join(sorted(scopes))})" if scopes else name for name, scopes in schemes.items()]
    return " and ".join(words) or "nothing"


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

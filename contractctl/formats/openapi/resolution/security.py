"""May everybody who may call one version call the other? https://spec.openapis.org/oas/v3.1.0#security-requirement-object."""

import itertools
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache

from contractctl.documents import Json
from contractctl.formats.description import as_object
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import child, fields, items
from contractctl.formats.openapi.resolution.ways import Call, Ends, Way
from contractctl.model.verdict import Effect, Found, Undecided

Alternative = Mapping[str, frozenset[str]]
"""What a call carries, by how it looks on the wire, each with the scopes that it was granted."""
Alternatives = list[tuple[str, Alternative]]
"""Each with how it is said in people's words."""
_UNKNOWN = "?"
_FLOW = ("authorizationUrl", "tokenUrl")


def security(way: Way, call: Call) -> Iterator[Found]:
    """Requirements are alternatives: whichever the caller has chosen must be enough for one of the server's."""
    if way.inverted and not any(
        "security" in fields(*one) for one in ((way.caller, call.caller), (way.server, call.server))
    ):
        return  # what the document demands, it demands of its clients
    sent, taken = _alternatives(way.caller, call.caller), _alternatives(way.server, call.server)
    at = Ends("security", call.caller, call.server)
    shown = [list(dict.fromkeys(words for words, _ in one)) for one in (sent, taken)]
    for one in sent + taken:
        if (unknown := _unknown(one[1])) and not (one in sent and one in taken):
            yield Undecided(f"{call.name} security", f"'{unknown}' is not a security scheme that is known")
            return
    refused = (words for words, one in sent if not any(_is_enough(one, demanded) for _, demanded in taken))
    for words in dict.fromkeys(refused):
        facts = {"sent": words, "taken": " or ".join(shown[1])}
        yield way.served(call, "openapi-security-tightened", Effect.FAILS, at, **facts)


def same_schemes(way: Way) -> bool:
    """Whether both documents define the same security schemes."""
    schemes = [fields(document, document.root).get("components", {}) for document in (way.caller, way.server)]
    texts = [json.dumps(one.get("securitySchemes") if isinstance(one, dict) else None) for one in schemes]
    return texts[0] == texts[1] and '"$ref"' not in texts[0]


def _is_enough(carried: Alternative, demanded: Alternative) -> bool:
    return all(scheme in carried and scopes <= carried[scheme] for scheme, scopes in demanded.items())


def _alternatives(document: Document, operation: Spot) -> Alternatives:
    """What an operation demands, else what the whole document does; without a word nothing is demanded."""
    if "security" in fields(document, operation):
        return _demanded(document, operation)
    return _demanded_everywhere(document)


@lru_cache(maxsize=2)
def _demanded_everywhere(document: Document) -> Alternatives:
    """One answer for all operations that say nothing of it."""
    return _demanded(document, document.root)


def _demanded(document: Document, holder: Spot) -> Alternatives:
    found = [
        (worded(schemes), alternative)
        for schemes in (fields(document, requirement) for requirement in items(document, holder, "security"))
        for alternative in _carried(document, schemes)
    ]
    return found or [("nothing", {})]


def _carried(document: Document, schemes: Mapping[str, Json]) -> Iterator[Alternative]:
    """What one requirement asks for: of flows that a scheme has, by one."""
    scopes = [_scopes(one) for one in schemes.values()]
    for wires in itertools.product(*(_wires(document, name) for name in schemes)):
        yield dict(zip(wires, scopes, strict=True))


def worded(schemes: Mapping[str, Json]) -> str:
    """One alternative, in people's words."""
    words = [
        f"{name} ({', '.join(map(str, scopes))})" if isinstance(scopes, list) and scopes else name
        for name, scopes in schemes.items()
    ]
    return " and ".join(words) or "nothing"


def _scopes(scopes: Json) -> frozenset[str]:
    return frozenset(map(str, scopes)) if isinstance(scopes, list) else frozenset()


def _wires(document: Document, name: str) -> list[str]:
    """What tells a scheme from others on the wire, for each of its flows; its name does not travel."""
    components = child(document, document.root, "components")
    scheme = child(document, child(document, components, "securitySchemes"), name)
    if scheme is None:
        return [_wire(_UNKNOWN, name)]
    said = fields(document, scheme)
    match said.get("type"):
        case "apiKey":
            return [_wire("apiKey", said.get("in"), _key(said))]
        case "http":
            return [_wire("http", str(said.get("scheme")).lower())]
        case "mutualTLS":
            return [_wire("mutualTLS")]
        case "openIdConnect":
            return [_wire("openIdConnect", said.get("openIdConnectUrl"))]
        case "oauth2":
            flows = as_object(said.get("flows")).items()
            wires = [_wire("oauth2", flow, *(as_object(one).get(url) for url in _FLOW)) for flow, one in flows]
            return wires or [_wire("oauth2")]
        case _:
            return [_wire(_UNKNOWN, name, said)]


def _key(scheme: Mapping[str, Json]) -> Json:
    """The name of a key: those of headers are the same in any case."""
    name = scheme.get("name")
    return name.lower() if isinstance(name, str) and scheme.get("in") == "header" else name


def _wire(kind: str, *parts: Json) -> str:
    return json.dumps([kind, *parts], sort_keys=True)


def _unknown(alternative: Alternative) -> str:
    """The name of a scheme that is not defined, or of a kind that no version of the specification has."""
    wires = (json.loads(wire) for wire in alternative)
    return next((said[0] for kind, *said in wires if kind == _UNKNOWN), "")

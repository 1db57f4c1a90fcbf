"""May everybody who may call one version call the other? https://spec.openapis.org/oas/v3.1.0#security-requirement-object."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache

from contractctl.documents import Json
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.parts import Unresolved, child, fields, items
from contractctl.formats.openapi.ways import Call, Ends, Found, Way
from contractctl.model.verdict import Effect, Undecided

Alternative = Mapping[str, frozenset[str]]
"""What a call carries, by how it looks on the wire, each with the scopes that it was granted."""
_BY_TYPE = {
    "apiKey": ("in", "name"),
    "http": ("scheme",),
    "mutualTLS": (),
    "oauth2": ("flows",),
    "openIdConnect": ("openIdConnectUrl",),
}
_FLOW = ("authorizationUrl", "tokenUrl")


def security(way: Way, call: Call) -> Iterator[Found]:
    """Requirements are alternatives: whichever the caller has chosen must be enough for one of the server's."""
    if way.inverted and not any(
        "security" in fields(*one) for one in ((way.caller, call.caller), (way.server, call.server))
    ):
        return  # what the document demands, it demands of its clients
    sent, taken = _alternatives(way.caller, call.caller), _alternatives(way.server, call.server)
    at = Ends("security", call.caller, call.server)
    for unknown in {**_unknown(sent), **_unknown(taken)}:
        if json.dumps(sorted(map(str, sent))) != json.dumps(sorted(map(str, taken))):
            yield Undecided(f"{call.name} security", f"'{unknown}' is no security scheme that is known")
            return
    for shown, alternative in sent.items():
        if not any(_is_enough(alternative, demanded) for demanded in taken.values()):
            facts = {"sent": shown, "taken": " or ".join(taken)}
            yield way.served(call, "openapi-security-tightened", Effect.FAILS, at, **facts)


def same_schemes(way: Way) -> bool:
    """Whether both documents define the same security schemes."""
    schemes = [fields(document, document.root).get("components", {}) for document in (way.caller, way.server)]
    texts = [json.dumps(one.get("securitySchemes") if isinstance(one, dict) else None) for one in schemes]
    return texts[0] == texts[1] and '"$ref"' not in texts[0]


def _is_enough(carried: Alternative, demanded: Alternative) -> bool:
    return all(scheme in carried and scopes <= carried[scheme] for scheme, scopes in demanded.items())


def _alternatives(document: Document, operation: Spot) -> dict[str, Alternative]:
    """What an operation demands, else what the whole document does; without a word nothing is demanded."""
    if "security" in fields(document, operation):
        return _demanded(document, operation)
    return _demanded_everywhere(document)


@lru_cache(maxsize=2)
def _demanded_everywhere(document: Document) -> dict[str, Alternative]:
    """One answer for all operations that say nothing of it."""
    return _demanded(document, document.root)


def _demanded(document: Document, holder: Spot) -> dict[str, Alternative]:
    found: dict[str, Alternative] = {}
    for requirement in items(document, holder, "security"):
        schemes = fields(document, requirement)
        found[worded(schemes)] = {_wire(document, name): _scopes(scopes) for name, scopes in schemes.items()}
    return found or {"nothing": {}}


def worded(schemes: Mapping[str, Json]) -> str:
    """One alternative, in people's words."""
    words = [
        f"{name} ({', '.join(map(str, scopes))})" if isinstance(scopes, list) and scopes else name
        for name, scopes in schemes.items()
    ]
    return " and ".join(words) or "nothing"


def _scopes(scopes: Json) -> frozenset[str]:
    return frozenset(map(str, scopes)) if isinstance(scopes, list) else frozenset()


def _wire(document: Document, name: str) -> str:
    """What tells a scheme from others on the wire; its name does not travel."""
    components = child(document, document.root, "components")
    try:
        scheme = child(document, child(document, components, "securitySchemes"), name)
    except Unresolved:
        scheme = None
    if scheme is None:
        return f"? {name}"
    said = fields(document, scheme)
    kind = str(said.get("type"))
    if kind not in _BY_TYPE:
        return f"? {name}"
    parts = {part: _part(part, said.get(part)) for part in _BY_TYPE[kind]}
    return json.dumps([kind, parts], sort_keys=True)


def _part(name: str, value: Json) -> Json:
    """Header names and HTTP's schemes are the same in any case; of flows it counts where they lead."""
    if name == "flows" and isinstance(value, dict):
        return {flow: [one.get(url) for url in _FLOW] if isinstance(one, dict) else None for flow, one in value.items()}
    return value.lower() if name == "scheme" and isinstance(value, str) else value


def _unknown(alternatives: Mapping[str, Alternative]) -> dict[str, None]:
    return {scheme[2:]: None for one in alternatives.values() for scheme in one if scheme.startswith("? ")}

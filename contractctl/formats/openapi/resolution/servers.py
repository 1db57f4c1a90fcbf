"""Is the operation still served where clients call it? https://spec.openapis.org/oas/v3.1.0#server-object."""

import itertools
import math
import re
from collections.abc import Iterator
from functools import lru_cache

from contractctl.documents import Json
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.openapi.document import Document
from contractctl.formats.openapi.document.parts import Unresolved, child, fields, items, text
from contractctl.formats.openapi.document.shared import told
from contractctl.formats.openapi.resolution.ways import Call, Ends, Way
from contractctl.model.verdict import Effect, Found, Undecided

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_MOST = 1_000
"""Addresses of one server: for more, the answer is unknown."""
_PORTS = {"http": ":80", "https": ":443", "ws": ":80", "wss": ":443"}


def servers(way: Way, call: Call) -> Iterator[Found]:
    """Every address that the caller may use is one of the server's. A variable without a list may be anything."""
    if way.inverted:
        return  # a callback goes to an address that the client gives
    ends = (way.caller, call.caller, call.caller_item), (way.server, call.server, call.server_item)
    if told(_said(*ends[0])) == told(_said(*ends[1])):
        return
    called, served = addresses(*ends[0]), addresses(*ends[1])
    free = [one for one in served if "{}" in one]
    for address, spot in called.items():
        if address in served or any(_takes(one, address) for one in free):
            continue
        if any(_may_be(address, one) for one in served):
            yield Undecided(f"{call.name} servers", f"nobody can tell by which scheme '{address}' is called or served")
        else:
            facts = {"address": address, "served": ", ".join(served)}
            yield way.served(call, "openapi-server-removed", Effect.FAILS, Ends("servers", spot, call.server), **facts)


def meet(way: Way, call: Call) -> bool:
    """Whether any address that the caller may use is one of the server's."""
    served = addresses(way.server, call.server, call.server_item)
    called = addresses(way.caller, call.caller, call.caller_item)
    return any(_takes(one, address) or _takes(address, one) for address in called for one in served)


def _takes(served: str, address: str) -> bool:
    """Whether an address is a served one, or one with something in the place of a free variable."""
    free = "[^/?#]+".join(map(re.escape, served.split("{}")))
    return served == address or re.fullmatch(free, address) is not None


def _may_be(address: str, served: str) -> bool:
    """Whether two addresses are the same but for a scheme, which one of them leaves to where the document is had."""
    is_open = address.startswith("//") or served.startswith("//")
    return is_open and address.partition("//")[2] == served.partition("//")[2]


def _said(document: Document, operation: Spot, item: Spot) -> Json:
    """The part of the document that names the servers of an operation."""
    holders = (operation, item, document.root)
    return next((servers for one in holders if (servers := fields(document, one).get("servers"))), None)


def addresses(document: Document, operation: Spot, item: Spot) -> dict[str, Spot]:
    """Where an operation is served: by itself, else its path, else the document; without any it is `/`."""
    return _listed(document, operation) or _listed(document, item) or _everywhere(document)


@lru_cache(maxsize=2)
def _everywhere(document: Document) -> dict[str, Spot]:
    """One answer for all operations that say nothing of it."""
    return _listed(document, document.root) or {"/": document.root}


def _listed(document: Document, holder: Spot) -> dict[str, Spot]:
    found: dict[str, Spot] = {}
    for server in items(document, holder, "servers"):
        for address in _written_out(document, server):
            found.setdefault(address, server)
    return found


def _written_out(document: Document, server: Spot) -> list[str]:
    """An address with every value of its variables that have a list. Raise Unresolved where there are too many."""
    url = text(document, server, "url", "/").rstrip("/") or "/"
    variables = child(document, server, "variables")
    choices = []
    for name in _VARIABLE.findall(url):
        variable = child(document, variables, name)
        listed = fields(document, variable).get("enum") if variable is not None else None
        choices.append([str(one) for one in listed] if isinstance(listed, list) and listed else ["{}"])
    if math.prod(map(len, choices)) > _MOST:
        raise Unresolved(f"the variables of '{url}' make more than {_MOST:,} addresses", "")
    found = []
    for values in itertools.product(*choices):
        left = iter(values)
        found.append(_normal(_VARIABLE.sub(lambda _: next(left), url)))  # noqa: B023 - used at once
    return found


def _normal(address: str) -> str:
    """Schemes and hosts are the same in any case, and with their usual port: RFC 3986, section 6.2."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    host, slash, path = rest.partition("/")
    scheme, host = scheme.lower(), host.lower().removesuffix(_PORTS.get(scheme.lower(), ""))
    return f"{scheme}://{host}{slash}{path}"

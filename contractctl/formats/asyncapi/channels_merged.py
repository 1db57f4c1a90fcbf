"""Do clients of both documents find their channels: on which servers, with which credentials and parameters?"""

import re

from contractctl.documents import Json
from contractctl.documents.splices import is_same
from contractctl.formats.asyncapi.application import Operation
from contractctl.formats.asyncapi.languages import ANY_OBJECT
from contractctl.formats.asyncapi.making import Making, listed
from contractctl.formats.asyncapi.parts import PLACEHOLDER, child, entries, fields, resolved, template
from contractctl.formats.asyncapi.places import pattern
from contractctl.formats.asyncapi.security import counterparts
from contractctl.formats.asyncapi.servers import addresses, is_spoken_by, serving
from contractctl.formats.description import as_object, reference
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.retirement import Seat
from contractctl.formats.retirement.places import Object, own


def channels(making: Making, was: Operation, becomes: Operation) -> None:
    """Give the channel of an operation what clients of the old document know about it."""
    _servers(making, was, becomes)
    for spot, others in counterparts(was, becomes):
        for other in others:
            _credentials(making, becomes.label, (spot, other))
    _parameters(making, was, becomes)
    _handshake(making, was, becomes)


def _servers(making: Making, was: Operation, becomes: Operation) -> None:
    chosen = making.at(becomes.channel.spot).get("servers")
    served = addresses(making.after, becomes.channel.spot)
    come = frozenset(f"connect {one}" for one in served)
    for address, spots in addresses(making.before, was.channel.spot).items():
        there = serving(address, served)
        for spot in spots:
            if there and is_spoken_by((making.before, making.after), spot, there):
                _credentials(making, f"connect {address}", (spot, there[0]))
                continue
            entry = _server(making, address, spot)
            making.follow("remove", "server", "$", f"connect {address}", come)
            if isinstance(chosen, list) and chosen and entry not in chosen:
                chosen.append(entry)


def brought_to_servers(making: Making, channel: Spot, made: Object) -> None:
    """A channel that only the old document has stays on its servers."""
    served = addresses(making.after, None)
    entries: list[Json] = [
        _server(making, address, spot)
        for address, spots in addresses(making.before, channel).items()
        for spot in spots
        if made.get("servers") or not serving(address, served)
    ]
    if made.get("servers"):
        made["servers"] = list(dict.fromkeys(entries)) if making.is_older else entries


def _server(making: Making, address: str, spot: Spot) -> Json:
    """How a channel names the old server in the resulting document."""
    servers = making.group("servers")
    copy = making.brought(spot.value, f"the server {address}")
    name = next((name for name, one in servers.items() if one in (spot.value, copy)), None)
    if name is None:
        name = making.free(str(spot.pointer[-1]), servers)
        servers[name] = copy
    return name if making.is_older else {"$ref": reference("servers", name)}


def _credentials(making: Making, label: str, ends: tuple[Spot, Spot]) -> None:
    """Those that clients have are accepted beside the new ones; what was open to everybody is not opened again."""
    before, holder = as_object(ends[0].value), making.at(ends[1])
    if not listed(holder.get("security")):
        return
    for one in listed(before.get("security")):
        if not any(is_same(one, other) for other in listed(holder["security"])):
            making.follow("remove", "security", label, _worded(one))
            making.demand_one_language(f"the security of {label}")
            listed(holder["security"]).append(own(one))
            making.places.bring({"security": [one]} if making.is_older else one)


def _worded(requirement: Json) -> str:
    said = as_object(requirement)
    return str(said.get("$ref", "")).rpartition("/")[2] or str(said.get("type") or ", ".join(said))


def _parameters(making: Making, was: Operation, becomes: Operation) -> None:
    """A client chooses the values: each that either version allows is one."""
    narrow, wide = was.channel.address, becomes.channel.address
    values = re.fullmatch(pattern(wide), template(narrow)) if narrow is not None and wide is not None else None
    if values is None or narrow is None or wide is None:
        return
    here, there = (
        {name: resolved(document, one) for name, one in entries(document, channel.spot, "parameters")}
        for document, channel in ((making.before, was.channel), (making.after, becomes.channel))
    )
    names = PLACEHOLDER.findall(narrow)
    for name, value in zip(PLACEHOLDER.findall(wide), values.groups(), strict=True):
        earlier = here.get(names.pop(0)) if value == "{}" and names else None
        fixed: Object = {} if value == "{}" else {"enum": [value]}
        before = as_object(earlier.value) if earlier is not None else fixed
        if name in there:
            _parameter(making, (becomes.label, name), before, making.at(there[name]))


def _parameter(making: Making, label: tuple[str, str], before: Object, made: Object) -> None:
    """In 2.x with a schema, since 3.0 with a list of values."""
    if "schema" in made:
        making.parts.pair_of(before.get("schema", before), made["schema"], Seat.TAKEN, ".".join(label))
    elif "enum" in made and "enum" in before:
        making.parts.pair_of(before, made, Seat.TAKEN, ".".join(label))
    elif "enum" in made:
        making.follow("narrow", "parameter", *label)
        del made["enum"]


def _handshake(making: Making, was: Operation, becomes: Operation) -> None:
    """What a client's request contains, where a channel is a connection or an operation is an HTTP call."""
    for protocol, name, ends in (
        ("ws", "query", (was.channel.spot, becomes.channel.spot)),
        ("ws", "headers", (was.channel.spot, becomes.channel.spot)),
        ("http", "query", (was.spots[0], becomes.spots[0])),
    ):
        documents = making.before, making.after
        before, after = (
            child(document, spot, "bindings", protocol) for document, spot in zip(documents, ends, strict=True)
        )
        if after is None or name not in fields(making.after, after):
            continue
        asked = fields(making.before, before).get(name, ANY_OBJECT) if before is not None else ANY_OBJECT
        making.parts.pair_of(asked, making.at(after)[name], Seat.TAKEN, becomes.label)

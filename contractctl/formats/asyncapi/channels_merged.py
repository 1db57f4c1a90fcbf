"""Do clients of both documents find their channels: on which servers, with which credentials and parameters?"""

import re

from contractctl.documents import Json
from contractctl.documents.splices import is_same
from contractctl.formats.asyncapi.application import Operation
from contractctl.formats.asyncapi.languages import ANY_OBJECT
from contractctl.formats.asyncapi.making import Making, listed, reference
from contractctl.formats.asyncapi.parts import PLACEHOLDER, child, entries, fields, resolved, template
from contractctl.formats.asyncapi.places import addresses, is_served, pattern
from contractctl.formats.description import as_object
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.retirement import Seat
from contractctl.formats.retirement.places import Object, own


def channels(making: Making, was: Operation, becomes: Operation) -> None:
    """Give the channel of an operation what clients of the old document know of it."""
    _servers(making, was, becomes)
    _credentials(making, becomes.label, (was.spots[0], becomes.spots[0]))
    _parameters(making, was, becomes)
    _handshake(making, was, becomes)


def _servers(making: Making, was: Operation, becomes: Operation) -> None:
    served = addresses(making.after, becomes)
    for address, spot in addresses(making.before, was).items() if served else ():
        if not is_served(address, served):
            _server(making, becomes, (address, spot), frozenset(f"connect {one}" for one in served))
        elif address in served:
            _credentials(making, f"connect {address}", (spot, served[address]))


def _server(making: Making, becomes: Operation, old: tuple[str, Spot], come: frozenset[str]) -> None:
    address, spot = old
    servers = making.group("servers")
    copy = making.brought(spot.value, f"the server {address}")
    name = next((name for name, one in servers.items() if one == copy), None)
    if name is None:
        name = making.free(str(spot.pointer[-1]), servers)
        servers[name] = copy
    making.follow("remove", "server", "$", f"connect {address}", come)
    chosen = making.at(becomes.channel.spot).get("servers")
    entry: Json = name if making.is_older else {"$ref": reference("servers", name)}
    if isinstance(chosen, list) and chosen and entry not in chosen:
        chosen.append(entry)


def _credentials(making: Making, label: str, ends: tuple[Spot, Spot]) -> None:
    """Those that clients have are taken beside the new ones; what was open to everybody is not opened again."""
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
    """What a client asks with, where a channel is a connection or an operation is a call of HTTP."""
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

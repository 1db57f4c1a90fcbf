"""Does the channel have the address that it had, for all of its parameters?

https://www.asyncapi.com/docs/reference/specification/v3.0.0#channelObject.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from contractctl.formats.asyncapi.application import Operation
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.languages import Language, Written
from contractctl.formats.asyncapi.parts import PLACEHOLDER, entries, fields, resolved, template
from contractctl.formats.asyncapi.payloads import judged
from contractctl.formats.asyncapi.ways import Meeting
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Found


def counterpart(operation: Operation, known: dict[tuple[bool, str], Operation]) -> Operation | None:
    """The operation of the other document on the same channel, or on one whose parameters take its address in."""
    found = known.get(operation.key)
    if found is not None or operation.channel.address is None:
        return found
    address = operation.channel.address
    fitting = (
        one
        for one in known.values()
        if one.sends is operation.sends and one.channel.address is not None and _takes_in(one.channel.address, address)
    )
    return next(fitting, None)


def _takes_in(wide: str, narrow: str) -> bool:
    return re.fullmatch(pattern(wide), narrow) is not None


def pattern(address: str) -> str:
    """A regular expression of the addresses that an address stands for; a parameter holds no more than a level."""
    return "([^/]+)".join(map(re.escape, template(address).split("{}")))


def parameters(met: Meeting, clients: Operation, provided: Operation) -> Iterator[Found]:
    """A client chooses the values: each that its version allows has to be one of the application's."""
    wide, narrow = provided.channel.address, clients.channel.address
    if wide is None or narrow is None:
        return
    values = re.fullmatch(pattern(wide), template(narrow))
    names = PLACEHOLDER.findall(narrow)
    here, there = (
        dict(_parameters(*one))
        for one in ((met.way.writer, clients.channel.spot), (met.way.reader, provided.channel.spot))
    )
    for name, value in zip(PLACEHOLDER.findall(wide), values.groups() if values is not None else (), strict=False):
        own = names.pop(0) if value == "{}" and names else None
        sent = here.get(own or "") if own is not None else _fixed(clients.channel.spot, value)
        ends = sent or _any(clients.channel.spot), there.get(name) or _any(provided.channel.spot)
        label = f"parameter {own or name}"
        yield from judged(met, replace(met.trial(), part=f"parameter {own or name}"), ends, label)


def _parameters(document: Document, channel: Spot) -> Iterator[tuple[str, Written]]:
    """In 2.x with a schema, since 3.0 texts, or those of a list."""
    for name, written in entries(document, channel, "parameters"):
        spot = resolved(document, written)
        said = fields(document, spot)
        if "schema" in said:
            inner = replace(spot, value=said["schema"], pointer=(*spot.pointer, "schema"))
        else:
            listed = {key: said[key] for key in ("enum",) if key in said}
            inner = replace(spot, value={"type": "string", **listed})
        yield name, _texts(inner)


def _texts(spot: Spot) -> Written:
    return Written(Language.JSON_SCHEMA, "JSON Schema", Dialect.DRAFT7, spot)


def _any(channel: Spot) -> Written:
    return _texts(replace(channel, value={"type": "string"}, pointer=(*channel.pointer, "parameters")))


def _fixed(channel: Spot, value: str) -> Written:
    return _texts(replace(channel, value={"const": value}, pointer=(*channel.pointer, "address")))

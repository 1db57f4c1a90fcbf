"""Is the channel where it was, for all of its parameters, and are its servers?

https://www.asyncapi.com/docs/reference/specification/v3.0.0#channelObject and #serverObject there.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from contractctl.formats.asyncapi.application import Operation
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.languages import Language, Written
from contractctl.formats.asyncapi.parts import PLACEHOLDER, entries, fields, items, resolved, template, text
from contractctl.formats.asyncapi.payloads import judged
from contractctl.formats.asyncapi.ways import Facet, Found, Meeting
from contractctl.formats.json_schema.dialects import Dialect
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Effect

_MOST = 64


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


def servers(met: Meeting, ends: tuple[Operation, Operation]) -> Iterator[Found]:
    """Every server that clients know serves the channel still; first the client's operation."""
    called, served = (
        addresses(document, one) for document, one in zip((met.way.writer, met.way.reader), ends, strict=True)
    )
    for address, spot in called.items() if served else ():
        if not is_served(address, served):
            facet = Facet("server", address, {"const": address}, {"enum": list(served)})
            facts = {"address": address, "served": ", ".join(served)}
            trial = replace(met.trial(), facet=facet)
            yield met.found(
                "asyncapi-server-removed", Effect.FAILS, "servers", (ends[1].channel.spot, spot), trial, **facts
            )


def is_served(address: str, served: Iterable[str]) -> bool:
    """Whether one of these servers' addresses, whose variables may be anything, is this one."""
    return any(re.fullmatch(_server_pattern(one), address) for one in served)


def addresses(document: Document, operation: Operation) -> dict[str, Spot]:
    """Where a channel is served: by those servers that it names, else by all."""
    known = dict(entries(document, document.root, "servers"))
    chosen: list[tuple[str, Spot]] = []
    for one in items(document, operation.channel.spot, "servers"):
        if isinstance(one.value, str):
            chosen.extend((one.value, known[one.value]) for _ in (one.value,) if one.value in known)
        else:
            chosen.append(("", resolved(document, one)))
    found: dict[str, Spot] = {}
    for _, written in chosen or known.items():
        server = resolved(document, written)
        for address in _written_out(document, server):
            found.setdefault(address, server)
    return found


def _written_out(document: Document, server: Spot) -> list[str]:
    """A server's address with every value of its variables that have a list; its protocol is a part of it."""
    protocol = (text(document, server, "protocol") or "").lower()
    url = (
        text(document, server, "url")
        or f"{text(document, server, 'host') or ''}{text(document, server, 'pathname') or ''}"
    )
    place = url.rstrip("/") if "://" in url else f"{protocol}://{url.rstrip('/')}"
    known = dict(entries(document, server, "variables"))
    choices = []
    for name in PLACEHOLDER.findall(place):
        listed = fields(document, resolved(document, known[name])).get("enum") if name in known else None
        choices.append([str(one) for one in listed] if isinstance(listed, list) and listed else ["{}"])
    scheme = "" if place.startswith(f"{protocol}:") else f" ({protocol})"
    found = []
    for values in itertools.islice(itertools.product(*choices), _MOST):
        left = iter(values)
        found.append(PLACEHOLDER.sub(lambda _: next(left), place) + scheme)  # noqa: B023 - used at once
    return found


def _server_pattern(address: str) -> str:
    return "[^/?#]+".join(map(re.escape, address.split("{}")))

"""Is the channel served where clients look for it, in a version of the protocol that they speak?

https://www.asyncapi.com/docs/reference/specification/v3.0.0#serverObject.
"""

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from contractctl.formats.asyncapi import bindings
from contractctl.formats.asyncapi.application import Operation
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.parts import PLACEHOLDER, Unresolved, entries, fields, items, resolved, text
from contractctl.formats.asyncapi.ways import Facet, Meeting
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Effect, Found, Undecided

Servers = Mapping[str, tuple[Spot, ...]]
"""The servers of a channel by the address at which clients find them."""
_MOST = 1_000
"""Addresses of one server: for more, the answer is unknown."""
_APART = frozenset({"amqp", "amqps", "mqtt", "mqtts", "secure-mqtt"})
"""Protocols of which a broker turns away whoever speaks a version that it does not."""
_KAFKA = frozenset({"kafka", "kafka-secure"})
_KAFKA_LEFT = ("2.1", "4")
"""Kafka's sides agree on a version, but for these: https://cwiki.apache.org/confluence/display/KAFKA/KIP-896."""


def servers(met: Meeting, ends: tuple[Operation, Operation]) -> Iterator[Found]:
    """Every server that clients know serves the channel still; first the client's operation."""
    called, served = (
        addresses(document, one.channel.spot)
        for document, one in zip((met.way.writer, met.way.reader), ends, strict=True)
    )
    for (spots, there), address in kept(called, served).items():
        yield from _versions(met, address, (there, spots))
        for spot in spots:
            yield from bindings.of_servers(met, (spot, there))
    for address, spots in called.items():
        if serving(address, served):
            continue
        facet = Facet("server", address, {"const": address}, {"enum": list(served)})
        facts = {"address": address, "served": f"only {', '.join(served)}" if served else "no server"}
        trial = replace(met.trial(), facet=facet)
        at = ends[1].channel.spot, spots[0]
        yield met.found("asyncapi-server-removed", Effect.FAILS, "servers", at, trial, **facts)


def kept(called: Servers, served: Servers) -> dict[tuple[tuple[Spot, ...], tuple[Spot, ...]], str]:
    """Servers that clients know, each with those that are there now, and at which address."""
    found: dict[tuple[tuple[Spot, ...], tuple[Spot, ...]], str] = {}
    for address, spots in called.items():
        there = serving(address, served)
        if there:
            found.setdefault((spots, there), address)
    return found


def serving(address: str, served: Servers) -> tuple[Spot, ...]:
    """The servers at this address, or at one whose variables may make it this one."""
    fitting = (spots for one, spots in served.items() if one == address or _may_be(one, address))
    return tuple(dict.fromkeys(itertools.chain.from_iterable(fitting)))


def addresses(document: Document, channel: Spot | None) -> Servers:
    """Where a channel is served: by those servers that it names, else by all. Raise Unresolved."""
    known = dict(entries(document, document.root, "servers"))
    named = [
        _named(known, one.value) if isinstance(one.value, str) else one for one in items(document, channel, "servers")
    ]
    found: dict[str, tuple[Spot, ...]] = {}
    for written in named or known.values():
        server = resolved(document, written)
        for address in _written_out(document, server):
            found[address] = (*found.get(address, ()), server)
    return found


def _named(known: Mapping[str, Spot], name: str) -> Spot:
    if name not in known:
        raise Unresolved(f"the channel is on the server '{name}', which the document does not describe", name)
    return known[name]


def _written_out(document: Document, server: Spot) -> list[str]:
    """A server's address with every value of its variables that have a list; its protocol is a part of it.

    Raise Unresolved where there are too many.
    """
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
    if math.prod(map(len, choices)) > _MOST:
        raise Unresolved(f"the variables of '{place}' make more than {_MOST:,} addresses", place)
    found = []
    for values in itertools.product(*choices):
        left = iter(values)
        found.append(PLACEHOLDER.sub(lambda _: next(left), place) + scheme)  # noqa: B023 - used at once
    return found


def _may_be(free: str, address: str) -> bool:
    """Whether variables that may be anything may make an address another."""
    return "{}" in free and bool(re.fullmatch("[^/?#]+".join(map(re.escape, free.split("{}"))), address))


# versions of a protocol


def _versions(met: Meeting, address: str, ends: tuple[tuple[Spot, ...], tuple[Spot, ...]]) -> Iterator[Found]:
    """Each version of the protocol that clients know of is still spoken."""
    documents = met.way.reader, met.way.writer
    taken, spoken = (_told(document, spots) for document, spots in zip(documents, ends, strict=True))
    for version, spot in spoken.items():
        protocol = (text(met.way.writer, spot, "protocol") or "").lower()
        label = f"protocol version of {address}"
        if any(_is_spoken(protocol, version, one) for one in taken):
            continue
        if protocol not in _APART | _KAFKA:
            reason = (
                f"contractctl does not know what another version of '{protocol}' changes: {version}, {', '.join(taken)}"
            )
            yield Undecided(f"{met.label}: {label}", reason)
            continue
        facet = Facet("protocolVersion", version, {"const": version}, {"enum": list(taken)})
        facts = {"address": address, "protocol": protocol, "spoken": version, "taken": " or ".join(taken)}
        trial = replace(met.trial(), facet=facet)
        at = next(iter(taken.values())), spot
        yield met.found("asyncapi-protocol-version-changed", Effect.FAILS, label, at, trial, **facts)


def _told(document: Document, spots: tuple[Spot, ...]) -> dict[str, Spot]:
    """Versions, and which server says so; without a word ''."""
    found: dict[str, Spot] = {}
    for spot in spots:
        found.setdefault((text(document, spot, "protocolVersion") or "").strip(), spot)
    return found


def is_spoken_by(ends: tuple[Document, Document], server: Spot, there: tuple[Spot, ...]) -> bool:
    """Whether a client that speaks to a server of the one document is understood by one of those of the other."""
    protocol = (text(ends[0], server, "protocol") or "").lower()
    (version,) = _told(ends[0], (server,))
    return any(_is_spoken(protocol, version, one) for one in _told(ends[1], there))


def _is_spoken(protocol: str, version: str, known: str) -> bool:
    """Where only one of the two says a version, nobody was promised one."""
    is_same = not version or not known or _plain(version) == _plain(known)
    return is_same or (protocol in _KAFKA and _agree(version, known))


def _plain(version: str) -> tuple[str, ...]:
    """5 is 5.0, and 0-9-1 is 0.9.1."""
    parts = re.split(r"[.\-_]", version.lower().removeprefix("v"))
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return tuple(parts)


def _agree(one: str, other: str) -> bool:
    """Whether two versions of Kafka have a version of its protocol in common."""
    numbers = [
        tuple(map(int, parts)) for parts in map(_plain, (one, other, *_KAFKA_LEFT)) if all(map(str.isdigit, parts))
    ]
    if len(numbers) != len((one, other, *_KAFKA_LEFT)):
        return False
    *versions, oldest, newest = numbers
    return not (min(versions) < oldest and max(versions) >= newest)

"""Which protocol bindings have an effect on the wire? https://github.com/asyncapi/bindings at v3.0.0.

Most of what stands there tells people how a broker or a client is set up; that is not a promise between two sides.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from contractctl.documents import Json
from contractctl.formats.asyncapi.application import Message
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.parts import entries, fields, resolved, text, whole
from contractctl.formats.asyncapi.ways import Facet, Meeting
from contractctl.formats.description import as_object, below
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Effect, Found, Undecided


@dataclass(frozen=True, slots=True)
class _Felt:
    """The fields of a binding, by the effect of a change. Those under neither only inform people."""

    breaks: tuple[str, ...] = ()
    weakens: tuple[str, ...] = ()
    """Messages may arrive twice, late, in another order, or not at all."""
    tells: tuple[str, ...] = ()


_TELLS = ("bindingVersion",)
_CHANNELS: Mapping[str, _Felt] = {
    "kafka": _Felt((), ("partitions",), ("topic", "replicas", "topicConfiguration")),
    "amqp": _Felt(
        (
            "is",
            "exchange.name",
            "exchange.type",
            "exchange.durable",
            "exchange.autoDelete",
            "exchange.vhost",
            "queue.name",
            "queue.durable",
            "queue.exclusive",
            "queue.autoDelete",
            "queue.vhost",
        )
    ),
    "ws": _Felt(("method",), (), ("query", "headers")),
    "http": _Felt(),
    "mqtt": _Felt(),
    "googlepubsub": _Felt(
        ("topic", "schemaSettings.encoding"),
        ("messageRetentionDuration",),
        (
            "labels",
            "messageStoragePolicy",
            "schemaSettings.name",
            "schemaSettings.firstRevisionId",
            "schemaSettings.lastRevisionId",
        ),
    ),
}
_OPERATIONS: Mapping[str, _Felt] = {
    "kafka": _Felt((), (), ("groupId", "clientId")),
    "amqp": _Felt(
        (),
        ("deliveryMode", "mandatory", "ack", "expiration"),
        ("userId", "cc", "bcc", "priority", "replyTo", "timestamp"),
    ),
    "mqtt": _Felt((), ("qos", "retain"), ("messageExpiryInterval",)),
    "http": _Felt(("method",), (), ("query", "type")),
    "ws": _Felt(),
    "nats": _Felt((), (), ("queue",)),
    "googlepubsub": _Felt(),
}
_MESSAGES: Mapping[str, _Felt] = {
    "kafka": _Felt(("schemaIdLocation", "schemaIdPayloadEncoding"), (), ("key", "schemaLookupStrategy")),
    "amqp": _Felt(("contentEncoding", "messageType")),
    "mqtt": _Felt(("payloadFormatIndicator", "contentType"), (), ("correlationData", "responseTopic")),
    "http": _Felt(("statusCode",), (), ("headers",)),
    "ws": _Felt(),
    "googlepubsub": _Felt((), (), ("attributes", "orderingKey", "schema")),
}
_SERVERS: Mapping[str, _Felt] = {
    "mqtt": _Felt(
        (),
        (),
        (
            "clientId",
            "cleanSession",
            "lastWill",
            "keepAlive",
            "sessionExpiryInterval",
            "maximumPacketSize",
        ),
    ),
    "solace": _Felt(("msgVpn",), (), ("clientName",)),
    "pulsar": _Felt(("tenant",)),
}
SCHEMAS = frozenset({"headers", "query", "key"})
"""Fields that are schemas, which are judged as such."""
_MEANT: Mapping[str, Json] = {
    "mqtt.qos": 0,
    "mqtt.retain": False,
    "amqp.is": "routingKey",
    "amqp.exchange.vhost": "/",
    "amqp.queue.vhost": "/",
    "amqp.exchange.type": "direct",
    "amqp.exchange.durable": False,
    "amqp.exchange.autoDelete": False,
    "amqp.queue.durable": False,
    "amqp.queue.exclusive": False,
    "amqp.queue.autoDelete": False,
}
"""What a field that is not there means."""
_SECURED = {
    "kafka-secure": "kafka",
    "amqps": "amqp",
    "mqtts": "mqtt",
    "secure-mqtt": "mqtt",
    "wss": "ws",
    "https": "http",
}
"""Protocols that differ from others only by their encryption."""


def of_servers(met: Meeting, ends: tuple[Spot, tuple[Spot, ...]]) -> Iterator[Found]:
    """The bindings of a server of the writer's; nothing where one of the reader's at its address has no others."""
    spot, others = ends
    answers = [list(_compared(met, "server", (spot, other), _SERVERS)) for other in others]
    yield from min(answers, key=len, default=[])


def of_operations(met: Meeting, ends: tuple[Spot, Spot]) -> Iterator[Found]:
    """The bindings of an operation; first the writer's, then the reader's."""
    yield from _compared(met, "", ends, _OPERATIONS)


def of_channels(met: Meeting, ends: tuple[Spot, Spot]) -> Iterator[Found]:
    """The bindings of a channel; first the writer's, then the reader's."""
    yield from _compared(met, "", ends, _CHANNELS)


def of_messages(met: Meeting, one: Message, other: Message) -> Iterator[Found]:
    """The bindings of a message, without the schemas in them."""
    yield from _compared(met, one.label, (one.spot, other.spot), _MESSAGES, one)


def stated(document: Document, spot: Spot) -> Mapping[tuple[str, str], Json]:
    """Every field of the bindings at a place, by its protocol and its path in that."""
    written = whole(document, below(document, spot, "bindings")) if "bindings" in fields(document, spot) else {}
    return {
        (protocol, field): value
        for protocol, one in as_object(written).items()
        for field, value in _flat(one).items()
        if field not in _TELLS
    }


def said(bound: Mapping[tuple[str, str], Json], protocol: str, field: str) -> str | None:
    """What a field says, even by its absence; None where that says nothing."""
    value = bound.get((protocol, field), _MEANT.get(f"{protocol}.{field}"))
    return None if value is None else _shown(value)


def _compared(
    met: Meeting, name: str, ends: tuple[Spot, Spot], table: Mapping[str, _Felt], sent: Message | None = None
) -> Iterator[Found]:
    given, taken = (
        dict(entries(document, spot, "bindings"))
        for document, spot in zip((met.way.writer, met.way.reader), ends, strict=True)
    )
    spoken = _spoken(met.way.writer) & _spoken(met.way.reader)
    for protocol in {**given, **taken}:
        is_told_by_both = protocol in given and protocol in taken
        if protocol.startswith("x-") or not (is_told_by_both or protocol in spoken):
            continue  # a protocol that only one version has was added, or dropped
        at = (
            resolved(met.way.reader, taken[protocol]) if protocol in taken else ends[1],
            resolved(met.way.writer, given[protocol]) if protocol in given else ends[0],
        )
        sides = (
            _flat(at[1].value if protocol in given else {}),
            _flat(at[0].value if protocol in taken else {}),
        )
        for field in dict.fromkeys((*sides[0], *sides[1])):
            values = [side.get(field, _MEANT.get(f"{protocol}.{field}")) for side in sides]
            if _told(values[0]) != _told(values[1]):
                changed = _Changed(protocol, field, values[0], values[1])
                yield from _said(met, name, changed, at, table.get(protocol), sent)


@lru_cache(maxsize=8)
def _spoken(document: Document) -> frozenset[str]:
    """The protocols of a document's servers, as bindings call them."""
    servers = (resolved(document, one) for _, one in entries(document, document.root, "servers"))
    protocols = ((text(document, server, "protocol") or "").lower() for server in servers)
    return frozenset(_SECURED.get(one, one) for one in protocols)


@dataclass(frozen=True, slots=True)
class _Changed:
    """A field of a binding on which the two sides differ."""

    protocol: str
    field: str
    given: Json
    wanted: Json

    def stands(self, names: tuple[str, ...]) -> bool:
        return any(self.field == name or self.field.startswith(f"{name}.") for name in names)

    @property
    def is_told_by_both(self) -> bool:
        return self.given is not None and self.wanted is not None

    @property
    def is_stronger(self) -> bool:
        """Whether messages are delivered at least as reliably as the reader was promised."""
        given, wanted = self.given, self.wanted
        return self.field == "qos" and isinstance(given, int) and isinstance(wanted, int) and given >= wanted


def _said(  # noqa: PLR0913, PLR0917 - a change, and where it stands
    met: Meeting, name: str, changed: _Changed, at: tuple[Spot, Spot], felt: _Felt | None, sent: Message | None
) -> Iterator[Found]:
    protocol, field = changed.protocol, changed.field
    if field in _TELLS or field.startswith("x-") or (felt is not None and changed.stands(felt.tells)):
        return
    label = f"{name} {protocol} {field}".strip()
    facts = {"field": f"{protocol} {field}", "sent": _shown(changed.given), "wanted": _shown(changed.wanted)}
    if felt is not None and changed.stands(felt.weakens):
        if changed.is_told_by_both and not changed.is_stronger:
            yield met.found("asyncapi-delivery-changed", Effect.LOSES, label, at, None, **facts)
    elif felt is not None and changed.stands(felt.breaks) and changed.is_told_by_both:
        facet = Facet(f"{protocol} {field}", changed.given, {"const": changed.given}, {"const": changed.wanted})
        trial = replace(met.trial(sent), facet=facet)
        yield met.found("asyncapi-binding-changed", Effect.FAILS, label, at, trial, **facts)
    else:
        yield Undecided(f"{met.label}: {label}", f"contractctl does not know what another '{field}' changes")


def _flat(value: Json) -> dict[str, Json]:
    """A binding's fields by their path: exchange.name."""
    found: dict[str, Json] = {}
    pending = [("", value)]
    while pending:
        path, one = pending.pop()
        if isinstance(one, dict) and path not in SCHEMAS:
            pending.extend((f"{path}.{key}" if path else key, inner) for key, inner in reversed(one.items()))
        elif path:
            found[path] = one
    return found


def _told(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _shown(value: Json) -> str:
    return "nothing" if value is None else value if isinstance(value, str) else _told(value)

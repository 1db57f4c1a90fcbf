"""What does the application do? Each operation with its channel and its messages, in 2.x and in 3.x the same.

3.x says what the application does: `send` or `receive`
(https://www.asyncapi.com/docs/reference/specification/v3.0.0#operationObject). 2.x says what others may do: where they
`publish`, it receives, and where they `subscribe`, it sends
(https://www.asyncapi.com/docs/reference/specification/v2.6.0#channelItemObject).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.parts import (
    Unresolved,
    called,
    child,
    entries,
    fields,
    items,
    resolved,
    template,
    text,
)
from contractctl.formats.description import below, refused
from contractctl.formats.json_schema.spots import Spot

_SENDING = {"send": True, "receive": False, "subscribe": True, "publish": False}


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """Where messages travel."""

    name: str
    """In 2.x its address."""
    address: str | None
    """The address that brokers know; None where it is only known at run time."""
    spot: Spot

    @property
    def key(self) -> str:
        """What is the same in another version."""
        return f"channel {self.name}" if self.address is None else template(self.address)


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One of the messages that an operation is about."""

    label: str
    names: frozenset[str]
    """What identifies it in another version; none of it is on the wire."""
    spot: Spot
    missing: str | None = None
    """Why nobody knows what it says."""


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """The replies: they travel in the opposite direction."""

    channel: Channel | None
    location: str | None
    """Where in the request its address stands."""
    messages: tuple[Message, ...]
    spot: Spot

    @property
    def key(self) -> str:
        return self.channel.key if self.channel is not None else ""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """What the application does on a channel: all operations of one kind there count as one."""

    sends: bool
    channel: Channel
    spots: tuple[Spot, ...]
    messages: tuple[Message, ...]
    replies: tuple[Reply, ...] = ()

    @property
    def key(self) -> tuple[bool, str]:
        return self.sends, self.channel.key

    @property
    def label(self) -> str:
        return f"{'send' if self.sends else 'receive'} {self.channel.address or self.channel.name}"


@lru_cache(maxsize=8)
def operations(document: Document) -> dict[tuple[bool, str], Operation]:
    """Every operation by what identifies it in another version. Raise Unresolved, and ContractctlError."""
    found: dict[tuple[bool, str], Operation] = {}
    for one in _older(document) if document.major == 2 else _newer(document):  # noqa: PLR2004 - AsyncAPI 2
        met = found.get(one.key)
        found[one.key] = one if met is None else _together(met, one)
    return found


def _together(one: Operation, other: Operation) -> Operation:
    known = {message.spot.key for message in one.messages}
    added = tuple(message for message in other.messages if message.spot.key not in known)
    return replace(
        one,
        spots=one.spots + other.spots,
        messages=one.messages + added,
        replies=one.replies + other.replies,
    )


def _older(document: Document) -> Iterator[Operation]:
    for address, written in entries(document, document.root, "channels"):
        item = resolved(document, written)
        channel = Channel(address, _topic(document, item) or address, item)
        for word in ("subscribe", "publish"):
            operation = child(document, item, word)
            if operation is not None:
                yield Operation(_SENDING[word], channel, (operation,), tuple(_messages(document, operation)))


def _messages(document: Document, operation: Spot) -> Iterator[Message]:
    """https://www.asyncapi.com/docs/reference/specification/v2.6.0#operationObject: one, or one of several."""
    if "message" not in fields(document, operation):
        return
    written = below(document, operation, "message")
    try:
        one = resolved(document, written)
    except Unresolved:
        one = written
    if "oneOf" not in fields(document, one):
        yield _message(document, written, "")
        return
    for branch in items(document, one, "oneOf"):
        yield _message(document, branch, "")


def _newer(document: Document) -> Iterator[Operation]:
    written = list(entries(document, document.root, "operations"))
    for name, one in written:
        spot = resolved(document, one)
        action = text(document, spot, "action") or ""
        if action not in {"send", "receive"}:
            raise refused(
                document,
                spot,
                f"operation '{name}' has the action '{action}'",
                "write action: send, or action: receive",
            )
        channel = _channel(document, spot, name)
        yield Operation(
            _SENDING[action], channel, (spot,), _chosen(document, spot, channel), tuple(_replies(document, spot))
        )
    if not written:  # a document about channels does not say who sends, so both do
        for name, one in entries(document, document.root, "channels"):
            channel = _of(document, name, resolved(document, one))
            for sends in (True, False):
                yield Operation(sends, channel, (channel.spot,), _chosen(document, channel.spot, channel))


def _channel(document: Document, spot: Spot, name: str) -> Channel:
    found = child(document, spot, "channel")
    if found is None:
        raise refused(document, spot, f"operation '{name}' has no channel", "refer to one: channel: {$ref: …}")
    return _of(document, called(found), found)


def _of(document: Document, name: str, spot: Spot) -> Channel:
    return Channel(name, _topic(document, spot) or text(document, spot, "address"), spot)


def _topic(document: Document, channel: Spot) -> str | None:
    """https://github.com/asyncapi/bindings/blob/v3.0.0/kafka/README.md#channel: where it differs from the address."""
    return text(document, child(document, channel, "bindings", "kafka"), "topic")


def _chosen(document: Document, spot: Spot, channel: Channel) -> tuple[Message, ...]:
    """The messages that an operation names, or those of its channel where it names none."""
    if "messages" in fields(document, spot) and spot is not channel.spot:
        return tuple(_message(document, one, "") for one in items(document, spot, "messages"))
    return tuple(_message(document, one, name) for name, one in entries(document, channel.spot, "messages"))


def _replies(document: Document, spot: Spot) -> Iterator[Reply]:
    """https://www.asyncapi.com/docs/reference/specification/v3.0.0#operationReplyObject."""
    reply = child(document, spot, "reply")
    if reply is None:
        return
    channel = _channel(document, reply, "reply") if "channel" in fields(document, reply) else None
    location = text(document, child(document, reply, "address"), "location")
    if channel is not None:
        messages = _chosen(document, reply, channel)
    else:
        messages = tuple(_message(document, one, "") for one in items(document, reply, "messages"))
    yield Reply(channel, location, messages, reply)


def untold(document: Document, spot: Spot) -> str | None:
    """Why a message or an operation is not fully known: one of its traits refers to nothing."""
    traits = fields(document, spot).get("traits")
    for number, trait in enumerate(traits if isinstance(traits, list) else ()):
        try:
            first = (0,) if isinstance(trait, list) and trait else ()
            resolved(document, below(document, spot, "traits", number, *first))
        except Unresolved as error:
            return error.reason
    return None


def _message(document: Document, written: Spot, key: str) -> Message:
    reference = written.value.get("$ref") if isinstance(written.value, dict) else None
    last = str(reference).rpartition("/")[2] if isinstance(reference, str) else ""
    try:
        spot = resolved(document, written)
        missing = untold(document, spot)
    except Unresolved as error:
        spot, missing = written, error.reason
    named = [text(document, spot, name) for name in ("messageId", "name", "title")]
    names = [one for one in (key, last, *named) if one]
    return Message(names[0] if names else "message", frozenset(names), spot, missing)

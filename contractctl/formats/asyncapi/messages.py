"""Does the reader know every message that is sent, and accept it as it is written?

https://www.asyncapi.com/docs/reference/specification/v3.0.0#messageObject. What a message is called does not travel: it
has a counterpart by its name, or by what it says.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from contractctl.documents import Json
from contractctl.formats.asyncapi import bindings
from contractctl.formats.asyncapi.application import Message
from contractctl.formats.asyncapi.comparison import allow_the_same, is_inside
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.languages import Language, Written, content_type, is_avro, is_same, written
from contractctl.formats.asyncapi.parts import Unresolved, child, text
from contractctl.formats.asyncapi.payloads import judged
from contractctl.formats.asyncapi.ways import Facet, Meeting
from contractctl.formats.json_schema.uris import pointer_of
from contractctl.model.verdict import Effect, Found, Incompatibility, Undecided

if TYPE_CHECKING:
    from contractctl.formats.json_schema.spots import Spot

BOUND = {
    "key": ("kafka", "key"),
    "http headers": ("http", "headers"),
    "mqtt correlation data": ("mqtt", "correlationData"),
}
"""Parts whose schemas stand in a binding: of which protocol, and under which name."""
PARTS = ("payload", "headers", *BOUND)
_LOCATION = re.compile(r"\$message\.(header|payload)(?:#(.*))?")
_NOTHING_SAID = "application/json"


def messages(met: Meeting, *, awaited: bool) -> Iterator[Found]:
    """Every message that is sent; and every one that clients wait for.

    awaited: whether it lets the reader down when one that it knows is never sent.
    """
    pairs, sent, known = paired(met)
    for one, other in pairs:
        yield from _pair(met, one, other)
    for one in sent:
        try:
            yield from _unknown(met, one)
        except Unresolved as error:
            yield Undecided(f"{met.label}: {one.label}", error.reason)
    for other in known if awaited else ():
        trial = replace(met.trial(other), known=met.sent, is_awaited=True)
        facts = {"message": other.label}
        yield met.found("asyncapi-message-unsent", Effect.FAILS, other.label, (other.spot, None), trial, **facts)


def paired(met: Meeting) -> tuple[list[tuple[Message, Message]], list[Message], list[Message]]:
    """Messages and their counterparts: by content, by name, or the last on either side; then those without one."""
    sent, known = list(met.sent), list(met.known)
    pairs: list[tuple[Message, Message]] = []
    for is_one in (_is_named_and_equal, _is_equal, _is_named, _means_the_same):
        for one in tuple(sent):
            other = next((other for other in known if is_one(met, one, other)), None)
            if other is not None:
                pairs.append((one, other))
                sent.remove(one)
                known.remove(other)
    if len(sent) == len(known) == 1 and len(met.sent) == len(met.known) == 1:
        return [(sent[0], known[0])], [], []
    return pairs, sent, known


def _is_named(_: Meeting, one: Message, other: Message) -> bool:
    return not one.names.isdisjoint(other.names)


def _is_named_and_equal(met: Meeting, one: Message, other: Message) -> bool:
    return _is_named(met, one, other) and _is_equal(met, one, other)


def _is_equal(met: Meeting, one: Message, other: Message) -> bool:
    try:
        return all(
            is_same(met.way.writer, part(met.way.writer, one, name), met.way.reader, part(met.way.reader, other, name))
            for name in PARTS
        )
    except Unresolved:
        return False


def _means_the_same(met: Meeting, one: Message, other: Message) -> bool:
    """Whether each allows everything that the other does, however it is written."""
    writer, reader = met.way.writer, met.way.reader
    try:
        ends = [(part(writer, one, name), part(reader, other, name)) for name in PARTS]
    except Unresolved:
        return False
    return all(
        is_same(writer, left, reader, right) or allow_the_same((writer, reader), (left, right)) for left, right in ends
    )


def part(document: Document, message: Message, name: str) -> Written:
    """The schema of a message's payload, its headers or what a binding says of it. Raise Unresolved."""
    if message.missing is not None:
        raise Unresolved(message.missing, "")
    if name in BOUND:
        protocol, key = BOUND[name]
        nothing = replace(message.spot, value={}, pointer=(*message.spot.pointer, "bindings", protocol))
        holder = child(document, message.spot, "bindings", protocol) or nothing
        return written(document, holder, key, _beside(document, message, child(document, holder, key)))
    return written(document, message.spot, name, _format(document, message, name))


def _beside(document: Document, message: Message, bound: "Spot | None") -> str | None:
    """What a schema in a binding is written in: where it can be no JSON Schema, in what the payload is written in.

    https://github.com/asyncapi/bindings/blob/v3.0.0/kafka/README.md#message: a key may be in Avro.
    """
    if bound is None or not is_avro(bound.value):
        return None
    payload = part(document, message, "payload")
    return payload.said if payload.language is Language.AVRO else None


def _format(document: Document, message: Message, name: str) -> str | None:
    """2.x has it beside the payload."""
    if document.major == 2 and name == "payload":  # noqa: PLR2004 - AsyncAPI 2
        return text(document, message.spot, "schemaFormat")
    return None


def _pair(met: Meeting, one: Message, other: Message) -> Iterator[Found]:
    """How a message and its counterpart differ; nothing where another message accepts all of it."""
    way = met.way
    try:
        parts = {name: (part(way.writer, one, name), part(way.reader, other, name)) for name in PARTS}
    except Unresolved as error:
        yield Undecided(f"{met.label}: {one.label}", error.reason)
        return
    found = [
        said
        for name in PARTS
        for said in judged(met, replace(met.trial(one), part=name), parts[name], _label(one, name))
    ]
    if any(isinstance(said, Incompatibility) for said in found) and is_taken_by_others(met, one):
        found = []
    yield from found
    try:
        yield from _content_type(met, one, other)
        yield from _correlation(met, one, other)
        yield from bindings.of_messages(met, one, other)
    except Unresolved as error:
        yield Undecided(f"{met.label}: {one.label}", error.reason)


def _label(message: Message, name: str) -> str:
    return message.label if name == "payload" else f"{message.label} {name}"


def is_taken_by_others(met: Meeting, one: Message) -> bool:
    """Whether everything that the message may say fits other messages of the reader that differ in nothing else."""
    way = met.way
    try:
        sent = {name: part(way.writer, one, name) for name in PARTS}
        fitting = [
            part(way.reader, other, "payload")
            for other in met.known
            if _is_like(met, one, other)
            and all(
                is_same(way.writer, sent[name], way.reader, part(way.reader, other, name))
                for name in PARTS
                if name != "payload"
            )
        ]
    except Unresolved:
        return False
    return is_inside((way.writer, way.reader), sent["payload"], fitting)


def _is_like(met: Meeting, one: Message, other: Message) -> bool:
    """Whether only the schemas distinguish two messages."""
    apart = (_content_type(met, one, other), _correlation(met, one, other), bindings.of_messages(met, one, other))
    return next(chain.from_iterable(apart), None) is None


def _unknown(met: Meeting, one: Message) -> Iterator[Found]:
    """A message without a namesake on the other side: it is unknown there, unless all of it fits one of theirs."""
    if is_taken_by_others(met, one):
        return
    names = ", ".join(other.label for other in met.known) or "none"
    facts = {"message": one.label, "known": names}
    spot: Spot | None = met.known[0].spot if met.known else None
    yield met.found("asyncapi-message-unknown", Effect.FAILS, one.label, (spot, one.spot), met.trial(one), **facts)


def _content_type(met: Meeting, one: Message, other: Message) -> Iterator[Found]:
    """https://www.asyncapi.com/docs/reference/specification/v3.0.0#defaultContentTypeString."""
    sent, wanted = content_type(met.way.writer, one.spot), content_type(met.way.reader, other.spot)
    is_json = part(met.way.writer, one, "payload").language is Language.JSON_SCHEMA
    if sent == wanted or (is_json and (sent or _NOTHING_SAID) == (wanted or _NOTHING_SAID)):
        return
    if sent is None or wanted is None:
        yield Undecided(f"{met.label}: {one.label}", "only one version says what content type the payload has")
        return
    facet = Facet("contentType", sent, {"const": sent}, {"const": wanted})
    facts = {"sent": sent, "wanted": wanted, "message": one.label}
    trial = replace(met.trial(one), facet=facet)
    yield met.found("asyncapi-content-type-changed", Effect.FAILS, one.label, (other.spot, one.spot), trial, **facts)


def _correlation(met: Meeting, one: Message, other: Message) -> Iterator[Found]:
    """https://www.asyncapi.com/docs/reference/specification/v3.0.0#correlationIdObject: where it is looked for."""
    sent, wanted = (
        text(document, child(document, message.spot, "correlationId"), "location")
        for document, message in ((met.way.writer, one), (met.way.reader, other))
    )
    if wanted is None or sent == wanted:
        return
    facet = Facet("correlationId", sent or "nowhere", {"const": sent or "nowhere"}, {"const": wanted})
    facts = {"sent": sent or "nowhere", "wanted": wanted, "message": one.label}
    ends = child(met.way.reader, other.spot, "correlationId"), one.spot
    trial = replace(met.trial(one), facet=facet)
    yield met.found("asyncapi-correlation-moved", Effect.FAILS, one.label, ends, trial, **facts)


def demanded(location: str) -> Mapping[str, Json]:
    """A JSON Schema of the messages in which something stands at a runtime expression's place.

    https://www.asyncapi.com/docs/reference/specification/v3.0.0#runtimeExpression.
    """
    match = _LOCATION.fullmatch(location)
    if match is None:
        return {}
    schema: dict[str, Json] = {}
    for step in reversed(("headers" if match[1] == "header" else "payload", *(pointer_of(match[2] or "") or ()))):
        schema = {"type": "object", "required": [str(step)], "properties": {str(step): schema}}
    return schema

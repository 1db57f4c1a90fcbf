"""Are those who work with one version of an application compatible with the other?

Operation by operation, in the order of https://www.asyncapi.com/docs/reference/specification/v3.0.0#operationObject.
What the application receives is written by its clients, what it sends is read by them, and replies go the other way.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from contractctl.formats.asyncapi import bindings
from contractctl.formats.asyncapi.application import Operation, Reply, operations, untold
from contractctl.formats.asyncapi.document import Document
from contractctl.formats.asyncapi.languages import written
from contractctl.formats.asyncapi.messages import messages
from contractctl.formats.asyncapi.parts import Unresolved, called, child
from contractctl.formats.asyncapi.payloads import judged
from contractctl.formats.asyncapi.places import counterpart, parameters
from contractctl.formats.asyncapi.security import security
from contractctl.formats.asyncapi.servers import servers
from contractctl.formats.asyncapi.ways import Facet, Meeting, Trial, Way, meeting
from contractctl.formats.json_schema.spots import Spot
from contractctl.model.verdict import Effect, Found, Undecided

if TYPE_CHECKING:
    from contractctl.documents import Json


def incompatibilities(client: Document, provider: Document) -> Iterator[Found]:
    """Every reason why a client of one version fails, misreads or loses data with an application of the other."""
    try:
        used, served = operations(client), operations(provider)
    except Unresolved as error:
        yield Undecided("", error.reason)
        return
    for operation in used.values():
        other = counterpart(operation, served)
        if other is None:
            yield _removed(client, provider, operation, served)
            continue
        yield from _operation(client, provider, operation, other)


def _removed(
    client: Document, provider: Document, operation: Operation, served: dict[tuple[bool, str], Operation]
) -> Found:
    """https://www.asyncapi.com/docs/reference/specification/v3.0.0#operationsObject."""
    receives = not operation.sends
    way = Way(client, provider, is_from_client=True) if receives else Way(provider, client, is_from_client=False)
    rule = "asyncapi-receive-removed" if receives else "asyncapi-send-removed"
    moved = next(
        (one for one in served.values() if one.sends is operation.sends and one.channel.name == operation.channel.name),
        None,
    )
    instead = f"; its channel is '{moved.channel.address}' there" if moved is not None else ""
    address = operation.channel.address or operation.channel.name
    known: list[Json] = [
        one.channel.address for one in served.values() if one.sends is operation.sends and one.channel.address
    ]
    facet = Facet("address", address, {"const": address}, {"enum": known})
    ends = (operation.messages, ()) if receives else ((), operation.messages)
    met = Meeting(way, operation.label, operation.channel.address, None, *ends)
    sent = operation.messages[0] if operation.messages else None
    trial = Trial(way, address, sent, (), facet=facet, is_awaited=operation.sends)
    spots = (None, operation.spots[0]) if receives else (operation.spots[0], None)
    facts = {"address": address, "instead": instead}
    return met.found(rule, Effect.FAILS, "", spots, trial, **facts)


def _operation(client: Document, provider: Document, used: Operation, served: Operation) -> Iterator[Found]:
    asking = meeting(Way(client, provider, is_from_client=True), (used, served))
    met = asking if not used.sends else meeting(Way(provider, client, is_from_client=False), (served, used))
    for document, operation in ((client, used), (provider, served)):
        reasons = (untold(document, spot) for spot in operation.spots)
        yield from (Undecided(used.label, reason) for reason in reasons if reason is not None)
    clauses: tuple[Callable[[], Iterator[Found]], ...] = (
        partial(servers, asking, (used, served)),
        partial(security, asking, (used, served)),
        partial(parameters, asking, used, served),
        partial(_bindings, met, *((served, used) if used.sends else (used, served))),
        partial(_handshake, asking, used, served),
        partial(messages, met, awaited=used.sends),
        partial(_replies, met, used, served),
    )
    for clause in clauses:
        try:
            yield from clause()
        except Unresolved as error:
            yield Undecided(used.label, error.reason)


def _bindings(met: Meeting, writer: Operation, reader: Operation) -> Iterator[Found]:
    yield from bindings.of_channels(met, (writer.channel.spot, reader.channel.spot))
    for one, other in _side_by_side(writer, reader):
        if other.key != reader.channel.spot.key:
            yield from bindings.of_operations(met, (one, other))


def _side_by_side(one: Operation, other: Operation) -> Iterator[tuple[Spot, Spot]]:
    """Where the one is written, each with the place of the same name in the other."""
    for spot in one.spots:
        same = (there for there in other.spots if called(there) == called(spot))
        yield spot, next(same, other.spots[0])


def _handshake(asking: Meeting, used: Operation, served: Operation) -> Iterator[Found]:
    """What a client's request contains, where a channel is a connection or an operation is an HTTP call."""
    for protocol, part, ends in (
        ("ws", "query", (used.channel.spot, served.channel.spot)),
        ("ws", "headers", (used.channel.spot, served.channel.spot)),
        *(("http", "query", ends) for ends in _side_by_side(used, served)),
    ):
        holders = [
            child(document, spot, "bindings", protocol)
            for document, spot in zip((asking.way.writer, asking.way.reader), ends, strict=True)
        ]
        if holders[1] is not None:
            nothing = replace(ends[0], value={}, pointer=(*ends[0].pointer, "bindings"))
            schemas = (
                written(asking.way.writer, holders[0] or nothing, part, None),
                written(asking.way.reader, holders[1], part, None),
            )
            name = f"{protocol} {part}"
            yield from judged(asking, replace(asking.trial(), part=name), schemas, name)


def _replies(met: Meeting, used: Operation, served: Operation) -> Iterator[Found]:
    """https://www.asyncapi.com/docs/reference/specification/v3.0.0#operationReplyObject."""
    way = met.way.back
    writer, reader = (used, served) if way.is_from_client else (served, used)
    known, wanted = _joined(writer.replies), _joined(reader.replies)
    for awaited in wanted:
        there = [one for one in known if one.key == awaited.key]
        given = next((one for one in there if one.location == awaited.location), there[0] if there else None)
        if given is None and len(known) == len(wanted) == 1 and _is_dynamic(awaited, known[0]):
            given = known[0]
        label = f"{met.label} reply"
        if given is None:
            yield _never(Meeting(way, label, None, _address(awaited), (), awaited.messages), awaited)
            continue
        back = Meeting(way, label, _address(given), _address(awaited), given.messages, awaited.messages)
        yield from _asked_for(met, given, awaited)
        yield from messages(back, awaited=False)  # it is one of several answers


def _joined(replies: tuple[Reply, ...]) -> list[Reply]:
    """Replies to one place are one, whichever of the operations on a channel they answer."""
    found: dict[tuple[str, str | None], Reply] = {}
    for reply in replies:
        key = reply.key, reply.location
        known = found.get(key)
        messages = {one.spot.key: one for one in (*(known.messages if known else ()), *reply.messages)}
        found[key] = replace(known or reply, messages=tuple(messages.values()))
    return list(found.values())


def _is_dynamic(one: Reply, other: Reply) -> bool:
    return one.location is not None and other.location is not None


def _address(reply: Reply) -> str | None:
    return reply.channel.address if reply.channel is not None else None


def _never(back: Meeting, awaited: Reply) -> Found:
    sent = awaited.messages[0] if awaited.messages else None
    address = back.reader_address or awaited.location or "the address that is asked for"
    facet = Facet("reply", address, {"const": address}, False)
    trial = Trial(back.way, back.reader_address, sent, (), facet=facet, is_awaited=True)
    return back.found("asyncapi-reply-removed", Effect.FAILS, "", (awaited.spot, None), trial, address=address)


def _asked_for(met: Meeting, given: Reply, awaited: Reply) -> Iterator[Found]:
    """The requester writes where the reply is to go; the replier looks for that."""
    if given.location is None or given.location == awaited.location:
        return
    asked = awaited.location or "nowhere"
    facet = Facet("replyTo", asked, {"const": asked}, {"const": given.location})
    sent = met.sent[0] if met.sent else None
    facts = {"sent": asked, "wanted": given.location}
    trial = replace(met.trial(sent), facet=facet)
    yield met.found(
        "asyncapi-reply-address-moved", Effect.FAILS, "reply address", (given.spot, awaited.spot), trial, **facts
    )

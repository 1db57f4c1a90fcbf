"""Which document serves applications of two? The new one's operations, with the old one's parts beside."""

from dataclasses import dataclass

from contractctl.errors import ContractctlError
from contractctl.formats.asyncapi.application import Channel, Message, Operation, Reply, operations
from contractctl.formats.asyncapi.channels_merged import brought_to_servers, channels
from contractctl.formats.asyncapi.making import Making, listed, messages_at
from contractctl.formats.asyncapi.messages import is_taken_by_others, paired
from contractctl.formats.asyncapi.parts import child, template
from contractctl.formats.asyncapi.places import counterpart
from contractctl.formats.asyncapi.schemas_merged import Chosen
from contractctl.formats.asyncapi.ways import Meeting, Way
from contractctl.formats.asyncapi.whole import Whole
from contractctl.formats.description import as_object, at, reference
from contractctl.formats.json_schema.spots import Spot
from contractctl.formats.retirement import Seat
from contractctl.formats.retirement.places import Object, own


def merged(before: Whole, after: Whole, sunset: str, chosen: Chosen) -> Making:
    """The new document with what only the old one has.

    Raise ContractctlError where a part of the old one has no place in it, and Unresolved.
    """
    making = Making(before, after, sunset)
    used, served = operations(making.before), operations(making.after)
    come = frozenset(one.label for one in served.values() if counterpart(one, used) is None)
    met = set[tuple[bool, str]]()
    for operation in used.values():
        other = counterpart(operation, served)
        if other is None:
            _bring(making, operation, come, chosen)
        else:
            met.add(other.key)
            _pair(making, operation, other, chosen)
    for key, operation in served.items():
        if key not in met:
            _meet_alone(making, operation)
    making.parts.finish()
    return making


def _meet_alone(making: Making, operation: Operation) -> None:
    """What only the new document has may share schemas with what both have."""
    seat = _seat(operation)
    for message in operation.messages:
        making.parts.only(message, seat)
    for reply in operation.replies:
        for message in reply.messages:
            making.parts.only(message, seat.other)


def _pair(making: Making, was: Operation, becomes: Operation, chosen: Chosen) -> None:
    channels(making, was, becomes)
    ends = was.messages, becomes.messages
    talk = _Talk(becomes.label, *ends, becomes.spots[0], becomes.channel, _seat(becomes), is_awaited=becomes.sends)
    _messages(making, talk, chosen)
    _replies(making, was, becomes, chosen)


def _seat(operation: Operation) -> Seat:
    return Seat.GIVEN if operation.sends else Seat.TAKEN


# operations that go


def _bring(making: Making, operation: Operation, come: frozenset[str], chosen: Chosen) -> None:
    making.follow("remove", "operation", "$", operation.label, come)
    making.demand_one_language(operation.label)
    bring = _bring_to_its_channel if making.is_older else _bring_with_its_channel
    before, after = operation.channel.spot.pointer, ("channels", bring(making, operation))
    own_ones = [(one, _seat(operation)) for one in operation.messages]
    answers = [(one, _seat(operation).other) for reply in operation.replies for one in reply.messages]
    for message, seat in (*own_ones, *answers):
        pointer = message.spot.pointer
        is_inside = pointer[: len(before)] == before
        place = (*after, *pointer[len(before) :]) if is_inside else pointer
        making.parts.brought(operation.label, (message, at(making.made, place)), seat, chosen)


def _bring_to_its_channel(making: Making, operation: Operation) -> str:
    """In 2.x an operation belongs to a channel. Its name in the resulting document."""
    known = making.group("channels")
    name, word = operation.channel.name, "subscribe" if operation.sends else "publish"
    here = next((one for one in known if template(one) == template(name)), name)
    item = as_object(making.places.in_made(known.setdefault(here, {})))
    if word in item:
        raise ContractctlError(
            f"the old version's '{name}' and the draft's are different channels: their topics differ",
            hint="give the new channel an address of its own, and remove the old one in a later plan",
        )
    for key, part in as_object(operation.channel.spot.value).items():
        if key not in {"publish", "subscribe"} and key not in item:
            item[key] = own(part)
    making.places.bring(item)
    item[word] = making.brought(operation.spots[0].value, operation.label)
    if here not in as_object(as_object(making.after.root.value).get("channels")):
        brought_to_servers(making, operation.channel.spot, item)
    return here


def _bring_with_its_channel(making: Making, operation: Operation) -> str:
    """Since 3.0 it refers to one: the draft's where that is the same still, else a copy. The name of that."""
    drafted = as_object(making.after.root.value)
    name = _channel(making, operation.channel)
    if drafted.get("channels") and not drafted.get("operations"):
        return name  # a document about channels says nothing of who sends
    for spot in operation.spots:
        _bring_one(making, operation, spot, name)
    return name


def _bring_one(making: Making, operation: Operation, spot: Spot, channel: str) -> None:
    was = str(operation.channel.spot.pointer[-1])
    is_channel = spot.key == operation.channel.spot.key
    copy: Object = {"action": "send" if operation.sends else "receive"}
    copy |= {} if is_channel else as_object(own(spot.value))
    copy["channel"] = {"$ref": reference("channels", channel)}
    before, after = (reference("channels", name, "messages", "") for name in (was, channel))
    for one in map(as_object, listed(copy.get("messages"))):
        there = str(one.get("$ref", ""))
        if there.startswith(before):
            one["$ref"] = after + there.removeprefix(before)
    known = making.group("operations")
    called = operation.label.replace(" ", "-") if is_channel else str(spot.pointer[-1])
    known[making.free(called, known)] = making.brought(copy, operation.label)


def _channel(making: Making, channel: Channel) -> str:
    """The old channel's name in the document that is made."""
    name, known = str(channel.spot.pointer[-1]), making.group("channels")
    if channel.spot.key not in making.channels:
        is_drafted = name in known and known[name] == channel.spot.value
        making.channels[channel.spot.key] = called = name if is_drafted else making.free(name, known)
        if not is_drafted:
            known[called] = made = making.brought(channel.spot.value, f"the channel '{name}'")
            brought_to_servers(making, channel.spot, made)
    return making.channels[channel.spot.key]


# messages


@dataclass(frozen=True, slots=True)
class _Talk:
    """The messages of an operation, or of its replies, in both documents."""

    label: str
    before: tuple[Message, ...]
    after: tuple[Message, ...]
    holder: Spot
    """What lists them in the new document."""
    channel: Channel | None
    """The new document's."""
    seat: Seat
    is_awaited: bool
    """Whether clients wait for each of them."""


def _messages(making: Making, talk: _Talk, chosen: Chosen) -> None:
    way = Way(making.before, making.after, is_from_client=True)
    met = Meeting(way, talk.label, None, None, talk.before, talk.after)
    pairs, gone, come = paired(met)
    for one, other in pairs:
        _correlate(making, (one, other), talk.seat)
        making.parts.meet(talk.label, (one, other), talk.seat, chosen)
    for other in come:
        making.parts.only(other, talk.seat)
    if talk.seat is Seat.TAKEN:
        names = frozenset(one.label for one in come)
        for one in gone:
            if not is_taken_by_others(met, one):
                made = _bring_message(making, talk, one, names)
                making.parts.brought(talk.label, (one, made), talk.seat, chosen)
    elif come and pairs and not talk.is_awaited:
        _leave_out(making, talk, come)


def _correlate(making: Making, ends: tuple[Message, Message], seat: Seat) -> None:
    """What only the new version looks for is not looked for yet; what only the old one writes is still written."""
    before, after = (
        child(document, one.spot, "correlationId")
        for document, one in zip((making.before, making.after), ends, strict=True)
    )
    holder, given = making.at(ends[1].spot), seat is Seat.GIVEN
    spot = before if given else after
    if spot is None or (before is None) == (after is None):
        return
    where = str(as_object(spot.value).get("location", ""))
    what = "header" if where.startswith("$message.header") else "property"
    making.follow("release" if given else "require", what, ends[1].label, where.rpartition("/")[2])
    if given:
        holder["correlationId"] = making.brought(spot.value, f"the correlation id of {ends[1].label}")
    else:
        holder.pop("correlationId", None)


def _bring_message(making: Making, talk: _Talk, message: Message, come: frozenset[str]) -> Object:
    label = f"{message.label} of {talk.label}"
    making.follow("remove", "message", talk.label, message.label, come)
    making.demand_one_language(label)
    copy, holder = making.brought(message.spot.value, label), making.at(talk.holder)
    if making.is_older:
        known = [holder["message"]] if "message" in holder else []
        branches = [one for there in known for one in listed(as_object(making.places.in_made(there)).get("oneOf"))]
        holder["message"] = {"oneOf": [*(branches or known), copy]} if known else copy
    elif talk.channel is not None:
        _into_channel(making, talk.channel, holder, (str(message.spot.pointer[-1]), copy))
    else:
        listed(holder.setdefault("messages", [])).append(copy)
    return copy


def _into_channel(making: Making, channel: Channel, holder: Object, message: tuple[str, Object]) -> None:
    """One more message of a channel and of an operation that refers to it; all others refer to what they did."""
    place, made = channel.spot.pointer, making.at(channel.spot)
    known = as_object(made.setdefault("messages", {}))
    for one in making.listing_all(reference(*place)):
        if one is not holder:
            one["messages"] = messages_at(place, known)
    name = making.free(message[0], known)
    known[name] = message[1]
    if holder is not made:
        listed(holder.get("messages")).extend(messages_at(place, {name: None}))


def _leave_out(making: Making, talk: _Talk, come: list[Message]) -> None:
    """Answers that clients of the old version do not know are not given yet."""
    holder = making.at(talk.holder)
    said = holder.get("messages")
    if not isinstance(said, list) and talk.channel is not None:
        place = talk.channel.spot
        said = messages_at(place.pointer, as_object(making.at(place).get("messages")))
    holder["messages"] = [one for one, message in zip(listed(said), talk.after, strict=True) if message not in come]
    for one in come:
        making.follow("add", "message", talk.label, one.label)


# replies


def _replies(making: Making, was: Operation, becomes: Operation, chosen: Chosen) -> None:
    """https://www.asyncapi.com/docs/reference/specification/v3.0.0#operationReplyObject."""
    label, seat = f"{becomes.label} reply", _seat(becomes).other
    for reply in becomes.replies:
        earlier = _answered(reply, was.replies, becomes.replies)
        if earlier is not None:
            ends = earlier.messages, reply.messages
            _messages(making, _Talk(label, *ends, reply.spot, reply.channel, seat, is_awaited=False), chosen)
        elif becomes.sends:  # clients of the old version never answer
            making.follow("require", "reply", becomes.label, "reply")
            making.at(becomes.spots[0]).pop("reply", None)
    if was.replies and not becomes.sends and not becomes.replies:
        making.follow("remove", "reply", becomes.label, "reply")
        making.demand_one_language(label)
        making.at(becomes.spots[0])["reply"] = making.brought(was.replies[0].spot.value, label)


def _answered(one: Reply, others: tuple[Reply, ...], own_ones: tuple[Reply, ...]) -> Reply | None:
    """What a reply is in the other document."""
    found = next((other for other in others if other.key == one.key), None)
    is_alone = len(others) == len(own_ones) == 1 and others[0].location is not None and one.location is not None
    return found or (others[0] if is_alone else None)

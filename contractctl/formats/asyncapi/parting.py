"""Does a message that is both sent and received have to become two? What serves both clients may differ by the way."""

from collections.abc import Iterator
from dataclasses import replace

from contractctl.formats.asyncapi.application import Message, Operation, operations
from contractctl.formats.asyncapi.making import Making, listed, messages_at
from contractctl.formats.asyncapi.whole import Whole
from contractctl.formats.description import as_object, reference
from contractctl.formats.retirement.places import Object, own


def parted(before: Whole, after: Whole, sunset: str) -> Whole | None:
    """The new document with messages of their own for what is received; None where no message goes both ways."""
    making = Making(before, after, sunset)
    used = operations(making.after).values()
    sent = {message.spot.key for one in used for message in _sent(one)}
    both = [one for one in used if not one.sends and any(message.spot.key in sent for message in one.messages)]
    if not both or any(len(one.spots) > 1 or one.spots[0].key == one.channel.spot.key for one in both):
        return None
    for one in both:
        shared = [message for message in one.messages if message.spot.key in sent]
        (_part_older if making.is_older else _part)(making, one, shared)
    return replace(after, document=after.again(making.made))


def _sent(operation: Operation) -> Iterator[Message]:
    if operation.sends:
        yield from operation.messages
    else:
        yield from (message for reply in operation.replies for message in reply.messages)


def _part_older(making: Making, operation: Operation, shared: list[Message]) -> None:
    holder = making.at(operation.spots[0])
    branches = listed(as_object(making.places.in_made(holder["message"])).get("oneOf")) or [holder["message"]]
    made = [
        _own(message) if message in shared else one for one, message in zip(branches, operation.messages, strict=True)
    ]
    holder["message"] = {"oneOf": made} if len(made) > 1 else made[0]


def _part(making: Making, operation: Operation, shared: list[Message]) -> None:
    """Beside the channel's other messages; all others speak of those that they did."""
    place, holder = operation.channel.spot.pointer, making.at(operation.spots[0])
    known = as_object(making.at(operation.channel.spot).get("messages"))
    said = listed(holder.get("messages")) or messages_at(place, known)
    for other in making.listing_all(reference(*place)):
        other["messages"] = messages_at(place, known)
    for number, message in enumerate(operation.messages):
        if message in shared:
            name = making.free(f"{message.label}Received", known)
            known[name] = _own(message)
            said[number] = {"$ref": reference(*place, "messages", name)}
    holder["messages"] = said


def _own(message: Message) -> Object:
    """A copy that is still called what it was."""
    copy = as_object(own(message.spot.value))
    return copy if "name" in copy else {**copy, "name": message.label}

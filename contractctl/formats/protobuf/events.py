"""How is a stream of events read, converted and written? JSON lines, or messages with their length before each.

https://protobuf.dev/programming-guides/techniques/#streaming: nothing in the bytes says which message they are. It is
the one of the contract that no other contains; where there are several, JSON can say so with "@type".
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, BinaryIO

from contractctl.errors import ContractctlError
from contractctl.formats.protobuf import runtime
from contractctl.formats.protobuf.runtime import Refused
from contractctl.formats.protobuf.runtime.messages import varint
from contractctl.formats.protobuf.runtime.shown import line
from contractctl.formats.protobuf.schema import Schema, parse
from contractctl.formats.protobuf.staging import intermediate
from contractctl.formats.protobuf.staging.conversion import converter
from contractctl.formats.streams import Bad, Event, Journey, convert_lines
from contractctl.model.amounts import counted

_PEEK = 1 << 16
_MOST_BYTES = 1 << 31
_TYPE = "@type"

Value = Any
"""A message of the runtime."""


def convert(stream: BufferedReader, name: str, out: BinaryIO, journey: Journey) -> int:
    """A stream to another of the same kind. How many events were written."""
    old, new = parse(journey.old, journey.policy), parse(journey.new, journey.policy)
    both = converter(old, new, journey.operations)
    road = _Road(*((old, new) if journey.upwards else (new, old)), journey, both.up if journey.upwards else both.down)
    if _is_json(stream.peek(_PEEK)):
        return convert_lines(stream, out, road.event, journey.bad)
    return _convert_messages(stream, name, out, road)


def _is_json(beginning: bytes) -> bool:
    """Whether a stream begins with an object on a line: a message's length may be the number of a brace."""
    first = next((one for one in beginning.split(b"\n") if one.strip()), b"{}")
    if not first.lstrip(b"\xef\xbb\xbf \t\r").startswith(b"{"):
        return False
    return b"\x00" not in first and (len(first) >= _PEEK - 1 or first.rstrip().endswith(b"}"))


@dataclass(frozen=True, slots=True)
class _Road:
    """One direction of a journey."""

    source: Schema
    target: Schema
    journey: Journey
    convert: Callable[[Value], Value]

    def event(self, event: Event) -> dict[str, object]:
        """One event as JSON. Raise ContractctlError for one that is not a message of the contract."""
        given = str(event[_TYPE]) if _TYPE in event else None
        name = given.rpartition("/")[2] if given else _root(self.source, self.journey)
        if name not in self.source.names.messages or name not in self.target.names.messages:
            raise ContractctlError(f"'{name}' is not a message in both versions", hint="check the event's '@type'")
        text = json.dumps({key: value for key, value in event.items() if key != _TYPE}, ensure_ascii=False)
        converted = self.convert(self._read(name, text))
        made: dict[str, object] = json.loads(runtime.write_json(self.target.pool, converted))
        return {_TYPE: given, **made} if given else {**made}

    def _read(self, name: str, text: str) -> Value:
        """An event of the version that the journey starts from, or of the one between."""
        said = runtime.read_json(self.source.pool, name, text)
        if not isinstance(said, Refused):
            return said
        between = self._between()
        wider = runtime.read_json(between.pool, name, text) if between else said
        if isinstance(wider, Refused):
            raise ContractctlError(f"no {name}: {said.why}", hint="convert only events of the plan's versions")
        again = runtime.read_binary(self.source.pool, name, wider.SerializePartialToString())
        return wider if isinstance(again, Refused) else again

    def _between(self) -> Schema | None:
        renames = {f"{one.subject}.{one.old}": str(one.new) for one in self.journey.operations if one.old and one.new}
        try:
            source = intermediate(self.journey.old, self.journey.new, renames, self.journey.policy)
        except ContractctlError:
            return None
        return parse(source, self.journey.policy)


def _root(schema: Schema, journey: Journey) -> str:
    """The message that events are. Raise ContractctlError where that is not known."""
    names = [name for name in schema.names.messages if name not in schema.contained and schema.is_outermost(name)]
    if len(names) > 1:
        changed = {operation.subject for operation in journey.operations}
        names = [name for name in names if name in changed] or names
    if len(names) == 1:
        return names[0]
    raise ContractctlError(
        f"it is not clear which message these events are: {schema.name} has {len(names)} top-level messages",
        hint='write JSON lines with "@type": "type.googleapis.com/package.Message" in each',
    )


def _convert_messages(stream: BufferedReader, name: str, out: BinaryIO, road: _Road) -> int:
    """Messages with their length before each, as a varint."""
    root = _root(road.source, road.journey)
    written = 0
    for number, payload in enumerate(_payloads(stream, name), 1):
        said = runtime.read_binary(road.source.pool, root, payload)
        if isinstance(said, Refused):
            road.journey.bad(Bad(number, line(payload.hex(" ")), f"no {root}: {said.why}"))
            continue
        try:
            converted = road.convert(said).SerializePartialToString()
        except ContractctlError as error:
            road.journey.bad(Bad(number, line(runtime.text_of(said)), error.message))
            continue
        out.write(varint(len(converted)) + converted)
        written += 1
    return written


def _payloads(stream: BufferedReader, name: str) -> Iterator[bytes]:
    number = 0
    while True:
        length = _length(stream, f"{name}: message {number + 1}")
        if length is None:
            return
        payload = stream.read(length)
        if len(payload) < length:
            raise ContractctlError(
                f"{name}: message {number + 1} ends after {len(payload)} of {counted(length, 'byte')}",
                hint="check that the file is complete",
            )
        number += 1
        yield payload


def _length(stream: BufferedReader, where: str) -> int | None:
    """The next varint; None at the end."""
    found = shift = 0
    while True:
        byte = stream.read(1)
        if not byte:
            if shift:
                raise ContractctlError(f"{where} ends within its length prefix", hint="check that the file is complete")
            return None
        found |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80 and found < _MOST_BYTES:  # noqa: PLR2004 - the last of a varint's bytes
            return found
        if found >= _MOST_BYTES or shift > 35:  # noqa: PLR2004 - five bytes hold 2^31
            raise ContractctlError(
                f"{where} would be longer than a message can be",
                hint="check that these are length-prefixed messages",
            )

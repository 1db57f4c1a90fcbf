"""Which message can this writer write? The smallest complete one, and telling values for one of its fields."""

from collections.abc import Iterator

from contractctl.formats.protobuf import runtime
from contractctl.formats.protobuf.resolution.scalars import FORMS, RANGES
from contractctl.formats.protobuf.runtime.values import Value
from contractctl.formats.protobuf.schema import Schema
from contractctl.formats.protobuf.schema.types import Field, Message

_MOST_MESSAGES = 2_000
_TEXTS = ("a", "text", "é", "", "1", "true")
_BYTES = (b"\xff", b"a", b"\xff\xfe\xfd", b"", b"1")
_FLOATS = (1.5, 0.10000000149011612, 1.0, 16_777_216.0, float("inf"), float("nan"), 0.0)
_DOUBLES = (1.5, 0.1, 1e300, 1.0, 16_777_217.0, float("inf"), float("nan"), 0.0)
_NUMBERS = (
    -1,
    2**64 - 1,
    2**63 - 1,
    2**63,
    2**53 + 1,
    2**32,
    2**32 - 1,
    2**31,
    2**31 - 1,
    2**24 + 1,
    -(2**31),
    2,
    1,
    0,
)
_MESSAGES = frozenset({"message", "group"})
_LENGTH, _START, _END = 2, 3, 4


class NoMessageError(Exception):
    """The writer cannot write a complete message of that type, or none of a reasonable size."""


class Writer:
    """Messages of one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._made = 0

    def smallest(self, message: Message) -> Value:
        """A message with its required fields, of a map's entry the value, and nothing else.

        Raise NoMessageError where there is none.
        """
        return self._fill(message, runtime.new(self.schema.pool, message.name), frozenset())

    def _fill(self, message: Message, made: Value, inside: frozenset[str]) -> Value:
        self._made += 1
        if message.name in inside or self._made > _MOST_MESSAGES:
            raise NoMessageError
        for field in message.fields:
            whole = field.required or message.is_entry
            if whole and field.kind in _MESSAGES:
                inner = getattr(made, field.name)
                inner.SetInParent()
                self._fill(self.schema.message(field.type), inner, inside | {message.name})
            elif field.required:
                setattr(made, field.name, next(self.values(field)))
        return made

    def samples(self, message: Message) -> Iterator[Value]:
        """The smallest message, with each value of its first plain field, so that it is not empty where possible."""
        plain = next((one for one in message.fields if one.kind not in _MESSAGES and not one.extension), None)
        if plain is None:
            yield self.smallest(message)
            return
        for value in self.values(plain):
            made = self.smallest(message)
            self.put(made, plain, value)
            yield made

    def values(self, field: Field) -> Iterator[Value]:
        """Values of a field that is not a message, the most telling first."""
        match field.kind:
            case "string":
                yield from _TEXTS
            case "bytes":
                yield from _BYTES
            case "bool":
                yield from (True, False)
            case "float":
                yield from _FLOATS
            case "double":
                yield from _DOUBLES
            case "enum":
                enum = self.schema.enum(field.type)
                symbols = [symbol.number for symbol in enum.symbols]
                yield from (number for number in symbols if number)
                yield symbols[0]
                if not enum.closed:
                    yield max(symbols) + 1
            case kind:
                low, high = RANGES[kind]
                yield from (number for number in _NUMBERS if low <= number <= high)

    def put(self, message: Value, field: Field, value: Value) -> None:
        """Set a field that is not a message; a repeated one gets one more value."""
        if field.extension:
            descriptor = self.schema.pool.FindExtensionByName(field.name)
            if field.repeated:
                message.Extensions[descriptor].append(value)
            else:
                message.Extensions[descriptor] = value
        elif field.repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)

    def around(self, message: Message, field: Field, inner: bytes) -> bytes:
        """The bytes of the smallest message with an encoded message in a field of it."""
        outer = self.smallest(message)
        if message.is_entry:
            self.put(outer, message.by_number[1], next(self.values(message.by_number[1])))
        return bytes(outer.SerializePartialToString()) + wrapped(field, inner)


def wrapped(field: Field, inner: bytes) -> bytes:
    """Bytes as a field that has a length, or as a group: https://protobuf.dev/programming-guides/encoding/#structure."""
    if FORMS[field.kind] == "group":
        return varint(field.number << 3 | _START) + inner + varint(field.number << 3 | _END)
    return varint(field.number << 3 | _LENGTH) + varint(len(inner)) + inner


def varint(number: int) -> bytes:
    """https://protobuf.dev/programming-guides/encoding/#varints."""
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)

"""Which value is at the end of a path in a message that was written, or read?"""

import math
from dataclasses import dataclass
from typing import Any

from contractctl.formats.protobuf.schema.types import Field

Value = Any
"""A message of the runtime, or a value of a field."""

ABSENT: Value = type("Absent", (), {"__repr__": lambda _: "absent"})()
"""In place of a value where there is none."""


def at_end(message: Value, way: list[Field], pool: Value) -> Value:
    """The message at the end of a path of fields; ABSENT where the path breaks off.

    The entry of a map is a pair of its key and its value.
    """
    at = message
    for field in way:
        if at is ABSENT:
            return ABSENT
        at = _first(value_of(at, field, pool))
    return at


def _first(value: Value) -> Value:
    if isinstance(value, list):
        return value[0] if value else ABSENT
    return value


def value_of(message: Value, field: Field, pool: Value) -> Value:
    """A field's value: a list of a repeated one, of pairs where it is a map; ABSENT where it can be, and is."""
    if message is ABSENT:
        return ABSENT
    if isinstance(message, tuple):
        return message[field.number - 1]
    if field.extension:
        descriptor = pool.FindExtensionByName(field.name)
        if field.repeated:
            return list(message.Extensions[descriptor])
        if not message.HasExtension(descriptor):
            return ABSENT if field.default is None else Absent(message.Extensions[descriptor])
        return message.Extensions[descriptor]
    value = getattr(message, field.name)
    if field.repeated:
        return list(value.items()) if hasattr(value, "items") else list(value)
    if field.presence and not message.HasField(field.name):
        return ABSENT if field.default is None else Absent(value)
    return value


@dataclass(frozen=True, slots=True)
class Absent:
    """A field that is absent, and the value that it reads as."""

    reads_as: Value


def is_absent(value: Value) -> bool:
    """Whether a value is not there."""
    return value is ABSENT or isinstance(value, Absent)


def differ(sent: Value, got: Value) -> bool:
    """Whether two values differ. An absent one counts as what it reads as."""
    here = got.reads_as if isinstance(got, Absent) else got
    there = sent.reads_as if isinstance(sent, Absent) else sent
    if isinstance(got, Absent) != isinstance(sent, Absent) and isinstance(got, Absent):
        return True
    if isinstance(there, list) and not isinstance(here, list):
        here = [] if here is ABSENT else [here]
    if isinstance(here, list) and not isinstance(there, list):
        there = [] if there is ABSENT else [there]
    return not _alike(there, here)


def is_no_text(value: Value) -> bool:
    """Whether the runtime has bytes in place of a text: those that are not UTF-8, where nobody checks."""
    return any(isinstance(one, bytes) for one in (value if isinstance(value, list) else [value]))


def _alike(one: Value, other: Value) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if hasattr(one, "SerializePartialToString") != hasattr(other, "SerializePartialToString"):
        return isinstance(other, bytes) and bool(one.SerializePartialToString() == other)
    if isinstance(one, str):
        one = one.encode()
    if isinstance(other, str):
        other = other.encode()
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if hasattr(one, "SerializePartialToString") and hasattr(other, "SerializePartialToString"):
        return bool(one.SerializePartialToString() == other.SerializePartialToString())
    return bool(one == other)

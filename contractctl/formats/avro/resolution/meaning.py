"""Does a value that is read still mean what was written? Logical types, and numbers that a wider type rounds.

https://avro.apache.org/docs/1.12.0/specification/#logical-types
"""

from dataclasses import dataclass

from contractctl.formats.avro.schema.types import Fixed, Logical, Primitive
from contractctl.model.verdict import Effect

EXACT = {("int", "float"): 2**24, ("long", "float"): 2**24, ("long", "double"): 2**53}
"""Promotions that round, and up to which whole number they are exact."""


_SMALL = frozenset({("time-micros", "double")})
"""A time of day in microseconds never comes near the limit."""


def exact_up_to(reader: Primitive, writer: Primitive) -> int | None:
    """The whole number up to which a promotion is exact; None where it always is."""
    if writer.logical is not None and (writer.logical.name, reader.name) in _SMALL:
        return None
    return EXACT.get((writer.name, reader.name))


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change of logical type does."""

    rule: str
    effect: Effect


def change(reader: Primitive | Fixed, writer: Primitive | Fixed) -> Changed | None:
    """What becomes of the writer's meaning in the reader's hands; None where nothing is lost."""
    sent, wanted = writer.logical, reader.logical
    if sent is None:
        return _gained(wanted, reader, writer) if wanted is not None else None
    if wanted is None:
        # the text of a UUID says all that the UUID says
        in_words = sent.name == "uuid" and isinstance(writer, Primitive)
        return None if in_words else Changed("avro-logical-type-lost", Effect.LOSES)
    return _between(sent, wanted)


def _gained(wanted: Logical, reader: Primitive | Fixed, writer: Primitive | Fixed) -> Changed:
    """Nobody promised that the plain values keep to the logical type; most strings are not UUIDs at all."""
    if wanted.name == "uuid" and isinstance(reader, Primitive):
        return Changed("avro-uuid-expected", Effect.FAILS)
    if isinstance(writer, Primitive) and writer.name == "string":
        return Changed("avro-logical-type-changed", Effect.MISREADS)  # the letters of a text, taken for a number
    return Changed("avro-logical-type-gained", Effect.LOSES)


def _between(sent: Logical, wanted: Logical) -> Changed | None:
    """Two decimals match if their scales and precisions match; two others if they are the same."""
    if sent.name != wanted.name:
        return Changed("avro-logical-type-changed", Effect.MISREADS)
    if sent.scale != wanted.scale:
        return Changed("avro-decimal-scale-changed", Effect.MISREADS)
    if sent.precision != wanted.precision:
        return Changed("avro-decimal-precision-changed", Effect.MISREADS)
    return None

"""When are two JSON values the same, and of which kind is one? As JSON Schema has it: 1 is 1.0, and true is not 1."""

from collections.abc import Hashable, Iterator
from fractions import Fraction

from contractctl.documents import Json

NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT = (1 << bit for bit in range(6))
ANYTHING = NULL | BOOLEAN | NUMBER | STRING | ARRAY | OBJECT
KINDS = (NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT)
"""One bit a kind of value; a set of kinds is a sum of them."""

NAMES = {
    "null": NULL,
    "boolean": BOOLEAN,
    "number": NUMBER,
    "integer": NUMBER,
    "string": STRING,
    "array": ARRAY,
    "object": OBJECT,
}
"""What the keyword type calls them; an integer is a number that divides by one."""


class UnwritableError(Exception):
    """A number that no double is."""


def kind_of(value: Json) -> int:
    """The kind of a value, as its bit."""
    match value:
        case None:
            return NULL
        case bool():
            return BOOLEAN
        case int() | float():
            return NUMBER
        case str():
            return STRING
        case list():
            return ARRAY
        case _:
            return OBJECT


def kinds(mask: int) -> Iterator[int]:
    """The kinds in a set of them."""
    return (kind for kind in KINDS if kind & mask)


def identity(value: Json) -> Hashable:
    """The same for equal values, and different for others."""
    match value:
        case bool():
            return ("boolean", value)
        case list():
            return ("array", *map(identity, value))
        case dict():
            return ("object", frozenset((key, identity(inner)) for key, inner in value.items()))
        case _:
            return value  # Python's numbers compare exactly, whole ones with broken ones too


def exact(number: float) -> Fraction:
    """The number that was written: 0.1 is a tenth, not the double that is nearest to it."""
    if isinstance(number, int):
        return Fraction(number)
    return Fraction(repr(number))


def written(number: Fraction) -> int | float:
    """A number that JSON can hold. Raise UnwritableError where a double would not be exactly this one."""
    if number.denominator == 1:
        return number.numerator
    try:
        near = float(number)
    except OverflowError:
        raise UnwritableError from None
    if exact(near) != number:
        raise UnwritableError
    return near

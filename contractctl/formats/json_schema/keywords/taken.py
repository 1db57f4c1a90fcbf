"""Which values may a keyword have? Those that the specification does not allow are refused."""

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from contractctl.documents import Json
from contractctl.formats.json_schema import language
from contractctl.formats.json_schema.search.values import exact
from contractctl.formats.json_schema.spots import Spot

if TYPE_CHECKING:
    from collections.abc import Callable

    from contractctl.formats.json_schema.meaning import Meaning
    from contractctl.formats.json_schema.search.nodes import Literal

Read: TypeAlias = "Callable[[Meaning, Spot, Json], Literal]"
"""What the value of a keyword asserts. Raise NotThisError for a value that the specification does not allow."""


class NotThisError(Exception):
    """A keyword's value is not what the specification allows there."""


def is_pattern(source: str) -> bool:
    """Whether it is a regular expression at all: a reader may refuse a schema with one that is none."""
    try:
        language.check(source)
    except language.Unreadable:
        return False
    return True


def demand(is_allowed: object) -> None:
    """Raise NotThisError unless that is so."""
    if not is_allowed:
        raise NotThisError


def as_object(value: Json) -> dict[str, Json]:
    """An object: names and their values."""
    if not isinstance(value, dict):
        raise NotThisError
    return value


def as_list(value: Json) -> list[Json]:
    """An array."""
    if not isinstance(value, list):
        raise NotThisError
    return value


def as_texts(value: Json) -> list[str]:
    """Strings, or a single one."""
    texts = [value] if isinstance(value, str) else as_list(value)
    demand(all(isinstance(one, str) for one in texts))
    return [str(one) for one in texts]


def as_number(value: Json) -> Fraction:
    """A number, exactly."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotThisError
    return exact(value)


def as_count(value: Json) -> int:
    """A count; 2.0 is 2."""
    number = as_number(value)
    demand(number.denominator == 1 and number >= 0)
    return number.numerator


def length(spot: Spot, keyword: str) -> int:
    """How many entries the array has that is the value of a keyword; 0 where it is none."""
    value = spot.keywords.get(keyword)
    return len(value) if isinstance(value, list) else 0

"""What can a schema say, whatever way it is written? One form for all drafts.

A node is an assertion; a literal is a node or its opposite: `2 * number` says it, `2 * number + 1` denies it.
An assertion about one kind of value says nothing about the others, as in JSON Schema; its opposite demands that kind.
"""

from collections.abc import Hashable
from fractions import Fraction
from typing import NamedTuple, TypeAlias

Literal = int


class All(NamedTuple):
    """Every part holds; none at all is what every value fulfils."""

    parts: tuple[Literal, ...]


class Some(NamedTuple):
    """At least one part holds."""

    parts: tuple[Literal, ...]


class One(NamedTuple):
    """Exactly one part holds."""

    parts: tuple[Literal, ...]


class Named(NamedTuple):
    """A schema that contains itself, by its name; its body is looked up."""

    key: Hashable


class Opaque(NamedTuple):
    """Something that cannot be judged. Wherever an answer hangs on it, the answer is unknown."""

    reason: str
    what: Hashable


class Kinds(NamedTuple):
    """The value is of one of these kinds."""

    mask: int


class Enum(NamedTuple):
    """The value is one of these: their identities."""

    identities: frozenset[Hashable]


class Bound(NamedTuple):
    """Numbers: at most, or at least, this one."""

    limit: Fraction
    upper: bool
    exclusive: bool


class MultipleOf(NamedTuple):
    """Numbers."""

    divisor: Fraction


class Size(NamedTuple):
    """Strings (code points), arrays (items) or objects (properties): at most, or at least, so many."""

    kind: int
    limit: int
    upper: bool


class Pattern(NamedTuple):
    """Strings: the expression is found somewhere in it."""

    source: str


class Format(NamedTuple):
    """Strings: what a format demands, or a content keyword, where these are assertions."""

    name: str


class Items(NamedTuple):
    """Arrays: what each item must fulfil, by its place."""

    prefix: tuple[Literal, ...]
    rest: Literal


class Contains(NamedTuple):
    """Arrays: at least and at most so many items fulfil this."""

    item: Literal
    least: int
    most: int | None


class Unique(NamedTuple):
    """Arrays: no two items are equal."""


class Properties(NamedTuple):
    """Objects: what each property's value must fulfil, by its name; `rest` is for names that nothing else speaks of."""

    named: tuple[tuple[str, Literal], ...]
    patterns: tuple[tuple[str, Literal], ...]
    rest: Literal


class Required(NamedTuple):
    """Objects: all of these are there."""

    names: frozenset[str]


class PropertyNames(NamedTuple):
    """Objects: what each name must fulfil."""

    name: Literal


Node: TypeAlias = (
    All
    | Some
    | One
    | Named
    | Opaque
    | Kinds
    | Enum
    | Bound
    | MultipleOf
    | Size
    | Pattern
    | Format
    | Items
    | Contains
    | Unique
    | Properties
    | Required
    | PropertyNames
)


TRUE: Literal = 0
FALSE: Literal = 1

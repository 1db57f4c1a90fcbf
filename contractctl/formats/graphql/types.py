"""What does a schema of GraphQL consist of? https://spec.graphql.org/October2021/#sec-Type-System.

A type is written as text, `[User!]!`: equal texts are equal types. Where a thing stands is not part of what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, Union

Spot = tuple[int, int]
"""Where a thing stands: the file, and the token in it; both by index."""


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """`{a: 1, b: 2}`, its entries sorted by name."""

    entries: "tuple[tuple[str, Value], ...]"


Value: TypeAlias = Union[str, tuple["Value", ...], ObjectValue]  # noqa: UP007 - a name that stands for itself
"""A constant: a token (strings as their content in JSON), a list, or an object."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive that stands at something: `@deprecated(reason: "…")`."""

    name: str
    arguments: Mapping[str, Value]
    spot: Spot = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Input:
    """An argument, or a field of an input object."""

    name: str
    type: str
    default: Value | None
    deprecated: str | None
    """The reason, where it is deprecated."""
    spot: Spot = field(compare=False, repr=False)
    hidden: bool = False
    """Clients of the graph that is composed of this and others do not see it: @inaccessible."""

    @property
    def required(self) -> bool:
        """Whether a client has to give it."""
        return self.type.endswith("!") and self.default is None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object or an interface."""

    name: str
    arguments: Mapping[str, Input]
    type: str
    deprecated: str | None
    spot: Spot = field(compare=False, repr=False)
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Symbol:
    """A value of an enum."""

    name: str
    deprecated: str | None
    spot: Spot = field(compare=False, repr=False)
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Type:
    """A named type, with all that its extensions add. What its kind does not have is empty."""

    kind: str
    """scalar, type, interface, union, enum or input: as the language writes it."""
    name: str
    interfaces: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    symbols: Mapping[str, Symbol] = field(default_factory=dict)
    inputs: Mapping[str, Input] = field(default_factory=dict)
    one_of: bool = False
    specified_by: str | None = None
    keys: tuple[str, ...] = ()
    """The fields by which other subgraphs of a federation may ask for it."""
    hidden: bool = False
    spot: Spot = field(compare=False, repr=False, default=(0, 0))

    @property
    def is_composite(self) -> bool:
        """Whether clients select fields in it."""
        return self.kind in {"type", "interface", "union"}


@dataclass(frozen=True, slots=True)
class DirectiveDefinition:
    """A directive that may be written."""

    name: str
    arguments: Mapping[str, Input]
    repeatable: bool
    locations: tuple[str, ...]
    spot: Spot = field(compare=False, repr=False)


KINDS = {
    "scalar": "a scalar",
    "type": "an object type",
    "interface": "an interface",
    "union": "a union",
    "enum": "an enum",
    "input": "an input object",
}
BUILT_IN = ("Int", "Float", "String", "Boolean", "ID")
STANDARD_DIRECTIVES = frozenset({"skip", "include", "deprecated", "specifiedBy", "oneOf"})
"""Directives that every provider has, whether its text defines them or not."""
EXECUTABLE = (
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
)
"""Where clients write directives: https://spec.graphql.org/October2021/#ExecutableDirectiveLocation."""
TYPE_SYSTEM = (
    "SCHEMA",
    "SCALAR",
    "OBJECT",
    "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION",
    "INTERFACE",
    "UNION",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
)


def named(type_: str) -> str:
    """The name inside: `User` of `[User!]!`."""
    return type_.strip("[]!")


def nullable(type_: str) -> str:
    """The same type that may be null, too."""
    return type_.removesuffix("!")


def item(type_: str) -> str | None:
    """The type of a list's items; None for what is not a list. The type itself may be null or not."""
    bare = type_.removesuffix("!")
    return bare[1:-1] if bare.startswith("[") else None

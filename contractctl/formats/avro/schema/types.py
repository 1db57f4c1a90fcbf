"""What is an Avro schema made of? Frozen values; a named type is defined once and referred to by its full name."""

from collections.abc import Mapping
from dataclasses import dataclass

from contractctl.documents import Json
from contractctl.model.contract import Source
from contractctl.model.verdict import Pointer

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})

_MOST_SHOWN = 12
"""Branches of a union in a message."""

# Nodes are compared by identity: the same text at two places is two nodes, and hashing one must not walk its subtree.


@dataclass(frozen=True, slots=True, eq=False)
class Logical:
    """A valid logical type; precision and scale only for decimal."""

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        return f"decimal({self.precision}, {self.scale})" if self.name == "decimal" else self.name


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """null, boolean, int, long, float, double, bytes or string."""

    at: Pointer
    name: str
    logical: Logical | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """Any number of items."""

    at: Pointer
    items: "Type"


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """Any number of values, each under a string."""

    at: Pointer
    values: "Type"


@dataclass(frozen=True, slots=True, eq=False)
class Union:
    """One of several types."""

    at: Pointer
    branches: tuple["Type", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A named type, defined elsewhere."""

    at: Pointer
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Default:
    """A default value. Its presence is the point: a default may be null."""

    value: Json


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of a record."""

    at: Pointer
    name: str
    type: "Type"
    aliases: tuple[str, ...] = ()
    default: Default | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A record; name and aliases are full names."""

    at: Pointer
    name: str
    aliases: tuple[str, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Enum:
    """An enum; name and aliases are full names, the default is one of the symbols."""

    at: Pointer
    name: str
    aliases: tuple[str, ...]
    symbols: tuple[str, ...]
    default: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """So many bytes; name and aliases are full names."""

    at: Pointer
    name: str
    aliases: tuple[str, ...]
    size: int
    logical: Logical | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """What stands for a type that is not known: its definition lies elsewhere, or what is written is not a type."""

    at: Pointer
    name: str
    """The full name that is not defined; empty where what is written is not a type at all."""
    why: str
    """Half a sentence, without the place."""
    hint: str


Named = Record | Enum | Fixed
Type = Primitive | Array | Map | Union | Record | Enum | Fixed | Missing | Reference
Solid = Primitive | Array | Map | Union | Record | Enum | Fixed | Missing


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A message of a protocol: what a client asks, and what the server answers."""

    at: Pointer
    protocol: str
    """The protocol's full name."""
    name: str
    request: Record
    response: Type
    errors: Union
    """Any text, and the errors that are declared."""
    one_way: bool


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """Something for which Avro libraries refuse the whole schema, though all around it can be judged."""

    at: Pointer
    rule: str | None
    """None for a type that may well be right where it is defined."""
    path: str
    said: str
    """Half a sentence: what is wrong."""
    hint: str


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """A whole schema: its root type and every named type under its full name."""

    root: Type
    names: Mapping[str, Named | Missing]
    source: Source
    several: bool = False
    """Nobody wrote the root as a union: its branches are the messages of a folder, none of them for a protocol
    alone."""
    rings: tuple[tuple[Type, ...], ...] = ()
    """Every schema that no other refers to; where some refer to each other in a ring, any of them may be the one."""
    messages: tuple[Message, ...] = ()
    """Of protocols."""
    faults: tuple[Fault, ...] = ()
    """In the order of the text."""

    @property
    def roots(self) -> tuple[Type, ...]:
        """Every schema that no other refers to."""
        return self.root.branches if self.several and isinstance(self.root, Union) else (self.root,)

    def solid(self, type_: Type) -> Solid:
        """The type itself, or what a reference refers to."""
        return self.names[type_.name] if isinstance(type_, Reference) else type_


def unqualified(name: str) -> str:
    """The last part of a full name."""
    return name.rpartition(".")[2]


def kind(type_: Solid) -> str:
    """The word that Avro has for a type."""
    return type_.name if isinstance(type_, Primitive) else type(type_).__name__.lower()


def describe(type_: Type) -> str:
    """A type in the words of a message: `long (timestamp-millis)`, `enum Colour`, `array of string`."""
    match type_:
        case Primitive(name=name, logical=logical):
            return f"{name} ({logical})" if logical else name
        case Array(items=items):
            return f"array of {describe(items)}"
        case Map(values=values):
            return f"map of {describe(values)}"
        case Union(branches=branches):
            more = f" and {len(branches) - _MOST_SHOWN} more" if len(branches) > _MOST_SHOWN else ""
            return f"one of {', '.join(map(describe, branches[:_MOST_SHOWN])) or 'nothing'}{more}"
        case Fixed(name=name, size=size):
            return f"fixed {unqualified(name)} of {size} bytes"
        case Record() | Enum():
            return f"{kind(type_)} {unqualified(type_.name)}"
        case Missing(name=name):
            return unqualified(name) or "what is not a type"
        case Reference(name=name):
            return unqualified(name)

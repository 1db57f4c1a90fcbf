"""What is a Protobuf schema made of? Frozen values; messages and enums go by their full names, as in descriptors."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contractctl.model.verdict import Pointer

# Nodes are compared by identity, as those of the other formats are.

BYTES_LIKE = frozenset({"string", "bytes", "message"})
"""Kinds that are encoded with their length before them; a group has delimiters instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field or an extension, with its features settled."""

    at: Pointer
    name: str
    """An extension's is its full name."""
    number: int
    json_name: str
    """What writers of JSON call it."""
    kind: str
    """int32, … string, bytes, enum, message, or group (a message with marks around it)."""
    type: str
    """The full name of the enum or message; empty for scalars."""
    repeated: bool
    packed: bool
    required: bool
    presence: bool
    """Whether absent and zero can be distinguished."""
    default: object
    """What an absent field reads as: a number for enums; None for messages and repeated fields."""
    oneof: str
    """The oneof that it is part of; empty where it is none."""
    checked: bool
    """For strings: whether readers refuse what is not UTF-8."""
    extension: bool
    code: str
    """Options that only generated code knows, as they are written; empty where they are the usual ones."""

    @property
    def label(self) -> str:
        """Its name for people."""
        return f"({self.name})" if self.extension else self.name


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A message with the extensions that are known for it."""

    at: Pointer
    name: str
    """The full name."""
    fields: tuple[Field, ...]
    """By number."""
    by_number: Mapping[int, Field]
    by_name: Mapping[str, Field]
    reserved: tuple[tuple[int, int], ...]
    """Ranges of numbers, the end exclusive."""
    reserved_names: frozenset[str]
    ranges: tuple[tuple[int, int], ...]
    """Of extensions, the end exclusive."""
    is_entry: bool
    """Whether it is the entry of a map."""
    json_legacy: bool
    """Whether JSON support is best effort only."""
    is_set: bool
    """Whether extensions travel in the old way of message sets."""


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """One value of an enum."""

    at: Pointer
    name: str
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Enum:
    """An enum; several symbols may share a number."""

    at: Pointer
    name: str
    """The full name."""
    symbols: tuple[Symbol, ...]
    closed: bool
    """Whether numbers that no symbol has are put aside."""
    reserved: tuple[tuple[int, int], ...]
    """Ranges of numbers, the end inclusive as enums have it."""
    reserved_names: frozenset[str]
    json_legacy: bool


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """One call of a service."""

    at: Pointer
    name: str
    request: str
    response: str
    """Full names of messages."""
    client_streams: bool
    server_streams: bool
    idempotency: str
    """IDEMPOTENCY_UNKNOWN, IDEMPOTENT or NO_SIDE_EFFECTS."""


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A service by its full name."""

    at: Pointer
    name: str
    methods: Mapping[str, Method]


@dataclass(frozen=True, slots=True)
class Missing:
    """A type that no given file defines; a stand-in takes its place."""

    name: str
    """As the schema writes it."""
    file: str
    """The import that probably has it."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the given files define, each name with its place."""

    messages: Mapping[str, Pointer] = field(default_factory=dict)
    """Entries of maps left out."""
    enums: Mapping[str, Pointer] = field(default_factory=dict)
    services: Mapping[str, Pointer] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    """The package of every name above."""


def short(name: str, package: str) -> str:
    """A full name as people write it inside its package."""
    return name.removeprefix(f"{package}.") if package else name

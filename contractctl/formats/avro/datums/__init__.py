"""Which datum can this writer write? The smallest, and one with a chosen value deep inside.

Values are plain, as the writer of wire.py takes them: a union's value is a pair of the branch's name and the value.
"""

from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Fixed,
    Map,
    Missing,
    Named,
    Primitive,
    Record,
    Reference,
    Schema,
    Type,
    Union,
    kind,
)

_ZEROS: dict[str, object] = {
    "null": None,
    "boolean": False,
    "int": 0,
    "long": 0,
    "float": 0.0,
    "double": 0.0,
    "bytes": b"",
    "string": "",
}
NIL_UUID = "00000000-0000-0000-0000-000000000000"
_SAMPLES: dict[str, tuple[object, object]] = {
    "boolean": (True, False),
    "int": (1, 2),
    "long": (1, 2),
    "float": (1.5, 2.5),
    "double": (1.5, 2.5),
    "bytes": (b"one", b"two"),
    "string": ("one", "two"),
}
NO_SPACE = "none"
"""A namespace for names that must have one: names match without it."""
_WORDS = frozenset({"array", "enum", "error", "error_union", "fixed", "map", "record", "request", "union"})
_MOST_VALUES = 50_000
"""A datum of more values is not built: a schema of a few lines can demand one of a billion."""

MOST_BYTES = 1_000_000
"""Nor is one of more bytes."""


class NoDatumError(Exception):
    """The writer can write no datum of that type, or none of a reasonable size."""


class Smallest:
    """The smallest datums of one schema's types."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[str, tuple[object, int]] = {}
        self._open: set[str] = set()
        self._steps = 0

    def of(self, type_: Type) -> object:
        """A datum of that type. Raise NoDatumError where there is none."""
        return self._of(type_)[0]

    def sample(self, type_: Type, number: int) -> object:
        """A datum that can be told from another one, where the type has two: number is 0 or 1."""
        match solid := self._schema.solid(type_):
            case Primitive(name=name, logical=None) if name in _SAMPLES:
                return _SAMPLES[name][number]
            case Enum(symbols=symbols) if symbols:
                return symbols[number % len(symbols)]
            case Fixed(size=size) if size <= MOST_BYTES:
                return bytes([number + 1]) * size
            case Union(branches=branches):
                best = next((one for one in branches if branch_name(one) != "null"), None)
                return self.of(solid) if best is None else (branch_name(best), self.sample(best, number))
            case _:
                return self.of(solid)

    def inhabited(self, type_: Type) -> object:
        """A datum with something in its lists and maps: an empty one is read whatever it might hold."""
        match solid := self._schema.solid(type_):
            case Array(items=items):
                return [self.inhabited(items)]
            case Map(values=values):
                return {"key": self.inhabited(values)}
            case _:
                return self.of(solid)

    def _of(self, type_: Type) -> tuple[object, int]:
        self._steps += 1
        if self._steps > _MOST_VALUES:
            raise NoDatumError
        match self._schema.solid(type_):
            case Primitive(name=name, logical=logical):
                return NIL_UUID if logical is not None and logical.name == "uuid" else _ZEROS[name], 1
            case Array():
                return [], 1
            case Map() | Missing():
                return {}, 1  # what is missing stands as an empty record
            case Fixed(size=size) if size <= MOST_BYTES:
                return bytes(size), 1
            case Enum(symbols=(first, *_)):
                return first, 1
            case Record() as record:
                return self._record(record)
            case Union() as union:
                return self._union(union)
            case _:
                raise NoDatumError

    def _record(self, record: Record) -> tuple[object, int]:
        if record.name in self._known:
            return self._known[record.name]
        if record.name in self._open:
            raise NoDatumError  # it would have to contain itself without end
        self._open.add(record.name)
        try:
            inner = {field.name: self._of(field.type) for field in record.fields}
        finally:
            self._open.discard(record.name)
        size = 1 + sum(size for _, size in inner.values())
        if size > _MOST_VALUES:
            raise NoDatumError
        self._known[record.name] = ({name: value for name, (value, _) in inner.items()}, size)
        return self._known[record.name]

    def _union(self, union: Union) -> tuple[object, int]:
        simple_first = sorted(union.branches, key=lambda branch: isinstance(self._schema.solid(branch), Record))
        for branch in simple_first:
            try:
                value, size = self._of(branch)
            except NoDatumError:
                continue
            return (branch_name(branch), value), size
        raise NoDatumError


def branch_name(type_: Type) -> str:
    """What fastavro calls a union's branch in a pair of name and value. Raise NoDatumError for what is no type."""
    if isinstance(type_, Missing) and not type_.name:
        raise NoDatumError
    return wire_name(type_.name) if isinstance(type_, Named | Reference | Missing) else kind(type_)


def json_name(type_: Type) -> str:
    """What Avro's JSON encoding calls a union's branch: a full name, or the word for the type."""
    return type_.name if isinstance(type_, Named | Reference | Missing) else kind(type_)


def wire_name(name: str) -> str:
    """A full name as fastavro takes it: one that it would read as a word for a type has a namespace there."""
    return f"{NO_SPACE}.{name}" if name in _WORDS else name

"""Does a default fit its type?

The table of https://avro.apache.org/docs/1.12.0/specification/#schema-record. A union's default may match any branch:
so says 1.12, where versions before it demanded the first.
"""

from collections.abc import Iterator, Mapping

from contractctl.documents import Json
from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Missing,
    Named,
    Primitive,
    Record,
    Reference,
    Type,
    Union,
    describe,
)
from contractctl.model.amounts import counted

_SPECIAL = frozenset({"NaN", "Infinity", "+Infinity", "-Infinity"})
"""JSON has no numbers for these; schemas in use write them as strings, and readers take them."""
_RANGES = {"int": 2**31, "long": 2**63}
_WORDS = {
    bool: "a boolean",
    int: "a whole number",
    float: "a number",
    str: "a string",
    dict: "an object",
    list: "a list",
}


class Misfits:
    """Judges defaults against the named types of one schema."""

    def __init__(self, names: Mapping[str, Named | Missing]) -> None:
        self._names = names
        # a union tries its branches one after the other: without a memory, nested ones cost two to the power of depth
        self._seen: dict[tuple[int, int], str | None] = {}

    def of(self, value: Json, type_: Type) -> str | None:
        """Why the value is none of that type; None where it is one."""
        key = (id(value), id(type_))
        if isinstance(value, dict | list):
            if key not in self._seen:
                self._seen[key] = self._judge(value, type_)
            return self._seen[key]
        return self._judge(value, type_)

    def _judge(self, value: Json, type_: Type) -> str | None:
        match type_:
            case Reference(name=name):
                return self._judge(value, self._names[name])
            case Primitive(name=name):
                return _primitive(value, name)
            case Fixed(size=size):
                return _bytes(value, describe(type_)) or _size(value, size)
            case Enum(symbols=symbols):
                return None if value in symbols else f"{_said(value)} is not a symbol of {describe(type_)}"
            case Array(items=items):
                inner = value if isinstance(value, list) else None
                return self._every(inner, items) if inner is not None else _no(value, describe(type_))
            case Map(values=values):
                inner = list(value.values()) if isinstance(value, dict) else None
                return self._every(inner, values) if inner is not None else _no(value, describe(type_))
            case Union(branches=branches):
                fits = any(self.of(value, branch) is None for branch in branches)
                return None if fits else f"{_said(value)} is none of the union's types"
            case Record():
                return self._record(value, type_)
            case Missing():
                return None  # nobody can say

    def is_endless(self, field: Field) -> bool:
        """Whether a default that fits leaves out a field whose own default leads back to it."""
        pending, seen = [field], set()
        while pending:
            one = pending.pop()
            if id(one) in seen:
                if one is field:
                    return True
                continue
            seen.add(id(one))
            if one.default is not None:
                pending.extend(self._filled(one.default.value, one.type))
        return False

    def _filled(self, value: Json, type_: Type) -> Iterator[Field]:  # noqa: C901 - one case a kind of type
        """The fields that a default leaves to their own defaults."""
        match type_:
            case Reference(name=name):
                yield from self._filled(value, self._names[name])
            case Array(items=inner) if isinstance(value, list):
                for item in value:
                    yield from self._filled(item, inner)
            case Map(values=inner) if isinstance(value, dict):
                for item in value.values():
                    yield from self._filled(item, inner)
            case Union(branches=branches):
                fit = next((branch for branch in branches if self.of(value, branch) is None), None)
                if fit is not None:
                    yield from self._filled(value, fit)
            case Record(fields=fields) if isinstance(value, dict):
                for field in fields:
                    if field.name not in value:
                        yield field
                    else:
                        yield from self._filled(value[field.name], field.type)
            case _:
                return

    def _every(self, values: list[Json], type_: Type) -> str | None:
        return next((why for why in (self.of(value, type_) for value in values) if why), None)

    def _record(self, value: Json, record: Record) -> str | None:
        if not isinstance(value, dict):
            return _no(value, describe(record))
        for field in record.fields:
            if field.name not in value:
                if field.default is None:
                    return f"the field '{field.name}' of {describe(record)} is missing"
                continue
            why = self.of(value[field.name], field.type)
            if why:
                return f"'{field.name}': {why}"
        return None


def _primitive(value: Json, name: str) -> str | None:
    match name:
        case "null":
            fits = value is None
        case "boolean":
            fits = isinstance(value, bool)
        case "int" | "long":
            if not isinstance(value, int) or isinstance(value, bool):
                return _no(value, name)
            fits = -_RANGES[name] <= value < _RANGES[name]
            return None if fits else f"{_said(value)} is outside the range of {name}"
        case "float" | "double":
            fits = (isinstance(value, int | float) and not isinstance(value, bool)) or _is_special(value)
        case "bytes":
            return _bytes(value, name)
        case _:
            fits = isinstance(value, str)
    return None if fits else _no(value, name)


def _is_special(value: Json) -> bool:
    return isinstance(value, str) and value in _SPECIAL


def _bytes(value: Json, wanted: str) -> str | None:
    if not isinstance(value, str):
        return _no(value, wanted)
    beyond = next((character for character in value if ord(character) > 255), None)  # noqa: PLR2004 - a byte's most
    return f"the character '{beyond}' is not a byte: only \\u0000 to \\u00ff are" if beyond else None


def _size(value: Json, size: int) -> str | None:
    assert isinstance(value, str)  # noqa: S101 - _bytes has refused all else
    return None if len(value) == size else f"{counted(len(value), 'byte is', 'bytes are')} not the {size} that it has"


def _no(value: Json, wanted: str) -> str:
    return f"{_said(value)} is not {'an' if wanted[0] in 'aeiou' else 'a'} {wanted}"


def _said(value: Json) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "null" if value is None else f"{_WORDS[type(value)]} ({str(value)[:40]!r})"

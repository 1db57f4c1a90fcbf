"""How is a value of the model written as JSON, byte for byte, and read back?"""

import dataclasses
import json
import math
import types
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache, partial
from hashlib import sha256
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from contractctl.errors import ContractctlError
from contractctl.model.amounts import counted

T = TypeVar("T")

_ODD_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""JSON has no such numbers: they are written as these strings."""


UNWRITTEN: Mapping[str, bool] = types.MappingProxyType({"unwritten": True})
"""Metadata of a field that is derived from the others, or words them: it is never written."""
OPTIONAL: Mapping[str, bool] = types.MappingProxyType({"optional": True})
"""Metadata of a field that was added later: left out at its default, so that older text stays the same."""


def dumps(value: object) -> str:
    """JSON text of a tree of dicts, lists and scalars: keys sorted, no spaces, one form for every number."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """sha256 over the canonical text, hexadecimal."""
    return sha256(dumps(value).encode()).hexdigest()


def tree(value: object, hint: Any = None) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """A model value as dicts, lists and scalars. The type hint decides: what is declared float is written as float."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind, spared = type(value), _spared(type(value))
        found = {name: getattr(value, name) for name in _hints(kind) if name not in _unwritten(kind)}
        return {
            name: tree(one, _hints(kind)[name])
            for name, one in found.items()
            if name not in spared or one != spared[name]
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        of = get_args(hint)[1] if get_args(hint) else None
        return {str(tree(key)): tree(item, of) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        of = _item_hint(hint)
        return [tree(item, of) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, hint)
    return value


def value(kind: type[T], found: object, at: str) -> T:
    """The model value that a JSON tree stands for. `at` names the place for messages.

    Raise ContractctlError where the tree is none: a missing key, an unknown one, a value of another type.
    """
    hint: Any = kind  # to mypy, an unresolved type has no hash
    made: T = _reader(hint)(found, at)
    return made


def _number(number: float, hint: Any) -> Any:  # noqa: ANN401 - as tree
    if not isinstance(number, int) and not math.isfinite(number):
        return next(name for name, odd in _ODD_NUMBERS.items() if str(odd) == str(number))
    return float(number) if _wants_float(hint) else number


def _wants_float(hint: Any) -> bool:  # noqa: ANN401 - a type hint
    return hint is float or float in get_args(hint)


def _item_hint(hint: Any) -> Any:  # noqa: ANN401 - a type hint
    arguments = get_args(hint)
    return arguments[0] if arguments else None


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _spared(kind: type) -> dict[str, Any]:
    """The fields that are left out at their default, with that default."""
    return {field.name: field.default for field in dataclasses.fields(kind) if field.metadata.get("optional")}


@cache
def _unwritten(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in dataclasses.fields(kind) if field.metadata.get("unwritten"))


_Reader = Callable[[Any, str], Any]
"""From a JSON tree, and where it stands, to a value."""


@cache
def _reader(hint: Any) -> _Reader:  # noqa: ANN401 - a type hint
    """The reader of a type: made once, as there are thousands of values of one type."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _optional(hint)
    if origin is tuple:
        return _tuple(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(hint)
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint)
    return partial(_scalar, hint)


def _optional(hint: Any) -> _Reader:  # noqa: ANN401 - a type hint
    (inner,) = (of for of in get_args(hint) if of is not type(None))
    read = _reader(inner)
    return lambda found, at: None if found is None else read(found, at)


def _tuple(hint: Any) -> _Reader:  # noqa: ANN401 - a type hint
    of = get_args(hint)
    readers = [_reader(one) for one in of if one is not Ellipsis]

    def read(found: Any, at: str) -> tuple[Any, ...]:  # noqa: ANN401 - JSON in
        items = _expect(found, list, "a list", at)
        if of[-1] is Ellipsis:
            return tuple(readers[0](item, f"{at}[{index}]") for index, item in enumerate(items))
        if len(of) != len(items):
            raise ContractctlError(f"{at}: {counted(len(of), 'value is', 'values are')} expected, not {len(items)}")
        pairs = zip(readers, items, strict=True)
        return tuple(one(item, f"{at}[{index}]") for index, (one, item) in enumerate(pairs))

    return read


def _mapping(hint: Any) -> _Reader:  # noqa: ANN401 - a type hint
    of_key, of_item = (_reader(of) for of in get_args(hint))

    def read(found: Any, at: str) -> dict[Any, Any]:  # noqa: ANN401 - JSON in
        entries = _expect(found, dict, "an object", at).items()
        return {of_key(key, at): of_item(item, f"{at}.{key}") for key, item in entries}

    return read


def _dataclass(kind: Any) -> _Reader:  # noqa: ANN401 - a type
    readers = {name: _reader(hint) for name, hint in _hints(kind).items()}
    needed = [field.name for field in dataclasses.fields(kind) if not _has_default(field)]

    def read(found: Any, at: str) -> Any:  # noqa: ANN401 - JSON in, a value out
        entries = _expect(found, dict, "an object", at)
        for key in entries:
            if key not in readers:
                raise ContractctlError(f"{at}: '{key}' is not a known key", hint=f"known: {', '.join(readers)}")
        for name in needed:
            if name not in entries:
                raise ContractctlError(f"{at}: '{name}' is missing")
        return kind(**{key: readers[key](item, f"{at}.{key}") for key, item in entries.items()})

    return read


def _has_default(field: "dataclasses.Field[Any]") -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _enum(kind: type[Enum]) -> _Reader:
    members = {member.value: member for member in kind}

    def read(found: Any, at: str) -> Enum:  # noqa: ANN401 - JSON in
        if isinstance(found, dict | list) or found not in members:
            known = ", ".join(map(str, members))
            raise ContractctlError(f"{at}: '{found}' is not a known value", hint=f"known: {known}")
        return members[found]

    return read


def _scalar(hint: Any, found: Any, at: str) -> Any:  # noqa: ANN401 - a type hint, JSON in
    if hint in (str, bool, int) and type(found) is hint:
        return found
    if hint is float and isinstance(found, str) and found in _ODD_NUMBERS:
        return _ODD_NUMBERS[found]
    if hint is float and isinstance(found, int | float) and not isinstance(found, bool):
        return float(found)
    raise ContractctlError(f"{at}: {_what(found)} found where {_WORDS.get(hint, hint)} is expected")


_WORDS = {str: "a text", float: "a number", int: "a whole number", bool: "true or false"}


def _what(found: object) -> str:
    if isinstance(found, dict | list):
        return "an object" if isinstance(found, dict) else "a list"
    return "null" if found is None else f"'{found}'"


def _expect(found: Any, kind: type[T], words: str, at: str) -> T:  # noqa: ANN401 - JSON in
    if not isinstance(found, kind):
        raise ContractctlError(f"{at}: {_what(found)} found where {words} is expected")
    return found

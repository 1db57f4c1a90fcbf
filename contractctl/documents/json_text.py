"""What does this JSON text say, and on which line does it say it?"""

import json
import math
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from threading import Lock
from typing import NoReturn

from contractctl.documents.bounds import MOST_LEVELS, Json, Pointer, bounded, depth, refuse_depth
from contractctl.documents.collector import collector_paused
from contractctl.documents.json_plain import LARGE, plain_json
from contractctl.errors import ContractctlError

TOKEN = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+)')
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s{}\[\]:,"]+')
_MOST_DIGITS = sys.get_int_max_str_digits()
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _DuplicateKeyError(Exception):
    """A key appears twice in one object."""


def read_json(text: str | bytes, name: str) -> Json:
    """JSON text to plain values; `name` is the file's, for messages. Whole numbers are exact whatever their size.

    Raise ContractctlError, with line and column, for anything that is not one JSON value as RFC 8259 has it, and for
    duplicate keys, NaN and Infinity, nesting beyond MOST_LEVELS and texts beyond MOST_CHARACTERS.
    """
    decoded = bounded(text, name)
    with collector_paused():
        value = plain_json(decoded) if len(decoded) >= LARGE else None
        if value is None:
            value = _exact(decoded, name)
    if decoded.count("{") + decoded.count("[") > MOST_LEVELS and depth(value) > MOST_LEVELS:
        refuse_depth(name)
    if _ESCAPED_SURROGATE.search(decoded):
        _refuse_lone_surrogates(value, name)
    return value


def _exact(text: str, name: str) -> Json:
    try:
        value: Json = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        _refuse_syntax(error, text, name)
    except _DuplicateKeyError:
        _refuse_duplicate(text, name)
    except RecursionError:
        refuse_depth(name)
    except ValueError:
        _refuse_number(text, name)
    return value


@lru_cache(maxsize=4)
def known_json(text: str, name: str) -> Json:
    """As read_json(), of a text that several look into. They all get the same value, and leave it as it is."""
    return read_json(text, name)


def locate_json(text: str, pointer: Pointer) -> tuple[int, int]:
    """Line and column, from 1, of the value at a pointer; of its nearest parent that is there otherwise."""
    return _line_and_column(text, offset_of(text, pointer))


def offset_of(text: str, pointer: Pointer) -> int:
    """Where in a valid JSON text the value at a pointer begins; its nearest parent that is there otherwise."""
    return _map(text).offset(pointer)


class _Map:
    """Where the values of a text are: of each container as far as it was asked for, and no member twice."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._reading = Lock()
        self._members: dict[int, _Members] = {}
        self._start = len(text) - len(text.lstrip("\ufeff \t\r\n"))

    def offset(self, pointer: Pointer) -> int:
        offset = self._start
        with self._reading:
            for step in pointer:
                if offset not in self._members:
                    self._members[offset] = _Members(_members(self._text, offset))
                inner = self._members[offset].find(step)
                if inner is None:
                    break
                offset = inner
        return offset


class _Members:
    """The members of a container that were met so far, and those that are left."""

    def __init__(self, left: Iterator[tuple[str | int, int]]) -> None:
        self._left = left
        self._offsets: dict[str | int, int] = {}

    def find(self, step: str | int) -> int | None:
        if step not in self._offsets:
            for key, offset in self._left:
                self._offsets[key] = offset
                if key == step:
                    break
        return self._offsets.get(step)


def _members(text: str, offset: int) -> Iterator[tuple[str | int, int]]:
    """Each key or number, and where its value begins; what lies between is skipped by the parser, in C."""
    if text[offset] not in "{[":
        return
    is_object, number, position = text[offset] == "{", 0, _next(text, offset + 1)
    while text[position] not in "}]":
        key: str | int = number
        if is_object:
            key, position = _PARSER.raw_decode(text, position)
            position = _next(text, _next(text, position) + 1)
        yield key, position
        _, position = _PARSER.raw_decode(text, position)
        position = _next(text, position)
        if text[position] == ",":
            position = _next(text, position + 1)
        number += 1


def _next(text: str, position: int) -> int:
    """Where the next character that is not white space is."""
    while text[position] in " \t\r\n":
        position += 1
    return position


@lru_cache(maxsize=4)
def _map(text: str) -> _Map:
    """Findings come by the dozen, and all of them from the same few texts."""
    return _Map(text)


def _walk(text: str) -> Iterator[tuple[Pointer, int, bool]]:
    """Every value and every key of a valid JSON text, with its pointer and offset, in the text's order."""
    open_ones: list[str | int | None] = []
    expects_key = False
    position = 1 if text.startswith("\ufeff") else 0
    while token := TOKEN.match(text, position):
        start, position, word = token.start(1), token.end(), token[1]
        if word in "}]":
            open_ones.pop()
            expects_key = False
        elif word == ",":
            last = open_ones[-1]
            expects_key = not isinstance(last, int)
            open_ones[-1] = last + 1 if isinstance(last, int) else None
        elif word == ":":
            expects_key = False
        elif expects_key:
            open_ones[-1] = json.loads(word) if "\\" in word else word[1:-1]
            yield tuple(k for k in open_ones if k is not None), start, True
        else:
            yield tuple(k for k in open_ones if k is not None), start, False
            if word in "{[":
                open_ones.append(None if word == "{" else 0)
                expects_key = word == "{"


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    before = text.rfind("\n", 0, offset)
    column = offset - before
    return text.count("\n", 0, offset) + 1, column - 1 if before < 0 and text.startswith("\ufeff") else column


def _refuse_syntax(error: json.JSONDecodeError, text: str, name: str) -> NoReturn:
    if not text.strip():
        raise ContractctlError(f"{name}: the file is empty", hint="write a JSON value into it") from None
    said = error.msg[0].lower() + error.msg[1:]
    raise ContractctlError(
        f"{name}:{error.lineno}:{error.colno}: this is not JSON: {said}", hint="fix the JSON at that place"
    ) from None


def _refuse_duplicate(text: str, name: str) -> NoReturn:
    seen: set[Pointer] = set()
    objects: list[tuple[Pointer, int]] = []
    for path, offset, is_key in _walk(text):
        if not is_key:
            objects.append((path, offset))
            continue
        if path in seen:
            line, column = _line_and_column(text, offset)
            raise ContractctlError(
                f"{name}:{line}:{column}: the key '{path[-1]}' appears twice in one object",
                hint="keep one of the two: readers differ in which one they use",
            ) from None
        seen.add(path)
    raise AssertionError(name)  # the parser saw a duplicate key: so does the walk


def _refuse_number(text: str, name: str) -> NoReturn:
    """The parser saw a number that no reader holds, or a word that is none: find the first one."""
    for word in _WORD.finditer(text):
        said = _number_trouble(word[0])
        if said:
            line, column = _line_and_column(text, word.start())
            raise ContractctlError(
                f"{name}:{line}:{column}: {said}", hint="write a number that JSON readers can hold"
            ) from None
    raise AssertionError(name)  # the parser saw one: so does the search


def _number_trouble(word: str) -> str | None:
    if word in {"NaN", "Infinity", "-Infinity"}:
        return f"'{word}' is not a JSON value"
    if word[0] not in "-0123456789":
        return None
    digits = word.removeprefix("-")
    if digits.isdigit():
        return f"a number of {len(digits):,} digits is too long" if len(digits) > _MOST_DIGITS else None
    return f"the number {word[:40]} is larger than a double can be" if math.isinf(float(word)) else None


def _refuse_lone_surrogates(value: Json, name: str) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ContractctlError(
            f"{name}: the escape '\\u{ord(error.object[error.start]):04x}' is half a character",
            hint="write both halves of the surrogate pair, or the character itself",
        ) from None


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError
    return found


def _constant(word: str) -> NoReturn:
    raise ValueError(word)


def _finite(word: str) -> float:
    value = float(word)
    if math.isinf(value):
        raise ValueError(word)
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
_PARSER = json.JSONDecoder()
"""For texts that were read already."""

"""What does this JSON text say, and on which line does it say it?"""

import json
import re
from collections.abc import Iterator
from typing import NoReturn, TypeAlias

from contractctl.errors import ContractctlError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Pointer = tuple[str | int, ...]

MOST_LEVELS = 200
"""Deeper nesting is refused: nobody writes it, and readers that recurse fall over it."""
MOST_CHARACTERS = 64 * 1024 * 1024

_TOKEN = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+)')
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _DuplicateKeyError(Exception):
    """A key stands twice in one object."""


def read_json(text: str | bytes, name: str) -> Json:
    """JSON text to plain values; `name` stands in messages. Whole numbers are exact whatever their size.

    Raise ContractctlError, with line and column, for anything that is not one JSON value as RFC 8259 has it, and for
    duplicate keys, NaN and Infinity, nesting beyond MOST_LEVELS and texts beyond MOST_CHARACTERS.
    """
    decoded = decode(text, name) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    if len(decoded) > MOST_CHARACTERS:
        raise ContractctlError(
            f"{name}: {len(decoded):,} characters are too many", hint=f"the most that is read is {MOST_CHARACTERS:,}"
        )
    try:
        value: Json = _DECODER.decode(decoded)
    except json.JSONDecodeError as error:
        _refuse_syntax(error, decoded, name)
    except _DuplicateKeyError:
        _refuse_duplicate(decoded, name)
    except RecursionError:
        _refuse_depth(name)
    except ValueError as error:
        raise ContractctlError(f"{name}: {error}", hint="write a number that JSON readers can hold") from None
    if decoded.count("{") + decoded.count("[") > MOST_LEVELS and _depth(value) > MOST_LEVELS:
        _refuse_depth(name)
    if _ESCAPED_SURROGATE.search(decoded):
        _refuse_lone_surrogates(value, name)
    return value


def decode(content: bytes, name: str) -> str:
    """Bytes to text: UTF-8, with or without a byte order mark. Raise ContractctlError for any other encoding."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ContractctlError(
            f"{name}:{line}: byte {content[error.start]:#04x} at offset {error.start} is not UTF-8",
            hint="save the file as UTF-8",
        ) from None


def locate_json(text: str, pointer: Pointer) -> tuple[int, int]:
    """Line and column, from 1, of the value at a pointer; of its nearest parent that is there otherwise."""
    best = (0, 0)
    for path, offset, is_key in _walk(text):
        if is_key or path != pointer[: len(path)]:
            continue
        best = max(best, (len(path), offset))
        if len(path) == len(pointer):
            break
    return _line_and_column(text, best[1] or len(text) - len(text.lstrip("\ufeff \t\r\n")))


def _walk(text: str) -> Iterator[tuple[Pointer, int, bool]]:
    """Every value and every key of a valid JSON text, with its pointer and offset, in the text's order."""
    open_ones: list[str | int | None] = []
    expects_key = False
    position = 1 if text.startswith("\ufeff") else 0
    while token := _TOKEN.match(text, position):
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
            open_ones[-1] = json.loads(word)
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
        f"{name}:{error.lineno}:{error.colno}: this is not JSON: {said}", hint="mend the JSON at that place"
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
                f"{name}:{line}:{column}: the key '{path[-1]}' stands twice in one object",
                hint="keep one of the two: readers differ in which one they take",
            ) from None
        seen.add(path)
    raise AssertionError(name)  # the parser saw a duplicate key: so does the walk


def _refuse_depth(name: str) -> NoReturn:
    raise ContractctlError(
        f"{name}: nested more than {MOST_LEVELS} levels deep", hint="give inner parts names and refer to them"
    ) from None


def _refuse_lone_surrogates(value: Json, name: str) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ContractctlError(
            f"{name}: the escape '\\u{ord(error.object[error.start]):04x}' is half a character",
            hint="write both halves of the surrogate pair, or the character itself",
        ) from None


def _depth(value: Json) -> int:
    level, depth = [value] if isinstance(value, dict | list) else [], 0
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return depth


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError
    return found


def _constant(word: str) -> NoReturn:
    raise ValueError(f"'{word}' is no JSON value")


def _finite(word: str) -> float:
    value = float(word)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {word[:40]} is larger than a double can be")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)

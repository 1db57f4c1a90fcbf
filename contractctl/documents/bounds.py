"""What may a document be made of, and how large may it be?"""

from typing import NoReturn, TypeAlias

from contractctl.errors import ContractctlError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Pointer = tuple[str | int, ...]

MOST_LEVELS = 200
"""Deeper nesting is refused: nobody writes it, and readers that recurse fall over it."""
MOST_CHARACTERS = 64 * 1024 * 1024

_CONTAINERS = frozenset({dict, list})
"""Asked by type: of the hundred thousands of values in a document that is much faster."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def decode(content: bytes, name: str) -> str:
    """Bytes to text: UTF-8, with or without a byte order mark. Raise ContractctlError for any other encoding."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if content.startswith(_UTF_16):
            raise ContractctlError(f"{name}: this is UTF-16, not UTF-8", hint="save the file as UTF-8") from None
        line = content.count(b"\n", 0, error.start) + 1
        raise ContractctlError(
            f"{name}:{line}: byte {content[error.start]:#04x} at offset {error.start} is not UTF-8",
            hint="save the file as UTF-8",
        ) from None


def bounded(text: str | bytes, name: str) -> str:
    """The text itself, without a byte order mark. Raise ContractctlError where it is longer than anybody writes."""
    decoded = decode(text, name) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    if len(decoded) > MOST_CHARACTERS:
        raise ContractctlError(
            f"{name}: {len(decoded):,} characters are too many", hint=f"the most that is read is {MOST_CHARACTERS:,}"
        )
    return decoded


def refuse_depth(name: str) -> NoReturn:
    """Say that a text is nested deeper than is read."""
    raise ContractctlError(
        f"{name}: nested more than {MOST_LEVELS} levels deep", hint="give nested parts names and refer to them"
    ) from None


def depth(value: Json) -> int:
    """How many containers are inside each other."""
    level, deep = [value] if type(value) in _CONTAINERS else [], 0
    while level:
        deep += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)  # type: ignore[union-attr]  # a list
            if type(inner) in _CONTAINERS
        ]
    return deep

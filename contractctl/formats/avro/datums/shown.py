"""How does a datum look on one line? Near to JSON, with dates, decimals and bytes as people write them."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time

_MOST = 300


def shown(value: object) -> str:
    """A value on one line, cut where it grows too long."""
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > _MOST:
            return text[: _MOST - 1] + "…"
    return text


def _pieces(value: object) -> Iterator[str]:
    match value:
        case dict():
            yield "{"
            for number, (key, item) in enumerate(value.items()):
                yield f"{', ' if number else ''}" + ("" if item is ... else f"{json.dumps(key)}: ")
                yield from _pieces(item)
            yield "}"
        case list():
            yield "["
            for number, item in enumerate(value):
                yield ", " if number else ""
                yield from _pieces(item)
            yield "]"
        case tuple():
            yield from _pieces(value[1])
        case str() | bool() | int() | float() | None:
            yield json.dumps(value, ensure_ascii=False)
        case datetime() | date() | time():
            yield value.isoformat()
        case _:
            yield "…" if value is ... else repr(value) if isinstance(value, bytes) else str(value)

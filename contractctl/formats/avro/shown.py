"""How does a datum look on one line? Near to JSON, with dates, decimals and bytes as people write them."""

import json
from datetime import date, datetime, time

_MOST = 300


def shown(value: object) -> str:
    """A value on one line, cut where it grows too long."""
    text = _text(value)
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


def _text(value: object) -> str:
    match value:
        case dict():
            inner = ("…" if item is ... else f"{json.dumps(key)}: {_text(item)}" for key, item in value.items())
            return "{" + ", ".join(inner) + "}"
        case list():
            return "[" + ", ".join(_text(item) for item in value) + "]"
        case tuple():
            return _text(value[1])
        case str() | bool() | int() | float() | None:
            return json.dumps(value, ensure_ascii=False)
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return repr(value) if isinstance(value, bytes) else str(value)

"""What is a contract called that is made of something with another name?"""

import json
import re
import unicodedata

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_NAME = re.compile(r"[^a-z0-9]+")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Latin letters that are not a base letter with a mark on it."""


def slug(text: str) -> str:
    """`OrderPlaced`, `order_placed` and `Order placed` are all order-placed; `Größe` is grosse."""
    humps = _HUMP.sub("-", unicodedata.normalize("NFKD", text))
    plain = humps.lower().translate(_LETTERS).encode("ascii", "ignore").decode()
    return _NO_NAME.sub("-", plain).strip("-")


def quoted(text: str) -> str:
    """A text as TOML has it."""
    return json.dumps(text, ensure_ascii=False)


def owned(owner: str | None) -> str:
    """The line of contract.toml that says whose it is, or where to say so."""
    return f"owner = {quoted(owner)}" if owner else '# owner = "team-…"'

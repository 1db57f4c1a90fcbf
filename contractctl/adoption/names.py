"""What is a contract called that is made of something with another name?"""

import json
import re
import unicodedata

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_NAME = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """`OrderPlaced`, `order_placed` and `Order placed` are all order-placed."""
    humps = _HUMP.sub("-", text)
    plain = unicodedata.normalize("NFKD", humps).encode("ascii", "ignore").decode().lower()
    return _NO_NAME.sub("-", plain).strip("-")


def quoted(text: str) -> str:
    """A text as TOML has it."""
    return json.dumps(text, ensure_ascii=False)


def owned(owner: str | None) -> str:
    """The line of contract.toml that says whose it is, or where to say so."""
    return f"owner = {quoted(owner)}" if owner else '# owner = "team-…"'

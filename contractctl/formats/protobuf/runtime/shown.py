"""How does a message look on one line? As text, with its bytes beside it."""

from contractctl.formats.protobuf.resolution.absence import shown
from contractctl.formats.protobuf.schema.types import Field

_MOST = 300
_MOST_BYTES = 24


def line(text: str) -> str:
    """A text on one line, cut where it grows too long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _MOST else flat[: _MOST - 1] + "…"


def sent_in_binary(text: str, payload: bytes) -> str:
    """What a message says, and the bytes that say it."""
    if not payload:
        return "an empty message (no bytes)"
    digits = payload[:_MOST_BYTES].hex(" ") + (" …" if len(payload) > _MOST_BYTES else "")
    return f"{text} (bytes {digits})"


def unseen(field: Field, symbol: str) -> str:
    """What a reader has where nothing arrived; symbol: the one that an enum then reads as."""
    if symbol:
        return f"read nothing: '{field.label}' is {symbol}"
    if field.default is None:
        return f"read nothing: '{field.label}' is not there"
    return f"read nothing: '{field.label}' is {shown(field.default)}"

"""What does a large text of JSON say, where it is plain? Read by orjson, several times as fast as Python reads it.

orjson reads some texts otherwise than read_json() promises: of a key that is given twice it keeps one value, and whole
numbers beyond 64 bits lose digits. Whatever may be such a text is left to be read exactly.
"""

from contractctl.documents.bounds import Json

LARGE = 200_000
"""Characters: of smaller texts loading orjson takes longer than it saves."""
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_MANY_DIGITS = b"0" * 19
"""With so many a whole number may be beyond 64 bits."""
_ESCAPED_QUOTE = b"\\u0022"


def plain_json(text: str) -> Json:
    """The value of a text; None where it has to be read exactly, or is not JSON."""
    import orjson

    try:
        content = text.encode()
        value: Json = orjson.loads(content)
        written = orjson.dumps(value)
    except (ValueError, TypeError):  # no JSON, half a character, nested too deeply to be written
        return None
    if _MANY_DIGITS in content.translate(_DIGITS) or _ESCAPED_QUOTE in content:
        return None
    # every string has its two quotes, and each of those inside is escaped in both: fewer are written where a key went
    return value if written.count(b'"') == content.count(b'"') else None

"""Which value does a plain scalar of YAML have?

That of the core schema of YAML 1.2: `on` and `no` are strings, `017` is seventeen.
https://yaml.org/spec/1.2.2/#103-core-schema
"""

import math
import re

from contractctl.documents.bounds import Json

_WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC = frozenset("-+.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL, _HEXADECIMAL = re.compile(r"0o[0-7]+"), re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class NoJsonValueError(Exception):
    """The scalar means something that JSON cannot say; the message says what."""


def plain_scalar(text: str) -> Json:
    """https://yaml.org/spec/1.2.2/#1032-tag-resolution. Raise NoJsonValueError for what is not a JSON value."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _NOT_FINITE.fullmatch(text):
        raise NoJsonValueError(f"JSON has no value for '{text}'")
    try:
        number = _number(text)
    except ValueError:
        raise NoJsonValueError(f"a number of {len(text):,} characters is too long") from None
    if isinstance(number, float) and math.isinf(number):
        raise NoJsonValueError(f"the number {text[:40]} is larger than a double can be")
    return number


def _number(text: str) -> Json:
    """A number of the core schema; the text itself where it is none. Raise ValueError where it has too many digits."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OCTAL.fullmatch(text):
        return int(text, 0)
    return int(text, 16) if _HEXADECIMAL.fullmatch(text) else text

"""Which logical type does a schema have? An unknown or invalid one is ignored, as the specification orders.

https://avro.apache.org/docs/1.12.0/specification/#logical-types
"""

import math

from contractctl.documents import Json
from contractctl.formats.avro.schema.types import Logical

_UNDERLYING = {
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "timestamp-nanos": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-micros": ("long",),
    "local-timestamp-nanos": ("long",),
    "uuid": ("string", "fixed"),
    "duration": ("fixed",),
    "decimal": ("bytes", "fixed"),
    "big-decimal": ("bytes",),
}
_SIZES = {"uuid": 16, "duration": 12}


def logical_type(node: dict[str, Json], underlying: str) -> Logical | None:
    """The logical type of an object that has a `logicalType`; None where it is to be ignored."""
    name = node["logicalType"]
    if not isinstance(name, str) or underlying not in _UNDERLYING.get(name, ()):
        return None
    if name == "decimal":
        return _decimal(node, underlying)
    if underlying == "fixed" and node.get("size") != _SIZES[name]:
        return None
    return Logical(name)


def _decimal(node: dict[str, Json], underlying: str) -> Logical | None:
    precision, scale = node.get("precision"), node.get("scale", 0)
    if not _is_whole(precision) or not _is_whole(scale):
        return None
    assert isinstance(precision, int)  # noqa: S101 - narrows for mypy
    assert isinstance(scale, int)  # noqa: S101 - narrows for mypy
    if precision < 1 or not 0 <= scale <= precision:
        return None
    if underlying == "fixed" and precision > _most_digits(node.get("size")):
        return None
    return Logical("decimal", precision, scale)


def _most_digits(size: Json) -> int:
    """How many digits a two's-complement number of that many bytes can always hold."""
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        return 0
    return math.floor(math.log10(2) * (8 * size - 1))


def _is_whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

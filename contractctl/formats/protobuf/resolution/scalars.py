"""What does a reader of one scalar type make of a value of another, in binary and in JSON?

https://protobuf.dev/programming-guides/proto3/#updating and #json. A test executes both for every pair of types.
"""

from dataclasses import dataclass

from contractctl.model.verdict import Effect

RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
    "sint32": (-(2**31), 2**31 - 1),
    "sint64": (-(2**63), 2**63 - 1),
    "fixed32": (0, 2**32 - 1),
    "fixed64": (0, 2**64 - 1),
    "sfixed32": (-(2**31), 2**31 - 1),
    "sfixed64": (-(2**63), 2**63 - 1),
    "bool": (0, 1),
    "enum": (-(2**31), 2**31 - 1),
}
"""The whole numbers that a type can hold."""
FORMS = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "bool", "enum"), "varint"),
    **dict.fromkeys(("sint32", "sint64"), "zigzag"),
    **dict.fromkeys(("fixed32", "sfixed32"), "32 bits"),
    **dict.fromkeys(("fixed64", "sfixed64"), "64 bits"),
    "float": "float",
    "double": "double",
    **dict.fromkeys(("string", "bytes", "message"), "length"),
    "group": "group",
}
"""How the bits are to be understood."""
_WIRES = {"varint": 0, "zigzag": 0, "64 bits": 1, "double": 1, "length": 2, "group": 3, "32 bits": 5, "float": 5}
"""The wire types: https://protobuf.dev/programming-guides/encoding/#structure."""
_EXACT = {"float": 2**24, "double": 2**53}
_QUOTED = frozenset({"int64", "uint64", "sint64", "fixed64", "sfixed64"})
"""What JSON has in quotes, as JavaScript would round it."""

UNSEEN = "what arrives does not look like one: readers set it aside as unknown, and the field stays empty"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What goes wrong, and how to say it."""

    effect: Effect
    why: str


def packable(kind: str) -> bool:
    """Whether repeated values of that type may be packed, without a tag for each."""
    return FORMS[kind] not in {"length", "group"}


def in_binary(sent: str, wanted: str) -> Mistake | None:
    """One value in the binary encoding; an enum's number may be any int32."""
    if sent == wanted:
        return None
    form, understood = FORMS[sent], FORMS[wanted]
    if _WIRES[form] != _WIRES[understood]:
        return Mistake(Effect.MISREADS, UNSEEN)
    if form == "length":
        return _length(sent, wanted)
    if form != understood:
        return Mistake(Effect.MISREADS, "the same bits mean other numbers")
    if _within(sent, wanted):
        return None
    if wanted == "bool":
        return Mistake(Effect.MISREADS, "every number but 0 becomes true")
    low, high = RANGES[sent]
    if low < 0 <= RANGES[wanted][0] or high - low <= RANGES[wanted][1] - RANGES[wanted][0]:
        return Mistake(Effect.MISREADS, f"numbers that only {sent} can hold turn into others: the sign is read wrongly")
    return Mistake(Effect.MISREADS, f"numbers too large for {wanted} are cut off")


def _length(sent: str, wanted: str) -> Mistake | None:
    match sent, wanted:
        case "string", "bytes":
            return None
        case "bytes", "string":
            return Mistake(Effect.FAILS, "bytes that are not UTF-8 are refused")
        case "message", "bytes":
            return Mistake(Effect.LOSES, "readers get the message's encoded bytes, no longer its fields")
        case "message", _:
            return Mistake(Effect.MISREADS, "the bytes of the message are taken for text")
        case _:
            return Mistake(Effect.FAILS, "bytes that are not an encoded message are refused")


def in_json(sent: str, wanted: str) -> Mistake | None:
    """One value, in JSON; symbols of enums aside."""
    if sent == wanted:
        return None
    if sent in RANGES and sent not in {"bool", "enum"}:
        return _number(sent, wanted)
    match sent, wanted:
        case "float", "double":
            return Mistake(
                Effect.LOSES, "a float is written with the few digits that it needs, and a double means others"
            )
        case "enum", "string":
            return Mistake(Effect.MISREADS, "symbols arrive as text, and an absent one as none")
        case "enum", "bytes":
            return Mistake(Effect.MISREADS, "the names of symbols are taken for base64")
        case "double", "float":
            return Mistake(Effect.FAILS, "numbers beyond a float's range are refused, others are rounded")
        case "bytes", "string":
            return Mistake(Effect.MISREADS, "readers get the base64 text, not what it stands for")
        case "string", _:
            return Mistake(Effect.FAILS, f"text that is not a valid {wanted} is refused")
        case _:
            return Mistake(Effect.FAILS, f"what JSON has for {sent} is not a valid {wanted}")


def _number(sent: str, wanted: str) -> Mistake | None:
    if wanted in _EXACT:
        if max(RANGES[sent][1], -RANGES[sent][0]) <= _EXACT[wanted]:
            return None
        return Mistake(Effect.LOSES, f"numbers beyond {_EXACT[wanted]:,} are rounded")
    if wanted == "string" and sent in _QUOTED:
        return Mistake(Effect.MISREADS, "numbers arrive as text, and an absent 0 as an empty one")
    if wanted in RANGES and wanted != "bool":
        if _within(sent, wanted):
            return None
        return Mistake(Effect.FAILS, f"numbers that {wanted} cannot hold are refused")
    return Mistake(Effect.FAILS, f"a number is not a valid {wanted}")


def key_in_json(sent: str, wanted: str) -> Mistake | None:
    """A map's key, which JSON has as text whatever its type."""
    if wanted in {sent, "string"}:
        return None
    if sent in RANGES and wanted in RANGES and "bool" not in {sent, wanted} and _within(sent, wanted):
        return None
    return Mistake(Effect.FAILS, f"keys that are not a valid {wanted} are refused")


def _within(sent: str, wanted: str) -> bool:
    low, high = RANGES[wanted]
    return low <= RANGES[sent][0] and RANGES[sent][1] <= high

"""What is something called for a while? Whatever stands behind its name, it is one that every engine takes whole."""

from hashlib import sha256

QUIESCED = "__quiesced"
"""What a column's name ends with while it is browned out."""

_LENGTH = 63
"""Bytes of a name that count everywhere."""


def shortened(name: str) -> str:
    """The name as far as it counts; one that is cut is told from others by a checksum."""
    raw = name.encode()
    if len(raw) <= _LENGTH:
        return name
    told = f"_{sha256(raw).hexdigest()[:8]}"
    return raw[: _LENGTH - len(told)].decode(errors="ignore") + told


def quiesced(name: str) -> str:
    """A column's name while it is browned out."""
    return shortened(name + QUIESCED)


def quiesced_table(name: str) -> str:
    """A table's name while it is browned out, in the schema where it is."""
    return beside_table(name, QUIESCED)


def copied_table(name: str) -> str:
    """The name of a table's copy until it takes the table's own."""
    return beside_table(name, "__new")


def beside_copied(name: str) -> tuple[str, ...]:
    """Every table that stands beside one that goes over to a copy, at some time."""
    ends = ("__new", QUIESCED, "__swap", "__swapped", "__swapping")
    return tuple(beside_table(name, ending) for ending in ends)


def beside_table(name: str, ending: str) -> str:
    """What belongs to a table for a while: its name and this, in the schema where it is."""
    schema, dot, bare = name.rpartition(".")
    return f"{schema}{dot}{shortened(bare + ending)}"

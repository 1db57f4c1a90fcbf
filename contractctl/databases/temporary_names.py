"""Which names do columns and tables have while a plan is under way? None is longer than every engine takes."""

from hashlib import sha256

QUIESCED = "__quiesced"
"""The ending of a column's name while it is browned out."""

OURS = "contractctl_"
"""The prefix of everything that contractctl creates for itself: its tables, triggers, functions and checks."""

_LENGTH = 63
"""Bytes: the shortest limit of any engine (PostgreSQL's)."""
_BEHIND = "~"
"""Sorts after every character that names usually consist of."""


def shortened(name: str) -> str:
    """The name, cut to what every engine allows; a checksum at the end keeps cut names apart."""
    raw = name.encode()
    if len(raw) <= _LENGTH:
        return name
    told = f"_{_checksum(raw)}"
    return raw[: _LENGTH - len(told)].decode(errors="ignore") + told


def behind(name: str, ending: str) -> str:
    """The name with an ending; even if it has to be cut, it sorts after the name, byte by byte.

    So it does unless the name begins with 54 bytes of which none is ASCII.
    """
    raw = (name + ending).encode()
    if len(raw) <= _LENGTH:
        return name + ending
    told = f"{_BEHIND}{_checksum(raw)}"
    at = next((at for at in range(_LENGTH - len(told), 0, -1) if raw[at] < ord(_BEHIND)), None)
    return shortened(name + ending) if at is None else raw[:at].decode() + told


def _checksum(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:8]


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
    """The names of all tables that may exist beside one while it is replaced by a copy."""
    ends = ("__new", QUIESCED, "__swap", "__swapped", "__swapping")
    return tuple(beside_table(name, ending) for ending in ends)


def beside_table(name: str, ending: str) -> str:
    """The table's name with an ending, in the same schema. It sorts behind: mysql/triggers/copying.py says why."""
    schema, dot, bare = name.rpartition(".")
    return f"{schema}{dot}{behind(bare, ending)}"

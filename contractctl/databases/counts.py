"""What was counted and measured: rows written, compared or present, and how busy a server is?"""

from dataclasses import dataclass

from contractctl.databases.synchronisation import Key


@dataclass(frozen=True, slots=True)
class Filled:
    """What one batch of the backfill did."""

    rows: int
    """Rows that were changed."""
    set_aside: int
    """Rows newly set aside, with their error, because they cannot be converted."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a table has."""

    rows: int
    exact: bool
    """Whether it was counted; otherwise it comes from the engine's statistics."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a server says about its load, or about a replica's lag."""

    value: float | None
    """None if unknown."""
    of: str
    """What was measured, as the rest of a sentence that begins with the value; without a value, why there is none."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The result of comparing both sides over one range of keys."""

    rows: int
    differing: tuple[Key, ...]
    """Keys of the rows that differ, including conflicts; rows that were set aside are counted separately."""
    checksum_old: str
    """Over the keys and the values that the old side asks for. Equal to checksum_new exactly if nothing differs."""
    checksum_new: str

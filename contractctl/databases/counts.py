"""What was counted and measured: rows that were written, compared or are there, and how busy a server is?"""

from dataclasses import dataclass

from contractctl.databases.synchronisation import Key


@dataclass(frozen=True, slots=True)
class Filled:
    """What one batch of the backfill did."""

    rows: int
    """Rows that were changed."""
    set_aside: int
    """Rows that were newly set aside, with their error, because they cannot be converted."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a table has."""

    rows: int
    exact: bool
    """Counted; otherwise it is what the engine's statistics say."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a server says of how busy it is, or of how far a replica is behind."""

    value: float | None
    """None where it is not known."""
    of: str
    """What was measured, as the rest of a sentence that begins with the value; without one, why there is none."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing both sides over one range of keys found."""

    rows: int
    differing: tuple[Key, ...]
    """Keys of the rows that differ, conflicts among them; rows that were set aside are not: they are counted apart."""
    checksum_old: str
    """Over key and the value that the old side asks for. Equal to checksum_new exactly when nothing differs."""
    checksum_new: str

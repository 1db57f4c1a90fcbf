"""How long will a statement take? An estimate from the table's size, which says what it rests on."""

from dataclasses import dataclass

from contractctl.databases import Work

_MEGABYTE = 1_000_000
_SPEED = {Work.SCAN: 50, Work.REWRITE: 10}
"""Megabytes a second: less than what a busy server with ordinary disks does."""
_DONE = {Work.SCAN: "read", Work.REWRITE: "written"}


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long, and how that was estimated."""

    size: int | None
    """Bytes of the table."""
    seconds: float | None
    """None where it is unknown. Waiting for a lock comes on top."""
    reckoned: str


def estimate(work: Work, size: int | None, weighed_by: str) -> Estimate:
    """How long this takes on a table of so many bytes; `weighed_by` says what told the size."""
    if work is Work.NONE:
        return Estimate(size, 0.0, "it changes only the catalog")
    if size is None:
        return Estimate(None, None, "unknown: the table's size is not known")
    speed = _SPEED[work]
    seconds = size / (speed * _MEGABYTE)
    reckoned = f"{_shown(size)}, by {weighed_by}, are {_DONE[work]} at {speed} MB a second"
    return Estimate(size, round(seconds, 1), reckoned)


def _shown(size: int) -> str:
    if size < _MEGABYTE:
        return f"{size / 1000:.0f} kB"
    return f"{size / _MEGABYTE:.1f} MB" if size < 100 * _MEGABYTE else f"{size / _MEGABYTE:,.0f} MB"

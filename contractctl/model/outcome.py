"""What may a gate answer? Fail beats unknown beats pass."""

from enum import StrEnum


class Outcome(StrEnum):
    """Fail beats unknown beats pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"

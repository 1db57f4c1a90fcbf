"""Which moment or which span did somebody type? Which day is it?"""

import math
import re
from datetime import UTC, datetime

import click

from contractctl.errors import ContractctlError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")


def moment(text: str) -> float:
    """ISO 8601 with a zone, or Unix seconds."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is not None and at.tzinfo is not None:
        return at.timestamp()
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not abs(seconds) < 1e11:  # noqa: PLR2004 - beyond the year 5000 it is not a time, and neither is NaN
        raise ContractctlError(f"'{text}' is not a time with a time zone", hint="write it like 2026-11-03T04:10:07Z")
    return seconds


def span(text: str) -> float:
    """`90s`, `30m`, `2h`, `1d` in seconds."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ContractctlError(f"'{text}' is not a duration", hint="write it like 30m; units are s, m, h and d")
    return float(match[1]) * _UNITS[match[2]]


def spelled(seconds: float) -> str:
    """The span in the form that `span` reads, in the largest unit that needs no fraction."""
    unit = next((unit for unit in reversed(_UNITS) if seconds and seconds % _UNITS[unit] == 0), "s")
    return f"{seconds / _UNITS[unit]:g}{unit}"


class Span(click.ParamType[float]):
    """An option's span; a number alone is seconds, as plan files have them."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value)
        try:
            return span(f"{text}s" if text.replace(".", "", 1).isdecimal() else text)
        except ContractctlError as error:
            self.fail(f"{error}; {error.hint}", param, ctx)


def today() -> str:
    """The day in UTC, as announcements name it."""
    return datetime.now(UTC).date().isoformat()

"""How do a time, a span, a number and a plan's standing read in a message?"""

from datetime import UTC, datetime

from contractctl.model.plan import Standing, State

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_UNITS = ((2 * _DAY, _DAY, "days"), (2 * _HOUR, _HOUR, "h"), (2 * _MINUTE, _MINUTE, "min"), (0.0, 1.0, "s"))
_FEW = 10
"""Below this many units, one decimal is shown."""


def moment(at: float) -> str:
    """`2026-11-03 04:10:07 UTC`."""
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):  # beyond the calendar, as milliseconds taken for seconds are
        return f"second {at:g}"


def where(standing: Standing) -> str:
    """`in canary at 10 %`, `dual-writing`."""
    if standing.state is State.CANARY:
        return f"in canary at {standing.percent:g} %"
    return str(standing.state.value).replace("rolled-back", "rolled back")


def span(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h`, `8 days`: rounded to what a person plans with."""
    size, unit = _unit(seconds)
    return f"{_rounded(seconds / size)} {unit}"


def part(seconds: float, of: float) -> str:
    """`23 of 31 days`: both in the unit of the whole, rounded down."""
    size, unit = _unit(of)
    tenths = 10 if of / size < _FEW else 1
    done = int(max(0.0, seconds) / size * tenths + 1e-6) / tenths
    return f"{_rounded(done)} of {_rounded(of / size)} {unit}"


def number(value: float) -> str:
    """`1,240`; a value that is not a whole number keeps what matters of it."""
    return f"{round(value):,}" if float(value).is_integer() else f"{value:,.4g}"


def times(value: float) -> str:
    """`once`, `14 times`."""
    return "once" if value == 1 else f"{number(value)} times"


def percent(share: float) -> str:
    """A proportion as `0.44 %`."""
    return f"{share * 100:.3g} %"


def _unit(seconds: float) -> tuple[float, str]:
    return next((size, unit) for least, size, unit in _UNITS if seconds >= least or least == 0.0)


def _rounded(amount: float) -> str:
    return f"{amount:.0f}" if amount >= _FEW or abs(amount - round(amount)) < 0.05 else f"{amount:.1f}"  # noqa: PLR2004 - a tenth is the last digit shown

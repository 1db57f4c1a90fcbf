"""Which value does the text of a literal stand for? As the database itself writes it down, whoever wrote it how."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from uuid import UUID

_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_TIME = re.compile(r"(\d\d?):(\d\d)(?::(\d\d)(\.\d+)?)?")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](.+))?")
_SPAN = re.compile(r"(\d+) *([a-z]+)|(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?")
_MONTHS = {"month": 1, "mon": 1, "year": 12, "yr": 12, "y": 12}
_DAYS = {"day": 1, "d": 1, "week": 7, "w": 7}
_SECONDS = {"second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60, "m": 60, "hour": 3600, "hr": 3600, "h": 3600}
_MOST = 1000
"""Digits of a number that says how many it has, in PostgreSQL."""
_LONGEST = 150_000
"""Digits before or behind its point that a number has nowhere: https://www.postgresql.org/docs/current/datatype-numeric.html."""
_ELEMENT = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}\\]+?))\s*(?:,|$)')


def canonical(text: str, kind: str) -> str | None:
    """The value as a database prints it. kind: its type as SQL. None where nobody here knows how that is."""
    read = _READ.get(re.split(r"\W", kind, maxsplit=1)[0])
    return read(text) if read is not None and not kind.endswith("]") else None


def number_of(text: str) -> Decimal | None:
    """The number that is written there; None also for one that no database holds."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < _LONGEST else None


def rounded(number: Decimal, scale: int) -> Decimal:
    """With so many places behind the point, halves away from zero; as it is where no database holds it."""
    if number.adjusted() > _MOST:
        return number
    return number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, Context(prec=3 * _MOST))


def elements(text: str) -> tuple[str | None, ...] | None:
    """What an array holds whose text is PostgreSQL's `{a,"b c",NULL}`. None where it holds arrays."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        return None
    found, at, inner = list[str | None](), 0, inner[1:-1]
    while at < len(inner):
        match = _ELEMENT.match(inner, at)
        if match is None or (match[0].endswith(",") and match.end() == len(inner)):
            return None
        plain = None if match[2] is not None and match[2].upper() == "NULL" else match[2]
        found.append(plain if match[1] is None else re.sub(r"\\(.)", r"\1", match[1]))
        at = match.end()
    return tuple(found)


def _date(text: str) -> str | None:
    match = _DATE.fullmatch(text)
    return "-".join(match.groups()) if match else None


def _time(text: str) -> str | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds, rest = match.groups()
    return f"{hours:>02}:{minutes}:{seconds or '00'}{(rest or '').rstrip('0').rstrip('.')}"


def _moment(text: str) -> str | None:
    match = _MOMENT.fullmatch(text)
    time = _time(match[2] or "00:00:00") if match else None
    return f"{match[1]} {time}" if match and time else None


def _interval(text: str) -> str | None:
    """https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-INTERVAL-INPUT; nothing below zero."""
    months, days, seconds, left = 0, 0, Decimal(0), text.strip().lower()
    while left:
        match = _SPAN.match(left)
        if match is None:
            return None
        number, unit, hour, minute, second = match.groups()
        word = unit if unit in {None, "s"} else unit.removesuffix("s")
        if unit is None:
            seconds += int(hour) * 3600 + int(minute) * 60 + Decimal(second or 0)
        elif word in _MONTHS:
            months += int(number) * _MONTHS[word]
        elif word in _DAYS:
            days += int(number) * _DAYS[word]
        elif word in _SECONDS:
            seconds += int(number) * _SECONDS[word]
        else:
            return None
        left = left[match.end() :].lstrip()
    return _spelled(months, days, seconds)


def _spelled(months: int, days: int, seconds: Decimal) -> str:
    """An interval as PostgreSQL prints it: `1 year 2 mons 3 days 04:05:06.7`."""
    years, months = divmod(months, 12)
    counts = ((years, "year"), (months, "mon"), (days, "day"))
    words = [f"{count} {unit}{'s' * (count != 1)}" for count, unit in counts if count]
    if seconds or not words:
        whole, rest = divmod(seconds.normalize(), 1)
        minutes = int(whole) // 60
        words.append(f"{minutes // 60:02}:{minutes % 60:02}:{int(whole) % 60:02}{str(rest)[1:] if rest else ''}")
    return " ".join(words)


def _json(text: str) -> str | None:
    """JSONB forgets white space and the order of keys: https://www.postgresql.org/docs/current/datatype-json.html."""
    try:
        return _sorted(json.loads(text, parse_float=Decimal))
    except (ValueError, RecursionError):
        return None


def _sorted(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)}: {_sorted(value[key])}" for key in sorted(value)) + "}"
        case list():
            return f"[{', '.join(map(_sorted, value))}]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value)


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _bytes(text: str) -> str | None:
    if re.fullmatch(r"\\x(?:[0-9a-fA-F]{2})*", text):
        return text.lower()
    return None if "\\" in text else f"\\x{text.encode().hex()}"


def _bits(text: str) -> str | None:
    return text if re.fullmatch("[01]*", text) else None


_READ: Mapping[str, Callable[[str], str | None]] = {
    "bit": _bits,
    "bytea": _bytes,
    "date": _date,
    "datetime": _moment,
    "interval": _interval,
    "jsonb": _json,
    "time": _time,
    "timestamp": _moment,
    "timestamptz": _moment,
    "uuid": _uuid,
    "varbit": _bits,
}

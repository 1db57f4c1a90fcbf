"""What does one line of an access log say? Apache's and nginx's combined form, Envoy's own, or JSON with named keys.

Apache: https://httpd.apache.org/docs/2.4/logs.html#combined; nginx: https://nginx.org/en/docs/http/ngx_http_log_module.html;
Envoy: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#default-format-string
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache

TEXT_FORMS = ("combined", "envoy")
KEYS = ("agent", "host", "method", "request", "status", "time", "uri", "user")
"""The parts of a line by contractctl's names; for JSON the settings name the key of each."""
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_COLUMN = re.compile(_QUOTED)
_COMBINED = re.compile(
    r"(?:\S+:\d+ )?(?P<host>\S+) \S+ (?P<user>.*?) \[(?P<time>[^\]]+)\] "
    rf"(?P<request>{_QUOTED}) (?P<status>\d{{3}}|-) \S+(?P<rest>(?: {_QUOTED})*)\s*"
)
_ENVOY = re.compile(
    rf"\[(?P<time>[^\]]+)\] (?P<request>{_QUOTED}) (?P<status>\d{{1,3}}) \S+ (?:\S+ )?\d+ \d+ \d+ (?:-|\d+)"
    rf"(?P<rest>(?: {_QUOTED})*)\s*"
)
_AFTER = {"combined": ("referer", "agent"), "envoy": ("forwarded", "agent", "id", "authority", "upstream")}
"""The quoted columns at the end, before those that the settings name."""
_CLF = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ESCAPED = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)")


class UnreadableError(ValueError):
    """A line without anything that could be counted."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line, by contractctl's names and those of the settings."""

    at: float
    values: Mapping[str, str]
    """Empty where the line has `-`."""
    several: Mapping[str, tuple[str, ...]]
    """Lists, from JSON."""


def of_text(text: str, form: str, columns: Sequence[str]) -> Said:
    """`columns` names the quoted columns that follow after those of the form. Raise UnreadableError."""
    found = (_ENVOY if form == "envoy" else _COMBINED).fullmatch(text)
    if found is None:
        raise UnreadableError(f"is not a line in the form '{form}'")
    named = found.groupdict()
    at, rest = named.pop("time"), _COLUMN.findall(named.pop("rest"))
    named |= dict(zip((*_AFTER[form], *columns), rest, strict=False))
    if columns and len(rest) < len(_AFTER[form]) + len(columns):
        raise UnreadableError(f"has no column '{columns[-1]}'")
    return Said(moment(at), {key: _plain(value) for key, value in named.items()}, {})


def of_json(text: str, keys: Mapping[str, str]) -> Said:
    """`keys` says where each thing stands: `request.headers.user-agent` for nested ones. Raise UnreadableError."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("is not JSON") from error
    values: dict[str, str] = {}
    several: dict[str, tuple[str, ...]] = {}
    for name, key in keys.items():
        value = _at(tree, key)
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            several[name] = tuple(value)
        elif isinstance(value, str):
            values[name] = "" if value == "-" else value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            values[name] = repr(value)
        elif value is not None:
            raise UnreadableError(f"'{key}' is not a string")
    return Said(moment(values.get("time", "")), values, several)


def _at(tree: object, key: str) -> object:
    if not isinstance(tree, dict):
        raise UnreadableError("an object is expected")
    if key in tree:
        return tree[key]
    first, _, rest = key.partition(".")
    return _at(tree[first], rest) if rest and isinstance(tree.get(first), dict) else None


def _plain(value: str) -> str:
    if value.startswith('"'):
        value = value[1:-1]
        if "\\" in value:
            value = _ESCAPED.sub(lambda it: chr(int(it[1][1:], 16)) if len(it[1]) > 1 else it[1], value)
    return "" if value == "-" else value


@lru_cache(maxsize=64)
def moment(text: str) -> float:
    """Unix seconds, ISO 8601 with a zone, or `03/Nov/2026:04:10:07 +0000`. Raise UnreadableError."""
    if found := _CLF.fullmatch(text):
        return _common(found)
    try:
        number = float(text)
    except ValueError:
        return _iso(text)
    if not math.isfinite(number):
        raise UnreadableError(f"'{text}' is not a time")
    return number


def _common(found: re.Match[str]) -> float:
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    ahead = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        zone = timezone(ahead)
        number = _MONTHS.index(month) + 1
        return datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=zone).timestamp()
    except ValueError as error:
        raise UnreadableError(f"'{found[0]}' is not a time") from error


def _iso(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableError(f"'{text}' is not a time") from error
    if moment.tzinfo is None:
        raise UnreadableError(f"'{text}' has no zone")
    return moment.timestamp()

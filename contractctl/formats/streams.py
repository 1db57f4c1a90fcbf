"""How does a stream of events go from one version to another, whatever their format?"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from contractctl.documents import Json, decode, read_json
from contractctl.errors import ContractctlError
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation

Event = Mapping[str, object]
Convert = Callable[[Event], dict[str, object]]

_LINE = "line"
_PLACE = re.compile(rf"^{_LINE}(?::1)?(?::(\d+))?: ")


@dataclass(frozen=True, slots=True)
class Bad:
    """An event that could not be converted."""

    number: int
    """Counted from 1."""
    event: str
    error: str


@dataclass(frozen=True, slots=True)
class Journey:
    """Between which versions events are taken, by which operations, and what becomes of those that will not go."""

    old: Source
    new: Source
    operations: tuple[Operation, ...]
    policy: Policy
    upwards: bool
    """From old to new."""
    bad: Callable[[Bad], None]
    """Called for each bad event, in order: return to continue without it, or raise."""

    @property
    def ends(self) -> tuple[Source, Source]:
        """Where events come from, and where they go."""
        return (self.old, self.new) if self.upwards else (self.new, self.old)


def convert_lines(lines: Iterable[bytes], out: BinaryIO, convert: Convert, bad: Callable[[Bad], None]) -> int:
    """JSON lines to JSON lines; empty lines are passed over. How many events were written."""
    written = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            converted = convert(_event(line.rstrip()))
        except ContractctlError as error:
            bad(Bad(number, line.decode("utf-8", "replace").rstrip("\r\n"), error.message))
            continue
        out.write(json.dumps(converted, ensure_ascii=False).encode() + b"\n")
        written += 1
    return written


def _event(line: bytes) -> dict[str, Json]:
    """Whoever hears of a bad line knows its number; where in it something is wrong, its column tells."""
    try:
        value = read_json(decode(line, _LINE), _LINE)
    except ContractctlError as error:
        message = _PLACE.sub(lambda place: f"column {place[1]}: " if place[1] else "", error.message)
        raise ContractctlError(message, hint=error.hint) from None
    if not isinstance(value, dict):
        raise ContractctlError("an event is an object with fields", hint="write one JSON object on each line")
    return value

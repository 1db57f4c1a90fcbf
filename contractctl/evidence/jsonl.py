"""What do our own JSON lines say? One observation a line: reads, a sign of life, or requests of a canary.

The lines are described by contractctl's own contract `contractctl/observation`:

    {"kind": "reads", "from": 1780000000, "to": 1780000060, "contract": "shop/orders",
     "path": "orders.customer_name", "consumer": "reporting", "version": "2.1", "count": 3}
    {"kind": "alive", "at": 1780000060, "consumer": "reporting", "version": "2.1",
     "contract": "shop/orders", "path": "orders.customer_name"}
    {"kind": "canary", "from": 1780000000, "to": 1780000060, "plan": "rename",
     "path": "new", "outcome": "bad", "count": 0}

A canary's line may say more of its requests: how many were `slow`, which is `slower_than` so many seconds, and what
its shadow reads gave (`same`, `different`, `ignored`, `skipped`). With an `instance`, the process that counted them, a
line that comes twice counts once. Without it, two alike are a log that was shipped twice or two processes that counted
the same: nobody can tell, and nothing rests on them.

Times are Unix seconds or ISO 8601 with a zone. `sampling` below 1 says that only a part was counted.
"""

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from contractctl.evidence.condensed import Condenser
from contractctl.evidence.files import lines
from contractctl.evidence.observations import SHADOW, Observations, Read, Request, Sign
from contractctl.evidence.questions import Question
from contractctl.evidence.records import baseline, records
from contractctl.evidence.repeated import Known, known
from contractctl.evidence.sources import Given
from contractctl.model.evidence import Record


class _UnreadableError(ValueError):
    """A line without anything that could be counted."""


def collect(given: Given) -> tuple[Record, ...]:
    """Read every file that the pattern matches. There are no options."""
    seen = Observations("jsonl", given.location)
    condenser = Condenser(seen, given.question)
    try:
        with known() as before:
            for place, line in lines(seen, given.location, given.root):
                try:
                    _take(seen, json.loads(line), given.question, before, place)
                except (ValueError, RecursionError) as error:
                    why = f": {error}" if isinstance(error, _UnreadableError) else " is not JSON"
                    seen.spoiled(f"unparseable: {place}{why}")
                condenser.look_after()
    except sqlite3.Error as error:
        seen.spoiled(f"source error: the lines cannot be told apart: {error}")
    return records(seen, given.question)


def _take(seen: Observations, line: Any, question: Question, before: Known, place: str) -> None:  # noqa: ANN401 - JSON
    if not isinstance(line, dict):
        raise _UnreadableError("an object is expected")
    ratio = _number(line.get("sampling", 1.0), "sampling")
    if not 0 < ratio <= 1:
        raise _UnreadableError("'sampling' is not a fraction; 0.1 means one in ten")
    seen.sampling_ratio = min(seen.sampling_ratio, ratio)
    match line.get("kind"):
        case "reads":
            seen.reads.append(_read(line))
        case "alive":
            seen.signs.append(_sign(line))
        case "canary":
            found, instance = tuple(_requests(line)), _text(line, "instance", "")
            is_repeated = _counts(found, question) and before.repeats(json.dumps(line, sort_keys=True))
            if is_repeated and not instance:
                seen.spoiled(
                    f"conflicting evidence: {place} is the same as an earlier line: it was shipped twice, or two"
                    " processes counted the same; with an 'instance' in each line it counts once"
                )
            seen.requests += () if is_repeated else found
        case other:
            raise _UnreadableError(f"kind '{other}' is not one of reads, alive, canary")


def _counts(found: Iterable[Request], question: Question) -> bool:
    """Whether counting these twice would change a canary's decision."""
    since, bake = question.since, question.plan.canary.bake_seconds
    return since is not None and any(
        one.count and (one.end > since or baseline(one, since, bake))
        for one in found
        if one.plan in ("", question.plan.name)
    )


def _read(line: Mapping[str, Any]) -> Read:
    begin, end = _window(line)
    return Read(
        contract=_text(line, "contract"),
        path=_text(line, "path"),
        consumer=_text(line, "consumer", ""),
        version=_text(line, "version", ""),
        begin=begin,
        end=end,
        count=_count(line),
        certainty=_text(line, "certainty", ""),
    )


def _requests(line: Mapping[str, Any]) -> Iterator[Request]:
    begin, end = _window(line)
    path, outcome = _text(line, "path"), _text(line, "outcome")
    if path not in ("old", "new") or outcome not in ("ok", "bad"):
        raise _UnreadableError("path must be old or new, and outcome ok or bad")
    plan, count = _text(line, "plan"), _count(line)
    yield Request(plan, path, outcome, begin, end, count)
    if "slow" in line:
        slow, bound = _count(line, "slow"), _number(line.get("slower_than"), "slower_than")
        if slow > count:
            raise _UnreadableError("there are more slow requests than requests")
        yield Request(plan, path, "timed", begin, end, count, "speed")
        yield Request(plan, path, "fast", begin, end, count - slow, "speed", f"{bound:g}")
    for gave in SHADOW:
        if gave in line:
            yield Request(plan, "", gave, begin, end, _count(line, gave), "shadow")


def _sign(line: Mapping[str, Any]) -> Sign:
    return Sign(
        consumer=_text(line, "consumer"),
        version=_text(line, "version", ""),
        contract=_text(line, "contract", ""),
        path=_text(line, "path", ""),
        at=_moment(line, "at"),
    )


def _window(line: Mapping[str, Any]) -> tuple[float, float]:
    begin, end = _moment(line, "from"), _moment(line, "to")
    if begin > end:
        raise _UnreadableError("'from' is later than 'to'")
    return begin, end


def _count(line: Mapping[str, Any], key: str = "count") -> float:
    count = _number(line.get(key), key)
    if count < 0:
        raise _UnreadableError(f"'{key}' is below zero")
    return count


def _moment(line: Mapping[str, Any], key: str) -> float:
    value = line.get(key)
    if not isinstance(value, str):
        return _number(value, key)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise _UnreadableError(f"'{key}' is not a time") from error
    if moment.tzinfo is None:
        raise _UnreadableError(f"'{key}' has no zone")
    return moment.timestamp()


def _number(value: object, key: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise _UnreadableError(f"'{key}' is not a number")
    return number


def _text(line: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = line.get(key, default)
    if not isinstance(value, str):
        raise _UnreadableError(f"'{key}' is not a string")
    return value

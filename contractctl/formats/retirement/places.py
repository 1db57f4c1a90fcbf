"""How does a part of an old document live on in a new one, until its day has come?"""

import json
from collections.abc import Iterator
from datetime import date

from contractctl.documents import Json
from contractctl.formats.description import SUNSETS, as_object
from contractctl.formats.retirement import demand_kept

Object = dict[str, Json]

_MOST_REFERENCES = 16


def own(value: Json) -> Json:
    """A copy in which no part is shared."""
    copy: Json = json.loads(json.dumps(value))
    return copy


def retired(part: Json, sunset: str, what: str) -> Object:
    """A copy of a part that is deprecated until that day, or until an earlier one that was announced already.

    Raise ContractctlError where that was a later one.
    """
    copy = as_object(own(part))
    told = _told_day(copy)
    if copy.get("deprecated") is True and told is not None:
        demand_kept(told, sunset, what)
        return copy
    return {**copy, "deprecated": True, SUNSETS[0]: sunset}


def dated(part: Json, sunset: str, what: str) -> Object:
    """The same of a part for which `deprecated` is not a word."""
    copy = as_object(own(part))
    told = _told_day(copy)
    if told is not None:
        demand_kept(told, sunset, what)
        return copy
    return {**copy, SUNSETS[0]: sunset}


def _told_day(part: Object) -> str | None:
    """The day until which it was announced to stay."""
    return next((day for name in SUNSETS if (day := _day(part.get(name))) is not None), None)


def _day(text: Json) -> str | None:
    try:
        return date.fromisoformat(str(text)[:10]).isoformat()
    except ValueError:
        return None


class Places:
    """The new document being given what the old one has: its parts, and what they refer to."""

    def __init__(self, old: Object, made: Object) -> None:
        self.old, self.made = old, made

    def in_old(self, value: Json) -> Json:
        """What a reference inside the old document leads to."""
        return _followed(self.old, value)

    def in_made(self, value: Json) -> Json:
        """The same in the new one."""
        return _followed(self.made, value)

    def bring(self, value: Json) -> None:
        """All that a part of the old document refers to and the new one has not got."""
        for reference in list(_references(value)):
            steps = _steps(reference)
            there = _at(self.old, steps)
            if not steps or there is None or _at(self.made, steps) is not None:
                continue
            holder = self.made
            for step in steps[:-1]:
                inner = holder.setdefault(step, {})
                if not isinstance(inner, dict):
                    return
                holder = inner
            holder[steps[-1]] = own(there)
            self.bring(there)


def _followed(root: Object, value: Json) -> Json:
    for _ in range(_MOST_REFERENCES):
        reference = as_object(value).get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return value
        value = _at(root, _steps(reference))
    return value


def component_of(value: Json) -> str | None:
    """The component's name that a schema refers to."""
    reference = as_object(value).get("$ref")
    steps = _steps(reference) if isinstance(reference, str) else []
    match steps:
        case ["components", "schemas", name]:
            return name
        case _:
            return None


def _steps(reference: str) -> list[str]:
    """The way that a reference inside a document names; empty where it leads out of it."""
    if not reference.startswith("#/"):
        return []
    return [step.replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/")]


def _at(root: Json, steps: list[str]) -> Json:
    for step in steps:
        root = as_object(root).get(step)
    return root


def _references(value: Json) -> Iterator[str]:
    """Everything that refers inside a document: references, mappings of discriminators, the names of schemes."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, list):
            pending.extend(one)
        if not isinstance(one, dict):
            continue
        pending.extend(one.values())
        if isinstance(one.get("$ref"), str):
            yield str(one["$ref"])
        for target in as_object(one.get("mapping")).values():
            if isinstance(target, str):
                yield target if "/" in target else f"#/components/schemas/{target}"
        for requirement in _list(one.get("security")):
            yield from (f"#/components/securitySchemes/{name}" for name in as_object(requirement))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []

"""What is asked? A path and a query as one value, or an error that says what is wrong with them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contractctl.errors import ContractctlError
from contractctl.model.plan import Stage
from contractctl.model.service import name_of, version_of
from contractctl.serving.answers import ProblemError

_PLAN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Gate:
    """May this stage begin?"""

    plan: str
    stage: Stage
    percent: float | None
    """The canary share asked for; None: the next step."""


@dataclass(frozen=True, slots=True)
class Deployability:
    """May this version go there?"""

    service: str
    version: str
    environment: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """Can the repository be read?"""


Question = Gate | Deployability | Readiness
Query = Iterable[tuple[str, str]]


def gate(path: Mapping[str, str], query: Query) -> Gate:
    """`/{plan}/{stage}?percent=5`."""
    known = [stage.value for stage in Stage]
    if path["stage"] not in known:
        raise ProblemError(404, f"'{path['stage']}' is not a stage", f"known stages: {', '.join(known)}")
    if not _PLAN.fullmatch(path["plan"]) or path["plan"].endswith(".toml"):
        raise ProblemError(404, f"'{path['plan']}' is not a plan name", "use the plan's name, not its file")
    stage = Stage(path["stage"])
    given = _parameters(query, ("percent",))
    if "percent" not in given:
        return Gate(path["plan"], stage, None)
    if stage is not Stage.CANARY:
        raise ProblemError(400, f"'{stage}' has no percent", "leave it out: only canary has one")
    return Gate(path["plan"], stage, _percent(given["percent"]))


def deployability(path: Mapping[str, str], query: Query) -> Deployability:
    """`/{service}/{version}?to=production`."""
    given = _parameters(query, ("to",))
    if "to" not in given:
        raise ProblemError(400, "the query does not say which environment", "add ?to=ENVIRONMENT")
    try:
        return Deployability(
            name_of(path["service"], "a service"), version_of(path["version"]), name_of(given["to"], "an environment")
        )
    except ContractctlError as error:
        raise ProblemError(400, error.message, error.hint) from None


def _parameters(query: Query, known: tuple[str, ...]) -> dict[str, str]:
    """Each at most once, and only known ones: a misspelt one would ask another question."""
    found: dict[str, str] = {}
    for name, value in query:
        if name not in known:
            raise ProblemError(400, f"the query has '{name}', which is unknown", f"known: {', '.join(known)}")
        if name in found:
            raise ProblemError(400, f"the query has '{name}' twice", "give it once")
        found[name] = value
    return found


def _percent(word: str) -> float:
    percent = float(word) if _NUMBER.fullmatch(word) else 0.0
    if not 0 < percent <= _WHOLE:
        raise ProblemError(400, f"'{word}' is not a percentage", "write a number above 0, at most 100")
    return percent


def to_line(number: int, question: Question) -> str:
    """A question as a worker reads it: one line of JSON."""
    match question:
        case Gate(plan, stage, percent):
            asked: dict[str, Any] = {"gate": {"plan": plan, "stage": stage.value, "percent": percent}}
        case Deployability(service, version, environment):
            asked = {"deployability": {"service": service, "version": version, "environment": environment}}
        case Readiness():
            asked = {"readiness": {}}
    return json.dumps({"number": number} | asked) + "\n"


def from_line(line: bytes) -> tuple[int, Question]:
    """The question that `to_line` wrote, and its number."""
    read = json.loads(line)
    if "gate" in read:
        asked = read["gate"]
        return read["number"], Gate(asked["plan"], Stage(asked["stage"]), asked["percent"])
    return read["number"], Deployability(**read["deployability"]) if "deployability" in read else Readiness()

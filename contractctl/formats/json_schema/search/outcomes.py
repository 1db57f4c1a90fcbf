"""What comes of looking for a value? One was found, there is none, or that is not known."""

from dataclasses import dataclass
from typing import TypeAlias

from contractctl.documents import Json
from contractctl.formats.json_schema.search.nodes import Literal

Goal: TypeAlias = frozenset[Literal]


@dataclass(frozen=True, slots=True)
class Found:
    """A value that fulfils the goal."""

    value: Json


@dataclass(frozen=True, slots=True)
class Nothing:
    """The proof that no value does."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither was shown, and why."""

    reason: str


Outcome: TypeAlias = Found | Nothing | Unknown

NONE = Nothing()
TOO_MUCH = Unknown("it would take too much work to decide")
TOO_DEEP = Unknown("it is nested too deeply to decide")
SPENT = Unknown("the limit of work for one pair is reached")
GIVEN_UP = frozenset({TOO_MUCH, TOO_DEEP, SPENT})
"""What says nothing of the place where it was said."""


class SpentError(Exception):
    """The work that one question is worth has been spent."""


def worse(one: Outcome, other: Outcome) -> Outcome:
    """What two ways that led to no value come to: "none" only if both are."""
    return one if isinstance(one, Unknown) else other

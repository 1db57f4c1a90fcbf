"""What is asked about a repository, and how is a broken promise reported, or what cannot be read?"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from contractctl import store
from contractctl.check import UNREADABLE, Problem
from contractctl.compatibility import Terms
from contractctl.formats.pages import page
from contractctl.model.acceptance import Acceptance
from contractctl.model.contract import Policy
from contractctl.model.plan import Plan
from contractctl.model.verdict import Level, Place
from contractctl.store import Unreadable

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a repository."""

    contracts: Path
    """The folder of the store."""
    plans: tuple[Plan, ...] = ()
    """The plans: each excuses the drafts that it leads to."""
    level: Level | None = None
    """Overrides each contract's own level."""
    loose_level: Level = Level.BACKWARD
    """The level of files outside the store, unless `level` is given."""
    terms: Terms = Terms()
    """For files outside the store; contracts have their own policy and may have their own strictness."""
    earlier: Policy | None = None
    """How files outside the store were judged at the base."""
    contracts_then: Path | None = None
    """The folder of the store as the base's settings have it."""
    accepted: tuple[Acceptance, ...] = ()
    """Acceptances in files outside the store, as of today; contracts have their own."""
    root: Path = Path()
    """The folder to which those files' paths are relative."""

    @property
    def policies(self) -> tuple[Policy, ...]:
        """How files outside the store are judged: in each of these ways."""
        return tuple(dict.fromkeys((self.terms.policy, self.earlier or self.terms.policy)))


def problem(rule: str, contract: str, file: str, origin: str) -> Problem:
    """A problem worded by its rule's page; `origin` is the commit that holds what was promised."""
    version = Path(file).parent.name if Path(file).parent.name != "versions" else Path(file).stem
    words = {"contract": contract, "version": version, "file": file, "origin": origin}
    text = page(rule)
    return Problem(rule, contract, Place(file), text.message.format_map(words), text.remedy.format_map(words))


def tried(contract: str, file: str | None, find: Callable[[], _T]) -> _T | Problem:
    """As store.tried(): what cannot be read is a problem among others."""
    found = store.tried(contract, file, find)
    if not isinstance(found, Unreadable):
        return found
    return Problem(UNREADABLE, contract, found.place, found.message, found.remedy)

"""Which acceptances hold today? Those of a known rule, for a year at most, until their last day is over."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from contractctl import store
from contractctl.check import Pair, Problem
from contractctl.check.places import known_drafts
from contractctl.check.question import Question
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS
from contractctl.formats.pages import page
from contractctl.model.acceptance import DELETED, UNKNOWN, Acceptance

_LONGEST_DAYS = 366


def dated(acceptances: Sequence[Acceptance], today: str | None) -> tuple[Acceptance, ...]:
    """The acceptances as of a day; where the day is not known, all are over.

    Raise ContractctlError for one of an unknown rule, or that holds for too long.
    """
    day = date.max if today is None else date.fromisoformat(today)
    for one in acceptances:
        _demand_rule(one)
        _demand_end(one, day)
    return tuple(replace(one, holds=day <= one.expires) for one in acceptances)


def demand_outside(asked: Question) -> None:
    """Raise ContractctlError for an acceptance of a contract's draft: those belong in its contract.toml."""
    if not asked.accepted:
        return
    drafts = {path: name for name, paths in known_drafts(asked.contracts).items() for path in paths}
    for one in asked.accepted:
        path = (asked.root / (one.file or "")).resolve()
        name = next((drafts[at] for at in (path, *path.parents) if at in drafts), None)
        if name is not None:
            raise ContractctlError(
                f"{one.place}: 'accepted.file' is the draft of {name}: {one.file}",
                hint=f"write that [[accepted]] into the {store.CONTRACT} of {name}, without file",
            )


def of_deleted(asked: Question, file: Path, found: Problem) -> Problem:
    """The acceptance of a file's deletion; of several, the last to expire."""
    there = file.resolve()
    own = [one for one in asked.accepted if one.rule == DELETED and (asked.root / (one.file or "")).resolve() == there]
    return replace(found, acceptance=max(own, key=lambda one: one.expires, default=None))


def idle(pairs: Iterable[Pair]) -> tuple[Acceptance, ...]:
    """The acceptances of judged pairs that match nothing that was found there."""
    known: dict[Acceptance, bool] = {}
    for pair in pairs:
        found = pair.found
        for one in pair.acceptances:
            known[one] = known.get(one, False) or any(one.names(each) for each in found)
    return tuple(one for one, met in known.items() if not met)


def _demand_rule(one: Acceptance) -> None:
    if one.rule == UNKNOWN or (one.rule == DELETED and one.file is not None):
        return
    try:
        page(one.rule)
    except ContractctlError as error:
        raise ContractctlError(f"{one.place}: 'accepted.rule': {error.message}", hint=error.hint) from None
    if not one.rule.startswith(tuple(f"{name}-" for name in FORMATS)):
        raise ContractctlError(
            f"{one.place}: 'accepted.rule' is {one.rule}, which cannot be accepted: fix its files",
            hint=f"how to fix them: contractctl explain {one.rule}",
        )


def _demand_end(one: Acceptance, day: date) -> None:
    if (one.expires - day).days > _LONGEST_DAYS:
        raise ContractctlError(
            f"{one.place}: 'accepted.expires' of {one.about} is {one.expires}, more than a year from now",
            hint="write a day within a year; it can be renewed when that has come",
        )

"""Which acceptances hold today? Those of a known rule, for a year at most, on and before their last day."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from contractctl.check import Pair
from contractctl.errors import ContractctlError
from contractctl.formats.pages import page
from contractctl.model.acceptance import UNKNOWN, Acceptance

_LONGEST_DAYS = 366


def dated(acceptances: Sequence[Acceptance], today: str | None) -> tuple[Acceptance, ...]:
    """As of a day; where nobody knows it, all are over.

    Raise ContractctlError for one of a rule that is not there, or that holds for too long.
    """
    day = date.max if today is None else date.fromisoformat(today)
    for one in acceptances:
        _demand_rule(one)
        _demand_end(one, day)
    return tuple(replace(one, holds=day <= one.expires) for one in acceptances)


def idle(pairs: Iterable[Pair]) -> tuple[Acceptance, ...]:
    """Those of judged pairs that name nothing that was found there."""
    known: dict[Acceptance, bool] = {}
    for pair in pairs:
        found = pair.found
        for one in pair.acceptances:
            known[one] = known.get(one, False) or any(one.names(each) for each in found)
    return tuple(one for one, met in known.items() if not met)


def _demand_rule(one: Acceptance) -> None:
    if one.rule == UNKNOWN:
        return
    try:
        page(one.rule)
    except ContractctlError as error:
        raise ContractctlError(f"{one.place}: 'accepted.rule': {error.message}", hint=error.hint) from None


def _demand_end(one: Acceptance, day: date) -> None:
    if (one.expires - day).days > _LONGEST_DAYS:
        raise ContractctlError(
            f"{one.place}: 'accepted.expires' of {one.about} is {one.expires}, more than a year from now",
            hint="write a day within a year; it can be renewed when that has come",
        )

"""Which document lies between two, so that clients of both are served? Which operations lead to the other?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from contractctl.errors import ContractctlError
from contractctl.formats.description import rewritten
from contractctl.formats.openapi.document import parse
from contractctl.formats.openapi.merging import Merging
from contractctl.formats.openapi.retiring import Step
from contractctl.model.contract import Policy, Source
from contractctl.model.plan import Operation

__all__ = ["expanded", "operations"]


def operations(  # noqa: PLR0913, PLR0917 - as Staging has it, and the day
    old: Source, new: Source, renames: Mapping[str, str], contract: str, sunset: str, policy: Policy = Policy()
) -> tuple[Operation, ...]:
    """What of the old version goes, what clients will have to send, and what they will be answered.

    renames: `customer=buyer` or `Order.customer=buyer` for properties, `GET /orders=GET /purchases` for operations.
    sunset: the day, as 2027-03-31, until which the old parts are served. Raise ContractctlError for a rename that does
    not fit.
    """
    steps = tuple(dict.fromkeys(Merging(parse(old, policy), parse(new, policy), sunset).steps))
    named = {step: called for step in steps if (called := _called(step, renames)) is not None}
    _demand_all_fit(steps, named, renames)
    taken = {(step.subject, called) for step, called in named.items()}
    return tuple(
        _operation(step, named.get(step), contract, sunset)
        for step in steps
        if step in named or (step.subject, step.name) not in taken
    )


def expanded(old: Source, new: Source, sunset: str, policy: Policy = Policy()) -> Source:
    """The new version's document with the old one's parts beside, deprecated until that day.

    A provider of it serves clients of both. Everything else in it stays as its author wrote it. Raise ContractctlError
    where its text leaves no room for that.
    """
    before, after = parse(old, policy), parse(new, policy)
    made, number = Merging(before, after, sunset).made, after.root.file
    text = rewritten(new.files[number], after.root.value, made)
    return replace(new, files=(*new.files[:number], replace(new.files[number], text=text), *new.files[number + 1 :]))


def _called(step: Step, renames: Mapping[str, str]) -> str | None:
    """What a part that goes is called from now on, where somebody has said so."""
    said = (renames.get(name) for name in (step.path, step.name))
    return next((called for called in said if called is not None and called in step.beside), None)


def _demand_all_fit(steps: tuple[Step, ...], named: Mapping[Step, str], renames: Mapping[str, str]) -> None:
    for said, called in renames.items():
        if not any(said in {step.path, step.name} and to == called for step, to in named.items()):
            raise ContractctlError(
                f"rename {said}={called}: nothing in the draft that was called '{said}' is called '{called}'",
                hint=f"what goes: {', '.join(_gone(steps)) or 'nothing'}",
            )


def _gone(steps: tuple[Step, ...]) -> Iterator[str]:
    return (step.path for step in steps if step.verb == "remove")


def _operation(step: Step, called: str | None, contract: str, sunset: str) -> Operation:
    facts = {"sunset": sunset} | ({"only": "answers"} if step.is_answered else {})
    if called is not None:
        return Operation(f"rename-{step.what}", contract, step.subject, step.name, called, parameters=facts)
    old = None if step.verb in {"add", "require"} else step.name
    new = None if step.verb == "remove" else step.name
    return Operation(f"{step.verb}-{step.what}", contract, step.subject, old, new, parameters=facts)

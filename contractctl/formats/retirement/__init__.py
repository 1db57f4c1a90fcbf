"""Which operations does a plan have, where old parts of an interface are served until a day beside the new ones?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from contractctl.errors import ContractctlError
from contractctl.model.plan import Operation


class Seat(Enum):
    """Who reads a value: the provider takes it, or gives it to clients."""

    TAKEN = "taken"
    GIVEN = "given"

    @property
    def other(self) -> "Seat":
        return Seat.GIVEN if self is Seat.TAKEN else Seat.TAKEN


@dataclass(frozen=True, slots=True)
class Step:
    """Something that clients have to follow."""

    verb: str
    """remove: it goes. require: clients will have to send it. release: they can no longer count on it. add: they will
    be answered it. narrow: they may send less of it. widen: they will be answered more of it."""
    what: str
    """property, value, parameter, header, operation, message, reply, server, webhook, callback, body, media-type, …"""
    subject: str
    """`Order` or `POST /orders`; $ for the document."""
    name: str
    beside: frozenset[str] = frozenset()
    """What is new in the same place: what this may be called from now on."""
    is_answered: bool = False
    """Whether it is a property of answers alone."""
    is_in_query: bool = False
    """Whether it is a parameter in the address of a request, by its own name."""

    @property
    def path(self) -> str:
        return self.name if self.subject == "$" else f"{self.subject}.{self.name}"


def demand_kept(told: str, sunset: str, what: str) -> None:
    """Raise ContractctlError where a part was announced to stay beyond that day."""
    if told > sunset:
        raise ContractctlError(
            f"clients were told that {what} stays until {told}, but the sunset is {sunset}", hint=f"--sunset {told}"
        )


def operations_of(
    found: Iterable[Step], renames: Mapping[str, str], contract: str, sunset: str
) -> tuple[Operation, ...]:
    """The steps as operations, with what has been declared to be a rename. Raise ContractctlError for one that is none.

    renames: by the name, or the path, of what goes.
    """
    steps = tuple(dict.fromkeys(found))
    named = {step: called for step in steps if (called := _called(step, renames)) is not None}
    _demand_all_fit(steps, named, renames)
    taken = {(step.subject, called) for step, called in named.items()}
    return tuple(
        _operation(step, named.get(step), contract, sunset)
        for step in steps
        if step in named or (step.subject, step.name) not in taken
    )


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
    facts |= {"in": "query"} if step.is_in_query else {}
    if called is not None:
        return Operation(f"rename-{step.what}", contract, step.subject, step.name, called, parameters=facts)
    old = None if step.verb in {"add", "require"} else step.name
    new = None if step.verb == "remove" else step.name
    return Operation(f"{step.verb}-{step.what}", contract, step.subject, old, new, parameters=facts)

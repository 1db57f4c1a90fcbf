"""Do the plans in flight allow the deployment? Readers of both sides before writers of the new one."""

from collections.abc import Iterator

from contractctl.deployment.answer import Reason, Why
from contractctl.deployment.question import InFlight, Question
from contractctl.errors import ContractctlError
from contractctl.matrix import entries_of, used
from contractctl.model.contract import Contract, Party, SemanticVersion
from contractctl.model.plan import Movement, State
from contractctl.model.service import Use

_ORDER = tuple(State)
_GONE = frozenset({State.QUIESCED, State.CONTRACTED})
_UNTOUCHED = frozenset({State.PLANNED, State.ROLLED_BACK})


def in_the_way(question: Question, held: list[str]) -> Iterator[Reason]:
    """What each plan says about what the version uses. Events move with services: those were compared."""
    assert question.declaration is not None  # noqa: S101 - asked only where it is there
    uses = (*question.declaration.provides, *question.declaration.consumes)
    yield from _unfiled(question, frozenset(use.contract for use in uses))
    for flight in question.plans:
        for movement in flight.plan.movements:
            touched = [use for use in uses if use.contract == movement.contract]
            contract = question.contracts.get(movement.contract)
            if not touched or movement.format != "sql" or not isinstance(contract, Contract):
                continue
            reasons = list(_moved(question, flight, movement, contract, touched))
            yield from reasons
            if not reasons:
                held.append(f"the plan '{flight.plan.name}', which is {flight.standing.state}")


def _unfiled(question: Question, used: frozenset[str]) -> Iterator[Reason]:
    """A plan whose file is not here may have taken away what the version uses."""
    if question.planned_for not in {None, question.environment}:
        return
    for one in question.unfiled:
        touched = sorted(used & one.contracts if one.contracts is not None else used)
        if touched:
            yield Reason(
                Why.PLAN_WITHOUT_FILE,
                f"the journal says that the plan '{one.name}' is {one.standing.state}, but its file is missing here",
                f"restore migrations/plans/{one.name}.toml from git, or from the branch that has it",
                contract=touched[0] if one.contracts is not None else None,
            )


def _moved(
    question: Question, flight: InFlight, movement: Movement, contract: Contract, uses: list[Use]
) -> Iterator[Reason]:
    state = flight.standing.state
    named = {name for use in uses for name in _versions(contract, use)}
    concerned = {name: at for name in named if (at := _place(movement, name, state)) is not None}
    if state is State.ROLLED_BACK and _brought_by_another(question, flight, movement):
        concerned.pop(movement.new, None)
    if not concerned:
        return
    if question.planned_for != question.environment:
        yield _elsewhere(question, flight)
        return
    for name, at in sorted(concerned.items()):
        if at == movement.old and state in _GONE and movement.old != movement.intermediate:
            yield _gone(question, flight, movement, name)
        needed = {movement.intermediate: State.EXPANDED, movement.new: State.VERIFIED}.get(at)
        if at != movement.old and needed and not _reached(state, needed):
            yield _too_early(question, flight, name, needed)


def _brought_by_another(question: Question, flight: InFlight, movement: Movement) -> bool:
    """Whether a later plan leads to the version to which a plan that was rolled back led: then that one is asked."""
    return any(
        (move.contract, move.new) == (movement.contract, movement.new) and other.standing.state is not State.ROLLED_BACK
        for other in question.plans
        if other.plan.name != flight.plan.name
        for move in other.plan.movements
    )


def _place(movement: Movement, name: str, state: State) -> str | None:
    """Which of the plan's versions a version needs the database to hold; None where the plan does not concern it.

    What was released after the plan's versions has what they have: that counts while the plan is known to be under way.
    What is older than all of them knows nothing of the new side.
    """
    own = (movement.new, movement.intermediate, movement.old)
    if name in own:
        return name
    try:
        number = SemanticVersion.parse(name)
    except ContractctlError:  # the draft has no number
        return None
    if number < SemanticVersion.parse(movement.old):
        return movement.old if state in _GONE else None
    later = (one for one in own[:2] if number > SemanticVersion.parse(one))
    return next(later, None) if state not in _UNTOUCHED else None


def _versions(contract: Contract, use: Use) -> set[str]:
    """Those that the store knows, and those that it does not know yet: a plan's newest is released at its end."""
    return {entry.name for entry in used(Party("", versions=use.versions), entries_of(contract))} | set(use.versions)


def _reached(state: State, needed: State) -> bool:
    return state is not State.ROLLED_BACK and _ORDER.index(state) >= _ORDER.index(needed)


def _elsewhere(question: Question, flight: InFlight) -> Reason:
    said = (
        "nobody has said which environment its database belongs to"
        if question.planned_for is None
        else f"its database belongs to '{question.planned_for}'"
    )
    return Reason(
        Why.ANOTHER_ENVIRONMENT,
        f"the plan '{flight.plan.name}' changes what {question.service}@{question.version} uses, but {said}",
        f'run it where contractctl.toml says environment = "{question.environment}", with that database',
    )


def _gone(question: Question, flight: InFlight, movement: Movement, name: str) -> Reason:
    return Reason(
        Why.OLD_SIDE_GONE,
        f"{question.service}@{question.version} uses {movement.contract} {name}, and the plan '{flight.plan.name}' is "
        f"{flight.standing.state}: the old side no longer exists",
        f"deploy a version that is on {movement.intermediate} or {movement.new}",
        contract=movement.contract,
    )


def _too_early(question: Question, flight: InFlight, name: str, needed: State) -> Reason:
    return Reason(
        Why.PLAN_NOT_THERE_YET,
        f"{question.service}@{question.version} uses {name}, for which the plan '{flight.plan.name}' must be {needed}; "
        f"it is {flight.standing.state}",
        f"to see its state: contractctl migrate status {flight.plan.name}",
    )

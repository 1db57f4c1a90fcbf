"""What is known about a version that is to be deployed? Everything on disk and in the journal, as one question."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from contractctl import settings, store
from contractctl.cli import case, ledger
from contractctl.deployment import Answer, InFlight, Question, can_i_deploy, live_versions
from contractctl.evidence import approvals
from contractctl.matrix import Judge
from contractctl.model.contract import Contract
from contractctl.model.plan import Plan
from contractctl.model.service import Declaration, Live, Verification, name_of
from contractctl.planner import read_plans
from contractctl.settings import Settings
from contractctl.store import Unreadable, pacts, services


def answer(start: Path, service: str, version: str, environment: str, now: float) -> Answer:
    """The answer for the repository around `start`, as of `now` (Unix seconds)."""
    found = settings.load(start)
    name_of(environment, "an environment")
    declaration = services.read(found.contracts, service, version)
    names = _names(declaration)
    there = ledger.live(found, environment, now)
    live = there.services
    versions = [(one, at) for one, at, _ in live_versions(live)]
    plans = read_plans(found.migrations)
    flights, contracts = tuple(_in_flight(found, plans, names)), _contracts(found, names)
    places = sorted({one.database for one in contracts.values() if isinstance(one, Contract)})
    unfiled = tuple(one for database in places for one in case.unfiled(found, plans, database))
    question = Question(
        service=service,
        version=version,
        environment=environment,
        declaration=declaration,
        live=live,
        declarations=services.mentioning(found.contracts, versions, names),
        contracts=contracts,
        now=now,
        doubts=there.doubts,
        plans=flights,
        unfiled=unfiled,
        planned_for=found.environment if flights or unfiled else None,
        attested=approvals.read(approvals.path_of(found.migrations, environment), now),
        verifications=_verifications(found, live, service),
    )
    return can_i_deploy(question, Judge(witnesses=False))


def _names(declaration: Declaration | None) -> tuple[str, ...]:
    uses = (*declaration.provides, *declaration.consumes) if declaration else ()
    return tuple(dict.fromkeys(use.contract for use in uses))


def _contracts(found: Settings, names: Iterable[str]) -> Mapping[str, Contract | Unreadable]:
    there = [name for name in names if (store.folder_of(found.contracts, name) / store.CONTRACT).is_file()]
    return dict(zip(there, store.read_each(found.contracts, there), strict=True))


def _in_flight(found: Settings, plans: Iterable[Plan], names: Iterable[str]) -> Iterator[InFlight]:
    wanted = set(names)
    for plan in plans:
        if wanted & {movement.contract for movement in plan.movements}:
            yield InFlight(plan, case.standing(found, plan))


def _verifications(found: Settings, live: Mapping[str, Live], service: str) -> tuple[Verification, ...]:
    own = pacts.read(found.contracts, service)
    return (*own, *pacts.against(found.contracts, [name for name in live if name != service], service))

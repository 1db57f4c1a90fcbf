"""What is known when somebody asks whether a version may be deployed to an environment?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contractctl.model.cluster import Doubt
from contractctl.model.contract import Contract
from contractctl.model.evidence import Record
from contractctl.model.plan import Plan, Standing
from contractctl.model.service import Declaration, Live, Use, Verification
from contractctl.store import Unreadable


@dataclass(frozen=True, slots=True)
class InFlight:
    """A plan, and where it stands."""

    plan: Plan
    standing: Standing


@dataclass(frozen=True, slots=True)
class Unfiled:
    """A plan that is under way according to a journal, but whose file is on another branch or gone."""

    name: str
    standing: Standing
    contracts: frozenset[str] | None
    """The contracts that it moves; None if the journal does not say."""


@dataclass(frozen=True, slots=True)
class Question:
    """The version asked about, and everything on record about its destination."""

    service: str
    version: str
    environment: str
    declaration: Declaration | None
    live: Mapping[str, Live]
    """By service. Empty if no deployment there was ever recorded."""
    declarations: Mapping[tuple[str, str], Declaration | Unreadable | None]
    """The declaration of every live version, by service and version; None if there is none."""
    contracts: Mapping[str, Contract | Unreadable]
    """The contracts that the version provides or consumes; a missing one is in no store."""
    now: float
    """Unix seconds."""
    doubts: tuple[Doubt, ...] = ()
    """Why more may be live than is known."""
    plans: tuple[InFlight, ...] = ()
    """The plans that move one of the contracts."""
    unfiled: tuple[Unfiled, ...] = ()
    planned_for: str | None = None
    """The environment of the plans' databases; None if it was not declared."""
    attested: tuple[Record, ...] = ()
    verifications: tuple[Verification, ...] = ()
    """Rows of a Pact broker's matrix that name the service on either side."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A live version on the other side of a contract."""

    service: str
    version: str
    share: float
    use: Use

    @property
    def name(self) -> str:
        return f"{self.service}@{self.version}"


def live_versions(live: Mapping[str, Live]) -> Iterator[tuple[str, str, float]]:
    """(service, version, percent) of everything that is live."""
    for service, one in live.items():
        for version, share in one.shares.items():
            yield service, version, share


def counterparts(question: Question, contract: str, *, consumers: bool) -> Iterator[Counterpart]:
    """The live versions that consume a contract, or provide it. The version asked about also meets itself."""
    seen = list(live_versions(question.live))
    known = dict(question.declarations)
    asked = question.service, question.version
    if asked not in known:
        seen.append((*asked, 0.0))
    known[asked] = question.declaration
    for service, version, share in seen:
        declaration = known.get((service, version))
        if declaration is None or isinstance(declaration, Unreadable):
            continue  # parties.known() tells of it
        for use in declaration.consumes if consumers else declaration.provides:
            if use.contract == contract:
                yield Counterpart(service, version, share, use)

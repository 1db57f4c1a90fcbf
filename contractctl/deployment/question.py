"""What is known when somebody asks whether a version may go to an environment?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contractctl.model.cluster import Doubt
from contractctl.model.contract import Contract
from contractctl.model.evidence import Record
from contractctl.model.plan import Plan, Standing
from contractctl.model.service import Declaration, Live, Use, Verification


@dataclass(frozen=True, slots=True)
class InFlight:
    """A plan, and where it stands."""

    plan: Plan
    standing: Standing


@dataclass(frozen=True, slots=True)
class Unfiled:
    """A plan that a journal tells to be under way, and whose file lies on another branch, or is gone."""

    name: str
    standing: Standing
    contracts: frozenset[str] | None
    """Those that it moves; None where the journal does not tell."""


@dataclass(frozen=True, slots=True)
class Question:
    """The version asked about, and everything that is on record of where it would go."""

    service: str
    version: str
    environment: str
    declaration: Declaration | None
    live: Mapping[str, Live]
    """By service. Empty where nothing was ever deployed there, as far as anybody has said."""
    declarations: Mapping[tuple[str, str], Declaration | None]
    """Of every live version, by service and version; None where nobody has declared it."""
    contracts: Mapping[str, Contract]
    """Those that the version provides or consumes; one that is not there is in no store."""
    now: float
    """Unix seconds."""
    doubts: tuple[Doubt, ...] = ()
    """Why there may be more that is live, and nobody knows it."""
    plans: tuple[InFlight, ...] = ()
    """Those that move one of the contracts."""
    unfiled: tuple[Unfiled, ...] = ()
    planned_for: str | None = None
    """The environment whose databases the plans stand in; None where nobody has said it."""
    attested: tuple[Record, ...] = ()
    verifications: tuple[Verification, ...] = ()
    """Rows of a Pact broker's matrix that name the service on either side."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A live version that stands on the other side of a contract."""

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
    """Who is live and consumes a contract, or provides it. The version asked about meets itself as well."""
    seen = list(live_versions(question.live))
    known = dict(question.declarations)
    asked = question.service, question.version
    if asked not in known:
        seen.append((*asked, 0.0))
    known[asked] = question.declaration
    for service, version, share in seen:
        declaration = known.get((service, version))
        for use in (declaration.consumes if consumers else declaration.provides) if declaration else ():
            if use.contract == contract:
                yield Counterpart(service, version, share, use)

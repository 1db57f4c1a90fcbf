"""What does a planner need besides the drafts? What only a person can say, and what exists already."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from contractctl.model.contract import SemanticVersion, Source
from contractctl.model.declared import Declared
from contractctl.model.plan import CanaryRules, Plan, ReadRules, State

if TYPE_CHECKING:
    from contractctl.planner.naming import Convention
    from contractctl.revisions import Environment


@dataclass(frozen=True, slots=True)
class Wish(Declared):
    """What only a person can say about a plan: what becomes what, and when its stages may begin."""

    canary: CanaryRules = field(default_factory=CanaryRules)
    reads: ReadRules = field(default_factory=ReadRules)
    restore_point: str | None = None
    sunset: str | None = None
    """The day, as 2027-03-31, until which the old parts of an interface are served."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What exists already."""

    migrations: Path
    plans: tuple[Plan, ...] = ()
    """Every plan of the repository."""
    states: Mapping[str, State] = field(default_factory=dict)
    """Where they stand, by name; a plan that is not named here is in flight."""
    alembic: "Callable[[str], Environment] | None" = None
    """Finds where a database's revisions are kept; by default, the environment nearest to `migrations`."""

    convention: "Callable[[str], Convention] | None" = None
    """Asks the models of a database's applications how they name constraints that were given no name."""

    @property
    def in_flight(self) -> tuple[Plan, ...]:
        over = {State.CONTRACTED, State.ROLLED_BACK}
        return tuple(one for one in self.plans if self.states.get(one.name) not in over)


@dataclass(frozen=True, slots=True)
class Made:
    """A plan with every file that belongs to it, not yet written."""

    plan: Plan
    releases: tuple[tuple[str, SemanticVersion, Source], ...]
    """Contract, number and text of each intermediate version."""
    files: Mapping[Path, str]
    """Plan file and revision files."""
    cautions: tuple[str, ...] = ()
    """What applications must do without until the plan is contracted; each is a sentence."""

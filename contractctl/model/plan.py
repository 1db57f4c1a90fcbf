"""What is a plan? The staged path of one change from one version to another."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contractctl.model.canonical import OPTIONAL

_OF_INTERFACES = (
    *("-property", "-value", "-parameter", "-header", "-body", "-media-type"),
    *("-operation", "-webhook", "-callback", "-definition", "-member"),
    *("-message", "-reply", "-server", "-security"),
)
"""The endings of the kinds of operations on parts of interfaces."""
ENDS = frozenset({"month", "quarter", "year"})
"""A plan may demand that the quiet time contains one of these."""


class Stage(StrEnum):
    """The moves of a plan, in their order. ROLLBACK is possible from any of them before CONTRACT."""

    EXPAND = "expand"
    DUAL_WRITE = "dual-write"
    BACKFILL = "backfill"
    VERIFY = "verify"
    CANARY = "canary"
    QUIESCE = "quiesce"
    CONTRACT = "contract"


class State(StrEnum):
    """Where a plan stands: a fold over its journal."""

    PLANNED = "planned"
    EXPANDED = "expanded"
    DUAL_WRITING = "dual-writing"
    BACKFILLED = "backfilled"
    VERIFIED = "verified"
    CANARY = "canary"
    QUIESCED = "quiesced"
    CONTRACTED = "contracted"
    ROLLED_BACK = "rolled-back"


@dataclass(frozen=True, slots=True)
class Transform:
    """How one value becomes the other, and back. SQL expressions over the column names of their own side."""

    up: str
    """Over old names: the new value."""
    down: str
    """Over new names: the old value."""
    lossy: bool = False
    """Declared by the user: down(up(x)) may differ from x."""


@dataclass(frozen=True, slots=True)
class Regroup:
    """How the values of one column become those of several, or of several one, and back."""

    ups: Mapping[str, str]
    """New column → SQL over the old columns."""
    downs: Mapping[str, str]
    """Old column → SQL over the new columns."""
    lossy: bool = False
    """Declared by the user: not all old values may come back."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One schema change with its whole staged life; `kind` names its file in operations/ or its format's staging."""

    kind: str
    """rename-column, split-column and the others of formats/sql/staging; rename-field, add-field, remove-field.

    Of an interface remove-, rename-, require-, release- or add-, and the part: property, operation, parameter, …
    """
    contract: str
    subject: str
    """The table, or the record's full name."""
    old: str | None = None
    """The name before; None where something is added."""
    new: str | None = None
    """The name after; None where something is removed."""
    transform: Transform | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What else the kind needs: type (SQL of the new column), default (SQL literal or JSON), via (helper column).

    Of a part of an interface: sunset (the day, as 2027-03-31, until which clients were told that it is served), only
    (answers: nothing that clients send has it).
    """
    regroup: Regroup | None = None
    """Of a column that is split, or of columns that are merged."""

    @property
    def is_of_interfaces(self) -> bool:
        return self.kind.endswith(_OF_INTERFACES)

    @property
    def is_of_tables(self) -> bool:
        """Whether a database carries it out: everything else is up to applications."""
        return not (self.is_of_interfaces or self.kind.endswith("-field"))


@dataclass(frozen=True, slots=True)
class Movement:
    """Which versions of one contract the plan leads through."""

    contract: str
    format: str
    old: str
    """The released version it starts from."""
    intermediate: str
    """The released version with both sides."""
    new: str
    """The version without the old side, released when the plan is contracted."""
    new_digest: str = ""
    """sha256 of the draft that becomes `new`, as store.digest makes it: another draft is not what was planned."""


@dataclass(frozen=True, slots=True)
class CanaryRules:
    """When a share of traffic may grow. Shares in percent, margins as proportions, times in seconds."""

    steps: tuple[float, ...] = (1, 10, 50, 100)
    bake_seconds: float = 3600
    relative_margin: float = 0.25
    absolute_margin: float = 0.005
    share_tolerance: float = 2.0
    """Percentage points by which the observed share may differ from the requested one."""
    slow_seconds: float | None = field(default=None, metadata=OPTIONAL)
    """Requests that take longer are slow, and the new path may not have more of them; None: not tested."""
    shadow_tolerance: float | None = field(default=None, metadata=OPTIONAL)
    """The proportion of compared shadow reads that may differ; None: none may, and none are required."""
    shadow_compared: int = field(default=1000, metadata=OPTIONAL)
    """How many shadow reads must have been compared."""


@dataclass(frozen=True, slots=True)
class ReadRules:
    """When the old side counts as unread. Times in seconds."""

    window_seconds: float = 31 * 86400
    heartbeat_seconds: float = 60
    """How often an instrumented consumer says that it is alive."""
    coverage: float = 0.99
    """The share of the window's heartbeats that must have been seen."""
    fresh_seconds: float = 3600
    """The greatest age of evidence and of a decision."""
    quiesced_seconds: float = 86400
    """How long the brown-out must have lasted before the old side is dropped."""
    approvals: int = 2
    """How many different people must approve the irreversible move."""
    calendar: tuple[str, ...] = ()
    """The ends (see ENDS) that the quiet time must contain."""
    static_required: bool = False
    """Whether every consumer's code must have been searched, unless somebody attests that it does not read."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan file's content."""

    name: str
    movements: tuple[Movement, ...]
    operations: tuple[Operation, ...]
    revisions: Mapping[Stage, str]
    """Alembic revision ids by stage: expand, dual-write, verify where something is validated, quiesce, contract.

    Empty for a plan of events only.
    """
    canary: CanaryRules = field(default_factory=CanaryRules)
    reads: ReadRules = field(default_factory=ReadRules)
    restore_point: str | None = None
    """Where the data can be restored from once the old side is dropped."""
    database: str = ""
    """In which of several databases it runs, by its name in contractctl.toml."""
    dialect: str = ""
    """The SQL that its tables' operations are written in, as contract.toml names it; empty for events only."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a plan stands, folded from its journal. Times in Unix seconds."""

    state: State
    since: float
    """When this state (and, in canary, this share) was entered."""
    percent: float = 0.0
    """The requested canary share, while in CANARY or later."""


def moves_of(contract: str, plans: Iterable[Plan]) -> Iterator[tuple[Plan, Movement]]:
    """The plans that move a contract, and where to."""
    for plan in plans:
        yield from ((plan, movement) for movement in plan.movements if movement.contract == contract)

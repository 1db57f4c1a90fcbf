"""What can be said about two versions of a contract? Facts that a format finds, and their wording."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Pointer = tuple[str | int, ...]
"""Where a thing stands in a parsed document: keys and indices from the root."""


class Effect(StrEnum):
    """What an incompatibility does to the side that encounters it."""

    FAILS = "fails"
    """The reader rejects the data, or the provider the call."""
    MISREADS = "misreads"
    """A wrong value, silently."""
    LOSES = "loses"
    """Data dropped or precision lost where the format's specification allows it."""


class Status(StrEnum):
    """The answer for one direction of one pair of versions."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Backward: the new version serves what exists. Forward: the old version survives what is new."""

    BACKWARD = "backward"
    FORWARD = "forward"


class Level(StrEnum):
    """A contract's compatibility level, as the schema registries name them."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions in which this level demands compatibility."""
        return {
            "NONE": (),
            "BACKWARD": (Direction.BACKWARD,),
            "FORWARD": (Direction.FORWARD,),
            "FULL": (Direction.BACKWARD, Direction.FORWARD),
        }[self.value.removesuffix("_TRANSITIVE")]

    @property
    def transitive(self) -> bool:
        """Whether every released version counts, not only the latest."""
        return self.value.endswith("_TRANSITIVE")

    def joined(self, other: "Level") -> "Level":
        """The level that demands what either of the two demands."""
        directions = {*self.directions, *other.directions}
        if not directions:
            return Level.NONE
        name = "FULL" if len(directions) > 1 else next(iter(directions)).name
        return Level(f"{name}_TRANSITIVE" if self.transitive or other.transitive else name)


class Seats(StrEnum):
    """The two roles in a format's predicate, which determine what backward means for it."""

    MESSAGE = "message"
    """reader and writer. Backward: the reader is new, the writer is old."""
    INTERFACE = "interface"
    """client and provider. Backward: the client is old, the provider is new."""


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One reason why the taker is incompatible with the giver, as a format finds it: a fact, not yet words.

    The taker is the reader (message formats) or the client (interface formats); the giver is the writer or the
    provider. `facts` fill the placeholders of the rule's page.
    """

    rule: str
    effect: Effect
    path: str
    """In the user's own names: `OrderPlaced.customer.name`, `orders.customer_name`."""
    facts: Mapping[str, str] = field(default_factory=dict)
    taker_at: Pointer | None = None
    giver_at: Pointer | None = None
    flipped: bool = False
    """The roles are swapped here, as in a server's answer: words and places follow that."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Something that could not be judged, and why. It makes the verdict unknown, never compatible."""

    path: str
    reason: str
    taker_at: Pointer | None = None
    giver_at: Pointer | None = None


Found = Incompatibility | Undecided
"""What a format says about two versions: why one cannot take what the other gives, or that it cannot tell."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one library says about a payload."""

    answer: str
    executed_by: str


@dataclass(frozen=True, slots=True)
class Witness:
    """A concrete payload or statement that shows an incompatibility. It was executed, not imagined."""

    sent: str
    """What was sent, on one line."""
    answer: str
    """What the other side answered, on one line."""
    executed_by: str
    """The library or engine that said so, with its version; several where they agree."""
    also: tuple[Reply, ...] = ()
    """What other libraries answer to the same, where they disagree."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding stands in one version's file."""

    file: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An incompatibility in words, with its places and its witness: what reports show."""

    rule: str
    direction: Direction
    effect: Effect
    breaks: bool
    """False for a warning: it is shown and does not turn the verdict."""
    path: str
    message: str
    remedy: str
    old: Place | None = None
    new: Place | None = None
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict in one direction."""

    status: Status
    findings: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = ()
    """What could not be decided: why it is unknown, where nothing breaks for certain."""

    @property
    def found(self) -> "tuple[Finding | str, ...]":
        """The findings, then the reasons."""
        return self.findings + self.reasons


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both directions of one pair of versions."""

    backward: Answer
    forward: Answer
    policy: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The choices that its format leaves, as they were made: `content_model`, `formats`, `encodings`."""
    notes: tuple[str, ...] = ()
    """What was assumed where a version does not say."""

    def towards(self, direction: Direction) -> Answer:
        return self.backward if direction is Direction.BACKWARD else self.forward

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.backward.findings + self.forward.findings


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions, as a fact; whether it breaks anybody is another question."""

    kind: str
    """added, removed or changed."""
    path: str
    what: str
    """The kind of thing: field, column, symbol, type, default, …"""
    old: str | None = None
    new: str | None = None

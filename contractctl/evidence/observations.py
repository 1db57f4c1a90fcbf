"""What did a source see, before it is summed up: counts, signs of life, and what is wrong with them?"""

import math
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Read:
    """Reads of one field between two moments; a count of zero proves that somebody counted."""

    contract: str
    path: str
    consumer: str
    """Empty where nobody knows who read."""
    version: str
    begin: float
    end: float
    count: float
    certainty: str = ""
    """`unknown` for a statement that mentions the table and could not be understood."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of life of an instrument at one moment."""

    consumer: str
    version: str
    contract: str
    """Empty where the instrument does not say what it watches."""
    path: str
    at: float
    lasted: float = 0.0
    """For how many seconds before, where it stands for several that were close enough to prove all between them."""
    count: int = 1

    @property
    def begin(self) -> float:
        return self.at - self.lasted


@dataclass(frozen=True, slots=True)
class Request:
    """Requests of a canary between two moments: how they went, how long they took, or what a shadow read gave."""

    plan: str
    path: str
    """old or new; empty for a shadow read, which takes both."""
    outcome: str
    """ok or bad; of measure speed: timed (all) or fast; of measure shadow: same, different, ignored, skipped."""
    begin: float
    end: float
    count: float
    measure: str = "outcome"
    """outcome, speed or shadow."""
    bound: str = ""
    """Of fast ones: within how many seconds they were answered."""


SHADOW = ("same", "different", "ignored", "skipped")
"""What a shadow read gave: ignored is a difference that a rule explains, skipped is one that was not compared."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Time in which a counter may have counted what a reset took away."""

    metric: str
    """What it counts: reads, or requests of a canary."""
    consumer: str
    begin: float
    end: float


@dataclass(slots=True)
class Observations:
    """Everything that one source answered. Filled by the source, then read only."""

    source: str
    query: str
    """As sent to the source; never with a secret."""
    reads: list[Read] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    sampling_ratio: float = 1.0
    lost: list[Lost] = field(default_factory=list)
    problem: str | None = None
    raw: list[bytes] = field(default_factory=list)
    """Digests of the raw answers."""
    earliest: float = math.inf
    """Also of what is no longer here."""
    latest: float = -math.inf
    reads_from: float = -math.inf
    """From when on it was asked for reads: what came before is unknown, though other things are known of then."""
    environment: str | None = None
    """The one that is meant; None where nobody has said it."""
    others: set[str] = field(default_factory=set)
    """Those that instruments name: not the one that is meant, or any where none is."""

    def is_elsewhere(self, environment: str) -> bool:
        """Whether what is told of an environment says nothing of the one that is meant; empty: nobody names one."""
        if not environment or environment == self.environment:
            return False
        self.others.add(environment)
        if self.environment is None and len(self.others) > 1:
            named = " and ".join(f"'{one}'" for one in sorted(self.others))
            self.spoiled(f"conflicting evidence: {named} are mixed: set environment in contractctl.toml")
        return self.environment is not None

    def answered(self, raw: bytes) -> None:
        """Remember what was answered, as a digest."""
        self.raw.append(sha256(raw).digest())

    def spoiled(self, problem: str) -> None:
        """Remember the first thing that is wrong; one is enough to rely on nothing."""
        self.problem = self.problem or problem

    @property
    def digest(self) -> str:
        return sha256(self.source.encode() + b"\0" + self.query.encode() + b"".join(self.raw)).hexdigest()

    @property
    def anything(self) -> bool:
        """Whether the source had anything to say."""
        return bool(self.reads or self.signs or self.requests) or self.earliest <= self.latest

    @property
    def span(self) -> tuple[float, float]:
        """The first and the last moment that the source has something of."""
        earliest, latest = self.earliest, self.latest
        for read in self.reads:
            earliest, latest = min(earliest, read.begin), max(latest, read.end)
        for request in self.requests:
            earliest, latest = min(earliest, request.begin), max(latest, request.end)
        for sign in self.signs:
            earliest, latest = min(earliest, sign.begin), max(latest, sign.at)
        return earliest, latest

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
    """How many seconds before it are covered, where it stands for several that were close enough together."""
    count: int = 1

    @property
    def begin(self) -> float:
        return self.at - self.lasted


@dataclass(frozen=True, slots=True)
class Request:
    """Requests of a canary between two moments: their outcomes, durations, or results of shadow reads."""

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
    """Everything that one source answered. Filled by the source, then only read."""

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
    """Including observations that were condensed away."""
    latest: float = -math.inf
    reads_from: float = -math.inf
    """Since when it has been asked for reads: earlier reads are unknown, though other evidence may be older."""
    environment: str | None = None
    """The environment in question; None where the settings do not say."""
    others: set[str] = field(default_factory=set)
    """Those that instruments name: other ones than that in question, or any where none is set."""

    def is_elsewhere(self, environment: str) -> bool:
        """Whether evidence of this environment says nothing about the one in question; empty: it names none."""
        if not environment or environment == self.environment:
            return False
        self.others.add(environment)
        if self.environment is None and len(self.others) > 1:
            named = " and ".join(f"'{one}'" for one in sorted(self.others))
            self.spoiled(f"conflicting evidence: {named} are mixed: set environment in contractctl.toml")
        return self.environment is not None

    def answered(self, raw: bytes) -> None:
        """Remember an answer by its digest."""
        self.raw.append(sha256(raw).digest())

    def spoiled(self, problem: str) -> None:
        """Remember the first problem; one is enough to make all of it unreliable."""
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
        """The first and the last moment of what the source has."""
        earliest, latest = self.earliest, self.latest
        for read in self.reads:
            earliest, latest = min(earliest, read.begin), max(latest, read.end)
        for request in self.requests:
            earliest, latest = min(earliest, request.begin), max(latest, request.end)
        for sign in self.signs:
            earliest, latest = min(earliest, sign.begin), max(latest, sign.at)
        return earliest, latest

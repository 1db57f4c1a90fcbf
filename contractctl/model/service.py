"""How does a service relate to contracts, and which of its versions are live where?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from contractctl.errors import ContractctlError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"(?!contract$)[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
WHOLE_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""A commit's id, unabbreviated: SHA-1 or SHA-256."""
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Use:
    """What a version of a service has to do with one contract."""

    contract: str
    versions: tuple[str, ...]
    """Versions of the contract: `1.4.0`, or `1.4` and `1` for all below."""
    reads: tuple[str, ...] = ()
    """Only where it consumes: paths of fields or columns; empty means all of them."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a version of a service provides and consumes. An empty one says that it has nothing to do with contracts."""

    service: str
    version: str
    provides: tuple[Use, ...] = ()
    consumes: tuple[Use, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.service}@{self.version}"


@dataclass(frozen=True, slots=True)
class Live:
    """The versions of one service that are live in one environment."""

    stable: str | None = None
    """The version that takes what the canaries leave."""
    canaries: Mapping[str, float] = field(default_factory=dict)
    """Version → percent of the traffic."""
    commits: Mapping[str, str] = field(default_factory=dict)
    """Version → its full commit id, where it was recorded."""
    ready: Mapping[str, int] = field(default_factory=dict)
    """Version → how many of its pods were ready, for every version that a cluster has shown running."""

    @property
    def shares(self) -> Mapping[str, float]:
        """Every live version with its percentage of the traffic: as recorded, else by the pods that were ready."""
        takers = self._takers()
        rest, pods = _WHOLE - sum(self.canaries.values()), sum(self.ready.get(one, 0) for one in takers)
        if not pods:
            return {one: rest if one == self.stable else 0.0 for one in takers} | dict(self.canaries)
        return {one: rest * self.ready.get(one, 0) / pods for one in takers} | dict(self.canaries)

    @property
    def unaccounted(self) -> float:
        """Percentage of the traffic that goes to unrecorded versions; negative if more than 100 % is recorded."""
        takers = self._takers()
        rest = _WHOLE - sum(self.canaries.values()) if takers or self.canaries else 0.0
        return min(0.0, rest) if takers else rest

    def _takers(self) -> tuple[str, ...]:
        """The versions that take what the canaries leave."""
        stable = () if self.stable is None else (self.stable,)
        return (*stable, *(one for one in self.ready if one != self.stable and one not in self.canaries))


@dataclass(frozen=True, slots=True)
class Verification:
    """One row of a Pact broker's matrix: a consumer's version verified against a provider's."""

    consumer: str
    consumer_version: str
    provider: str
    provider_version: str
    success: bool | None
    """None if it has not been verified."""
    verified_at: str = ""


def name_of(word: str, what: str) -> str:
    """A service's or an environment's name. Raise ContractctlError if it is not a valid one."""
    if not _NAME.fullmatch(word):
        raise ContractctlError(f"'{word}' is not a name of {what}", hint="use letters, digits, '.', '_' and '-'")
    return word


def commit_of(word: str) -> str:
    """The full id of a commit. Raise ContractctlError if it is not one."""
    if not WHOLE_ID.fullmatch(word):
        raise ContractctlError(
            f"'{word}' is not a full commit id, and a branch would move", hint="write all 40 digits: git rev-parse HEAD"
        )
    return word


def version_of(word: str) -> str:
    """A service's version: a number, a tag or a commit. Raise ContractctlError if it is none of these."""
    if not _VERSION.fullmatch(word):
        raise ContractctlError(
            f"'{word}' is not a version of a service", hint="use letters, digits, '.', '_', '+' and '-'"
        )
    return word

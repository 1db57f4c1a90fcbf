"""What runs in an environment, as deployments are on record and as clusters have shown it?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contractctl.model.service import Live

MAX_AGE_SECONDS = 900.0
"""How old a list may be where the settings do not say it."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How a cluster's workloads are named: which service each of them is, and which version."""

    service_label: str = ""
    version_label: str = ""
    """Labels of the pods; both or none."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Image without its tag → the service whose version the tag is."""
    not_services: tuple[str, ...] = ()
    """Patterns of `namespace/name`: workloads for which somebody answers that they are not services."""
    max_age_seconds: float = MAX_AGE_SECONDS


class Doubting(StrEnum):
    """Why a list may not show everything that runs."""

    STALE = "cluster list stale"
    INCOMPLETE = "cluster list incomplete"
    UNMAPPED = "workload not mapped"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason why what is known to run may not be all of it."""

    kind: Doubting
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What one cluster showed to run at one moment."""

    at: float
    """Unix seconds."""
    ready: Mapping[str, Mapping[str, int]]
    """Service → version → how many of its pods were ready; 0 where it only stood ready to start, or was ending."""
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything that is known to be live in an environment."""

    services: Mapping[str, Live] = field(default_factory=dict)
    clusters: Mapping[str, Seen] = field(default_factory=dict)
    """The newest list of each."""
    doubts: tuple[Doubt, ...] = ()
    """Why that may not be all, at the moment of asking."""

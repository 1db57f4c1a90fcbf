"""What runs in an environment, according to recorded deployments and to what clusters have shown?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contractctl.model.service import Live

MAX_AGE_SECONDS = 900.0
"""The greatest age of a list, where the settings do not say."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How a cluster's workloads are named: which service each of them is, and which version."""

    service_label: str = ""
    version_label: str = ""
    """Labels of the pods; both or none."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Image without its tag → the service whose version the tag is."""
    not_services: tuple[str, ...] = ()
    """Patterns of `namespace/name`: workloads that were declared not to be services."""
    max_age_seconds: float = MAX_AGE_SECONDS


class Doubting(StrEnum):
    """Why a list may not show everything that runs."""

    STALE = "cluster list stale"
    INCOMPLETE = "cluster list incomplete"
    UNMAPPED = "workload not mapped"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason why what is known to run may be incomplete."""

    kind: Doubting
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What one cluster showed running at one moment."""

    at: float
    """Unix seconds."""
    ready: Mapping[str, Mapping[str, int]]
    """Service → version → how many of its pods were ready; 0 where it could only be started, or was ending."""
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything that is known to be live in an environment."""

    services: Mapping[str, Live] = field(default_factory=dict)
    clusters: Mapping[str, Seen] = field(default_factory=dict)
    """The newest list of each."""
    doubts: tuple[Doubt, ...] = ()
    """Why that may be incomplete, at the moment of asking."""

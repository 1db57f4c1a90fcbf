"""What was observed? Normalised records, whatever source they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SKEW_SECONDS = 60.0
"""How far two machines' clocks may be apart."""


class Kind(StrEnum):
    """What a record is about."""

    READS = "reads"
    """Series of reads of one field: value = reads in the window, by consumer."""
    HEARTBEAT = "heartbeat"
    """Series of signs of life of an instrumented consumer: value = how many were seen in the window."""
    CANARY = "canary"
    """Series of requests by path (old, new) and outcome (ok, bad)."""
    BACKFILL = "backfill"
    """Series from the database: rows filled, remaining, set aside."""
    DIVERGENCE = "divergence"
    """Series from the database: rows that differ, conflicts."""
    COMPATIBILITY = "compatibility"
    """Series by pair of versions and direction: incompatibilities found."""
    APPROVAL = "approval"
    """Series by approver."""
    STATIC_READS = "static-reads"
    """Series by consumer: places in its code that name the field."""
    ATTESTATION = "attestation"
    """Somebody states what no instrument can: series with reason and approver."""


@dataclass(frozen=True, slots=True)
class Series:
    """One labelled count inside a record."""

    labels: Mapping[str, str]
    value: float
    first_seen: float | None = None
    """Unix seconds of the first non-zero observation in the window."""
    last_seen: float | None = None
    """Unix seconds of the last non-zero observation in the window."""
    longest_gap: float | None = None
    """Seconds of the longest pause between non-zero observations of this consumer; None before the second one."""


@dataclass(frozen=True, slots=True)
class Record:
    """One answer of one source over one window. Times in Unix seconds, UTC."""

    kind: Kind
    source: str
    query: str
    """As sent to the source, so that anybody can ask again; never with a secret."""
    collected_at: float
    window_from: float
    window_to: float
    expected_heartbeats: float | None
    """How many signs of life the instrument should have given in the window; None where it has none."""
    observed_heartbeats: float | None
    sampling_ratio: float
    """1.0 where everything was seen."""
    series: tuple[Series, ...]
    digest: str
    """sha256 of the raw answer, hexadecimal."""
    problem: str | None = None
    """Why the answer cannot be relied on: one of the closed list of Unknown reasons, then details."""


def stated(  # noqa: PLR0913 - what a record is made of, each by name
    kind: Kind,
    *,
    source: str,
    query: str,
    at: float,
    series: tuple[Series, ...],
    digest: str,
    since: float | None = None,
    problem: str | None = None,
) -> Record:
    """The record of what no instrument counts: nothing of it is sampled, and it gives no signs of life.

    `since`: where its window begins; without it, it is of that moment alone.
    """
    return Record(
        kind=kind,
        source=source,
        query=query,
        collected_at=at,
        window_from=at if since is None else since,
        window_to=at,
        expected_heartbeats=None,
        observed_heartbeats=None,
        sampling_ratio=1.0,
        series=series,
        digest=digest,
        problem=problem,
    )

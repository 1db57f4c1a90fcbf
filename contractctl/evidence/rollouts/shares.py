"""Which share of the traffic does another tool give to the new path? What is set, not what was counted."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from contractctl import flagd
from contractctl.errors import ContractctlError
from contractctl.flagd import Flag
from contractctl.model.evidence import Kind, Record, Series

FACT = "share"
"""The label `fact` of a series that is a share in percent, not a count."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one tool that shifts traffic says, at one moment."""

    source: str
    query: str
    mover: str
    """The tool, in words: `flag buyer`, `Rollout shop/web`."""
    at: float
    """Unix seconds of what the share was set at, not of when it was read."""
    percent: float = 0.0
    problem: str | None = None
    raw: bytes = b""


def is_share(record: Record) -> bool:
    """Whether a record says what share is set."""
    return record.kind is Kind.CANARY and any(series.labels.get("fact") == FACT for series in record.series)


def record(share: Share, plan: str, now: float) -> Record:
    """Its record, even where it could not be understood. The same share again has the same digest."""
    labels = {"fact": FACT, "plan": plan, "mover": share.mover}
    identity = f"{replace(share, at=0.0)} {plan}".encode() + share.raw
    return Record(
        kind=Kind.CANARY,
        source=share.source,
        query=share.query,
        collected_at=now,
        window_from=math.nextafter(share.at, -math.inf),
        window_to=share.at,
        expected_heartbeats=None,
        observed_heartbeats=None,
        sampling_ratio=1.0,
        series=(Series(labels, share.percent),),
        digest=sha256(identity).hexdigest(),
        problem=share.problem,
    )


def uncollected(
    asked: Iterable[tuple[str, Mapping[str, str]]], plan: str, collected: Sequence[Record], now: float
) -> Iterator[Record]:
    """A problem for each cluster object that the settings name and that was not collected."""
    told = {(record.query, record.series[0].labels.get("mover")) for record in collected if is_share(record)}
    for location, options in asked:
        mover = f"{options.get('kind')} {options.get('object')}"
        if options.get("plan", plan) == plan and (location, mover) not in told:
            problem = f"missing source: nothing was collected of {mover}"
            yield record(Share("rollouts", location, mover, now, problem=problem), plan, now)


def of_flags(flags: Sequence[Flag], now: float) -> tuple[Record, ...]:
    """What the flags that follow a plan say at this moment."""
    return tuple(record(_of_flag(flag, now), flag.plan, now) for flag in flags)


def _of_flag(flag: Flag, now: float) -> Share:
    mover = f"flag {flag.name}"
    try:
        return Share("flagd", flag.shown, mover, now, flagd.share(flag))
    except ContractctlError as error:
        return Share("flagd", flag.shown, mover, now, problem=f"unparseable: {error.message}")

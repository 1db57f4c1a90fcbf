"""How are contractctl's metrics named, and which attributes identify the consumer?"""

import math
from collections.abc import Iterable, Mapping

from contractctl.evidence.counters import Growth
from contractctl.evidence.observations import SHADOW, Lost, Observations, Read, Request, Sign
from contractctl.evidence.spans import Span

READS = "contract.field.reads"
HEARTBEAT = "contract.instrumentation.info"
CANARY = "contract.canary.requests"
DURATION = "contract.canary.duration"
"""A histogram, in seconds."""
SHADOW_READS = "contract.shadow.reads"


def take_read(seen: Observations, labels: Mapping[str, str], step: Growth) -> None:
    """Add reads. `labels` are the attributes of the point over those of its resource.

    A read is one wherever it was made: a database may be shared, and what reads in staging may be deployed tomorrow.
    """
    if step.count == 0 and seen.is_elsewhere(environment_of(labels)):
        return
    seen.reads.append(
        Read(
            contract=labels.get("contract.name", ""),
            path=labels.get("contract.field.path", ""),
            consumer=consumer_of(labels),
            version=labels.get("service.version", ""),
            begin=step.begin,
            end=step.end,
            count=step.count,
            certainty=labels.get("contract.read.certainty", ""),
        )
    )


def take_sign(seen: Observations, labels: Mapping[str, str], at: float) -> None:
    """Add a sign of life."""
    if seen.is_elsewhere(environment_of(labels)):
        return
    contract, path = labels.get("contract.name", ""), labels.get("contract.field.path", "")
    seen.signs.append(Sign(consumer_of(labels), labels.get("service.version", ""), contract, path, at))


def take_request(seen: Observations, labels: Mapping[str, str], step: Growth) -> None:
    """Add requests of a canary."""
    if seen.is_elsewhere(environment_of(labels)):
        return
    path, outcome = labels.get("contract.path", ""), labels.get("contract.outcome", "")
    if path not in ("old", "new") or outcome not in ("ok", "bad"):
        seen.spoiled(f"unparseable: {CANARY} has path '{path}' and outcome '{outcome}': not old or new, ok or bad")
        return
    seen.requests.append(Request(labels.get("contract.plan", ""), path, outcome, step.begin, step.end, step.count))


def take_timed(seen: Observations, labels: Mapping[str, str], step: Growth) -> None:
    """Add requests that took at most `le` seconds, as a bucket counts them; `+Inf` counts all."""
    if seen.is_elsewhere(environment_of(labels)):
        return
    path = labels.get("contract.path", "")
    if path not in ("old", "new"):
        seen.spoiled(f"unparseable: {DURATION} has path '{path}': not old or new")
        return
    try:
        bound = float(labels["le"])
    except (KeyError, ValueError):
        seen.spoiled(f"unparseable: {DURATION} has a bucket that ends at '{labels.get('le', '')}'")
        return
    outcome, within = ("timed", "") if math.isinf(bound) else ("fast", f"{bound:g}")
    plan = labels.get("contract.plan", "")
    seen.requests.append(Request(plan, path, outcome, step.begin, step.end, step.count, "speed", within))


def take_shadow(seen: Observations, labels: Mapping[str, str], step: Growth) -> None:
    """Add shadow reads."""
    if seen.is_elsewhere(environment_of(labels)):
        return
    gave = labels.get("contract.result", "")
    if gave not in SHADOW:
        seen.spoiled(f"unparseable: {SHADOW_READS} has result '{gave}': none of {', '.join(SHADOW)}")
        return
    plan = labels.get("contract.plan", "")
    seen.requests.append(Request(plan, "", gave, step.begin, step.end, step.count, "shadow"))


def take_lost(seen: Observations, metric: str, labels: Mapping[str, str], spans: Iterable[Span]) -> None:
    """Add a span in which something may have been counted that nobody will ever see."""
    seen.lost.extend(Lost(metric, consumer_of(labels), begin, end) for begin, end in spans if begin < end)


def environment_of(labels: Mapping[str, str]) -> str:
    """Where it ran, by the attribute's current name or its former one; empty where there is neither.

    https://opentelemetry.io/docs/specs/semconv/resource/deployment-environment/
    """
    return labels.get("deployment.environment.name") or labels.get("deployment.environment", "")


def consumer_of(labels: Mapping[str, str]) -> str:
    """Which consumer it was: by its own name, else by its service's."""
    service = labels.get("service.name", "")
    return labels.get("contract.consumer.name") or ("" if service.startswith("unknown_service") else service)


TAKEN = {READS: take_read, CANARY: take_request, DURATION: take_timed, SHADOW_READS: take_shadow}
"""Receives what a counter has counted."""

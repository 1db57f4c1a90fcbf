"""Which versions of services are live in an environment? A chain of entries for each environment, and their fold."""

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from contractctl.errors import ContractctlError
from contractctl.journal.entries import Entry, EntryKind, Note, append
from contractctl.journal.tables import JOURNAL
from contractctl.model.service import Live

_CHAIN = "environment:"
_WHOLE = 100.0
_RECORDED = (EntryKind.DEPLOYED.value, EntryKind.UNDEPLOYED.value)
_Told = tuple[str, EntryKind, Mapping[str, object]]
"""Service, kind and body of an entry."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What to record about one service in one environment."""

    environment: str
    service: str
    version: str | None
    """None: every version that is live; only with `ends`."""
    canary: float | None = None
    """Its percent of the traffic beside what is live; None where it replaces that."""
    ends: bool = False
    """The version is no longer live."""
    never: bool = False
    """It never was live: a service without any record may end, too."""
    commit: str | None = None
    """The version's full commit id; None where it is not given, or was given before."""


def chain(environment: str) -> str:
    """What the journal has in place of a plan's name."""
    return f"{_CHAIN}{environment}"


def environments(connection: Connection) -> tuple[str, ...]:
    """The environments to which anything was ever deployed."""
    named = select(JOURNAL.c.plan).where(JOURNAL.c.plan.startswith(_CHAIN, autoescape=True)).distinct()
    return tuple(sorted(one.removeprefix(_CHAIN) for one in connection.execute(named).scalars()))


def live(connection: Connection, environment: str) -> Mapping[str, Live]:
    """The services of an environment, according to the recorded deployments.

    One that was retired has no live version; one that is not there is unknown.
    """
    columns = (JOURNAL.c.stage, JOURNAL.c.kind, JOURNAL.c.body)
    recorded = JOURNAL.c.kind.in_(_RECORDED)
    newest_first = select(*columns).where(JOURNAL.c.plan == chain(environment), recorded).order_by(JOURNAL.c.id.desc())
    needed: list[_Told] = []
    settled: set[str] = set()
    for service, kind, body in connection.execute(newest_first):
        if service in settled:
            continue
        needed.append((service, EntryKind(kind), json.loads(body)))
        if _settles(needed[-1]):
            settled.add(service)
    return fold(reversed(needed))


def _settles(told: _Told) -> bool:
    """Whether it no longer matters what was live before."""
    _, kind, body = told
    return body["version" if kind is EntryKind.UNDEPLOYED else "canary"] is None


def fold(told: Iterable[_Told]) -> Mapping[str, Live]:
    """What is live after these entries, oldest first."""
    found: dict[str, Live] = {}
    for service, kind, body in told:
        found[service] = _step(found.get(service, Live()), kind, body)
    return found


def record(connection: Connection, deployment: Deployment, note: Note) -> Entry | None:
    """Record a deployment in the caller's transaction; None where it is on record already.

    `note` says when, who and from where. Raise ContractctlError for what cannot be.
    """
    own = select(JOURNAL.c.kind, JOURNAL.c.body).where(
        JOURNAL.c.plan == chain(deployment.environment),
        JOURNAL.c.stage == deployment.service,
        JOURNAL.c.kind.in_(_RECORDED),
    )
    told = [
        (deployment.service, EntryKind(kind), json.loads(body))
        for kind, body in connection.execute(own.order_by(JOURNAL.c.id))
    ]
    before = fold(told).get(deployment.service)
    _refuse(deployment, before, {body["version"] for _, _, body in told})
    kind = EntryKind.UNDEPLOYED if deployment.ends else EntryKind.DEPLOYED
    body = {"version": deployment.version, "canary": deployment.canary}
    known = before.commits.get(deployment.version or "") if before else None
    if not deployment.ends and (commit := deployment.commit or known):
        body["commit"] = commit
    if before is not None and _step(before, kind, body) == before:
        return None
    key = f"{len(told) + 1}-{deployment.service}-{deployment.version}-{deployment.canary}"
    there = replace(note, plan=chain(deployment.environment), kind=kind, stage=deployment.service, key=key, body=body)
    return append(connection, there)


def _step(before: Live, kind: EntryKind, body: Mapping[str, object]) -> Live:
    version, canary = body["version"], body["canary"]
    if kind is EntryKind.UNDEPLOYED:
        left = {name: share for name, share in before.canaries.items() if version not in (None, name)}
        commits = {name: commit for name, commit in before.commits.items() if version not in (None, name)}
        return Live(None if version in (None, before.stable) else before.stable, left, commits)
    commit = {str(version): str(body["commit"])} if "commit" in body else {}
    if canary is None:
        return Live(str(version), commits=commit)
    # a version that was stable and now has a share: who takes the rest is not known
    stable = None if before.stable == version else before.stable
    commits = {name: one for name, one in before.commits.items() if name != version}
    return Live(stable, {**before.canaries, str(version): float(str(canary))}, commits | commit)


def _refuse(deployment: Deployment, before: Live | None, ever: Container[str | None]) -> None:
    """`ever`: the versions that have been on record at any time."""
    service, version, where = deployment.service, deployment.version, deployment.environment
    if deployment.ends and not (version in ever if version else before or deployment.never):
        on_record = ", ".join(before.shares if before else ()) or "none"
        what = f"{service}@{version}" if version else service
        raise ContractctlError(
            f"{what} is not on record in '{where}'", hint=f"live versions of {service} there: {on_record}"
        )
    if deployment.canary is None or deployment.ends:
        return
    if before and before.stable == version:
        raise ContractctlError(
            f"{service}@{version} is already live in '{where}', so it cannot also be a canary there",
            hint=f"first record the version that it runs beside: contractctl record-deployment {service} VERSION"
            f" --env {where}",
        )
    others = sum(share for name, share in (before.canaries if before else {}).items() if name != version)
    if others + deployment.canary > _WHOLE:
        raise ContractctlError(
            f"{others:g} % of {service} in '{where}' go to other canaries: {deployment.canary:g} % are not available",
            hint=f"end one: contractctl record-undeployment {service} VERSION --env {where}",
        )

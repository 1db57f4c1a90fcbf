"""Which commits does a consumer run? Those of its versions that are live on record; a setting alone proves nothing."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from contractctl.errors import ContractctlError
from contractctl.evidence.servers import UnusableError
from contractctl.model.cluster import Environment
from contractctl.model.evidence import Kind, Record, Series
from contractctl.model.service import WHOLE_ID, Live

NAME = "code"
_VERSION = "{version}"
OPTIONS = ("deployed", "environment", "service", "tag")
Tagged = Callable[[str], str | None]
"""The commit of a tag in the consumer's repository; None where it has no such tag."""


@dataclass(frozen=True, slots=True)
class Where:
    """What the settings say about where a consumer runs."""

    service: str
    environment: str
    commits: Mapping[str, str]
    """By version."""
    tag: str
    """How a version is tagged, such as `v{version}`; empty where that is not set."""


def where(options: Mapping[str, str], consumer: str) -> Where:
    """Read the settings. Raise ContractctlError where they make no sense."""
    at, environment, tag = f"[[evidence]] code of {consumer}", options.get("environment", ""), options.get("tag", "")
    if not environment:
        raise ContractctlError(f"{at}: it does not say where the code runs", hint='write environment = "production"')
    if tag and _VERSION not in tag:
        raise ContractctlError(
            f"{at}: tag '{tag}' has no {{version}}, so it is the same for every version",
            hint='write tag = "v{version}"',
        )
    commits: dict[str, str] = {}
    for pair in options.get("deployed", "").replace(",", " ").split():
        version, _, commit = pair.rpartition("=")
        if not version or not WHOLE_ID.fullmatch(commit):
            raise ContractctlError(
                f"{at}: deployed '{pair}' is not a version with a full commit id, and a branch would move",
                hint='write deployed = "VERSION=COMMIT …", or leave it out and give record-deployment the --commit',
            )
        if commits.setdefault(version, commit) != commit:
            raise ContractctlError(f"{at}: deployed names two commits of {version}", hint="leave one of the two out")
    return Where(options.get("service", "") or consumer, environment, commits, tag)


def versions(said: Where, environments: Mapping[str, Environment]) -> tuple[Live, tuple[str, ...]]:
    """What is live, version by version. Raise UnusableError where the record does not say, or the settings differ."""
    service, place = said.service, f"'{said.environment}'"
    there = environments.get(said.environment, Environment())
    if there.doubts:
        raise UnusableError(f"environment stale: more may run in {place} than is known: {there.doubts[0].message}")
    live = there.services.get(service)
    if live is None or not live.shares:
        raise UnusableError(
            f"missing source: no version of {service} is on record as live in {place}; "
            f"contractctl record-deployment {service} VERSION --env {said.environment} records it"
        )
    if not _whole(live):
        raise UnusableError(
            f"environment stale: the versions of {service} on record in {place} do not come to 100 % of its traffic"
        )
    if gone := sorted(set(said.commits) - set(live.shares)):
        raise UnusableError(
            f"environment stale: the settings name the commit of {service}@{gone[0]}, which is not live in {place}; "
            f"live there: {', '.join(sorted(live.shares))}"
        )
    return live, tuple(sorted(live.shares))


def held(records: Sequence[Record], environments: Mapping[str, Environment]) -> tuple[Record, ...]:
    """The same records; a search that no longer covers everything that runs gets a problem."""
    searched = {_labels(one, "environment", "service", "version") for one in _searches(records)}
    return tuple(
        replace(record, problem=problem) if (problem := _overtaken(record, environments, searched)) else record
        for record in records
    )


def _overtaken(
    record: Record, environments: Mapping[str, Environment], searched: Container[tuple[str, ...]]
) -> str | None:
    for one in _searches((record,)):
        place, service, version, commit = _labels(one, "environment", "service", "version", "commit")
        there = environments.get(place, Environment())
        if there.doubts:
            return f"environment stale: more may run in '{place}' than is known: {there.doubts[0].message}"
        live = there.services.get(service, Live())
        if version not in live.shares or live.commits.get(version, commit) != commit or not _whole(live):
            name = f"{service or one.labels.get('consumer', '')}@{version}"
            return f"environment stale: the code of {name} was searched, but that is not what is on record as live now"
        if more := sorted(other for other in live.shares if (place, service, other) not in searched):
            return f"environment stale: {service}@{more[0]} is now live in '{place}', but its code was not searched"
    return None


def _searches(records: Sequence[Record]) -> Iterator[Series]:
    """What was found by searches that finished."""
    for record in records:
        if record.source == NAME and record.kind is Kind.STATIC_READS and record.problem is None:
            yield from record.series


def _labels(series: Series, *keys: str) -> tuple[str, ...]:
    return tuple(series.labels.get(key, "") for key in keys)


def _whole(live: Live) -> bool:
    return abs(live.unaccounted) <= 1e-9  # noqa: PLR2004 - sums of shares are rounded


def commit_of(said: Where, live: Live, version: str, tagged: Tagged) -> str:
    """The commit of a live version. Raise UnusableError where it is not known, or known in two ways."""
    named = {
        "on record": live.commits.get(version),
        "in the settings": said.commits.get(version),
        "by its tag": tagged(said.tag.replace(_VERSION, version)) if said.tag else None,
        "by its name": version if WHOLE_ID.fullmatch(version) else None,
    }
    told = {who: commit for who, commit in named.items() if commit}
    name = f"{said.service}@{version}"
    if not told:
        without = f", and there is no tag '{said.tag.replace(_VERSION, version)}'" if said.tag else ""
        raise UnusableError(
            f"missing source: nobody has said which commit {name} is{without}; "
            f"contractctl record-deployment {said.service} {version} --env {said.environment} --commit ID records it"
        )
    if len(set(told.values())) > 1:
        listed = ", ".join(f"{commit[:12]} {who}" for who, commit in told.items())
        raise UnusableError(f"conflicting evidence: {name} is several commits: {listed}")
    return next(iter(told.values()))

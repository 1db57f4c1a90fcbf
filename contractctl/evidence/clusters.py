"""Which versions of services does a cluster run? Its workloads, named as the settings say, and what cannot be named."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.evidence import workloads
from contractctl.evidence.workloads import Workload
from contractctl.model.cluster import Doubt, Doubting, Naming, Seen
from contractctl.model.service import name_of, version_of

_MOST_NAMED = 20
"""How many doubts of a kind to list: more would say nothing new."""


class _UnnamedError(Exception):
    """Why nobody can say which service or version a workload is, in words."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a workload is, and on whose word."""

    service: str
    version: str
    by: str


def look(documents: Iterable[tuple[str, Json]], naming: Naming, at: float) -> Seen:
    """What (place, document) pairs of an export of that moment show.

    Every pod that has not come to its end counts, ready or not, and so does every version that can start at any moment.
    Raise ContractctlError for what no cluster has exported, and for an export in which nothing stands.
    """
    export = workloads.read(documents)
    if not export.workloads:
        raise ContractctlError(
            "the export has no workloads",
            hint="is this the right cluster and namespace? see: kubectl config view",
        )
    ready: dict[str, dict[str, int]] = {}
    unnamed: dict[str, None] = {}
    known = {one.uid: one for one in export.workloads}
    for one in export.workloads:
        if not one.is_live or any(_is_no_service(each, naming) for each in _line(one, known)):
            continue
        try:
            claims = _claims(one, naming)
        except (_UnnamedError, ContractctlError) as error:
            *_, root = _line(one, known)
            unnamed[f"{root.title}: {error.message if isinstance(error, ContractctlError) else error}"] = None
            continue
        for service, version in claims:
            versions = ready.setdefault(service, {})
            versions[version] = versions.get(version, 0) + (one.pods if one.kind == "Pod" else 0)
    doubts = (*_doubts(Doubting.INCOMPLETE, export.missing), *_doubts(Doubting.UNMAPPED, unnamed))
    return Seen(at, ready, doubts)


def _line(one: Workload, known: Mapping[str, Workload]) -> Iterator[Workload]:
    """The object itself, its controller, and so on upwards."""
    passed: set[str] = set()
    while one.uid not in passed:
        yield one
        passed.add(one.uid)
        one = known.get(one.owner, one)


def _is_no_service(one: Workload, naming: Naming) -> bool:
    return any(fnmatchcase(one.name, pattern) for pattern in naming.not_services)


def _claims(one: Workload, naming: Naming) -> set[tuple[str, str]]:
    """Every service that it is, each with one version."""
    found: dict[str, _Claim] = {}
    for claim in (*_by_labels(one, naming), *_by_images(one, naming)):
        first = found.setdefault(claim.service, claim)
        if first.version != claim.version:
            raise _UnnamedError(f"{first.by} says {first.version}, and {claim.by} says {claim.version}")
        name_of(claim.service, "a service")
        version_of(claim.version)
    if not found:
        raise _UnnamedError(
            f"it has neither the label '{naming.service_label}' nor an image that the settings map to a service"
            if naming.service_label
            else "it has no image that the settings map to a service"
        )
    return {(claim.service, claim.version) for claim in found.values()}


def _by_labels(one: Workload, naming: Naming) -> Iterator[_Claim]:
    service = one.labels.get(naming.service_label) if naming.service_label else None
    if service is None:
        return
    version = one.labels.get(naming.version_label)
    if not version:
        raise _UnnamedError(f"it is {service}, and has no label '{naming.version_label}'")
    yield _Claim(service, version, f"the label '{naming.version_label}'")


def _by_images(one: Workload, naming: Naming) -> Iterator[_Claim]:
    """The tag comes after the last `:` behind the last `/`; a digest behind `@` is not a version anybody records."""
    for image in one.images:
        name, _, digest = image.partition("@")
        path, slash, last = name.rpartition("/")
        plain, _, tag = last.partition(":")
        service = naming.images.get(f"{path}{slash}{plain}")
        if service is None:
            continue
        if tag in ("", "latest"):
            said = f"a digest, {digest[:19]}…, but no tag" if digest and not tag else "a moving tag, 'latest'"
            raise _UnnamedError(f"its image {path}{slash}{plain} has {said}")
        yield _Claim(service, tag, f"its image {path}{slash}{plain}")


def _doubts(kind: Doubting, said: Iterable[str]) -> Iterator[Doubt]:
    listed = list(said)
    yield from (Doubt(kind, one) for one in listed[:_MOST_NAMED])
    if len(listed) > _MOST_NAMED:
        yield Doubt(kind, f"and {len(listed) - _MOST_NAMED} more")

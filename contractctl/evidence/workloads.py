"""Which workloads and pods does the output of `kubectl get … -o json` or `-o yaml` list, and is that all of them?

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks and the API
reference of `apps/v1`, `batch/v1` and `v1`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from contractctl.documents import Json
from contractctl.errors import ContractctlError

COMMAND = "kubectl get deployments,replicasets,statefulsets,daemonsets,cronjobs,jobs,pods -A -o json"
_GROUPS = {
    "Deployment": "apps/v1",
    "ReplicaSet": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "CronJob": "batch/v1",
    "Job": "batch/v1",
    "Pod": "v1",
    "Rollout": "argoproj.io/v1alpha1",
}
_PODS_OF = {
    "ReplicaSet": "replicas",
    "StatefulSet": "replicas",
    "DaemonSet": "currentNumberScheduled",
    "Job": "active",
    "Deployment": "replicas",
    "Rollout": "replicas",
}
"""Where a status counts the pods that there are; those of a Deployment and a Rollout are their ReplicaSets'."""
_Tree = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Workload:
    """A pod, or what makes pods."""

    kind: str
    name: str
    """`namespace/name`."""
    uid: str
    owner: str
    """The uid of what controls it; empty where nothing does."""
    labels: Mapping[str, str]
    """Of the pod, or of the template of pods."""
    images: tuple[str, ...]
    pods: int
    """How many pods its status counts; of a pod 1 where it is ready to serve."""
    is_live: bool
    """Whether it runs, or can start pods at any moment."""

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Export:
    """What is in the files."""

    workloads: tuple[Workload, ...]
    missing: tuple[str, ...]
    """What shows that it is not all, in words."""


def read(documents: Iterable[tuple[str, Json]]) -> Export:
    """What (place, document) pairs hold. Raise ContractctlError, naming the place, for what no cluster has exported."""
    found: dict[tuple[str, str], Workload] = {}
    missing: list[str] = []
    for place, document in documents:
        if document is None:  # nothing is between two separators of YAML
            continue
        top = _tree(document, place)
        missing += _broken_off(top, place)
        for where, one in _objects(top, place):
            workload = _workload(one, where)
            found[workload.uid, str(_tree(one.get("metadata"), where).get("resourceVersion"))] = workload
    workloads = tuple(found.values())
    return Export(workloads, (*missing, *_pods_missing(workloads), *_makers_missing(workloads)))


def _broken_off(top: _Tree, place: str) -> Iterator[str]:
    """A server cuts a long list into pieces, and says so."""
    meta = _tree(top.get("metadata"), place)
    left = meta.get("remainingItemCount")
    if meta.get("continue") or left:
        more = f"{left} more {'object' if left == 1 else 'objects'}" if left else "an unknown number of more objects"
        yield f"{place} is incomplete: the cluster has {more}"


def _objects(top: _Tree, place: str) -> Iterator[tuple[str, _Tree]]:
    """A list's objects, or the one that stands alone. Those of a list of one kind need not say which it is."""
    kind = str(top.get("kind", ""))
    if not kind.endswith("List"):
        yield place, top
        return
    items = top.get("items")
    if items is not None and not isinstance(items, list):
        _refuse(place, "'items' is not a list")
    given = {"kind": kind.removesuffix("List"), "apiVersion": top.get("apiVersion")} if kind != "List" else {}
    for number, item in enumerate(items or [], 1):
        where = f"{place}, object {number}"
        yield where, given | dict(_tree(item, where))


def _workload(one: _Tree, place: str) -> Workload:
    kind, meta = one.get("kind"), _tree(one.get("metadata"), place)
    name = f"{meta.get('namespace')}/{meta.get('name')}"
    if not isinstance(kind, str) or _GROUPS.get(kind) != one.get("apiVersion"):
        _refuse(place, f"{kind} {name} ({one.get('apiVersion')}) is not a workload")
    uid, spec, status = meta.get("uid"), _tree(one.get("spec"), place), _tree(one.get("status"), place)
    if not isinstance(uid, str) or not uid:
        _refuse(place, f"{kind} {name} has no uid: this is a manifest, not an answer of a cluster")
    template = one if kind == "Pod" else _tree(_template(spec, place).get("template"), place)
    inside = _tree(template.get("spec"), place)
    labels = _tree(_tree(template.get("metadata"), place).get("labels"), place)
    owners = [_tree(each, place) for each in _list(meta.get("ownerReferences"), place)]
    owner = next((str(each.get("uid")) for each in owners if each.get("controller") is True), "")
    return Workload(
        kind=kind,
        name=name,
        uid=uid,
        owner=owner,
        labels={key: _label(text, place) for key, text in labels.items()},
        images=tuple(
            str(_tree(each, place).get("image", ""))
            for key in ("containers", "initContainers")
            for each in _list(inside.get(key), place)
        ),
        pods=_ready(meta, status, place) if kind == "Pod" else _count(status, _PODS_OF.get(kind, ""), place),
        is_live=_is_live(kind, owner, spec, status, place),
    )


def _label(value: Json, place: str) -> str:
    """A number would have lost what it was written as: 1.10 is 1.1."""
    if not isinstance(value, str):
        _refuse(place, f"the label {value!r} is not a string")
    return value


def _template(spec: _Tree, place: str) -> _Tree:
    """What has the template: the spec, or that of the jobs that a CronJob makes."""
    return _tree(_tree(spec.get("jobTemplate"), place).get("spec"), place) if "jobTemplate" in spec else spec


def _is_live(kind: str, owner: str, spec: _Tree, status: _Tree, place: str) -> bool:
    """A workload of 0 replicas can be scaled up without asking anybody; an older ReplicaSet of one that has another
    now cannot, nor runs a pod or a job that has come to its end.
    """
    match kind:
        case "Pod":
            return status.get("phase") not in ("Succeeded", "Failed")
        case "Job":
            ends = [_tree(each, place) for each in _list(status.get("conditions"), place)]
            return not any(each.get("type") in ("Complete", "Failed") and each.get("status") == "True" for each in ends)
        case "Rollout":
            return "workloadRef" not in spec  # then a Deployment has its template
        case "ReplicaSet":
            return not owner or bool(spec.get("replicas", 1)) or bool(status.get("replicas"))
        case _:
            return True


def _ready(meta: _Tree, status: _Tree, place: str) -> int:
    """A pod that is being ended gets no new requests."""
    conditions = [_tree(each, place) for each in _list(status.get("conditions"), place)]
    ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
    return int(ready and "deletionTimestamp" not in meta)


def _count(status: _Tree, key: str, place: str) -> int:
    """What is not counted is left out by the server."""
    value = status.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        _refuse(place, f"'{key}' is not a number of pods")
    return value


def _pods_missing(workloads: tuple[Workload, ...]) -> Iterator[str]:
    """A status that counts more pods than are in the export shows that some, or all of a kind, were left out."""
    made: dict[str, int] = {}
    for one in workloads:
        made[one.owner] = made.get(one.owner, 0) + (int(one.is_live) if one.kind == "Pod" else one.pods)
    for one in workloads:
        if one.kind in _PODS_OF and made.get(one.uid, 0) < one.pods:
            yield f"{one.title} has {one.pods} pods, and {made.get(one.uid, 0)} of them are in the export"


def _makers_missing(workloads: tuple[Workload, ...]) -> Iterator[str]:
    """Of the sets without pods one can start at any moment, and only what makes them says which."""
    idle = {one.owner: one for one in workloads if one.kind == "ReplicaSet" and not one.is_live}
    for owner in sorted(idle.keys() - {one.uid for one in workloads}):
        title = idle[owner].title
        yield f"the owner of {title} is not in the export, so its current version is not known"


def _tree(value: Json, place: str) -> _Tree:
    if value is None:
        return {}
    if not isinstance(value, dict):
        _refuse(place, "a Kubernetes object is expected")
    return value


def _list(value: Json, place: str) -> list[Json]:
    if value is not None and not isinstance(value, list):
        _refuse(place, "a list is expected")
    return value or []


def _refuse(place: str, said: str) -> NoReturn:
    raise ContractctlError(f"{place}: {said}", hint=f"export it with: {COMMAND}")

"""Which share does a cluster give to the new path? Read from the output of `kubectl get … -o json` or `-o yaml`.

Rollouts of Argo and Canaries of Flagger say it in their status, HTTPRoutes of the Gateway API and VirtualServices of
Istio in their weights. The object is the one that the settings name; what it does not say outright is a problem.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path

from contractctl import documents
from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.evidence.files import matched
from contractctl.evidence.observations import Observations
from contractctl.evidence.rollouts import shares
from contractctl.evidence.rollouts.shares import Share
from contractctl.evidence.sources import Given
from contractctl.model.evidence import Record

GROUPS = {
    "Rollout": "argoproj.io",
    "Canary": "flagger.app",
    "HTTPRoute": "gateway.networking.k8s.io",
    "VirtualService": "networking.istio.io",
}
_WHOLE = 100
_KEYS = frozenset({"plan", "kind", "object", "new", "old"})
_Tree = Mapping[str, Json]


class _UnclearError(Exception):
    """Why the share is not known, as a record's problem says it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which object is meant, and what is the new path in it."""

    kind: str
    name: str
    new: str
    old: str

    @property
    def mover(self) -> str:
        return f"{self.kind} {self.name}"


def collect(given: Given) -> tuple[Record, ...]:
    """What the object says; no record where the source belongs to another plan."""
    asked, plan, now = _asked(given.options), given.question.plan.name, given.question.now
    return (shares.record(_told(given, asked), plan, now),) if given.options["plan"] == plan else ()


def _told(given: Given, asked: _Asked) -> Share:
    """The files' times are those of the export."""
    now, seen = given.question.now, Observations("rollouts", given.location)
    files = [path for _, path in matched(seen, given.location, given.root)]
    at, raw, problem, percent = now, b"", seen.problem, 0.0
    try:
        contents = [(path, path.read_bytes()) for path in files]
        at = min((path.stat().st_mtime for path in files), default=now)
        raw = b"".join(content for _, content in contents)
        if problem is None:
            percent = _percent(asked, _the_one(asked, list(starmap(_read, contents))))
    except _UnclearError as error:
        problem = str(error)
    except ContractctlError as error:
        problem = f"unparseable: {error.message}"
    except OSError as error:
        problem = f"source error: {error.filename}: {error.strerror}"
    return Share("rollouts", given.location, asked.mover, at, percent, problem, raw)


def _asked(options: Mapping[str, str]) -> _Asked:
    for key in ("plan", "kind", "object"):
        if not options.get(key):
            raise ContractctlError(
                f"[[evidence]] source = \"rollouts\" has no '{key}'",
                hint='write plan = "…", kind = "Rollout", object = "namespace/name"',
            )
    if unknown := set(options) - _KEYS:
        hint = f"it takes {', '.join(sorted(_KEYS))}"
        raise ContractctlError(f"[[evidence]] source = \"rollouts\": unknown key '{min(unknown)}'", hint=hint)
    asked = _Asked(options["kind"], options["object"], options.get("new", ""), options.get("old", ""))
    if asked.kind not in GROUPS:
        hint = f"kinds that have a share: {', '.join(GROUPS)}"
        raise ContractctlError(f"[[evidence]] source = \"rollouts\": kind '{asked.kind}' is not known", hint=hint)
    if not asked.new and asked.kind in ("HTTPRoute", "VirtualService"):
        hint = 'name the backend, subset or host that is the new path: new = "web-v2"'
        raise ContractctlError(f"[[evidence]] source = \"rollouts\": {asked.mover} has no 'new'", hint=hint)
    if asked.new and asked.new == asked.old:
        raise ContractctlError(
            f'[[evidence]] source = "rollouts": {asked.mover} has the same version as new and old',
            hint="name two versions",
        )
    return asked


def _read(path: Path, raw: bytes) -> Json:
    return documents.read(raw, path.name)


def _the_one(asked: _Asked, trees: list[Json]) -> _Tree:
    """The object of that kind and name; none, or several, are an error."""
    found = []
    for tree in trees:
        top = _tree(tree)
        for each in _list(top.get("items")) if str(top.get("kind", "")).endswith("List") else [tree]:
            one = _tree(each)
            group, _, _ = str(one.get("apiVersion", "")).partition("/")
            meta = _tree(one.get("metadata"))
            name = f"{meta.get('namespace')}/{meta.get('name')}"
            if (one.get("kind"), group, name) == (asked.kind, GROUPS[asked.kind], asked.name):
                found.append(one)
    if not found:
        raise _UnclearError(f"missing source: no {asked.mover} is in the export")
    if len(found) > 1:
        raise _UnclearError(f"conflicting evidence: {asked.mover} is in the export {len(found)} times")
    if "deletionTimestamp" in _tree(found[0].get("metadata")):
        raise _UnclearError(f"source error: {asked.mover} is being deleted")
    return found[0]


def _percent(asked: _Asked, one: _Tree) -> float:
    match asked.kind:
        case "Rollout":
            return _of_rollout(asked, one)
        case "Canary":
            return _of_canary(one)
        case "HTTPRoute":
            return _of_http_route(asked, one)
        case _:
            return _of_virtual_service(asked, one)


def _of_rollout(asked: _Asked, one: _Tree) -> float:
    """What traffic routing has set; without it a Rollout's weights are of pods, not of requests."""
    status = _tree(one.get("status"))
    _current(_tree(one.get("metadata")).get("generation"), status.get("observedGeneration"))
    phase, current, stable = status.get("phase"), status.get("currentPodHash"), status.get("stableRS")
    if status.get("abort") or phase not in ("Healthy", "Paused", "Progressing"):
        raise _UnclearError(f"source error: the rollout is {'aborted' if status.get('abort') else phase}")
    if not (isinstance(current, str) and current and isinstance(stable, str) and stable):
        raise _UnclearError("unparseable: the status has no 'currentPodHash' or no 'stableRS'")
    given = _tree(status.get("canary")).get("weights")
    if current == stable:
        return _without_canary(asked, phase, stable, _tree(given))
    if (asked.new or current) != current or (asked.old or stable) != stable:
        raise _UnclearError(f"conflicting evidence: the rollout goes from {stable} to {current}, others were named")
    weights = _tree(given)
    if weights.get("verified", True) is not True:
        raise _UnclearError("source error: the router has not confirmed the weights")
    canary = _tree(weights.get("canary"))
    if canary.get("podTemplateHash") != current:
        raise _UnclearError("stale: the weights are those of another version")
    additional = [_weight(_tree(each).get("weight")) for each in _list(weights.get("additional") or [])]
    weight = _weight(canary.get("weight"))
    return _share(weight, weight + _weight(_tree(weights.get("stable")).get("weight")) + sum(additional))


def _without_canary(asked: _Asked, phase: Json, stable: str, weights: _Tree) -> float:
    """Everybody takes the stable version; only the settings can say which path that is."""
    if phase != "Healthy" or (weights and _weight(_tree(weights.get("canary")).get("weight")) > 0):
        raise _UnclearError("source error: the rollout has no canary and is not stable yet")
    if stable not in (asked.new, asked.old):
        raise _UnclearError(
            f"missing source: no canary runs, and the stable version {stable} is neither 'new' nor 'old'"
        )
    return float(_WHOLE if stable == asked.new else 0)


def _of_canary(one: _Tree) -> float:
    """Flagger resets the weight to 0 after a promotion: only a running canary shows a share."""
    spec, status = _tree(one.get("spec")), _tree(one.get("status"))
    analysis = spec.get("analysis", spec.get("canaryAnalysis"))
    if other := {"iterations", "match", "mirror"} & {key for key, value in _tree(analysis).items() if value}:
        raise _UnclearError(f"source error: the analysis has '{min(other)}', which moves no requests")
    if (phase := status.get("phase")) not in ("Progressing", "Waiting", "WaitingPromotion"):
        raise _UnclearError(f"source error: the canary is {phase}: its weight is not a share of requests")
    weight = _weight(status.get("canaryWeight"))
    if weight > _WHOLE:
        raise _UnclearError(f"unparseable: a weight of {weight} is more than {_WHOLE}")
    return float(weight)


def _of_http_route(asked: _Asked, one: _Tree) -> float:
    """What every rule gives to the backend, where every gateway has accepted the route in its present form."""
    generation = _tree(one.get("metadata")).get("generation")
    for parent in _filled(_tree(one.get("status")).get("parents")):
        told = {str(each.get("type")): each for each in map(_tree, _list(_tree(parent).get("conditions")))}
        for kind in ("Accepted", "ResolvedRefs"):
            condition = told.get(kind, {})
            if condition.get("status") != "True":
                raise _UnclearError(f"source error: no gateway confirms that the route is {kind}")
            _current(generation, condition.get("observedGeneration"))
    rules = [_backends(_tree(rule)) for rule in _filled(_tree(one.get("spec")).get("rules"))]
    return _agreed([_given(asked, backends) for backends in rules])


def _backends(rule: _Tree) -> list[tuple[str, int]]:
    backends = map(_tree, _list(rule.get("backendRefs")))
    return [(str(each.get("name")), _weight(each.get("weight", 1))) for each in backends]


def _of_virtual_service(asked: _Asked, one: _Tree) -> float:
    spec = _tree(one.get("spec"))
    if spec.get("tcp") or spec.get("tls"):
        raise _UnclearError("source error: there are tcp or tls routes beside the http routes")
    return _agreed([_given(asked, _destinations(_tree(route))) for route in _filled(spec.get("http"))])


def _destinations(route: _Tree) -> list[tuple[str, int]]:
    """A subset is meant by its own name; a destination that is alone needs no weight."""
    routes = [_tree(each) for each in _list(route.get("route"))]
    alone = _WHOLE if len(routes) == 1 else 0
    found = []
    for each in routes:
        destination = _tree(each.get("destination"))
        name = destination.get("subset") or destination.get("host")
        found.append((str(name), _weight(each.get("weight", alone))))
    if (total := sum(weight for _, weight in found)) != _WHOLE:
        raise _UnclearError(f"unparseable: the weights of a route add up to {total}, and not to {_WHOLE}")
    return found


def _given(asked: _Asked, weights: list[tuple[str, int]]) -> float:
    mine = [weight for name, weight in weights if name == asked.new]
    if len(mine) != 1:
        raise _UnclearError(f"unparseable: '{asked.new}' is named {len(mine)} times in a rule instead of once")
    return _share(mine[0], sum(weight for _, weight in weights))


def _agreed(shares: list[float]) -> float:
    if len(set(shares)) > 1:
        listed = ", ".join(f"{share:.4g} %" for share in sorted(set(shares)))
        raise _UnclearError(f"conflicting evidence: its rules give {listed} to the new path")
    return shares[0]


def _share(weight: int, total: int) -> float:
    if total == 0:
        raise _UnclearError("unparseable: all weights are 0, so nothing is served")
    return weight * _WHOLE / total


def _current(generation: Json, observed: Json) -> None:
    """Argo writes the generation that it has seen as text."""
    if generation is None or str(generation) != str(observed):
        raise _UnclearError(f"stale: the spec is at generation {generation}, the status at {observed}")


def _weight(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _UnclearError("unparseable: a weight is missing, or is not a whole number of 0 or more")
    return value


def _tree(value: Json) -> _Tree:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _UnclearError("unparseable: a Kubernetes object is expected")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise _UnclearError("unparseable: a list is missing")
    return value


def _filled(value: Json) -> list[Json]:
    """Raise where the list is empty: then it says nothing."""
    if not (found := _list(value)):
        raise _UnclearError("unparseable: a list of routes or parents is empty")
    return found

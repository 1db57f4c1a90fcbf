"""Does an export of a cluster give the share that it says, and nothing where it says none?"""

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from contractctl import evidence
from contractctl.errors import ContractctlError
from contractctl.model.evidence import Record
from tests.evidence.conftest import NOW, PLAN, QUESTION

META = {"namespace": "shop", "name": "web", "generation": 4}
ROLLOUT: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Rollout",
    "metadata": META,
    "status": {
        "observedGeneration": "4",
        "phase": "Paused",
        "currentPodHash": "bbb",
        "stableRS": "aaa",
        "canary": {
            "weights": {
                "canary": {"weight": 10, "podTemplateHash": "bbb"},
                "stable": {"weight": 90, "podTemplateHash": "aaa"},
                "verified": True,
            }
        },
    },
}
CANARY: dict[str, Any] = {
    "apiVersion": "flagger.app/v1beta1",
    "kind": "Canary",
    "metadata": META,
    "spec": {"analysis": {"stepWeight": 10}},
    "status": {"phase": "Progressing", "canaryWeight": 10},
}
CONDITIONS = [{"type": kind, "status": "True", "observedGeneration": 4} for kind in ("Accepted", "ResolvedRefs")]
ROUTE: dict[str, Any] = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": META,
    "spec": {"rules": [{"backendRefs": [{"name": "web-v1", "weight": 9}, {"name": "web-v2"}]}]},
    "status": {"parents": [{"conditions": CONDITIONS}]},
}
SERVICE: dict[str, Any] = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "VirtualService",
    "metadata": META,
    "spec": {
        "http": [
            {
                "route": [
                    {"destination": {"host": "web", "subset": "v1"}, "weight": 90},
                    {"destination": {"host": "web", "subset": "web-v2"}, "weight": 10},
                ]
            }
        ]
    },
}
EVERY = [ROLLOUT, CANARY, ROUTE, SERVICE]
GONE = object()


def look(root: Path, *objects: Any, **options: str) -> Record:
    (root / "export.json").write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}))
    return collect(root, "*.json", objects[0]["kind"] if objects else "Rollout", **options)


def collect(root: Path, pattern: str, kind: str, **options: str) -> Record:
    new = {"new": "web-v2"} if kind in ("HTTPRoute", "VirtualService") else {}
    given = {"plan": PLAN.name, "kind": kind, "object": "shop/web", **new, **options}
    (found,) = evidence.collect("rollouts", pattern, given, QUESTION, root=root, folder=root)
    return found


def but(one: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The object with another value at a path."""
    made = copy.deepcopy(one)
    *parents, last = (int(key) if key.isdigit() else key for key in path.split("."))
    inside: Any = made
    for key in parents:
        inside = inside[key]
    if value is GONE:
        del inside[last]
    else:
        inside[last] = value
    return made


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one["kind"])
def test_each_says_its_share_as_of_the_time_of_the_file(one: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(json.dumps(one))
    os.utime(tmp_path / "one.yaml", (NOW - 300, NOW - 300))

    found = collect(tmp_path, "*.yaml", one["kind"])

    assert (found.problem, found.series[0].value, found.window_to) == (None, 10.0, NOW - 300)
    assert look(tmp_path, one).series == found.series


WEIGHTS = "status.canary.weights"
BACKENDS = "spec.rules.0.backendRefs"


@pytest.mark.parametrize(
    ("one", "path", "value", "words"),
    [
        (ROLLOUT, "status.observedGeneration", "3", "stale"),
        (ROLLOUT, "status.observedGeneration", GONE, "stale"),
        (ROLLOUT, "status.phase", "Degraded", "Degraded"),
        (ROLLOUT, "status.abort", True, "aborted"),
        (ROLLOUT, "status.canary", {}, "another version"),
        (ROLLOUT, f"{WEIGHTS}.verified", False, "not confirmed"),
        (ROLLOUT, f"{WEIGHTS}.canary.podTemplateHash", "ccc", "another version"),
        (ROLLOUT, f"{WEIGHTS}.canary.weight", "10", "whole number"),
        (ROLLOUT, f"{WEIGHTS}.stable", GONE, "whole number"),
        (ROLLOUT, "status.currentPodHash", "aaa", "not stable yet"),
        (ROLLOUT, "metadata.deletionTimestamp", "2026-11-03T00:00:00Z", "being deleted"),
        *((CANARY, "status.phase", phase, phase) for phase in ("Succeeded", "Failed", "Promoting", "Initialized")),
        (CANARY, "status.canaryWeight", 101, "more than 100"),
        (CANARY, "status.canaryWeight", GONE, "whole number"),
        (CANARY, "spec.analysis.match", [{"headers": {}}], "moves no requests"),
        (ROUTE, BACKENDS, [{"name": "web-v1", "weight": 0}, {"name": "web-v2", "weight": 0}], "nothing is served"),
        (ROUTE, BACKENDS, [{"name": "web-v1"}], "0 times"),
        (ROUTE, BACKENDS, [{"name": "web-v2"}, {"name": "web-v2"}], "2 times"),
        (ROUTE, "spec.rules", [*ROUTE["spec"]["rules"], {"backendRefs": [{"name": "web-v2"}]}], "10 %, 100 %"),
        (ROUTE, "spec.rules", [], "empty"),
        (ROUTE, "spec.rules.0.backendRefs", GONE, "a list is missing"),
        (ROUTE, "status.parents", [], "empty"),
        (ROUTE, "status.parents.0.conditions", CONDITIONS[:1], "ResolvedRefs"),
        (ROUTE, "metadata.generation", 5, "stale"),
        (SERVICE, "spec.http.0.route.0.weight", 80, "add up to 90"),
        (SERVICE, "spec.http.0.route.0.weight", GONE, "add up to 10"),
        (SERVICE, "spec.tcp", [{}], "tcp or tls"),
        (SERVICE, "spec.http.0", {"redirect": {"uri": "/"}}, "a list is missing"),
        (SERVICE, "spec.http.0.route.1.destination", GONE, "0 times"),
        (SERVICE, "spec", "all", "a Kubernetes object"),
    ],
)
def test_what_is_not_said_outright_is_a_problem(
    one: dict[str, Any], path: str, value: object, words: str, tmp_path: Path
) -> None:
    found = look(tmp_path, but(one, path, value))

    assert words in (found.problem or ""), found


def test_a_rollout_at_rest_gives_all_to_the_version_that_the_settings_know(tmp_path: Path) -> None:
    rest = but(but(but(ROLLOUT, "status.currentPodHash", "aaa"), "status.phase", "Healthy"), WEIGHTS, GONE)

    assert look(tmp_path, rest, new="aaa").series[0].value == 100
    assert look(tmp_path, rest, new="bbb", old="aaa").series[0].value == 0
    assert "is neither 'new' nor 'old'" in (look(tmp_path, rest, new="bbb").problem or "")
    assert "others were named" in (look(tmp_path, ROLLOUT, new="ccc").problem or "")


def test_a_third_version_counts_and_a_lone_destination_gets_everything(tmp_path: Path) -> None:
    third = but(ROLLOUT, f"{WEIGHTS}.additional", [{"weight": 100}])
    alone = but(SERVICE, "spec.http.0.route", [{"destination": {"host": "web-v2"}}])

    assert look(tmp_path, third).series[0].value == 5
    assert look(tmp_path, alone).series[0].value == 100


def test_an_object_stands_once_and_another_group_s_is_another_object(tmp_path: Path) -> None:
    foreign = but(ROLLOUT, "apiVersion", "example.org/v1")

    assert "2 times" in (look(tmp_path, ROLLOUT, ROLLOUT).problem or "")
    assert "no Rollout shop/web" in (look(tmp_path, foreign).problem or "")
    assert look(tmp_path, foreign, ROLLOUT).problem is None


def test_no_object_no_file_and_no_document_are_problems(tmp_path: Path) -> None:
    assert "no file matches" in (collect(tmp_path, "*.json", "Canary").problem or "")
    assert "no Rollout shop/web" in (look(tmp_path).problem or "")
    (tmp_path / "export.json").write_text('{"kind": "List", "items": [')
    assert (collect(tmp_path, "*.json", "Canary").problem or "").startswith("unparseable")


def test_settings_that_name_too_little_are_refused_and_another_plan_is_not_asked(tmp_path: Path) -> None:
    whole = {"plan": "another", "kind": "HTTPRoute", "object": "shop/web", "new": "web-v2"}
    assert evidence.collect("rollouts", "*", whole, QUESTION, root=tmp_path, folder=tmp_path) == ()
    for wrong in ({"kind": ""}, {"kind": "Pod"}, {"new": ""}, {"old": "web-v2"}, {"subset": "v2"}):
        with pytest.raises(ContractctlError, match="rollouts"):
            evidence.collect("rollouts", "*", {**whole, **wrong}, QUESTION, root=tmp_path, folder=tmp_path)

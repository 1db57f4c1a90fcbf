"""What a cluster runs counts as live, whatever is on record; what its list leaves open is unknown, never "not live"."""

import copy
import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from contractctl import cli, documents, settings
from contractctl.cli import ledger
from contractctl.deployment import Outcome
from contractctl.errors import ContractctlError
from contractctl.evidence import clusters
from contractctl.journal.deployments import Deployment
from contractctl.model.cluster import Doubting, Naming, Seen
from contractctl.model.service import Live
from tests.deployment.conftest import EVENT, NOW, Shop

NAMING = Naming("app.kubernetes.io/name", "app.kubernetes.io/version", {"registry.example.org:5000/shop/web": "web"})
Object = dict[str, Any]


def labels(service: str, version: str) -> Object:
    return {"app.kubernetes.io/name": service, "app.kubernetes.io/version": version}


def made(kind: str, name: str, *, owner: str = "", template: Object | None = None, **more: Any) -> Object:
    """An object as the API server gives it. `more` goes into its spec and status."""
    groups = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1", "Rollout": "argoproj.io/v1alpha1"}
    group = groups.get(kind, "apps/v1")
    owners = [{"kind": "x", "name": "x", "uid": owner, "controller": True}]
    meta = {"name": name, "namespace": "shop", "uid": f"{kind}-{name}", "resourceVersion": "7"}
    spec = {**more.get("spec", {}), **({"template": template} if template else {})}
    return {
        "apiVersion": group,
        "kind": kind,
        "metadata": meta | ({"ownerReferences": owners} if owner else {}),
        "spec": spec,
        "status": more.get("status", {}),
    }


def pod(name: str, owner: str, service: str, version: str, *, ready: bool = True, phase: str = "Running") -> Object:
    conditions = [{"type": "Ready", "status": str(ready)}]
    found = made("Pod", name, owner=owner, status={"phase": phase, "conditions": conditions})
    found["metadata"]["labels"] = labels(service, version)
    found["spec"] = {"containers": [{"name": "main", "image": "whatever:9"}]}
    return found


def template(service: str, version: str) -> Object:
    return {"metadata": {"labels": labels(service, version)}, "spec": {"containers": []}}


def rolling() -> list[Object]:
    """From 1 to 2: three old pods, of which one is ending, a new one that is not ready; a set and a pod of the past."""
    ending = pod("old-3", "ReplicaSet-old", "reporting", "1")
    ending["metadata"]["deletionTimestamp"] = "2026-06-01T00:00:00Z"
    two = template("reporting", "2")
    return [
        made("Deployment", "reporting", template=two, spec={"replicas": 3}, status={"replicas": 3}),
        made("ReplicaSet", "new", owner="Deployment-reporting", template=two, status={"replicas": 1}),
        made("ReplicaSet", "old", owner="Deployment-reporting", template=template("reporting", "1"),
             status={"replicas": 2}),
        made("ReplicaSet", "older", owner="Deployment-reporting", template=template("reporting", "0"),
             spec={"replicas": 0}),
        *(pod(f"old-{n}", "ReplicaSet-old", "reporting", "1") for n in (1, 2)),
        ending,
        pod("new-1", "ReplicaSet-new", "reporting", "2", ready=False),
        pod("done", "", "reporting", "0", phase="Succeeded"),
    ]  # fmt: skip


def listed(objects: list[Object], **meta: Any) -> Object:
    return {"kind": "List", "apiVersion": "v1", "metadata": meta, "items": objects}


def look(*trees: Object, naming: Naming = NAMING) -> Seen:
    return clusters.look([("export.json", tree) for tree in trees], naming, NOW)


def test_both_versions_of_a_rolling_update_are_live_by_the_pods_that_are_ready() -> None:
    found = look(listed(rolling()))

    assert found == Seen(NOW, {"reporting": {"1": 2, "2": 0}})
    assert Live(ready=found.ready["reporting"]).shares == {"1": 100.0, "2": 0.0}


def test_objects_alone_and_lists_of_one_kind_and_documents_of_yaml_say_the_same() -> None:
    objects = rolling()
    typed = [{key: one for key, one in each.items() if key not in ("kind", "apiVersion")} for each in objects[1:4]]
    sets = {"kind": "ReplicaSetList", "apiVersion": "apps/v1", "metadata": {"resourceVersion": "9"}, "items": typed}
    text = "\n---\n".join(json.dumps(each) for each in (objects[0], sets, *objects[4:])) + "\n---\n"

    pairs = [("export.yaml", each) for each in documents.read_all(text, "export.yaml")]

    assert clusters.look(pairs, NAMING, NOW) == look(*objects) == look(listed(objects))


def test_a_workload_of_no_replicas_stands_ready_and_a_job_that_is_over_does_not() -> None:
    over = {"conditions": [{"type": "Complete", "status": "True"}]}
    job = {"jobTemplate": {"spec": {"template": template("nightly", "4")}}}

    found = look(
        made("Deployment", "web", template=template("web", "5"), spec={"replicas": 0}),
        made("StatefulSet", "store", template=template("store", "6")),
        made("CronJob", "nightly", spec=job),
        made("Job", "nightly-1", owner="CronJob-nightly", template=template("nightly", "3"), status=over),
    )

    assert found == Seen(NOW, {"web": {"5": 0}, "store": {"6": 0}, "nightly": {"4": 0}})


def test_a_rollout_of_argo_stands_for_its_version_and_without_it_nobody_knows_which_of_its_sets_is_history() -> None:
    rollout = made("Rollout", "web", template=template("web", "2"), spec={"replicas": 0})
    sets = [made("ReplicaSet", name, owner="Rollout-web", template=template("web", name), spec={"replicas": 0})
            for name in ("1", "2")]  # fmt: skip
    by_reference = made("Rollout", "web", spec={"workloadRef": {"kind": "Deployment", "name": "web"}})
    deployment = made("Deployment", "web", template=template("web", "2"), spec={"replicas": 0})

    assert look(rollout, *sets) == Seen(NOW, {"web": {"2": 0}})
    assert look(by_reference, deployment, *sets) == Seen(NOW, {"web": {"2": 0}})
    found = look(*sets)
    assert found.ready == {}
    assert [doubt.kind for doubt in found.doubts] == [Doubting.INCOMPLETE]
    assert "the owner of ReplicaSet shop/2 is not in the export" in found.doubts[0].message


IMAGE = "registry.example.org:5000/shop/web"


@pytest.mark.parametrize(
    ("image", "version", "said"),
    [
        (f"{IMAGE}:1.4", "1.4", ""),
        (f"{IMAGE}:1.4@sha256:{'a' * 64}", "1.4", ""),
        (IMAGE, "", "'latest'"),
        (f"{IMAGE}:latest", "", "'latest'"),
        (f"{IMAGE}@sha256:{'a' * 64}", "", "a digest"),
        ("registry.example.org:5000/shop/web2:1.4", "", "neither the label"),
    ],
)
def test_the_tag_of_an_image_that_the_settings_map_is_the_version(image: str, version: str, said: str) -> None:
    found = look(made("DaemonSet", "web", template={"spec": {"containers": [{"image": "envoy:1"}, {"image": image}]}}))

    assert found.ready == ({"web": {version: 0}} if version else {})
    assert [said in doubt.message for doubt in found.doubts] == ([True] if said else [])


def test_who_says_two_versions_of_itself_has_none() -> None:
    both = template("web", "1.5") | {"spec": {"containers": [{"image": f"{IMAGE}:1.4"}]}}

    (doubt,) = look(made("DaemonSet", "web", template=both)).doubts

    assert doubt.kind is Doubting.UNMAPPED
    assert "says 1.5, and its image" in doubt.message


def test_what_nobody_can_name_is_told_once_by_the_name_of_what_makes_it() -> None:
    objects = [each for each in rolling() if each["kind"] != "ReplicaSet" or each["metadata"]["name"] == "old"]
    for each in objects:
        each["spec"].pop("template", None)
        each["metadata"].pop("labels", None)

    found = look(listed(objects))

    assert found.ready == {}
    unnamed = [doubt.message for doubt in found.doubts if doubt.kind is Doubting.UNMAPPED]
    assert [one.partition(":")[0] for one in unnamed] == ["Deployment shop/reporting", "Pod shop/new-1"]
    answered = Naming(NAMING.service_label, NAMING.version_label, not_services=("shop/reporting", "shop/new-*"))
    assert [one.kind for one in look(listed(objects), naming=answered).doubts] == [Doubting.INCOMPLETE]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tree: tree["metadata"].update({"continue": "token", "remainingItemCount": 12}), "12 more objects"),
        (lambda tree: tree["metadata"].update({"continue": "token"}), "an unknown number of more objects"),
        (lambda tree: tree["items"].pop(4), "ReplicaSet shop/old has 2 pods, and"),
        (lambda tree: tree["items"].pop(2), "Deployment shop/reporting has 3 pods, and 1"),
        (lambda tree: tree.update(items=tree["items"][:1]), "Deployment shop/reporting has 3 pods, and 0"),
    ],
)
def test_a_list_that_is_not_whole_says_so(change: Callable[[Object], object], said: str) -> None:
    tree = listed([each for each in copy.deepcopy(rolling()) if each["metadata"]["name"] != "old-3"])
    change(tree)

    (doubt,) = look(tree).doubts

    assert (doubt.kind, said in doubt.message) == (Doubting.INCOMPLETE, True), doubt


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: one["metadata"].pop("uid"), "no uid: this is a manifest"),
        (lambda one: one.update(kind="Service", apiVersion="v1"), "Service shop/web"),
        (lambda one: one.update(apiVersion="example.org/v1"), "is not a workload"),
        (lambda one: one.update(status={"replicas": "3"}), "not a number of pods"),
        (lambda one: one["spec"]["template"]["metadata"].update(labels={"v": 1.1}), "the label 1.1 is not a string"),
        (lambda one: one.update(spec=[]), "a Kubernetes object is expected"),
        (lambda one: one["metadata"].update(ownerReferences={}), "a list is expected"),
        (lambda one: (one.clear(), one.update(kind="List", items=[])), "the export has no workloads"),
        (lambda one: (one.clear(), one.update(kind="PodList", items={})), "'items' is not a list"),
    ],
)
def test_what_no_cluster_has_exported_is_refused(change: Callable[[Object], object], said: str) -> None:
    one = made("Deployment", "web", template=template("web", "1"))
    change(one)

    with pytest.raises(ContractctlError, match=said):
        look(one)


def test_the_settings_say_it_whole_or_not_at_all(shop: Shop) -> None:
    for text, said in (
        ("", "does not map workloads to versions"),
        ('service_label = "a"', "does not map workloads to versions"),
        ('[kubernetes.images]\n"a/b:1" = "web"', "has a tag"),
        ('[kubernetes.images]\n"a/b" = "../web"', "not a name of a service"),
        ('max_age_minutes = 0\nservice_label = "a"\nversion_label = "b"', "max_age_minutes"),
    ):
        (shop.folder / "contractctl.toml").write_text(f"[kubernetes]\n{text}\n")
        with pytest.raises(ContractctlError, match=said):
            settings.load(shop.folder)


# together with what is on record


@pytest.fixture
def asked(living: Shop) -> Callable[..., set[str]]:
    """Why shop@1 may not go to production, once its cluster has shown that; `age` in seconds."""

    def ask(seen: Seen, *, cluster: str = "default", age: float = 0.0) -> set[str]:
        living.show(Seen(NOW - age, seen.ready, seen.doubts), cluster)
        return living.whys("shop", "1")

    return ask


def test_what_a_cluster_runs_is_live_beside_what_is_on_record(asked: Callable[..., set[str]], living: Shop) -> None:
    assert asked(Seen(NOW - 9, {"reporting": {"1": 3}})) == set()

    assert asked(Seen(NOW, {"reporting": {"1": 3, "2": 1}})) == {"counterpart not declared"}

    (reason,) = living.ask("shop", "1").reasons
    assert (reason.counterpart, reason.share) == ("reporting@2", 25.0)


def test_a_list_takes_nothing_from_the_record_nor_a_record_from_the_list(living: Shop) -> None:
    living.deploy("reporting", "2", 5)
    living.show(Seen(NOW, {"reporting": {"2": 1, "3": 9}, "dark": {"7": 0}}))
    (living.folder / "contractctl.toml").write_text('[database]\nurl = "sqlite:///shop.db"\n')

    assert living.live()["reporting"].shares == {"1": 0.0, "3": 95.0, "2": 5.0}
    assert living.live()["dark"].shares == {"7": 0.0}

    living.record(Deployment("production", "reporting", "4"))
    living.record(Deployment("production", "dark", None, ends=True, never=True))

    assert set(living.live()["reporting"].shares) == {"4", "2", "3"}
    assert living.live()["dark"].shares == {"7": 0.0}
    living.show(Seen(NOW + 1, {"shop": {"1": 1}}))
    assert living.live()["reporting"].shares == {"4": 100.0}
    assert living.live()["dark"].shares == {}


@pytest.mark.parametrize(
    ("age", "why"), [(900.0, set()), (901.0, {"cluster list stale"}), (-61, {"cluster list stale"})]
)
def test_a_list_grows_stale(asked: Callable[..., set[str]], age: float, why: set[str]) -> None:
    assert asked(Seen(NOW, {"reporting": {"1": 1}}), age=age) == why


def test_a_fresh_list_of_one_cluster_makes_no_other_fresh(asked: Callable[..., set[str]], living: Shop) -> None:
    asked(Seen(NOW, {"reporting": {"0": 1}}), cluster="east", age=3600)

    assert asked(Seen(NOW, {"reporting": {"1": 1}}), cluster="west") == {
        "cluster list stale",
        "counterpart not declared",
    }
    living.show(None, "east")
    assert living.whys("shop", "1") == set()
    with pytest.raises(ContractctlError, match="no list of the cluster 'north'"):
        living.show(None, "north")


def test_an_older_list_does_not_take_the_place_of_a_newer_one(living: Shop) -> None:
    living.show(Seen(NOW, {"reporting": {"2": 1}}))

    assert not living.show(Seen(NOW, {"reporting": {"2": 1}}))
    with pytest.raises(ContractctlError, match="9 seconds newer"):
        living.show(Seen(NOW - 9, {"reporting": {"1": 1}}))


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        (listed(rolling()[:1]), {"cluster list incomplete", "counterpart not declared"}),
        (listed([made("DaemonSet", "x", template={"spec": {}})]), {"workload not mapped"}),
    ],
)
def test_a_doubt_leaves_it_unknown(asked: Callable[..., set[str]], living: Shop, tree: Object, why: set[str]) -> None:
    assert asked(look(tree)) == why
    assert living.ask("shop", "1").outcome is Outcome.UNKNOWN


def test_the_command_takes_what_kubectl_gives(
    living: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(living.folder)
    monkeypatch.setenv("CONTRACTCTL_ACTOR", "Ada <ada@example.org>")

    def run(*arguments: str, code: int = 0) -> str:
        assert cli.run(list(arguments)) == code
        told = capsys.readouterr()
        return told.out + told.err

    toml = living.folder / "contractctl.toml"
    export = living.folder / "export.json"
    export.write_text(json.dumps(listed([*rolling(), made("DaemonSet", "agent", template={"spec": {}})])))
    arguments = ("environment", "import", "export.json", "--env", "production")
    assert "write [kubernetes] service_label" in run(*arguments, code=2)
    table = f'[kubernetes]\nservice_label = "{NAMING.service_label}"\nversion_label = "{NAMING.version_label}"\n'
    toml.write_text(f"{toml.read_text()}{table}")

    told = run(*arguments, code=3)

    assert "unknown: DaemonSet shop/agent: it has neither the label" in told
    assert "on record, and not in the list: shop@1 stays live" in told
    doubt = "production may have more: in the cluster 'default', DaemonSet shop/agent: it has neither"
    assert doubt in run("environment", "list")
    toml.write_text(f'{toml.read_text()}not_services = ["shop/agent"]\n')
    assert run(*arguments).startswith("recorded: what the cluster 'default' ran in production at ")
    assert run(*arguments).startswith("on record already: ")
    (there,) = json.loads(run("environment", "list", "--format", "json"))["environments"]
    assert next(one["live"] for one in there["services"] if one["service"] == "reporting") == [
        {"version": "1", "share": 100.0, "ready": 2},
        {"version": "2", "share": 0.0, "ready": 0},
    ]
    assert [one["cluster"] for one in there["clusters"]] == ["default"]
    assert "newer is on record" in run(*arguments, "--at", "2020-01-01T00:00:00Z", code=2)
    assert "is in the future" in run(*arguments, "--at", "2099-01-01T00:00:00Z", code=2)
    assert "counterpart not declared" in run("can-i-deploy", "shop", "1", "--to", "production", code=3)
    run("environment", "forget", "default", "--env", "production")
    assert EVENT in run("can-i-deploy", "shop", "1", "--to", "production")


def test_standard_input_is_as_old_as_the_command(
    living: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(living.folder)
    monkeypatch.setenv("CONTRACTCTL_ACTOR", "Ada <ada@example.org>")
    (living.folder / "contractctl.toml").write_text(
        '[database]\nurl = "sqlite:///shop.db"\n[kubernetes.images]\n"registry.example.org:5000/shop/web" = "web"\n'
    )
    text = f"""apiVersion: v1
kind: Pod
metadata: {{name: web-1, namespace: shop, uid: x}}
spec: {{containers: [{{image: "{IMAGE}:1.10"}}]}}
status: {{phase: Pending}}
"""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    began = time.time()

    assert cli.run(["environment", "import", "-", "--env", "production", "--cluster", "west"]) == cli.Exit.YES

    seen = ledger.live(settings.load(living.folder), "production", time.time()).clusters["west"]
    assert (seen.ready, began <= seen.at <= time.time()) == ({"web": {"1.10": 0}}, True)
    assert cli.run(["environment", "forget", "w" * 101, "--env", "production"]) == cli.Exit.MEND
    assert "is not a name of a cluster" in capsys.readouterr().err

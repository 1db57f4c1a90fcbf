"""contractctl environment: which versions are live where?"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contractctl.cli import Exit, Group
from contractctl.errors import ContractctlError

if TYPE_CHECKING:
    from contractctl.documents import Json
    from contractctl.model.cluster import Environment, Seen
    from contractctl.model.service import Live

_HEADS = ("ENVIRONMENT", "SERVICE", "VERSION", "TRAFFIC")
_STDIN = "-"


@click.group(cls=Group)
def command() -> None:
    """Show which versions of services are live where."""


@command.command("list")
@click.argument("names", nargs=-1, metavar="[ENVIRONMENT…]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def list_(names: tuple[str, ...], form: str) -> int:
    """List what is on record, for every environment or for these.

    A service with no live version is listed with '-'. What clusters have shown is included, and why that may be
    incomplete. The record's hashes are verified first.
    """
    from contractctl import settings
    from contractctl.cli import ledger
    from contractctl.report.columns import columns

    found = ledger.everything(settings.load(Path.cwd()), time.time())
    chosen = {name: one for name, one in found.items() if not names or name in names}
    if form == "json":
        tree = [_environment_tree(name, one) for name, one in chosen.items()]
        click.echo(json.dumps({"environments": tree}, indent=2, ensure_ascii=False))
        return Exit.YES
    rows = [
        [name, service, version, share]
        for name, environment in chosen.items()
        for service, one in sorted(environment.services.items())
        for version, share in [(v, f"{s:g} %") for v, s in one.shares.items()] or [("-", "-")]
    ]
    click.echo("\n".join(columns(_HEADS, rows)) if rows else "nothing is on record")
    for name, one in chosen.items():
        for doubt in one.doubts:
            click.echo(f"{name} may have more: {doubt.message} ({doubt.kind})")
    if not rows:
        click.echo("to record something: contractctl record-deployment SERVICE VERSION --env ENVIRONMENT", err=True)
    return Exit.YES


@command.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option(
    "--env",
    "--environment",
    "environment",
    required=True,
    metavar="ENVIRONMENT",
    help="The environment whose services run in the cluster.",
)
@click.option("--cluster", default="default", metavar="NAME", help="Which cluster, if the environment has several.")
@click.option(
    "--at", metavar="TIME", help="When it was exported: ISO 8601 with a time zone; by default the oldest file's time."
)
def import_(files: tuple[Path, ...], environment: str, cluster: str, at: str | None) -> int:
    """Record what a Kubernetes cluster runs, from an export by kubectl; - reads it from standard input.

    \b
    kubectl get deployments,replicasets,statefulsets,daemonsets,cronjobs,jobs,pods -A -o json |
      contractctl environment import - --env production

    contractctl.toml, [kubernetes], says which service and version a workload is. Whatever runs counts as live in
    addition to what is on record. A workload that cannot be identified, an incomplete list, or one older than
    max_age_minutes leaves can-i-deploy unknown. The next list of the same cluster replaces this one.

    Exit codes: 0 everything could be identified, 2 usage or input error, 3 more may run than is known.
    """  # noqa: D301 - click takes \b for "leave these lines alone"
    from contractctl import settings
    from contractctl.cli import ledger, times
    from contractctl.evidence import clusters
    from contractctl.settings.kubernetes import EXAMPLE

    found = settings.load(Path.cwd())
    if found.workloads is None:
        raise ContractctlError("contractctl.toml does not map a cluster's workloads to versions", hint=EXAMPLE)
    started = time.time()
    moment = times.moment(at) if at else min(started if str(one) == _STDIN else one.stat().st_mtime for one in files)
    seen = clusters.look(_documents(files), found.workloads, moment)
    before = ledger.live(found, environment, started).services
    new = ledger.write_seen(environment, cluster, seen)
    click.echo("\n".join(_told(seen, environment, cluster, new=new)))
    for name in _unseen(before, seen):
        click.echo(f"on record, and not in the list: {name} stays live until record-undeployment", err=True)
    return Exit.UNKNOWN if seen.doubts else Exit.YES


@command.command("forget")
@click.argument("cluster")
@click.option(
    "--env",
    "--environment",
    "environment",
    required=True,
    metavar="ENVIRONMENT",
    help="The environment that it was in.",
)
def forget(cluster: str, environment: str) -> int:
    """Record that a cluster no longer exists: what it has shown is no longer live in the environment."""
    from contractctl.cli import ledger

    new = ledger.write_seen(environment, cluster, None)
    said = "recorded" if new else "on record already"
    click.echo(f"{said}: nothing that the cluster '{cluster}' has shown is live in {environment}")
    return Exit.YES


def _documents(files: tuple[Path, ...]) -> "Iterator[tuple[str, Json]]":
    from contractctl import documents

    for path in files:
        name, raw = str(path), sys.stdin.buffer.read() if str(path) == _STDIN else path.read_bytes()
        if str(path) == _STDIN:
            name = "stdin" if raw.lstrip()[:1] in (b"{", b"") else "stdin.yaml"
        for number, document in enumerate(documents.read_all(raw, name), 1):
            yield (f"{name}, document {number}" if documents.is_yaml(name) else name), document


def _told(seen: "Seen", environment: str, cluster: str, *, new: bool) -> Iterator[str]:
    from contractctl.gate.words import moment
    from contractctl.report.columns import columns

    said = "recorded" if new else "on record already"
    yield f"{said}: what the cluster '{cluster}' ran in {environment} at {moment(seen.at)}"
    rows = [
        [service, version, str(pods)]
        for service, versions in sorted(seen.ready.items())
        for version, pods in sorted(versions.items())
    ]
    yield from columns(("SERVICE", "VERSION", "READY"), rows) if rows else ()
    for doubt in seen.doubts:
        yield f"unknown: {doubt.message} ({doubt.kind})"


def _unseen(before: "Mapping[str, Live]", seen: "Seen") -> Iterator[str]:
    for service, one in sorted(before.items()):
        recorded = (*([one.stable] if one.stable else []), *one.canaries)
        yield from (f"{service}@{version}" for version in recorded if version not in seen.ready.get(service, {}))


def _environment_tree(name: str, one: "Environment") -> dict[str, object]:
    """What clusters have shown only where one has."""
    clusters = [{"cluster": cluster, "at": seen.at} for cluster, seen in one.clusters.items()]
    doubts = [{"why": doubt.kind.value, "message": doubt.message} for doubt in one.doubts]
    return {
        "environment": name,
        "services": [_tree(service, live) for service, live in one.services.items()],
        **({"clusters": clusters} if clusters else {}),
        **({"doubts": doubts} if doubts else {}),
    }


def _tree(service: str, live: "Live") -> dict[str, object]:
    """A commit, and pods that were ready, only where they are known."""
    commits = {version: {"commit": commit} for version, commit in live.commits.items()}
    ready = {version: {"ready": pods} for version, pods in live.ready.items()}
    shares = live.shares.items()
    listed = [
        {"version": version, "share": share, **commits.get(version, {}), **ready.get(version, {})}
        for version, share in shares
    ]
    return {"service": service, "live": listed}

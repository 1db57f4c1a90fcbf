"""contractctl environment: which versions are live where?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contractctl.cli import Exit

if TYPE_CHECKING:
    from contractctl.model.service import Live

_HEADS = ("ENVIRONMENT", "SERVICE", "VERSION", "TRAFFIC")


@click.group
def command() -> None:
    """Show which versions of services are live where."""


@command.command("list")
@click.argument("names", nargs=-1, metavar="[ENVIRONMENT…]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the answer.")
def list_(names: tuple[str, ...], form: str) -> int:
    """List what is on record, of every environment or of these.

    A service of which no version is live any more stands with '-'. The record is checked against its hashes before.
    """
    from contractctl import settings
    from contractctl.cli import ledger
    from contractctl.report.columns import columns

    found = ledger.everything(settings.load(Path.cwd()))
    chosen = {name: services for name, services in found.items() if not names or name in names}
    if form == "json":
        tree = [
            {"environment": name, "services": [_tree(service, one) for service, one in services.items()]}
            for name, services in chosen.items()
        ]
        click.echo(json.dumps({"environments": tree}, indent=2, ensure_ascii=False))
        return Exit.YES
    rows = [
        [name, service, version, share]
        for name, services in chosen.items()
        for service, one in sorted(services.items())
        for version, share in [(v, f"{s:g} %") for v, s in one.shares.items()] or [("-", "-")]
    ]
    click.echo("\n".join(columns(_HEADS, rows)) if rows else "nothing is on record")
    if not rows:
        click.echo("contractctl record-deployment SERVICE VERSION --env ENVIRONMENT records something", err=True)
    return Exit.YES


def _tree(service: str, live: "Live") -> dict[str, object]:
    """A commit only where one is on record."""
    commits = {version: {"commit": commit} for version, commit in live.commits.items()}
    shares = live.shares.items()
    listed = [{"version": version, "share": share, **commits.get(version, {})} for version, share in shares]
    return {"service": service, "live": listed}

"""contractctl record-deployment: which version of a service is live where?"""

import click

from contractctl.cli import Exit
from contractctl.cli.numbers import Number


@click.command
@click.argument("service")
@click.argument("version")
@click.option(
    "--env",
    "--environment",
    "environment",
    required=True,
    metavar="ENVIRONMENT",
    help="Where it is live, for example production.",
)
@click.option(
    "--canary",
    type=Number(0, 100),
    metavar="PERCENT",
    help="It is a canary with this percentage of the traffic, beside the live version.",
)
@click.option("--commit", metavar="ID", help="The full id of its commit, for searches of its code.")
def command(service: str, version: str, environment: str, canary: float | None, commit: str | None) -> int:
    """Record that a version of a service is live in an environment.

    It replaces the service's live versions there; with --canary it is added to them, and both count. Recording the
    same again changes nothing. The record is kept in the append-only journal. Evidence of what the code reads counts
    only for commits of the versions that are live: --commit says which one this is.
    """
    from contractctl.cli import ledger
    from contractctl.journal.deployments import Deployment

    new = ledger.write(Deployment(environment, service, version, canary, commit=commit))
    share = "" if canary is None else f" with {canary:g} % of the traffic"
    click.echo(f"{'recorded' if new else 'on record already'}: {service}@{version} is live in {environment}{share}")
    return Exit.YES

"""contractctl record-undeployment: which version of a service is no longer live where?"""

import click

from contractctl.cli import Exit
from contractctl.errors import ContractctlError


@click.command
@click.argument("service")
@click.argument("version", required=False)
@click.option(
    "--env",
    "--environment",
    "environment",
    required=True,
    metavar="ENVIRONMENT",
    help="Where it was live, for example production.",
)
@click.option("--never", is_flag=True, help="The service does not run there, and was never recorded.")
def command(service: str, version: str | None, environment: str, never: bool) -> int:
    """Record that a version of a service is no longer live in an environment.

    Without a version, no version of the service is live there: it no longer counts as a counterpart.
    """
    from contractctl.cli import ledger
    from contractctl.journal.deployments import Deployment

    if never and version:
        raise ContractctlError("--never applies to the whole service", hint="leave out the version, or --never")
    new = ledger.write(Deployment(environment, service, version, ends=True, never=never))
    what = f"{service}@{version}" if version else f"no version of {service}"
    ends = "is no longer live" if version else "is live"
    click.echo(f"{'recorded' if new else 'on record already'}: {what} {ends} in {environment}")
    return Exit.YES

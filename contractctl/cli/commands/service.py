"""contractctl service: what do services provide and consume?"""

import os
from pathlib import Path

import click

from contractctl.cli import Exit, Group
from contractctl.errors import ContractctlError
from contractctl.model.amounts import counted


@click.group(cls=Group)
def command() -> None:
    """Import what services declare and what a Pact broker has verified."""


@command.command("import")
@click.argument("checkout", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--version", metavar="VERSION", help="The version it declares, if its file does not say so.")
@click.option("--at", "ref", metavar="REF", help="The commit, tag or branch to read; by default what is checked out.")
def import_(checkout: Path, version: str | None, ref: str | None) -> int:
    """Import what a version of a service provides and consumes, from CHECKOUT, its own repository.

    \b
    The file service.toml there declares it:
      name = "reporting"
      [[consumes]]
      contract = "shop/orders"
      versions = ["1.0.0"]
      reads = ["orders.customer_name"]      without it: everything
      [[provides]]
      contract = "shop/order-summary"
      versions = ["2.1.0"]

    In a git repository the committed file counts, not the edited one. A version never changes what it declared.
    """  # noqa: D301 - click takes \b for "leave these lines alone"
    from contractctl import settings, store
    from contractctl.store import services

    contracts = settings.load(Path.cwd()).contracts
    raw, origin = _committed(checkout, ref)
    found = services.declared(raw, f"{checkout / services.IN_CHECKOUT}", version)
    known = set(store.names(contracts))
    for use in (*found.provides, *found.consumes):
        if use.contract not in known:
            raise ContractctlError(
                f"{found.name} names the contract {use.contract}, which does not exist here",
                hint="contractctl list shows those that exist",
            )
    path = services.write(contracts, found, origin)
    consumed = counted(len(found.consumes), "contract")
    click.echo(f"imported: {found.name} provides {len(found.provides)} and consumes {consumed}")
    click.echo(f"next: git add {os.path.relpath(path)}", err=True)
    return Exit.YES


@command.command("import-pacts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_pacts(file: Path) -> int:
    """Import the matrix of a Pact broker, as `pact-broker can-i-deploy … --output json` prints it.

    can-i-deploy then requires that the pact with each live counterpart was verified. Of two results for the same pair
    of versions the later one counts.
    """
    from contractctl import settings
    from contractctl.store import pacts

    rows = pacts.parse(file.read_bytes(), str(file))
    paths = pacts.add(settings.load(Path.cwd()).contracts, rows)
    click.echo(f"imported: {counted(len(rows), 'row')} of {counted(len(paths), 'consumer')}")
    if paths:
        click.echo(f"next: git add {' '.join(os.path.relpath(path) for path in paths)}", err=True)
    return Exit.YES


def _committed(checkout: Path, ref: str | None) -> tuple[bytes, str]:
    """The declaration's file, and where it comes from."""
    from contractctl import git
    from contractctl.store import services

    repository = git.open_repository(checkout)
    path = checkout / services.IN_CHECKOUT
    if repository is None:
        if ref:
            raise ContractctlError(f"{git.why_none(checkout)}, so it has no '{ref}'", hint="leave --at out")
        if not path.is_file():
            raise _none_such(path)
        return path.read_bytes(), checkout.resolve().name
    commit = repository.resolve(ref or "HEAD")
    content = repository.read(commit, repository.relative(path))
    if content is None:
        raise _none_such(path, f" at {commit[:12]}")
    return content, f"{repository.root.name} at {commit[:12]}"


def _none_such(path: Path, at: str = "") -> ContractctlError:
    return ContractctlError(
        f"there is no {path}{at}", hint="write it: contractctl service import --help shows how; then commit it"
    )

"""contractctl list: which contracts are there?"""

import json
from pathlib import Path

import click

from contractctl import settings, store, versions
from contractctl.cli import Exit
from contractctl.report.columns import columns

_HEADS = ("CONTRACT", "FORMAT", "LEVEL", "LATEST", "DRAFT", "OWNER")


@click.command
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(form: str) -> int:
    """List the contracts.

    DRAFT shows each draft's state: the number of the release that it equals, 'changed' since the latest release,
    'new' where nothing was released yet, 'none' where the contract has no draft.
    """
    folder = settings.load(Path.cwd()).contracts
    contracts = store.read_all(folder)
    rows = [
        {
            "contract": contract.name,
            "format": contract.format,
            "level": contract.level.value,
            "latest": str(contract.latest.number) if contract.latest else None,
            "draft": versions.draft_state(contract),
            "owner": contract.owner or None,
        }
        for contract in contracts
    ]
    if form == "json":
        click.echo(json.dumps({"contracts": rows}, indent=2, ensure_ascii=False))
    elif rows:
        click.echo("\n".join(columns(_HEADS, [[value or "-" for value in row.values()] for row in rows])))
    else:
        click.echo(f"no contracts in {folder}")
        click.echo("contractctl init finds the schemas in this repository and creates contracts for them", err=True)
    return Exit.YES

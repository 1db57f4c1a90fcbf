"""contractctl list: which contracts are there?"""

import json
from pathlib import Path

import click

from contractctl import settings, versions
from contractctl.cli import unread
from contractctl.model.contract import Contract
from contractctl.report.columns import columns
from contractctl.report.unreadable import trees
from contractctl.store import Unreadable, parted

_HEADS = ("CONTRACT", "FORMAT", "LEVEL", "LATEST", "DRAFT", "OWNER")


@click.command
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(form: str) -> int:
    """List the contracts.

    DRAFT shows each draft's state: the number of the release that it equals, 'changed' since the latest release,
    'new' where nothing was released yet, 'none' where the contract has no draft, 'unreadable' where the contract cannot
    be read: then the exit code is 2.
    """
    folder = settings.load(Path.cwd()).contracts
    contracts = unread.contracts(folder)
    sound, broken = parted(contracts)
    if form == "json":
        answer = {"contracts": [_row(one) for one in sound], "unreadable": trees(broken)}
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    elif contracts:
        rows = [_row(one) for one in contracts]
        click.echo("\n".join(columns(_HEADS, [[value or "-" for value in row.values()] for row in rows])))
    else:
        click.echo(f"no contracts in {folder}")
        click.echo("contractctl init finds the schemas in this repository and creates contracts for them", err=True)
    return unread.told(broken)


def _row(one: Contract | Unreadable) -> dict[str, str | None]:
    if isinstance(one, Unreadable):
        nothing = dict.fromkeys(("format", "level", "latest"))
        return {"contract": one.name, **nothing, "draft": "unreadable", "owner": None}
    return {
        "contract": one.name,
        "format": one.format,
        "level": one.level.value,
        "latest": str(one.latest.number) if one.latest else None,
        "draft": versions.draft_state(one),
        "owner": one.owner or None,
    }

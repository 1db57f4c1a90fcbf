"""contractctl log: who released what, and when?"""

import json
from pathlib import Path

import click

from contractctl import settings
from contractctl.cli import unread
from contractctl.history import Release, releases
from contractctl.report.columns import columns
from contractctl.report.unreadable import trees
from contractctl.store import parted

_HEADS = ("WHEN", "CONTRACT", "VERSION", "DIGEST", "COMMIT", "WHO")
_SHORT = 12


@click.command
@click.argument("names", nargs=-1, metavar="[CONTRACT…]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(names: tuple[str, ...], form: str) -> int:
    """Show who released what, and when.

    Newest first, for every contract or for those named. Who and when comes from git, renames included; a release that
    is not committed yet, or is older than a shallow clone, is shown as such.
    """
    folder = settings.load(Path.cwd()).contracts
    sound, broken = parted(unread.contracts(folder, names))
    found = sorted(releases(folder, sound), key=_moment, reverse=True)
    if form == "json":
        answer = {"releases": [_tree(release) for release in found], "unreadable": trees(broken)}
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    elif found:
        click.echo("\n".join(columns(_HEADS, [_row(release) for release in found])))
    elif not broken:
        click.echo("nothing was released yet")
    return unread.told(broken)


def _moment(release: Release) -> tuple[bool, float]:
    """What is not committed yet comes first: it is the newest there is."""
    from datetime import datetime

    commit = release.commit
    return (commit is None, 0.0) if commit is None else (False, datetime.fromisoformat(commit.at).timestamp())


def _row(release: Release) -> tuple[str, ...]:
    commit = release.commit
    when = commit.at[:16].replace("T", " ") if commit else "-"
    who = commit.author if commit else release.unknown or ""
    digest = release.version.digest[:_SHORT]
    return when, release.contract, str(release.version.number), digest, commit.id[:_SHORT] if commit else "-", who


def _tree(release: Release) -> dict[str, str | None]:
    commit = release.commit
    return {
        "contract": release.contract,
        "version": str(release.version.number),
        "digest": release.version.digest,
        "commit": commit.id if commit else None,
        "author": commit.author if commit else None,
        "at": commit.at if commit else None,
        "summary": commit.summary if commit else None,
        "unknown": release.unknown,
    }

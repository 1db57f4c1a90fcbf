"""contractctl show: what is this contract, or this version of it?"""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from contractctl import settings, store, versions
from contractctl.cli import Exit
from contractctl.history import Release, releases
from contractctl.model.contract import Contract, File, Party, Source
from contractctl.report.columns import columns
from contractctl.report.policies import policies, policy_tree

_SHORT = 12


@click.command
@click.argument("name", metavar="CONTRACT")
@click.argument("version", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(name: str, version: str | None, form: str) -> int:
    """Show one contract, or one of its versions.

    \b
    contractctl show orders/order-placed          owner, level, versions, producers, consumers
    contractctl show orders/order-placed 1.0.0    that release's text, as it is
    contractctl show orders/order-placed latest   the newest release's text
    contractctl show orders/order-placed draft    the draft's text
    """  # noqa: D301 - \b is the character by which click keeps lines as they are
    folder = settings.load(Path.cwd()).contracts
    contract = store.read(folder, name)
    if version is not None:
        number, source = versions.find(contract, version)
        click.echo(_version_json(name, number, source) if form == "json" else _content_of(source), nl=form == "json")
        return Exit.YES
    history = releases(folder, [contract])
    if form == "json":
        click.echo(json.dumps(_tree(contract, history), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(contract, history)))
    return Exit.YES


def _content_of(source: Source) -> bytes:
    if len(source.files) == 1:
        return source.files[0].content
    return b"".join(f"==> {file.name} <==\n".encode() + file.content for file in source.files)


def _version_json(name: str, number: str, source: Source) -> str:
    files = [
        {"name": file.name, "text": file.text if file.data is None else None, **_base64(file)} for file in source.files
    ]
    answer = {"contract": name, "version": number, "digest": store.digest(source), "files": files}
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _base64(file: File) -> dict[str, str]:
    """The content of a file that is not text."""
    import base64

    return {} if file.data is None else {"base64": base64.b64encode(file.data).decode()}


def _lines(contract: Contract, history: tuple[Release, ...]) -> Iterator[str]:
    yield f"{click.style(contract.name, bold=True)}  {contract.format}{_said(_policy(contract))}"
    yield f"  owner    {contract.owner or '-'}"
    yield f"  level    {contract.level}{', strict' if contract.strict else ''}"
    yield f"  draft    {_draft(contract)}"
    for heading, parties in (("producers", contract.producers), ("consumers", contract.consumers)):
        if parties:
            yield ""
            yield f"  {heading}"
            yield from (f"    {_party(party)}" for party in parties)
    yield ""
    if not history:
        yield "  never released"
        return
    rows = [(str(r.version.number), r.version.digest[:_SHORT], *_who(r)) for r in history]
    yield from (f"  {line}" for line in columns(("VERSION", "DIGEST", "WHEN", "WHO"), rows))


def _policy(contract: Contract) -> str:
    dialect = (contract.policy.dialect,) if contract.policy.dialect else ()
    return "; ".join((*dialect, *policies(contract.policy.chosen(contract.format))))


def _draft(contract: Contract) -> str:
    if contract.draft is None:
        return "none"
    state = versions.draft_state(contract)
    words = {"new": "never released", "changed": f"changed since {contract.latest and contract.latest.number}"}
    draft, more = contract.draft, len(contract.draft.files) - 1
    several = f"{draft.folder} ({more + 1} files)" if draft.folder else f"{draft.name} and {more} more"
    place = several if more else draft.name
    return f"{place}, {words.get(state, f'released as {state}')}"


def _party(party: Party) -> str:
    notes = [
        _list("reads", party.reads),
        _list("on", party.versions),
        f"every {party.cadence_days:g} days" if party.cadence_days is not None else "",
        "has moved" if party.migrated else "",
        "retired" if party.retired else "",
        f"exempt: {party.exempt}" if party.exempt else "",
    ]
    said = "; ".join(note for note in notes if note)
    return f"{party.name}{_said(said)}"


def _list(word: str, items: tuple[str, ...]) -> str:
    return f"{word} {', '.join(items)}" if items else ""


def _said(note: str | None) -> str:
    return f" ({note})" if note else ""


def _who(release: Release) -> tuple[str, str]:
    if release.commit is None:
        return "-", release.unknown or ""
    return release.commit.at[:16].replace("T", " "), release.commit.author


def _tree(contract: Contract, history: tuple[Release, ...]) -> dict[str, object]:
    return {
        "contract": contract.name,
        "format": contract.format,
        "dialect": contract.policy.dialect,
        "policy": policy_tree(contract.policy.chosen(contract.format)),
        "owner": contract.owner or None,
        "level": contract.level.value,
        "strict": contract.strict,
        "draft": {
            "folder": (contract.draft and contract.draft.folder) or None,
            "files": [file.name for file in contract.draft.files] if contract.draft else [],
            "state": versions.draft_state(contract),
        },
        "producers": [_party_tree(party) for party in contract.producers],
        "consumers": [_party_tree(party) for party in contract.consumers],
        "versions": [
            {
                "version": str(release.version.number),
                "digest": release.version.digest,
                "at": release.commit and release.commit.at,
                "author": release.commit and release.commit.author,
                "commit": release.commit and release.commit.id,
                "unknown": release.unknown,
            }
            for release in history
        ],
    }


def _party_tree(party: Party) -> dict[str, object]:
    return {
        "name": party.name,
        "reads": list(party.reads),
        "versions": list(party.versions),
        "cadence_days": party.cadence_days,
        "migrated": party.migrated,
        "exempt": party.exempt,
        "retired": party.retired,
    }

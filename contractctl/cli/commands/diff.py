"""contractctl diff: what changed?"""

import json
from pathlib import Path

import click

from contractctl import settings, store, versions
from contractctl.cli import Exit
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS
from contractctl.formats.claims import may_be_claimed
from contractctl.loose import two_versions
from contractctl.model.contract import DRAFT, Policy
from contractctl.model.verdict import Change
from contractctl.report import changes as words

_TWO_FILES = 2


@click.command
@click.argument("what", nargs=-1, required=True, metavar="CONTRACT [OLD] [NEW] | OLD_FILE NEW_FILE")
@click.option(
    "--as",
    "--schema",
    "schema",
    type=click.Choice(tuple(FORMATS)),
    help="Format of the two files, if it cannot be detected.",
)
@click.option("--dialect", type=click.Choice(["postgresql", "mysql", "sqlite"]), help="SQL dialect of the two files.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(what: tuple[str, ...], form: str, schema: str | None, dialect: str | None) -> int:
    """Show what changed between two versions, in words.

    \b
    contractctl diff orders/order-placed               the latest release and the draft
    contractctl diff orders/order-placed 1.0.0         that release and the draft
    contractctl diff orders/order-placed 1.0.0 2.0.0   two releases
    contractctl diff old.avsc new.avsc                 two files or folders; needs no configuration

    Changes of layout, comments and documentation are ignored. `contractctl check` says whether a change breaks anybody.
    """  # noqa: D301 - \b is the character by which click keeps lines as they are
    if len(what) == _TWO_FILES and all(Path(path).exists() for path in what):
        old, new, name = two_versions(Path(what[0]), Path(what[1]), schema)
        found = versions.changes(old, new, name, Policy(dialect=dialect))
        click.echo(_worded(what[0], what[1], found, form))
        return Exit.YES
    for path in what if len(what) == _TWO_FILES else ():
        if may_be_claimed(path) and not Path(path).exists():
            raise ContractctlError(f"{path}: there is no such file", hint="contractctl diff OLD_FILE NEW_FILE")
    if schema or dialect:
        raise ContractctlError("--as and --dialect go with two files", hint="contractctl diff OLD_FILE NEW_FILE")
    return _contract(what, form)


def _contract(what: tuple[str, ...], form: str) -> int:
    if len(what) > 1 + _TWO_FILES:
        raise ContractctlError("too many versions", hint="contractctl diff CONTRACT [OLD] [NEW]")
    contract = store.read(settings.load(Path.cwd()).contracts, what[0])
    if contract.latest is None and len(what) <= _TWO_FILES:
        raise ContractctlError(f"{contract.name} was never released", hint=f"contractctl release {contract.name}")
    wanted = (what[1:] or (versions.LATEST,))[0], (what[2:] or (DRAFT,))[0]
    (old_name, old), (new_name, new) = (versions.find(contract, one) for one in wanted)
    found = versions.changes(old, new, contract.format, contract.policy)
    click.echo(_worded(old_name, new_name, found, form, contract.name))
    return Exit.YES


def _worded(old: str, new: str, found: tuple[Change, ...], form: str, contract: str | None = None) -> str:
    if form == "json":
        answer = {"contract": contract, "old": old, "new": new, "changes": words.tree(found)}
        return json.dumps(answer, indent=2, ensure_ascii=False)
    return "\n".join(words.text(f"{contract} {old}" if contract else old, new, found))

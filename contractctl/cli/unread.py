"""Which contracts could not be read? They are reported beside the answer about the others, which is then incomplete."""

from collections.abc import Sequence
from pathlib import Path

import click

from contractctl import store
from contractctl.cli import Exit
from contractctl.model.amounts import agreeing, counted
from contractctl.model.contract import Contract
from contractctl.store import Unreadable

_SHOWN = 3


def contracts(folder: Path, names: Sequence[str] = ()) -> tuple[Contract | Unreadable, ...]:
    """The contracts with these names; without names, every one. Raise ContractctlError for a name that none has."""
    for name in names:
        store.demand(folder, name)
    return store.read_each(folder, dict.fromkeys(names) or store.names(folder))


def told(unread: Sequence[Unreadable]) -> Exit:
    """Say what is wrong with each; the exit code of a command that has answered for all others."""
    for one in unread:
        click.echo(f"error: {one.message}\nhint: {one.remedy}", err=True)
    return Exit.MEND if unread else Exit.YES


def left_out(names: Sequence[str], what: str) -> str:
    """The last line of an answer that has shown what is wrong with these contracts itself."""
    which = f"{counted(len(names), 'contract')} could not be read and {agreeing(len(names), 'is', 'are')}"
    return f"error: {which} not {what}: {first(names)}"


def first(names: Sequence[str]) -> str:
    """As many as fit on a line."""
    return ", ".join((*names[:_SHOWN], "…") if len(names) > _SHOWN else names)

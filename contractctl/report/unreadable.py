"""How is a contract shown that cannot be read, among others that can?"""

from collections.abc import Iterable, Iterator
from typing import Any

import click

from contractctl.report.findings import place_tree
from contractctl.store import Unreadable


def trees(unread: Iterable[Unreadable]) -> list[dict[str, Any]]:
    """With the keys that a problem has in the contract contractctl/verdict."""
    return [
        {"contract": one.name, "message": one.message, "remedy": one.remedy, "place": place_tree(one.place)}
        for one in unread
    ]


def lines(one: Unreadable) -> Iterator[str]:
    """As check shows it on a terminal."""
    yield f"{click.style('unreadable', fg='red', bold=True)}  {one.name}"
    yield f"  {one.message}"
    yield f"  → {one.remedy}"

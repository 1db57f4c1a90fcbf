"""Which findings does this TOML file accept? Its [[accepted]] tables, each complete, or an error that names it."""

from pathlib import PurePosixPath

from contractctl.model.acceptance import DELETED, Acceptance
from contractctl.toml_text import Table


def read_acceptances(table: Table, *, of_files: bool = False) -> tuple[Acceptance, ...]:
    """of_files: whether each says which files outside the store it is for."""
    return tuple(_acceptance(one, of_files=of_files) for one in table.tables("accepted"))


def _acceptance(table: Table, *, of_files: bool) -> Acceptance:
    rule, file = _said(table, "rule"), _inside(table, "file") if of_files else None
    found = Acceptance(
        rule=rule,
        path=file if file and rule == DELETED else table.needed_text("path"),
        says=_said(table, "says") if table.has("says") else None,
        reason=_said(table, "reason"),
        owner=_said(table, "owner"),
        expires=table.needed_day("expires"),
        place=table.file,
        file=file,
    )
    table.done()
    return found


def _inside(table: Table, key: str) -> str:
    path = PurePosixPath(_said(table, key))
    if path.is_absolute() or ".." in path.parts:
        raise table.wrong(key, "a path or pattern that begins in the folder of this file")
    return str(path)


def _said(table: Table, key: str) -> str:
    """On one line, for messages."""
    text = " ".join(table.needed_text(key).split())
    if not text:
        raise table.wrong(key, "a text that is not empty")
    return text

"""What changed, in words and as JSON? Facts in, sentences out; whether they break anybody is another question."""

from collections.abc import Iterator, Sequence

import click

from contractctl.model.amounts import counted
from contractctl.model.verdict import Change

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def text(old: str, new: str, changes: Sequence[Change]) -> Iterator[str]:
    """The answer in a line, then a line for each change."""
    if not changes:
        yield f"{old} → {new}: no meaningful change"
        return
    yield f"{click.style(f'{old} → {new}', bold=True)}: {counted(len(changes), 'change')}"
    yield from (f"  {line}" for line in lines(changes))


def lines(changes: Sequence[Change]) -> Iterator[str]:
    """A line for each change."""
    for change in changes:
        sign, colour = _SIGNS[change.kind]
        yield f"{click.style(sign, fg=colour)} {sentence(change)}"


def sentence(change: Change) -> str:
    """One change as a person would say it."""
    at = f" '{change.path}'" if change.path else ""
    match change.kind:
        case "added" | "removed":
            value = change.new if change.kind == "added" else change.old
            if change.what in {"field", "property", "column", "table", "view"} or value is None:
                return f"{change.what}{at} {change.kind}{f': {value}' if value else ''}"
            preposition = "to" if change.kind == "added" else "from"
            return f"{change.what} {value} {change.kind}{f' {preposition}{at}' if at else ''}"
        case _:
            values = f": {_shown(change.old)} → {_shown(change.new)}"
            return f"{change.what}{f' of{at}' if at else ''} changed{values}"


def tree(changes: Sequence[Change]) -> list[dict[str, str | None]]:
    """For JSON: one object for each change."""
    return [
        {
            "kind": change.kind,
            "what": change.what,
            "path": change.path,
            "old": change.old,
            "new": change.new,
            "words": sentence(change),
        }
        for change in changes
    ]


def _shown(value: str | None) -> str:
    return "none" if value is None else value

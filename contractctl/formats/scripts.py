"""What does a file of SQL do: does it make tables, change some that other files make, or neither?

It is told without the parser, and so more is taken for a change than is one; the comments are gone before.
"""

import re

from contractctl.model.contract import File

_COMMENT = re.compile(r"--[^\n]*|/\*(?!!).*?\*/", re.DOTALL)
_MADE = re.compile(
    r"\bcreate\s+(?:\w+\s+){0,3}?(?:table|view)\s+(?:if\s+not\s+exists\s+)?([\w.\"`\[\]]+)", re.IGNORECASE
)
_CHANGED = re.compile(
    r"\b(?:alter|drop|rename)\s+(?:materialized\s+)?(?:table|view)\s+(?:if\s+exists\s+)?(?:only\s+)?([\w.\"`\[\]]+)",
    re.IGNORECASE,
)

_BESIDE = re.compile(r"\.(?:json|lock|md|rst|sum|toml|txt|ya?ml)$", re.IGNORECASE)
"""What tools of migrations and people keep beside the steps."""


def lies_beside(name: str) -> bool:
    """Whether a file in a folder of migrations is none of the steps, by its ending."""
    return _BESIDE.search(name) is not None


def makes_tables(file: File) -> bool:
    """Whether a table or a view is made in it."""
    return bool(tables_made(file))


def tables_made(file: File) -> set[str]:
    """The tables and views that are made in it."""
    return {_bare(name) for name in _MADE.findall(_COMMENT.sub(" ", file.text))}


def foreign_tables(file: File) -> tuple[str, ...]:
    """The tables and views that it changes or drops and does not make: their definitions are in other files."""
    text = _COMMENT.sub(" ", file.text)
    made = tables_made(file)
    return tuple(dict.fromkeys(name for name in map(_bare, _CHANGED.findall(text)) if name not in made))


def _bare(name: str) -> str:
    return re.sub(r"[\"`\[\]]", "", name).lower().removeprefix("public.")

"""How do names and texts stand in SQL for SQLite? The one place where they are quoted."""

from collections.abc import Iterable


def quote(name: str) -> str:
    """An identifier, whatever stands in it: https://www.sqlite.org/lang_keywords.html."""
    return '"' + name.replace('"', '""') + '"'


def quotes(names: Iterable[str]) -> str:
    """Identifiers as a comma-separated list."""
    return ", ".join(quote(name) for name in names)


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def same(one: str, other: str) -> bool:
    """Whether SQLite takes both for one name: it folds ASCII letters only."""
    return _fold(one) == _fold(other)


def _fold(name: str) -> str:
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in name)

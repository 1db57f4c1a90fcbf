"""How are names and values written in SQL for SQLite? The one place where they are quoted."""

from collections.abc import Iterable

from contractctl.databases import KeyPart

_INFINITE = {float("inf"): "9e999", float("-inf"): "-9e999"}


def quote(name: str) -> str:
    """An identifier, whatever characters it has: https://www.sqlite.org/lang_keywords.html."""
    return '"' + name.replace('"', '""') + '"'


def quotes(names: Iterable[str]) -> str:
    """Identifiers as a comma-separated list."""
    return ", ".join(quote(name) for name in names)


def table(name: str) -> str:
    """A table's name: there is one schema."""
    return quote(name)


def literal(value: KeyPart) -> str:
    """A value as an SQL literal."""
    match value:
        case None:
            return "NULL"
        case str():
            return _text(value)
        case bytes():
            return f"x'{value.hex()}'"
        case float():
            return _INFINITE.get(value) or repr(value)
        case _:
            return str(int(value))


def _text(text: str) -> str:
    """A text; SQL cannot hold NUL."""
    quoted = "'" + text.replace("'", "''").replace("\0", "'||char(0)||'") + "'"
    return f"({quoted})" if "\0" in text else quoted


def same(one: str, other: str) -> bool:
    """Whether SQLite takes both for one name: it folds ASCII letters only."""
    return _fold(one) == _fold(other)


def _fold(name: str) -> str:
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in name)

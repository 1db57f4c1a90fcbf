"""How do names and values stand in SQL for PostgreSQL? The one place where they are quoted."""

import math
from collections.abc import Iterable

from contractctl.databases import KeyPart

_LEAST_BIGINT = -(2**63)


def quote(name: str) -> str:
    """An identifier, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def quotes(names: Iterable[str]) -> str:
    """Identifiers as a comma-separated list."""
    return ", ".join(quote(name) for name in names)


def table(name: str) -> str:
    """A table's name, its schema before a dot where it is said."""
    return ".".join(map(quote, name.split(".")))


def literal(value: KeyPart) -> str:
    """A value as SQL that means the same in every session, whatever standard_conforming_strings says there.

    https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            # the digits alone would be too large for a bigint, and the sign comes after them
            return f"({_LEAST_BIGINT + 1} - 1)" if value == _LEAST_BIGINT else str(value)
        case float():
            return f"'{_number(value)}'::float8"
        case bytes():
            return f"decode('{value.hex()}', 'hex')"
        case str():
            return _text(value)


def same(one: str, other: str) -> bool:
    """Whether PostgreSQL takes both for one name: as they stand in its catalogue, every letter counts."""
    return one == other


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return repr(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}Infinity"


def _text(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'" if "\\" not in value else "E'" + doubled.replace("\\", "\\\\") + "'"

"""How are names and values written in SQL for PostgreSQL? The one place where they are quoted."""

import json
import math
from collections.abc import Iterable
from hashlib import sha256

from contractctl.databases import KeyPart, Synchronisation

FIRST, LAST = "!contractctl_", "~contractctl_"
"""The prefix of triggers: they fire in the byte order of their names; contractctl's come last, but for a few."""
OURS = "^[!~]contractctl_"
"""A pattern that both prefixes match."""
EARLY = "early"
"""The prefix of triggers that come first: before an application's, and before foreign keys'."""
UNSEEN = "contractctl.unseen"
"""The setting that lets through what contractctl itself writes for a plan, until its transaction ends."""
ROLE = "'session_replication_role'"
"""The setting that disables ordinary triggers where it is `replica`."""
_LENGTH = 63
"""Bytes of a name that count: NAMEDATALEN - 1."""
_LEAST_BIGINT = -(2**63)


def quote(name: str) -> str:
    """An identifier, whatever characters it contains."""
    return '"' + name.replace('"', '""') + '"'


def quotes(names: Iterable[str]) -> str:
    """Identifiers as a comma-separated list."""
    return ", ".join(quote(name) for name in names)


def trigger_name(sync: Synchronisation, event: str) -> str:
    """The name of a plan's trigger on one of a table's events."""
    return _name(FIRST if event.startswith(EARLY) else LAST, sync, event)


def function_name(sync: Synchronisation, what: str) -> str:
    """The name of one of the functions that a plan has for a table."""
    return _name(LAST.removeprefix("~"), sync, what)


def _name(beginning: str, sync: Synchronisation, end: str) -> str:
    """Cut to what PostgreSQL takes, never inside a letter, and told from every other plan and table by a checksum."""
    told = sha256(json.dumps([sync.plan, sync.table]).encode()).hexdigest()[:8]
    tail = f"_{told}_{end}"
    room = _LENGTH - len((beginning + tail).encode())
    return beginning + f"{sync.plan}_{sync.table}".encode()[:room].decode(errors="ignore") + tail


def table(name: str) -> str:
    """A table's name; its schema, where given, before a dot."""
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
    """Whether both are one name to PostgreSQL: as its catalogue has them, case matters."""
    return one == other


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return repr(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}Infinity"


def _text(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'" if "\\" not in value else "E'" + doubled.replace("\\", "\\\\") + "'"

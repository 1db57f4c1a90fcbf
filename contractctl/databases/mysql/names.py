"""How are names and values written in SQL for MariaDB? The one place where they are quoted."""

import math
import re
from collections.abc import Iterable
from hashlib import sha256

from contractctl.databases import KeyPart
from contractctl.databases.temporary_names import OURS
from contractctl.errors import ContractctlError

_LENGTH = 64
_ODD = re.compile(r"[^A-Za-z0-9_]")


def quote(name: str) -> str:
    """An identifier, whatever characters it contains."""
    return "`" + name.replace("`", "``") + "`"


def quotes(names: Iterable[str]) -> str:
    """Identifiers as a comma-separated list."""
    return ", ".join(quote(name) for name in names)


def table(name: str) -> str:
    """A table's name; its database, where given, before a dot."""
    return ".".join(map(quote, name.split(".")))


def entity_name(plan: str, of: str, what: str) -> str:
    """The name of one of contractctl's triggers or functions: all begin alike.

    What does not fit into 64 characters, or not into the name of the file that the server keeps it in, is replaced by
    its hash.
    """
    name = f"{OURS}{plan}_{of}_{what}"
    if len(name) <= _LENGTH and not _ODD.search(name):
        return name
    digest = sha256(f"{plan}\0{of}".encode()).hexdigest()[:12]
    kept = _LENGTH - len(f"{OURS}_{digest}_{what}")
    return f"{OURS}{_ODD.sub('_', f'{plan}_{of}')[:kept]}_{digest}_{what}"


def filling(plan: str, of: str) -> str:
    """The variable of a session that fills this table for this plan, and writes nothing else there."""
    return f"@{quote(entity_name(plan, of, 'filling'))}"


def qualified(of: str, name: str) -> str:
    """A name in the database of a table, quoted."""
    schema, _, _ = of.rpartition(".")
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)


def literal(value: KeyPart) -> str:
    """A value as SQL that means the same in every sql_mode: what could be an escape is written in a way that has none.

    https://mariadb.com/kb/en/literals/
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case float():
            return _number(value)
        case bytes():
            return f"x'{value.hex()}'"
        case str():
            return _text(value)


def same(one: str, other: str) -> bool:
    """Whether MariaDB takes both for the name of one column: it ignores case there."""
    return one.lower() == other.lower()


def _number(value: float) -> str:
    """With an exponent, which makes it a DOUBLE instead of a DECIMAL."""
    if not math.isfinite(value):
        raise ContractctlError(f"MariaDB has no number {value}", hint="fix the row that holds it")
    written = repr(value)
    return written if "e" in written else f"{written}e0"


def _text(value: str) -> str:
    if "\\" in value or "\0" in value:
        return f"_utf8mb4 x'{value.encode().hex()}'"
    return "'" + value.replace("'", "''") + "'"

"""Which statements change no promise of a table? Session settings, comments, rows, owners."""

import re

from contractctl.formats.sql.statements import Words

_SILENT = frozenset(
    [
        "ANALYZE",
        "BEGIN",
        "COMMENT",
        "COMMIT",
        "COPY",
        "END",
        "GO",
        "INSERT",
        "LOCK",
        "PRAGMA",
        "ROLLBACK",
        "SELECT",
        "SET",
        "START",
        "UNLOCK",
        "USE",
        "VACUUM",
    ]
)
"""Statements that change no promise of a table: session settings, comments, rows."""
_SILENT_PAIRS = frozenset({"CREATE EXTENSION", "CREATE SCHEMA", "CREATE SEQUENCE", "CREATE DATABASE", "ALTER SEQUENCE"})
_OWNER = re.compile(
    r"ALTER (?:TABLE|VIEW|TYPE|SCHEMA|FUNCTION|DOMAIN) .* OWNER TO \S+"
    r"|ALTER TABLE .* ALTER (?:COLUMN )?\S+ SET (?:STORAGE|STATISTICS|COMPRESSION) \S+"
    r"|ALTER TABLE .* (?:REPLICA IDENTITY .*|CLUSTER ON \S+|SET WITHOUT CLUSTER)",
    re.IGNORECASE,
)
"""Whose it is, and how rows are kept: no promise of a table."""
_LIMITED = re.compile(
    r"^(?:CREATE|ALTER) SEQUENCE .*(?:(?<!NO )MAXVALUE (?!9223372036854775807\b|2147483647\b|32767\b)"
    r"|(?<!NO )MINVALUE (?!1\b)|(?<!NO )\bCYCLE\b|INCREMENT (?:BY (?!1\b)|(?!BY |1\b)))",
    re.IGNORECASE,
)
"""A sequence that comes to an end, or counts otherwise than by one from one."""
_LOUD = re.compile(
    r"^SET (?:SESSION |LOCAL )?search_path (?:=|TO) (?!public\b|\$user , public\b|''|\"\")"
    r"|^SELECT .* INTO |^CREATE SCHEMA .* CREATE "
    r"|^SELECT (?:(?!pg_catalog )\w+ \. )?(?!(?:setval|set_config|nextval|now|version) )\w+ \((?!.*\bFROM\b)",
    re.IGNORECASE,
)
"""Among the silent statements those that make a table after all, or say in which schema the next one lies; and calls
of functions, which may do anything: `SELECT AddGeometryColumn('t', …)`.
"""


def changes_nothing(words: Words, plain: str) -> bool:
    first = words.tokens[0].text.upper().split()[0]
    pair = " ".join(token.text.upper() for token in words.tokens[:2])
    if _LOUD.search(plain) or _LIMITED.search(plain):
        return False
    return first in _SILENT or pair in _SILENT_PAIRS or bool(_OWNER.fullmatch(plain))

"""Does this SQL text read a column? Without a parser: if it cannot tell, it says so, and errs towards "reads".

What it cannot see: a read through a view or a stored function, whose text is in the database.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

_TOKEN = re.compile(
    r"""
    --[^\n]* | /\*.*?\*/            # comments
  | '(?:[^']|'')*'                  # a text
  | "(?P<double>(?:[^"]|"")*)" | `(?P<back>[^`]*)` | \[(?P<square>[^\]0-9][^\]]*)\]   # quoted names
  | (?P<word>[^\W\d][\w$]*)         # names and keywords
  | (?P<sign>[^\s\w])               # everything else that matters
    """,
    re.VERBOSE | re.DOTALL,
)
_STAR_FOLLOWS = frozenset({"select", "distinct", "all", ",", ".", "returning"})
_NAMES_A_TABLE = frozenset({"from", "join", "into", "update", "only", "table", "copy", ".", "truncate"})
_NO_READ = frozenset(
    {"alter", "drop", "pragma", "begin", "commit", "rollback", "savepoint", "release", "truncate", "set"}
)
EVERYTHING = "*"
"""As a column's name: the table itself, whichever of its columns are used, and written as well as read."""
_OPAQUE = frozenset({"call", "exec", "execute", "do", "declare"})


class Touch(StrEnum):
    """What a statement does to a column."""

    READ = "read"
    NONE = "none"
    UNKNOWN = "unknown"
    """It mentions the table and cannot be understood."""


@lru_cache(maxsize=4096)
def touch(sql: str, table: str, column: str) -> Touch:
    """Whether running `sql` reads `column` of `table`, or with EVERYTHING uses the table. Case does not matter."""
    tokens = _tokens(sql)
    table, column = table.rsplit(".", 1)[-1].casefold(), column.casefold()
    if table not in tokens:
        return Touch.NONE
    if tokens[0] in _OPAQUE:
        return Touch.UNKNOWN
    if column == EVERYTHING:
        return Touch.NONE if tokens[0] in _NO_READ - {"truncate"} else Touch.READ
    if tokens[0] in _NO_READ or (tokens[0] == "create" and "select" not in tokens):
        return Touch.NONE
    left = _without_written(tokens)
    reads = column in left or _has_star(left) or _has_whole_row(left, table)
    return Touch.READ if reads or _copies_out(tokens) else Touch.NONE


def _tokens(sql: str) -> list[str]:
    return [
        (match["double"] or match["back"] or match["square"] or match["word"] or match["sign"]).casefold()
        for match in _TOKEN.finditer(sql)
        if match.lastgroup
    ]


def _without_written(tokens: Sequence[str]) -> list[str]:
    """The tokens without the names of columns that are only written."""
    if tokens[0] in ("insert", "replace"):
        tokens = _without_insert_list(tokens)
    return _without_assigned(tokens) if "set" in tokens else list(tokens)


def _without_insert_list(tokens: Sequence[str]) -> list[str]:
    """INSERT INTO t (a, b) …: the first parenthesis behind the table holds what is written."""
    into = tokens.index("into") if "into" in tokens else 0
    opening = next((at for at in range(into, len(tokens)) if tokens[at] in ("(", "values", "select", "with")), None)
    if opening is None or tokens[opening] != "(" or "select" in tokens[opening : opening + 2]:
        return list(tokens)
    closing = tokens.index(")", opening) if ")" in tokens[opening:] else len(tokens) - 1
    return [*tokens[:opening], *tokens[closing + 1 :]]


def _without_assigned(tokens: Sequence[str]) -> list[str]:
    """SET a = …, t.b = …: the names left of the equals signs."""
    left: list[str] = []
    depth, inside = 0, False
    for at, word in enumerate(tokens):
        depth += (word == "(") - (word == ")")
        if word == "set":
            inside, base = True, depth
        elif inside and word in ("where", "from", "returning") and depth == base:
            inside = False
        follows = left[-1] if left else ""
        if inside and word != "set" and depth == base and follows in ("set", ",") and tokens[at + 1 : at + 2] == ["="]:
            continue
        left.append(word)
    return left


def _has_star(tokens: Sequence[str]) -> bool:
    return any(word == "*" and at and tokens[at - 1] in _STAR_FOLLOWS for at, word in enumerate(tokens))


def _has_whole_row(tokens: Sequence[str], table: str) -> bool:
    """`row_to_json(orders)`, `SELECT o FROM orders o`: the row itself is asked for."""
    names = {table, *_aliases(tokens, table)}
    listing = False
    for at, word in enumerate(tokens):
        listing = word != "from" and (listing or word in ("select", "returning"))
        before, after = tokens[at - 1] if at else "", tokens[at + 1] if at + 1 < len(tokens) else ""
        if word in names and listing and after != "." and before not in _NAMES_A_TABLE | {"as"}:
            return True
    return False


def _aliases(tokens: Sequence[str], table: str) -> set[str]:
    found: set[str] = set()
    for at, word in enumerate(tokens):
        if word == table and at and tokens[at - 1] in _NAMES_A_TABLE | {","}:
            following = list(tokens[at + 1 : at + 3])
            name = following[1:] if following[:1] == ["as"] else following[:1]
            found.update(one for one in name if one.isidentifier() and one not in _AFTER_A_TABLE)
    return found


_AFTER_A_TABLE = frozenset(
    [
        "where",
        "group",
        "order",
        "having",
        "limit",
        "offset",
        "fetch",
        "for",
        "union",
        "except",
        "intersect",
        "join",
        "left",
        "right",
        "inner",
        "full",
        "cross",
        "natural",
        "on",
        "using",
        "set",
        "values",
        "select",
        "returning",
        "window",
        "tablesample",
        "indexed",
        "not",
        "as",
        "default",
    ]
)


def _copies_out(tokens: Sequence[str]) -> bool:
    """COPY orders TO …: without a list of columns, all of them."""
    return tokens[0] == "copy" and "to" in tokens and "(" not in tokens[: tokens.index("to")]

"""Which tokens is a piece of PostgreSQL's SQL made of?

https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+)
  | (?P<comment>--[^\n\r]*|/\*)
  | (?P<text>[eE]'(?:[^'\\]|''|\\.)*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
  | (?P<dollar>\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$)
  | (?P<quoted>(?:[uU]&)?"(?:[^"]|"")+")
  | (?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
  | (?P<word>(?![eEbBxXnN]')[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
  | (?P<parameter>\$\d+)
  | (?P<sign>::|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"/\*|\*/")


class Sort(StrEnum):
    """What a token is."""

    BLANK = "blank"
    COMMENT = "comment"
    TEXT = "text"
    QUOTED = "quoted"
    NUMBER = "number"
    WORD = "word"
    PARAMETER = "parameter"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """One token and where it stands: sql[start:end]."""

    sort: Sort
    text: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """What it names, where it is an identifier: words are folded, as the server does it."""
        if self.sort is Sort.QUOTED:
            return self.text[self.text.index('"') + 1 : -1].replace('""', '"')
        return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in self.text)

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords, in any case."""
        return self.sort is Sort.WORD and self.text.upper() in words


def tokens(sql: str) -> Iterator[Token]:
    """Every token, blanks and comments included: joined, their texts are the SQL again."""
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        assert match is not None  # noqa: S101 - a sign is any character; narrows for mypy
        sort = "text" if match["dollar"] is not None else str(match.lastgroup)
        end = _end_of_comment(sql, at) if match.group() == "/*" else match.end()
        yield Token(Sort(sort), sql[at:end], at, end)
        at = end


def spoken(sql: str) -> list[Token]:
    """The tokens without blanks and comments."""
    return [token for token in tokens(sql) if token.sort not in (Sort.BLANK, Sort.COMMENT)]


def _end_of_comment(sql: str, start: int) -> int:
    """Comments nest; one that is not closed goes to the end."""
    depth = 0
    for mark in _COMMENT.finditer(sql, start):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)

"""Which tokens is a piece of MariaDB's SQL made of? https://mariadb.com/kb/en/lexical-structure/."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_TOKEN = re.compile(
    r"""
    (?P<code>/\*M?!)
  | (?P<blank>\s+|--(?=[\s\x00-\x1f]|\Z)[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<text>[xXbBnN]?'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<number>0[xX][0-9a-fA-F]+\b|0b[01]+\b|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w$]))
  | (?P<word>[\w$]+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Sort(StrEnum):
    """What a token is."""

    CODE = "code"
    """The beginning of a comment that the server executes."""
    BLANK = "blank"
    TEXT = "text"
    QUOTED = "quoted"
    NUMBER = "number"
    WORD = "word"
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
        """What it names, where it is an identifier."""
        return self.text[1:-1].replace("``", "`") if self.sort is Sort.QUOTED else self.text

    @property
    def is_comment(self) -> bool:
        return self.sort is Sort.CODE or (self.sort is Sort.BLANK and not self.text.isspace())

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords, in any case."""
        return self.sort is Sort.WORD and self.text.upper() in words


def tokens(sql: str) -> Iterator[Token]:
    """Every token, blanks and comments included: joined, their texts are the SQL again.

    A text may escape by a backslash, which is so unless sql_mode says NO_BACKSLASH_ESCAPES, and "x" is a text, which is
    so unless it says ANSI_QUOTES: contractctl's own sessions say neither.
    """
    for match in _TOKEN.finditer(sql):
        sort = match.lastgroup
        assert sort is not None  # noqa: S101 - one group always matches; narrows for mypy
        yield Token(Sort(sort), match.group(), match.start(), match.end())


def spoken(sql: str) -> list[Token]:
    """The tokens without blanks and comments."""
    return [token for token in tokens(sql) if token.sort is not Sort.BLANK]

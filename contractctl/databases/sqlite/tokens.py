"""Which tokens is a piece of SQLite's SQL made of? https://www.sqlite.org/draft/tokenreq.html."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<text>[xX]?'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
  | (?P<number>(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?|0[xX][0-9a-fA-F]+)
  | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Sort(StrEnum):
    """What a token is."""

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
        if self.sort is not Sort.QUOTED:
            return self.text
        mark = self.text[-1]
        return self.text[1:-1] if mark == "]" else self.text[1:-1].replace(mark * 2, mark)

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords, in any case."""
        return self.sort is Sort.WORD and self.text.upper() in words


def tokens(sql: str) -> Iterator[Token]:
    """Every token, blanks and comments included: joined, their texts are the SQL again."""
    for match in _TOKEN.finditer(sql):
        sort = match.lastgroup
        assert sort is not None  # noqa: S101 - one group always matches; narrows for mypy
        yield Token(Sort(sort), match.group(), match.start(), match.end())


def spoken(sql: str) -> list[Token]:
    """The tokens without blanks and comments."""
    return [token for token in tokens(sql) if token.sort is not Sort.BLANK]

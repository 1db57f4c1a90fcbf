"""Where does one statement end and the next begin? A text as a row of statements, each with its tokens."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import TokenError
from sqlglot.generators.postgres import PostgresGenerator

from contractctl.errors import ContractctlError
from contractctl.formats.sql.series import done
from contractctl.model.contract import File

# sqlglot logs a warning for each statement that it leaves opaque; contractctl names them itself, with their lines
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_SQLGLOT = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
_SIGNS = {
    "mysql": r"`|\bauto_increment\b|\bengine\s*=|\bunsigned\b|(?<!as )\benum\s*\(''|/\*!\d",
    "sqlite": r"\bautoincrement\b|\bwithout\s+rowid\b|\)\s*strict\b|\bpragma\s",
    "postgresql": r"::|\b(?:small|big)?serial\b|\btimestamptz\b|\bjsonb\b|\bbytea\b|\bas\s+enum\b|\bas\s+identity\b"
    r"|\bwith(?:out)?\s+time\s+zone\b|\bcharacter\s+varying\b|\bint[248]\b|\bcomment\s+on\b",
}
_NOISE = re.compile(r"--[^\n]*|'(?:[^']|'')*'", re.DOTALL)
_CONDITIONAL = re.compile(r"/\*!\d*(.*?)\*/", re.DOTALL)
_META = re.compile(r"^\\[^\n]*$", re.MULTILINE)
_OPENING = frozenset({"BEGIN", "CASE"})
_PLAIN = (re.compile(r"[a-z_][a-z0-9_]*"), re.compile(r"\w+"))
"""Names that are the same without their quotes; the second, without MySQL's, which fold no letters."""
_HEAD = 6
"""So many words tell what a statement makes."""


@dataclass(frozen=True, slots=True)
class Words:
    """One statement: its tokens, and the text that they were cut from."""

    tokens: tuple[Token, ...]
    text: str
    """The whole file, as it was tokenised."""

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def written(self) -> str:
        """The statement itself."""
        return self.text[self.tokens[0].start : self.tokens[-1].end + 1]

    @property
    def spaced(self) -> str:
        """The same with single spaces between its words, and without quotes around names that need none."""
        return " ".join(self._spelled(token) for token in self.tokens)

    def _spelled(self, token: Token) -> str:
        written = self.text[token.start : token.end + 1]
        if token.token_type is TokenType.IDENTIFIER:
            return token.text if _PLAIN[written[0] == "`"].fullmatch(token.text) else written
        return written if token.token_type.name.endswith("STRING") else token.text

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.start) + 1

    def heads(self, *words: str) -> bool:
        """Whether the statement begins with these words."""
        return tuple(token.text.upper() for token in self.tokens[: len(words)]) == words


class _Postgresql(Postgres):
    """sqlglot's, which leaves out how many places of a second are asked for."""

    class Generator(PostgresGenerator):
        TRANSFORMS = {  # noqa: RUF012 - as sqlglot has it
            **PostgresGenerator.TRANSFORMS,
            exp.CurrentTimestamp: lambda self, moment: (
                self.func("CURRENT_TIMESTAMP", moment.this) if moment.this else "CURRENT_TIMESTAMP"
            ),
        }


_DIALECTS = {name: Dialect.get_or_raise(known) for name, known in _SQLGLOT.items()} | {"postgresql": _Postgresql()}


def sqlglot_dialect(dialect: str) -> Dialect:
    """The dialect of that name, in contractctl's words."""
    return _DIALECTS[dialect]


def detect(text: str) -> str | None:
    """The dialect that a text gives away by its own words; None where nothing does."""
    bare = _NOISE.sub(lambda match: "" if match[0].startswith("--") else "''", text)
    for dialect in ("sqlite", "mysql", "postgresql"):
        if re.search(_SIGNS[dialect], bare, re.IGNORECASE):
            return dialect
    return None


def split(file: File, dialect: str) -> Iterator[Words]:
    """The statements of a file. Raise ContractctlError where its text cannot be cut into words."""
    text = f" {file.text[1:]}" if file.text.startswith("\ufeff") else file.text
    text = done(_blank(_META, text) if dialect == "postgresql" else text)
    if dialect == "mysql":
        text = _CONDITIONAL.sub(lambda match: match[1].rjust(len(match[0]) - 2) + "  ", text)
    try:
        tokens = sqlglot_dialect(dialect).tokenize(text)
    except TokenError as error:
        line = _open_quote(text)
        raise ContractctlError(
            f"{file.name}:{line}: the file cannot be split into SQL tokens ({str(error).split(chr(10), 1)[0][:60]})",
            hint="look for an unclosed quote or comment",
        ) from None
    for group in _groups(tokens):
        yield Words(tuple(group), text)


def parse_tree(tokens: tuple[Token, ...], text: str, dialect: str) -> sqlglot.Expr | None:
    """The tree of one statement. Raise sqlglot's ParseError where there is none."""
    parser = sqlglot_dialect(dialect).parser(error_level=sqlglot.ErrorLevel.IMMEDIATE)
    trees = parser.parse(list(tokens), text)
    return trees[0] if trees else None


def _groups(tokens: list[Token]) -> Iterator[list[Token]]:
    """Cut at semicolons, but not inside the body of a trigger."""
    group: list[Token] = []
    depth, has_body = 0, False
    for token in tokens:
        if has_body:
            word = token.text.upper()
            depth += (word in _OPENING) - (word == "END")
        if token.token_type is TokenType.SEMICOLON and depth <= 0:
            if group:
                yield group
            group, depth, has_body = [], 0, False
            continue
        group.append(token)
        has_body = has_body or (len(group) <= _HEAD and _has_body(group))
    if group:
        yield group


def _has_body(group: list[Token]) -> bool:
    words = [token.text.upper() for token in group]
    return words[0] == "CREATE" and any(word in {"TRIGGER", "PROCEDURE", "EVENT"} for word in words)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: " " * len(match[0]), text)


def _open_quote(text: str) -> int:
    """The line of the quotation mark or comment that is never closed, as far as a scan can say."""
    closed = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|''|\\.)*'|\"[^\"]*\"|`[^`]*`|[^'\"`/-]+|[-/]", re.DOTALL)
    at = 0
    while match := closed.match(text, at):
        at = match.end()
    return text.count("\n", 0, min(at, len(text))) + 1

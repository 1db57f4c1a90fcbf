"""Which words does an SQL text have, and is it whole? Read before it is parsed, as servers normalise it."""

import re
from collections import Counter
from dataclasses import dataclass, field

_POSTGRESQL = r"""
    (?P<dollar>\$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|(?P<open_dollar>\Z)))
  | (?P<escaped>\b[eE]'(?:[^'\\]|''|\\.)*(?:'|(?P<open_escaped>\Z)))
  | (?P<text>'(?:[^']|'')*(?:'|(?P<open_text>\Z)))
  | (?P<double>"(?:[^"]|"")*(?:"|(?P<open_double>\Z)))
  | (?P<line>--[^\n]*)
"""
_MYSQL = r"""
    (?P<text>'(?:[^'\\]|''|\\.)*(?:'|(?P<open_text>\Z)))
  | (?P<double>"(?:[^"\\]|""|\\.)*(?:"|(?P<open_double>\Z)))
  | (?P<back>`(?:[^`]|``)*(?:`|(?P<open_back>\Z)))
  | (?P<line>--(?=\s|\Z)[^\n]*|\#[^\n]*)
"""
_SQLITE = r"""
    (?P<text>'(?:[^']|'')*(?:'|(?P<open_text>\Z)))
  | (?P<double>"(?:[^"]|"")*(?:"|(?P<open_double>\Z)))
  | (?P<back>`(?:[^`]|``)*(?:`|(?P<open_back>\Z)))
  | (?P<square>\[[^\]]*(?:\]|(?P<open_square>\Z)))
  | (?P<line>--[^\n]*)
"""
_REST = r"""
  | (?P<block>/\*)
  | (?P<parameter>\$\d+)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<sign>.)
"""
_TOKENS = {
    dialect: re.compile(own + _REST, re.VERBOSE | re.DOTALL)
    for dialect, own in (("postgresql", _POSTGRESQL), ("mysql", _MYSQL), ("sqlite", _SQLITE))
}
_UNQUOTED = frozenset({"parameter", "sign", "word"})
_ELLIPSIS = re.compile(r"(\.\.\.|…)\s*\Z")
_WHOLE_LIST = re.compile(r"(\?, \.\.\.|\(\.\.\.\))\s*\Z")
_MYSQL_LISTS = ((re.compile(r"\?, \.\.\."), "?"), (re.compile(r"\(\.\.\.\)"), "(?)"), (re.compile(r", \.\.\."), ""))
_KEYWORDS = """
in values and or not on using as from join where set into over filter within by then else when any all some
exists select distinct union except intersect key unique primary check references partition conflict table with
having limit offset between like is case end interval returning only lateral row array order group cast count
sum min max avg coalesce nullif lower upper length abs round now
"""
_NO_CALL = frozenset(_KEYWORDS.split())
"""Words before a parenthesis that call nothing which could hide a statement."""


@dataclass(frozen=True, slots=True)
class Text:
    """An SQL text, ready to be parsed."""

    sql: str
    dialect: str
    counts: Counter[str]
    """How often it has each word: keywords, names, quoted or not; without regard to case."""
    first: str
    calls: bool
    """Whether a word that may be a function's name comes before a parenthesis."""
    problem: str | None
    """Why the text may not be what was sent."""

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.counts)


def read(sql: str, dialect: str) -> Text:
    """Split a text into words. Nothing is refused: what is odd is noted as its problem."""
    found = _Reader(dialect, _cut_off(sql))
    if found.problem:
        sql = _ELLIPSIS.sub("", sql)  # what comes before it may show a read
    if dialect == "mysql":
        for pattern, instead in _MYSQL_LISTS:
            sql = pattern.sub(instead, sql)
    at = 0
    while match := _TOKENS[dialect].match(sql, at):
        at = found.comment(sql, match.start()) if match["block"] else match.end()
        if not match["block"]:
            found.take(match)
    if found.depth > 0:
        found.spoiled("truncated: a parenthesis is not closed")
    words = found.words
    whole = "".join(found.parts)
    if words[:1] == ["replace"]:  # REPLACE is an INSERT that deletes what is in its way
        whole = re.sub(r"(?i)\breplace\b", "INSERT", whole, count=1)
    return Text(
        whole,
        dialect,
        Counter(words),
        words[0] if words else "",
        calls=found.calls,
        problem=found.problem,
    )


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    dialect: str
    problem: str | None
    parts: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    calls: bool = False
    depth: int = 0
    before: str = ""
    """The name or keyword just before, white space apart; with a point where one comes before it."""

    def spoiled(self, problem: str) -> None:
        self.problem = self.problem or problem

    def comment(self, sql: str, start: int) -> int:
        """Where a comment that begins here ends."""
        end, flaw = _comment_end(sql, start, nested=self.dialect == "postgresql")
        self.parts.append(" ")
        if flaw or (self.dialect == "mysql" and sql[start + 2 : start + 3] in ("!", "M")):
            self.spoiled(flaw or "a comment holds code")
        return end

    def take(self, match: "re.Match[str]") -> None:
        kind, lexeme = match.lastgroup or "sign", match[0]
        quoted = kind not in _UNQUOTED
        if quoted and any(value == "" for name, value in match.groupdict().items() if name.startswith("open")):
            self.spoiled("truncated: a quote is not closed")
        if match["line"]:
            self.parts.append(" ")
            return
        word = _word(match, self.dialect) if quoted or kind == "word" else None
        if match["double"] and self.dialect == "postgresql" and "".join(self.parts[-2:]).casefold() == "u&":
            self.spoiled("a name is written in escapes")
        if word is not None:
            self.words.append(word)
        self.depth += {"(": 1, ")": -1}.get(lexeme, 0)
        self.calls = self.calls or (lexeme == "(" and self.before not in ("", ".", *_NO_CALL))
        if not lexeme.isspace():
            dotted = "." if word and self.before == "." else ""
            self.before = dotted + word if word else lexeme if lexeme == "." else ""
        self.parts.append(f" {lexeme} " if kind == "parameter" else lexeme)


def _word(match: "re.Match[str]", dialect: str) -> str | None:
    """A name or keyword. SQLite takes texts for names where it wants one, MySQL may do so with double quotes."""
    if match["word"]:
        return match[0].casefold()
    quoted = ("double", "back", "square", *(("text",) if dialect == "sqlite" else ()))
    if any(match.groupdict().get(name) for name in quoted):
        quote = match[0][-1]
        return match[0][1:-1].replace(quote * 2, quote).casefold()
    return None


def _cut_off(sql: str) -> str | None:
    if _ELLIPSIS.search(sql) and not _WHOLE_LIST.search(sql):
        return "truncated: the text ends in an ellipsis"
    return None if sql.strip() else "truncated: there is no text"


def _comment_end(sql: str, at: int, *, nested: bool) -> tuple[int, str | None]:
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(sql, at):
        depth += 1 if match[0] == "/*" and (nested or depth == 0) else -1 if match[0] == "*/" else 0
        if depth == 0:
            return match.end(), None
    return len(sql), "truncated: a comment is not closed"

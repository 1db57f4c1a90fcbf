"""What does a CREATE TABLE text say of a column, and how does it read when one constraint is changed?

Everything that is not changed stays byte for byte.
"""

import re
from dataclasses import dataclass

from contractctl.databases.sqlite.names import same
from contractctl.databases.sqlite.tokens import Sort, Token, tokens
from contractctl.errors import ContractctlError

_TABLE_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")
_RELAXED = re.compile(r"/\* relaxed: (?P<was>.*?) \*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ColumnText:
    """A column's definition: text[start:end], from its name to its last token."""

    name: str
    start: int
    end: int
    tokens: tuple[Token, ...]
    """Without blanks, the name first."""

    def has(self, *words: str) -> bool:
        """Whether it has the keywords, one after the other and outside of parentheses."""
        return _find(self.tokens, words) is not None

    def after(self, word: str) -> str | None:
        """The name or text that follows a keyword: `after("COLLATE")`."""
        at = _find(self.tokens, (word,))
        return None if at is None or at + 1 >= len(self.tokens) else self.tokens[at + 1].name


def columns(create: str) -> tuple[ColumnText, ...]:
    """The columns of a CREATE TABLE, in order."""
    return tuple(entry for entry in entries(create) if not is_table_constraint(entry))


def column(create: str, name: str) -> ColumnText:
    """One column. Raise ContractctlError where the text has none of that name."""
    for entry in columns(create):
        if same(entry.name, name):
            return entry
    raise ContractctlError(
        f"the table's definition has no column '{name}' that can be found in its SQL",
        hint="look at it with: SELECT sql FROM sqlite_schema",
    )


def options(create: str) -> tuple[str, ...]:
    """The keywords behind the columns, in capitals: STRICT, WITHOUT, ROWID."""
    depth, words = 0, list[str]()
    for token in tokens(create):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.sort is Sort.SIGN else 0
        if token.text == ")" and depth == 0:
            words = []
        elif token.sort is Sort.WORD and depth == 0:
            words.append(token.text.upper())
    return tuple(words)


def without_not_null(create: str, name: str) -> str:
    """The text with the column's NOT NULL turned into a comment, from which `with_not_null` restores it exactly."""
    entry = column(create, name)
    span = _not_null(entry)
    if span is None:
        return create
    start, end = span
    return f"{create[:start]}/* relaxed: {create[start:end]} */{create[end:]}"


def with_not_null(create: str, name: str) -> str:
    """The text with NOT NULL on the column: where it was relaxed, else behind the definition."""
    entry = column(create, name)
    if _not_null(entry) is not None:
        return create
    reach = _reach(create, entry)
    relaxed = _RELAXED.search(create, entry.start, reach)
    if relaxed is not None:
        return create[: relaxed.start()] + relaxed["was"] + create[relaxed.end() :]
    return f"{create[: entry.end]} NOT NULL{create[entry.end :]}"


def with_default(create: str, name: str, default: str | None) -> str:
    """The text with this default on the column, in the place of the one that is there; or with none."""
    entry = column(create, name)
    span = _default(entry)
    written = "" if default is None else f"DEFAULT {default}"
    if span is None:
        return f"{create[: entry.end]} {written}{create[entry.end :]}" if written else create
    start, end = span
    return f"{create[:start]}{written}{create[end:]}" if written else f"{create[:start].rstrip()}{create[end:]}"


def without_not_null_at_all(create: str, name: str) -> str:
    """The text without the column's NOT NULL, for good."""
    span = _not_null(column(create, name))
    return create if span is None else f"{create[: span[0]].rstrip()}{create[span[1] :]}"


def entries(create: str) -> list[ColumnText]:
    """Everything between the outer parentheses and their commas: columns, then the table's constraints."""
    depth, entries, entry = 0, [], list[Token]()
    for token in tokens(create):
        if token.sort is Sort.BLANK:
            continue
        closes = token.text == ")" and token.sort is Sort.SIGN
        depth -= closes
        if depth == 0 and closes:
            entries.append(entry)
            break
        if depth == 1 and token.sort is Sort.SIGN and token.text == ",":
            entries.append(entry)
            entry = []
        elif depth > 0:
            entry.append(token)
        depth += token.sort is Sort.SIGN and token.text == "("
    return [ColumnText(part[0].name, part[0].start, part[-1].end, tuple(part)) for part in entries if part]


def is_table_constraint(entry: ColumnText) -> bool:
    """Whether it is not a column."""
    return entry.tokens[0].says(*_TABLE_CONSTRAINTS)


def _find(entry: tuple[Token, ...], words: tuple[str, ...]) -> int | None:
    """Where the keywords stand one after the other, outside of parentheses."""
    depth = 0
    for at in range(1, len(entry)):
        token = entry[at]
        if token.sort is Sort.SIGN:
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        following = entry[at : at + len(words)]
        if depth == 0 and len(following) == len(words) and all(map(Token.says, following, words)):
            return at
    return None


def _not_null(entry: ColumnText) -> tuple[int, int] | None:
    """Where `[CONSTRAINT name] NOT NULL [ON CONFLICT way]` stands: https://www.sqlite.org/lang_createtable.html."""
    at = _find(entry.tokens, ("NOT", "NULL"))
    if at is None:
        return None
    first, last = at, at + 1
    if at >= 3 and entry.tokens[at - 2].says("CONSTRAINT"):  # noqa: PLR2004 - name, CONSTRAINT, its name
        first = at - 2
    if len(entry.tokens) > at + 4 and entry.tokens[at + 2].says("ON") and entry.tokens[at + 3].says("CONFLICT"):
        last = at + 4
    return entry.tokens[first].start, entry.tokens[last].end


def _default(entry: ColumnText) -> tuple[int, int] | None:
    """Where `[CONSTRAINT name] DEFAULT …` stands: a literal, one with a sign, or an expression in parentheses."""
    at = _find(entry.tokens, ("DEFAULT",))
    if at is None:
        return None
    first = at - 2 if at > 2 and entry.tokens[at - 2].says("CONSTRAINT") else at  # noqa: PLR2004 - the column's name
    last, depth = at + 1, 0
    if entry.tokens[last].text in ("+", "-"):
        last += 1
    while True:
        depth += {"(": 1, ")": -1}.get(entry.tokens[last].text, 0)
        if depth == 0:
            return entry.tokens[first].start, entry.tokens[last].end
        last += 1


def _reach(create: str, entry: ColumnText) -> int:
    """The end of a definition with the comments behind it: up to the comma or parenthesis that ends it."""
    for token in tokens(create[entry.end :]):
        if token.sort is not Sort.BLANK:
            return entry.end + token.start
    return len(create)

"""What does an index say? Its statement taken apart, each part as it was written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

from contractctl.formats.sql.expressions import fold
from contractctl.formats.sql.fragments import column_names, read, renamed, spliced
from contractctl.formats.sql.schema import Index, Schema, Unique
from contractctl.formats.sql.statements import parse_tree, sqlglot_dialect
from contractctl.formats.sql.writing import identifier, table_identifier

_SORTS = frozenset({"FULLTEXT", "SPATIAL"})
_MAKES = re.compile(r"\s*CREATE\s+(UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?INDEX\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class IndexText:
    """An index, part by part. Every part is SQL as it was written."""

    name: str
    """As the dialect compares it; empty where none is given."""
    columns: str
    unique: bool = False
    sort: str = ""
    """FULLTEXT or SPATIAL."""
    using: str = ""
    include: str = ""
    where: str = ""
    rest: str = ""
    """What is left: NULLS NOT DISTINCT, WITH, TABLESPACE, COMMENT."""
    reads: frozenset[str] = frozenset()
    """The columns that it is over, is filtered by, or holds beside, as the dialect compares them."""

    def named(self, name: str) -> "IndexText":
        return replace(self, name=name)

    def statement(self, table: str, dialect: str) -> str:
        """CREATE INDEX, without a semicolon."""
        words = ["CREATE", "UNIQUE" if self.unique else self.sort, "INDEX", identifier(self.name, dialect), "ON"]
        words.append(table_identifier(table, dialect))
        using = f"USING {self.using}" if self.using else ""
        words += [f"({self.columns})"] if dialect == "mysql" else [using, f"({self.columns})"]
        words += [f"INCLUDE ({self.include})" if self.include else "", self.rest]
        words += [using] if dialect == "mysql" else [f"WHERE {self.where}" if self.where else ""]
        return " ".join(word for word in words if word)

    def says(self, dialect: str) -> tuple[object, ...]:
        """Two indexes of one table are the same where this is, whatever they are called."""
        parts = (self.columns, self.include, self.where, self.rest)
        plain = (" ".join(_plain(token, dialect) for token in sqlglot_dialect(dialect).tokenize(p)) for p in parts)
        using = self.using.lower()
        return (self.unique, self.sort, "" if using == "btree" else using, *plain)


def index_of(schema: Schema, index: Index | Unique, table: str) -> IndexText | None:
    """The index taken apart, from its own statement where there is one. None where it cannot be read."""
    name = index.name or ""
    for statement in schema.statements:
        if name and statement.subject == table and name in statement.text and makes_index(statement.text):
            written = read_index(statement.text, schema.dialect)
            if written is not None and written.name == name:
                return written
    return read_index(index.text if isinstance(index, Index) else index.written, schema.dialect)


def makes_index(statement: str) -> bool:
    """Whether it is a CREATE INDEX."""
    return _MAKES.match(statement) is not None


@lru_cache(maxsize=4096)
def read_index(text: str, dialect: str) -> IndexText | None:
    """A CREATE INDEX statement, or MySQL's clause within CREATE TABLE, taken apart."""
    try:
        tokens = sqlglot_dialect(dialect).tokenize(text)
    except SqlglotError:
        return None
    at, words = 0, [token.text.upper() for token in tokens]
    unique, sort = False, ""
    while at < len(words) and words[at] not in {"INDEX", "KEY"}:
        if words[at] not in {"CREATE", "UNIQUE", *_SORTS}:
            return None
        unique, sort = unique or words[at] == "UNIQUE", words[at] if words[at] in _SORTS else sort
        at += 1
    at += 1
    while words[at : at + 1] in (["CONCURRENTLY"], ["IF"], ["NOT"], ["EXISTS"]):
        at += 1
    head = _until(tokens, at, "(")
    body = _closing(tokens, head)
    if body is None:
        return None
    name = _name(tokens[at:head], dialect)
    using = _after("USING", tokens[at:head])
    found = IndexText(name, _text(text, tokens[head + 1 : body]), unique, sort, using)
    found = _tail(found, text, tokens[body + 1 :])
    return replace(found, reads=_reads(found, dialect))


def plain_columns(index: IndexText, dialect: str) -> tuple[str, ...]:
    """The columns in their order, where the index is over columns and nothing else; none otherwise."""
    tokens = sqlglot_dialect(dialect).tokenize(index.columns)
    names, commas = tokens[::2], tokens[1::2]
    plain = all(token.text == "," for token in commas) and all(token.text not in {"(", ")"} for token in names)
    found = tuple(_plain(token, dialect) for token in names)
    return found if plain and index.reads.issuperset(found) else ()


def with_columns(index: IndexText, names: Mapping[str, str], dialect: str) -> IndexText | None:
    """The same index over columns of other names. names: folded name → SQL of the other. None where it is not clear."""
    columns, include = (_renamed(text, index, names, dialect) for text in (index.columns, index.include))
    if columns is None or include is None:
        return None
    where = renamed(index.where, dialect, names) if index.where else ""
    found = replace(index, columns=columns, include=include, where=where)
    return replace(found, reads=_reads(found, dialect))


def _renamed(columns: str, index: IndexText, names: Mapping[str, str], dialect: str) -> str | None:
    if not columns:
        return columns
    before, after = _around(index, dialect)
    text = f"{before}{columns}{after}"
    tree = _tree(text, dialect)
    return None if tree is None else spliced(text, tree, dialect, names).removeprefix(before).removesuffix(after)


def _around(index: IndexText, dialect: str) -> tuple[str, str]:
    """What makes a statement that can be parsed of a list of columns."""
    if dialect == "mysql":
        return "CREATE TABLE t (x INT, INDEX k (", "))"
    return f"CREATE INDEX k ON t {f'USING {index.using} ' if index.using else ''}(", ")"


def _name(tokens: list[Token], dialect: str) -> str:
    last = _until(tokens, 0, "ON", "USING")
    names = [token for token in tokens[:last] if token.text != "."]
    if not names:
        return ""
    quoted = names[-1].token_type is TokenType.IDENTIFIER
    return names[-1].text if quoted or dialect != "postgresql" else names[-1].text.lower()


def _tail(found: IndexText, text: str, tokens: list[Token]) -> IndexText:
    """INCLUDE, USING and WHERE; what else there is, is kept as it stands."""
    rest: list[Token] = []
    at = 0
    while at < len(tokens):
        word, then = tokens[at].text.upper(), tokens[at + 1].text if at + 1 < len(tokens) else ""
        end = _closing(tokens, at + 1)
        if word == "INCLUDE" and then == "(" and end is not None:
            found = replace(found, include=_text(text, tokens[at + 2 : end]))
            at = end + 1
        elif word == "USING":
            found = replace(found, using=then)
            at += 2
        elif word == "WHERE":
            return replace(found, where=_text(text, tokens[at + 1 :]), rest=_text(text, rest))
        else:
            rest.append(tokens[at])
            at += 1
    return replace(found, rest=_text(text, rest))


def _reads(index: IndexText, dialect: str) -> frozenset[str]:
    """The columns that it names; every word in it where it cannot be parsed."""
    before, after = _around(index, dialect)
    found: set[str] = set()
    for text in filter(None, (index.columns, index.include)):
        tree = _tree(f"{before}{text}{after}", dialect)
        found |= _words(text, dialect) if tree is None else {fold(name, dialect) for name in column_names(tree)}
    where = read(index.where, dialect) if index.where else None
    if where is not None:
        return frozenset(found | {fold(name, dialect) for name in column_names(where)})
    return frozenset(found | _words(index.where, dialect))


def _words(text: str, dialect: str) -> set[str]:
    tokens = sqlglot_dialect(dialect).tokenize(text)
    return {_plain(token, dialect) for token in tokens if token.token_type in {TokenType.VAR, TokenType.IDENTIFIER}}


def _tree(text: str, dialect: str) -> exp.Expr | None:
    try:
        tree = parse_tree(tuple(sqlglot_dialect(dialect).tokenize(text)), text, dialect)
    except (SqlglotError, AttributeError, IndexError, KeyError):
        return None
    return None if isinstance(tree, exp.Command) else tree


def _plain(token: Token, dialect: str) -> str:
    if token.token_type is TokenType.STRING:
        return f"'{token.text}'"
    return token.text if token.token_type is TokenType.IDENTIFIER and dialect == "postgresql" else token.text.lower()


def _text(text: str, tokens: list[Token]) -> str:
    return text[tokens[0].start : tokens[-1].end + 1] if tokens else ""


def _after(word: str, tokens: list[Token]) -> str:
    at = _until(tokens, 0, word)
    return tokens[at + 1].text if at + 1 < len(tokens) else ""


def _until(tokens: list[Token], at: int, *words: str) -> int:
    while at < len(tokens) and tokens[at].text.upper() not in words:
        at += 1
    return at


def _closing(tokens: list[Token], opening: int) -> int | None:
    """Where the parenthesis that opens there is closed."""
    depth = 0
    for at in range(opening, len(tokens)):
        depth += (tokens[at].text == "(") - (tokens[at].text == ")")
        if depth == 0:
            return at if at > opening else None
    return None

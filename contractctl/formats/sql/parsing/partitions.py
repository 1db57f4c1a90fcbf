"""How does a MySQL or MariaDB table share out its rows? A clause that sqlglot cannot read, kept as text.

https://mariadb.com/kb/en/create-table/#partitions. SHOW CREATE TABLE of MySQL has it in a conditional comment.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot import Token, TokenType

from contractctl.formats.sql.parsing.defined import Defined, NotUnderstoodError
from contractctl.formats.sql.schema import Table

PARTITIONED = "PARTITION BY "
_WORDS = """
    algorithm auto by columns current default directory engine every hash history in interval key less limit linear
    list maxvalue partition partitions range starts subpartition subpartitions system_time than values
"""
"""What is no name of a column, a partition or a function."""
_MADE_FROM = frozenset({"AS", "IGNORE", "REPLACE", "SELECT", "WITH"})
"""A table's rows may come from a query, which stands behind its partitions."""
_USUAL_ENGINE = re.compile(r"(?: STORAGE)? ENGINE =? ?innodb\b", re.IGNORECASE)
_LIST = re.compile(r" \(PARTITION .*$")
_QUOTED = {TokenType.STRING: "", TokenType.NATIONAL_STRING: "N", TokenType.HEX_STRING: "x", TokenType.BIT_STRING: "b"}
_PLAIN = re.compile(r"\w+")


def apart(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], str]:
    """CREATE TABLE or ALTER TABLE without the clause, and the clause; empty where there is none at the end."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text.upper().split() == ["PARTITION", "BY"]:
            rest = tokens[at:]
            return (tokens, "") if any(one.text.upper() in _MADE_FROM for one in rest) else (tokens[:at], _text(rest))
    return tokens, ""


def partition(defined: Defined, name: str, tokens: tuple[Token, ...]) -> str:
    """Take in ALTER TABLE … PARTITION BY; the table's name. Raise NotUnderstoodError where it says something else."""
    clause = apart(tokens)[1]
    if name not in defined.tables or not clause:
        raise NotUnderstoodError(f"how '{name}' is partitioned is not understood")
    defined.tables[name] = partitioned(defined.tables[name], clause)
    return name


def partitioned(table: Table, clause: str) -> Table:
    """The table with this clause, in the place of another one."""
    before = next((one for one in table.unjudged if one.startswith(PARTITIONED)), "")
    others = (one for one in table.unjudged if one != before)
    options = f"{table.options.removesuffix(before).strip()} {clause}".strip()
    return replace(table, options=options, unjudged=(*others, clause))


def lasting(clause: str) -> str:
    """The clause without the single partitions, which come and go."""
    return _LIST.sub("", clause) if clause.startswith(PARTITIONED) else clause


def _text(tokens: Sequence[Token]) -> str:
    """One text for whatever says the same in other letters, quotes and spaces."""
    words = [*_spelled(tokens)]
    called = [word.islower() and after == "(" for word, after in zip(words, (*words[1:], ""), strict=True)]
    text = "".join(f"{word}{'' if call else ' '}" for word, call in zip(words, called, strict=True)).strip()
    text = re.sub(r" ([,)])", r"\1", text.replace("( ", "("))
    return _USUAL_ENGINE.sub("", re.sub(r"(\(|, )- ", r"\1-", text))


def _spelled(tokens: Sequence[Token]) -> Iterator[str]:
    words = frozenset(_WORDS.split())
    for token in tokens:
        word = token.text.lower()
        if token.token_type in _QUOTED:
            written = token.text.replace("\\", "\\\\").replace("'", "''")
            yield f"{_QUOTED[token.token_type]}'{written}'"
        elif token.token_type is TokenType.IDENTIFIER:
            yield word if _PLAIN.fullmatch(word) and word not in words else f"`{word.replace('`', '``')}`"
        else:
            yield " ".join(each.upper() if each in words else each for each in word.split())

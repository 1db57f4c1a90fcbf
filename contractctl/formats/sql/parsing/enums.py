"""What becomes of an enum after it was made? Values that are added or renamed, another name, and its end.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import Token, TokenType

from contractctl.formats.sql.parsing.defined import Defined, NotUnderstoodError, changed
from contractctl.formats.sql.schema import Column, Family, Table
from contractctl.formats.sql.statements import Words

_ADDS = ["ADD", "VALUE"]
_SPARES = ["IF", "NOT", "EXISTS"]
_SIDES = {"BEFORE": 0, "AFTER": 1}
_PLAIN_LENGTH = 2
"""Tokens of a name with its schema, before the last: the schema and the point."""


def changes_enum(words: Words) -> bool:
    """Whether the statement is about a type that was made before."""
    return words.heads("ALTER", "TYPE") or words.heads("DROP", "TYPE")


def change_enum(defined: Defined, words: Words) -> str:
    """Take in one ALTER TYPE or DROP TYPE about an enum. Gives back its name. Raise NotUnderstoodError."""
    name, rest = _name(words.tokens[2:])
    if name not in defined.enums:
        raise NotUnderstoodError(f"'{name}' is not an enum that was understood")
    said = [token.text if token.token_type is TokenType.STRING else token.text.upper() for token in rest]
    if words.heads("DROP", "TYPE"):
        return _drop(defined, name, said)
    match said:
        case ["ADD", "VALUE", *_]:
            _add(defined, name, said[len(_ADDS) :])
        case ["RENAME", "VALUE", old, "TO", new] if old in defined.enums[name] and not _is_written(defined, name):
            _set(defined, name, tuple(new if symbol == old else symbol for symbol in defined.enums[name]))
        case ["RENAME", "TO", _] if not any(_inside(defined, name)):
            new, _ = _name(rest[2:])
            return _rename(defined, name, new)
        case _:
            raise NotUnderstoodError("the change of an enum is not judged")
    return name


def _name(tokens: tuple[Token, ...]) -> tuple[str, tuple[Token, ...]]:
    """The name that they begin with, as the database compares it, and what follows."""
    length = 1 + _PLAIN_LENGTH * (tokens[1:2] != () and tokens[1].text == ".")
    parts = [one.text if one.token_type is TokenType.IDENTIFIER else one.text.lower() for one in tokens[:length:2]]
    return ".".join(parts[1:] if parts[0] == "public" and len(parts) > 1 else parts), tokens[length:]


def _add(defined: Defined, name: str, said: list[str]) -> None:
    """ADD VALUE [IF NOT EXISTS] new [BEFORE | AFTER other]."""
    spares = said[: len(_SPARES)] == _SPARES
    new, *place = said[len(_SPARES) :] if spares else said
    symbols = defined.enums[name]
    if new in symbols and spares:
        return
    at = len(symbols)
    if place:
        side, other = place
        if other not in symbols:
            raise NotUnderstoodError(f"'{name}' has no value '{other}'")
        at = symbols.index(other) + _SIDES[side]
    if new in symbols:
        raise NotUnderstoodError(f"'{name}' has the value '{new}' already")
    _set(defined, name, (*symbols[:at], new, *symbols[at:]))


def _set(defined: Defined, name: str, symbols: tuple[str, ...]) -> None:
    """In the type, and in each column of it."""
    defined.enums[name] = symbols
    for table, column in _columns(defined, name):
        kind = replace(column.type, symbols=symbols)
        defined.tables[table.name] = changed(defined.tables[table.name], column.name, type=kind)


def _rename(defined: Defined, name: str, new: str) -> str:
    if new in defined.enums:
        raise NotUnderstoodError(f"there is an enum '{new}' already")
    symbols = defined.enums.pop(name)
    for table, column in _columns(defined, name):
        kind = replace(column.type, name=new, text=new)
        defined.tables[table.name] = changed(defined.tables[table.name], column.name, type=kind)
    defined.enums[new] = symbols
    return new


def _drop(defined: Defined, name: str, said: list[str]) -> str:
    """Only where no column is of it: CASCADE would take columns along."""
    if said or any(_columns(defined, name)) or any(_inside(defined, name)):
        raise NotUnderstoodError(f"'{name}' is dropped, and so may be what uses it")
    del defined.enums[name]
    return name


def _columns(defined: Defined, name: str) -> list[tuple[Table, Column]]:
    return [
        (table, column)
        for table in defined.tables.values()
        for column in table.columns
        if column.type.family is Family.ENUM and column.type.name == name
    ]


def _inside(defined: Defined, name: str) -> Iterator[bool]:
    """Whether a column's type, or a domain, is made of the enum: a list of its values, say."""
    columns = [column for table in defined.tables.values() for column in table.columns]
    columns += [domain.column for domain in defined.domains.values()]
    yield from (True for c in columns if c.type.family is not Family.ENUM and name in c.type.text)
    yield from (True for domain in defined.domains.values() if domain.column.type.name == name)


def _is_written(defined: Defined, name: str) -> bool:
    """Whether a default or a condition may name one of its values."""
    return any(column.default or column.generated or table.checks for table, column in _columns(defined, name))

"""Which constraints are in a CREATE TABLE text, and how does it read with one more, or one less?

Everything that is not changed stays byte for byte: https://www.sqlite.org/lang_createtable.html.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.databases.sqlite.definition import ColumnText, entries, is_table_constraint
from contractctl.databases.sqlite.names import quote, same
from contractctl.databases.sqlite.tokens import Sort, Token, spoken, tokens
from contractctl.databases.temporary_names import quiesced
from contractctl.errors import ContractctlError

_SORTS = {"CHECK": "check", "UNIQUE": "unique", "FOREIGN": "foreign-key", "REFERENCES": "foreign-key"}
_STARTS = ("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED")


@dataclass(frozen=True, slots=True)
class Constraint:
    """One of a table's: text[start:end]."""

    sort: str
    """check, unique, foreign-key."""
    name: str | None
    says: tuple[str, ...]
    """Its words in capitals, without a name, as the table says them."""
    column: str | None
    """In whose definition it stands; None for one of the table."""
    start: int
    """Where what would go with it begins: the comma, where it is the table's."""
    end: int


def constraints(create: str) -> tuple[Constraint, ...]:
    """The table's CHECKs, UNIQUEs and foreign keys, in order."""
    return tuple(_constraints(create))


def with_constraint(create: str, sql: str) -> str:
    """The text with one more constraint, behind all that is there."""
    end = entries(create)[-1].end
    return f"{create[:end]}, {sql}{create[end:]}"


def without_constraint(create: str, sort: str, name: str, says: str) -> str:
    """The text without the one of that name; or without the one that has no name and says this.

    Raise ContractctlError where there is no such constraint, or where a UNIQUE would leave its index behind.
    """
    found = _find(create, sort, name, says)
    if found.sort == "unique":
        raise ContractctlError(
            f"the UNIQUE constraint '{name}' is part of the table's definition, and SQLite cannot drop it without"
            " rewriting the table",
            hint="rebuild the table without it in a revision of its own: https://www.sqlite.org/lang_altertable.html",
        )
    return create[: found.start] + create[found.end :]


def with_constraint_name(create: str, sort: str, name: str, new: str) -> str:
    """The text with another name for a constraint that has one."""
    found = _find(create, sort, name, "")
    at = next(token for token in tokens(create[found.start : found.end]) if same(token.name, name))
    return f"{create[: found.start + at.start]}{quote(new)}{create[found.start + at.end :]}"


def with_name(create_index: str, name: str) -> str:
    """A CREATE INDEX text with another name."""
    said = spoken(create_index)
    old = said[said.index(next(token for token in said if token.says("INDEX"))) + 1]
    return f"{create_index[: old.start]}{quote(name)}{create_index[old.end :]}"


def has_constraint(create: str, sort: str, name: str, says: str = "") -> bool:
    """Whether there is one of that name, or one without a name that says this."""
    return _look_for(create, sort, name, says) is not None


def _find(create: str, sort: str, name: str, says: str) -> Constraint:
    found = _look_for(create, sort, name, says)
    if found is None:
        raise ContractctlError(
            f"the table has no {sort.replace('-', ' ')} '{name}'", hint="is this the database the plan was made for?"
        )
    return found


def _look_for(create: str, sort: str, name: str, says: str) -> Constraint | None:
    alike = [one for one in constraints(create) if one.sort == sort]
    named = next((one for one in alike if one.name is not None and same(one.name, name)), None)
    wanted = _words(spoken(says))
    return named or next((one for one in alike if one.name is None and says and _is_said(one, wanted)), None)


def _is_said(one: Constraint, wanted: tuple[str, ...]) -> bool:
    """Whether it says that, be it of a column that is browned out and has another name meanwhile."""
    return len(one.says) == len(wanted) and all(
        said in (word, quiesced(word).upper()) for said, word in zip(one.says, wanted, strict=True)
    )


def _constraints(create: str) -> Iterator[Constraint]:
    before = 0
    for entry in entries(create):
        yield from _of_table(create, entry, before) if is_table_constraint(entry) else _of_column(entry)
        before = entry.end


def _of_table(create: str, entry: ColumnText, before: int) -> Iterator[Constraint]:
    name, tokens = _named(entry.tokens)
    sort = _SORTS.get(tokens[0].text.upper())
    if sort is not None:
        comma = before + next(token.start for token in spoken(create[before:]) if token.text == ",")
        yield Constraint(sort, name, _words(list(tokens)), None, comma, entry.end)


def _of_column(entry: ColumnText) -> Iterator[Constraint]:
    for segment in _segments(entry.tokens[1:]):
        name, tokens = _named(segment)
        sort = _SORTS.get(tokens[0].text.upper()) if tokens else None
        if sort is not None:
            says = _as_of_table(entry.name, sort, _words(list(tokens)))
            yield Constraint(sort, name, says, entry.name, segment[0].start, segment[-1].end)


def _as_of_table(column: str, sort: str, says: tuple[str, ...]) -> tuple[str, ...]:
    """A column's constraint as the table would say it."""
    own = ("(", column.upper(), ")")
    return {"unique": ("UNIQUE", *own, *says[1:]), "foreign-key": ("FOREIGN", "KEY", *own, *says)}.get(sort, says)


def _named(tokens: tuple[Token, ...]) -> tuple[str | None, tuple[Token, ...]]:
    if len(tokens) > 2 and tokens[0].says("CONSTRAINT"):  # noqa: PLR2004 - CONSTRAINT, its name, and what it says
        return tokens[1].name, tokens[2:]
    return None, tokens


def _segments(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """A column's constraints, one after the other; its type, before them, is one, too."""
    depth, start, named = 0, 0, False
    for at, token in enumerate(tokens):
        begins = depth == 0 and token.says(*_STARTS) and not _goes_on(tokens, at)
        if begins and not named and at > start:
            yield tokens[start:at]
            start = at
        if depth == 0 and token.sort is not Sort.BLANK:
            named = token.says("CONSTRAINT") or (named and not begins)
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.sort is Sort.SIGN else 0
    if tokens:
        yield tokens[start:]


def _goes_on(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether the word belongs to what began before: SET NULL, SET DEFAULT, NOT NULL, NOT DEFERRABLE."""
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if before is not None and before.says("SET", "NOT"):
        return True
    return tokens[at].says("NOT") and after is not None and after.says("DEFERRABLE")


def _words(tokens: list[Token]) -> tuple[str, ...]:
    return tuple(token.name.upper() if token.sort in (Sort.WORD, Sort.QUOTED) else token.text for token in tokens)

"""How does a table get a CHECK, and lose it, while everybody reads and writes? In the definition of one of its columns.

MariaDB copies the table for a CHECK of the table itself. One in a column's definition comes and goes at once, and may
speak of other columns, too (https://mariadb.com/kb/en/constraint/). It is held against no row that is there: whoever
adds it has looked, and looks again. It has no name of its own, and is found by what it says.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contractctl.databases import Column, Statement, Work
from contractctl.databases.catalog import Catalog
from contractctl.databases.ddl import BlockingError
from contractctl.databases.mysql.names import quote, same
from contractctl.databases.mysql.statements.altering import alter
from contractctl.databases.mysql.statements.modifying import Changed, modify
from contractctl.databases.mysql.tables import of_table
from contractctl.databases.mysql.tokens import Sort, Token, spoken
from contractctl.databases.temporary_names import QUIESCED

Said = tuple[str, ...]
"""A condition's words, in the server's own."""
_WORDS = {
    "upper": "ucase",
    "lower": "lcase",
    "length": "octet_length",
    "character_length": "char_length",
    "substring": "substr",
    "true": "1",
    "false": "0",
}
_STANDING = """
SELECT coalesce(json_arrayagg(json_array(CONSTRAINT_NAME, LEVEL = 'Column', CHECK_CLAUSE)), '[]')
FROM information_schema.CHECK_CONSTRAINTS WHERE {of}
"""


@dataclass(frozen=True, slots=True)
class _Standing:
    """A CHECK that is there."""

    name: str
    clause: str
    of_table: bool
    column: str | None
    """In whose definition it stands; None where nobody can tell."""


def add(catalog: Catalog, table: str, condition: str) -> tuple[Statement, ...]:
    """Let a column's definition hold it, beside what that holds already. Nothing where one holds just that."""
    columns = catalog.columns(table)
    able = [one for one in columns if _speaks_of(condition, one.name) and not (one.generated or one.type == "json")]
    if not able:
        raise BlockingError(
            f"MariaDB copies the table '{table}' to add the CHECK ({condition}), which blocks writes: it names no"
            " column whose definition could hold it",
            hint="add it at a time without writes, in a revision of your own, and release the contract with that alone",
        )
    own = {one.column: one.clause for one in _standing(catalog, table, columns) if one.column is not None}
    if any(_said(clause) == _said(condition) for clause in own.values()):
        return ()
    column = able[-1].name  # the new ones are the last, and go first: a CHECK goes with its column
    check = f"({own[column]}) AND ({condition})" if column in own else condition
    return modify(catalog, table, column, Changed(check=check), Work.SCAN)


def drop(catalog: Catalog, table: str, name: str, says: str) -> tuple[Statement, ...]:
    """Drop the one of that name, or the one that says so. Nothing where there is none."""
    by_name = (_drop(table, name),)
    if not catalog.ask(_STANDING.format(of=of_table(table, "CONSTRAINT_SCHEMA")), ""):
        return by_name  # nobody can be asked
    columns = catalog.columns(table)
    standing = _standing(catalog, table, columns)
    named = any(one.of_table and same(one.name, name) for one in standing)
    if named and not name.upper().startswith("CONSTRAINT_"):
        return by_name
    wanted = _said(says.removeprefix("CHECK "), _browned_out(columns))
    for one in standing if wanted else ():
        left = _without(one.clause, wanted)
        if one.of_table and left == "":
            return (_drop(table, one.name),)
        if one.column is not None and left is not None:
            return modify(catalog, table, one.column, Changed(check=left))
    return by_name if named else ()


def conditions(clause: str) -> tuple[str, ...]:
    """What has to hold, each by itself, as it stands there."""
    return tuple(clause[start:end] for start, end in _parts(clause, spoken(clause)))


def _standing(catalog: Catalog, table: str, columns: Iterable[Column]) -> list[_Standing]:
    names = [one.name for one in columns]
    found = json.loads(catalog.ask(_STANDING.format(of=of_table(table, "CONSTRAINT_SCHEMA")), "[]"))
    return [
        _Standing(name, clause, not own, _carrier(name, clause, names) if own else None) for name, own, clause in found
    ]


def _carrier(name: str, clause: str, columns: list[str]) -> str | None:
    """The column in whose definition it stands. It keeps the first name of that, which another may bear by now."""
    spoken_of = [column for column in columns if _speaks_of(clause, column)]
    by_name = next((column for column in spoken_of if same(column, name)), None)
    return spoken_of[0] if len(spoken_of) == 1 else by_name


def _without(clause: str, wanted: Said) -> str | None:
    """What is left of it without these conditions, where they stand there one behind the other; else None."""
    parts = conditions(clause)
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            if sum((_said(part) for part in parts[start:end]), ()) == wanted:
                return " AND ".join(f"({part})" for part in (*parts[:start], *parts[end:]))
    return None


def _said(condition: str, called: dict[str, str] | None = None) -> Said:
    """The words of all its conditions; `called`: columns of other names by now."""
    return tuple(word for part in conditions(condition) for word in _words(part, called or {}))


def _words(text: str, called: dict[str, str]) -> Iterator[str]:
    found = spoken(text)
    texts = [token.text for token in found]
    for before, token, after in zip(("", *texts), found, (*texts[1:], ""), strict=False):
        word = token.name.lower()
        match token.sort:
            case Sort.QUOTED:
                yield called.get(word, word)
            case Sort.WORD:
                yield called.get(word, _WORDS.get(word, word))
            case _ if (token.text, after) == ("!", "="):
                yield "<"
            case _ if (before, token.text) == ("!", "="):
                yield ">"
            case _:
                yield token.text


def _parts(text: str, said: list[Token]) -> Iterator[tuple[int, int]]:
    """Where each of the conditions stands that AND joins."""
    if not said:
        return
    if _is_within(said):
        yield from _parts(text, said[1:-1])
        return
    joints = list(_joints(said))
    if not joints:
        yield said[0].start, said[-1].end
        return
    for start, end in zip((-1, *joints), (*joints, len(said)), strict=True):
        yield from _parts(text, said[start + 1 : end])


def _joints(said: list[Token]) -> Iterator[int]:
    """The places of its outermost ANDs; none where something binds less, and the AND of a BETWEEN is none."""
    depth, between, found = 0, False, []
    for at, token in enumerate(said):
        depth += (token.text == "(" or token.says("CASE")) - (token.text == ")" or token.says("END"))
        if depth:
            continue
        if token.says("OR", "XOR"):
            return
        if token.says("AND") and not between:
            found.append(at)
        between = token.says("BETWEEN") or (between and not token.says("AND"))
    yield from found


def _is_within(said: list[Token]) -> bool:
    """Whether one pair of parentheses holds it all."""
    if said[0].text != "(" or said[-1].text != ")":
        return False
    depth = 0
    for token in said[:-1]:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            return False
    return True


def _browned_out(columns: Iterable[Column]) -> dict[str, str]:
    """Columns under the names that they have while they are browned out."""
    names = [one.name.lower() for one in columns]
    return {name.removesuffix(QUIESCED): name for name in names if name.endswith(QUIESCED)}


def _speaks_of(condition: str, name: str) -> bool:
    said = spoken(condition)
    after = [token.text for token in said[1:]] + [""]
    return any(
        same(token.name, name) and (token.sort is Sort.QUOTED or (token.sort is Sort.WORD and then != "("))
        for token, then in zip(said, after, strict=True)
    )


def _drop(table: str, name: str) -> Statement:
    return alter(table, f"DROP CONSTRAINT IF EXISTS {quote(name)}")

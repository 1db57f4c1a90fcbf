"""Is a verdict what SQLite itself says? Pairs of tables are made up, and a client's statements run against both."""

import sqlite3
from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from contractctl.compatibility import compare
from contractctl.formats import sql
from contractctl.formats.sql.engine import ask, memory, run
from contractctl.formats.sql.schema import Schema, Table
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Answer, Incompatibility, Status
from tests.budgets import budget

TYPES = ("INTEGER", "TEXT", "REAL", "VARCHAR(3)", "DECIMAL(5,2)", "")
DEFAULTS = ("", "", "DEFAULT 1", "DEFAULT 'a'", "DEFAULT '1'", "DEFAULT NULL")
CHECKS = ("", "", "", "CHECK ({} > 0)", "CHECK ({} >= 2)", "CHECK ({} IN ('a', '1'))", "CHECK ({} IN ('a', 'b', '1'))")
VALUES: tuple[object, ...] = (None, 0, 1, 2, 7, "1", "007", "a", "A", "b", 1.5, 3.0, 2**60 + 1, "long enough")
CASES = budget(150)


@st.composite
def columns(draw: st.DrawFn, name: str) -> str:
    parts = (
        draw(st.sampled_from(TYPES)),
        draw(st.sampled_from(("", "", "NOT NULL"))),
        draw(st.sampled_from(DEFAULTS)),
        draw(st.sampled_from(("", "", "", "UNIQUE"))),
        draw(st.sampled_from(("", "", "", "COLLATE NOCASE"))),
        draw(st.sampled_from(CHECKS)).format(name),
    )
    return " ".join((name, *filter(None, parts)))


@st.composite
def tables(draw: st.DrawFn) -> str:
    key = draw(
        st.sampled_from(("id INTEGER PRIMARY KEY", "id INTEGER PRIMARY KEY", "id INT PRIMARY KEY", "id INTEGER"))
    )
    names = draw(st.lists(st.sampled_from("abc"), unique=True, min_size=1, max_size=3))
    body = [key, *(draw(columns(name)) for name in sorted(names))]
    if draw(st.booleans()) and len(names) > 1:
        body.append(f"UNIQUE ({names[0]}, {names[1]})")
    return f"CREATE TABLE t ({', '.join(body)})"


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Mostly a table and the same with one column made anew: whole strangers are seldom compatible."""
    old = draw(tables())
    if draw(st.integers(0, 3)) == 0:
        return old, draw(tables())
    parts = old.removeprefix("CREATE TABLE t (").removesuffix(")").split(", ")
    plain = [i for i, part in enumerate(parts) if part[:2] in {"a ", "b ", "c "} and "(" not in part]
    if plain and draw(st.booleans()):
        at = draw(st.sampled_from(plain))
        parts[at] = draw(columns(parts[at][0]))
    elif not any(part.startswith("d") for part in parts):
        parts.insert(1, draw(columns("d")))
    return old, f"CREATE TABLE t ({', '.join(parts)})"


def read(text: str) -> Schema:
    return sql.parse(Source((File("t.sql", text),)), Policy("sqlite"))


def battery(table: Table) -> Iterator[tuple[str, str]]:
    """A client's statements, and what it reads after each: every value in every column, alone and with the others."""
    names = [column.name for column in table.columns if column.generated is None]
    look = f"SELECT {', '.join(names)} FROM t ORDER BY rowid"
    for name in names:
        for value in VALUES:
            for also in ((), tuple(other for other in names if other != name)):
                given_names = (name, *also)
                values = (literal(value), *(literal(1) if other == "id" else "'1'" for other in also))
                yield f"INSERT INTO t ({', '.join(given_names)}) VALUES ({', '.join(values)})", look
    for name in names:
        for value in VALUES:
            yield f"UPDATE t SET {name} = {literal(value)} WHERE rowid = 1", look
            yield (
                f"SELECT count(*), max({name} COLLATE BINARY), {name} / 2 FROM t WHERE {name} = {literal(value)}",
                look,
            )
        yield f"INSERT INTO t ({name}) VALUES ('1') ON CONFLICT ({name}) DO NOTHING", look
    yield "INSERT INTO t DEFAULT VALUES", look
    yield "DELETE FROM t WHERE rowid > 2", look


def literal(value: object) -> str:
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


def differences(old: str, new: str) -> Iterator[tuple[str, object, object]]:
    """Statements that work against the old table and not, or not so, against the new one."""
    databases = memory(), memory()
    try:
        for database, ddl in zip(databases, (old, new), strict=True):
            assert run(database, ddl) is None
        for statement, look in battery(read(old).tables["t"]):
            expected = outcome(databases[0], statement, look)
            if isinstance(expected, str):
                continue  # the client never could; it does not try
            got = outcome(databases[1], statement, look)
            if typed(expected) != typed(got):
                yield statement, expected, got
                return
    finally:
        for database in databases:
            database.close()


def outcome(database: sqlite3.Connection, statement: str, look: str) -> list[tuple[object, ...]] | str:
    rows = ask(database, statement)
    if isinstance(rows, str):
        return rows
    after = ask(database, look)
    return after if isinstance(after, str) else [*rows, *after]


def typed(rows: list[tuple[object, ...]] | str) -> object:
    return rows if isinstance(rows, str) else [[(type(value), value) for value in row] for row in rows]


def judged(client: str, provider: str) -> list[Incompatibility]:
    found = list(sql.incompatibilities(read(client), read(provider)))
    return [each for each in found if isinstance(each, Incompatibility)]


def kinds(answer: Answer) -> tuple[Status, set[tuple[str, str, str]]]:
    return answer.status, {(found.rule, found.path, found.effect) for found in answer.findings}


@CASES
@given(pairs())
def test_what_is_called_compatible_works_in_sqlite_statement_by_statement(pair: tuple[str, str]) -> None:
    comparison = compare(*pair, format="sql", dialect="sqlite", witnesses=False)

    if comparison.backward.status is Status.COMPATIBLE:
        assert list(differences(*pair)) == []


def test_what_is_called_incompatible_is_shown_by_sqlite() -> None:
    """All but a few: a client whose own default breaks its own check can write no row that shows anything."""
    seen: Counter[bool] = Counter()

    @CASES
    @given(pairs())
    def count(pair: tuple[str, str]) -> None:
        schemas = read(pair[0]), read(pair[1])
        for found in judged(*pair):
            seen[sql.witness(*schemas, found) is not None] += 1

    count()

    assert seen[True] > 100
    assert seen[False] <= 0.05 * seen[True]


@CASES
@given(pairs())
def test_forward_is_backward_from_the_other_seat(pair: tuple[str, str]) -> None:
    comparison = compare(*pair, format="sql", dialect="sqlite", witnesses=False)
    swapped = compare(*reversed(pair), format="sql", dialect="sqlite", witnesses=False)

    assert kinds(comparison.forward) == kinds(swapped.backward)
    assert kinds(comparison.backward) == kinds(swapped.forward)

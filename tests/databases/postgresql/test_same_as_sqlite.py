"""Do PostgreSQL's triggers come to what SQLite's come to, whatever both versions write, in any order?"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractctl.model.plan import Transform
from contractctl.operations.pairs import Pair
from tests.budgets import budget
from tests.databases import shops
from tests.databases.shops import POSTGRESQL, SQLITE, Shop, Words

REFUSED = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)
TEXTS = (None, "a", "A", "b", "Mc", "mc", "", "none")
"""NULL first: a NOT NULL column refuses it in SQLite; in PostgreSQL the triggers may fill the column before."""


@dataclass(frozen=True)
class Case:
    """A table and what is kept in step on it."""

    name: str
    ddl: str
    pair: Callable[[Words], Pair]
    olds: tuple[object, ...] = TEXTS
    news: tuple[object, ...] = TEXTS
    index: str = ""

    def __str__(self) -> str:
        return self.name


def shout(words: Words) -> Pair:
    return shops.pair(words, Transform("upper(old)", "lower(new)", lossy=True))


def required(words: Words) -> Pair:
    return shops.pair(words, required=True)


def number(words: Words) -> Pair:
    return shops.pair(words, shops.number(words))


def empty_is_null(words: Words) -> Pair:
    return shops.pair(words, Transform("nullif(old, '')", "coalesce(new, '')"))


def filled(_words: Words) -> Pair:
    return Pair({}, {"new": "coalesce(old, '-')"})


PLAIN = "CREATE TABLE t (id INTEGER PRIMARY KEY, old {text}, new {text}, other {text})"
DEFAULT = "CREATE TABLE t (id INTEGER PRIMARY KEY, old {text} DEFAULT 'none', new {text}, other {text})"
STRICT = "CREATE TABLE t (id INTEGER PRIMARY KEY, old {text} NOT NULL DEFAULT 'none', new {text}, other {text})"
NUMBER = "CREATE TABLE t (id INTEGER PRIMARY KEY, old {text}, new {integer}, other {text})"
UNIQUE_NEW, UNIQUE_OLD = "CREATE UNIQUE INDEX one ON t (new)", "CREATE UNIQUE INDEX one ON t (old)"
NUMBERS = ((None, "1", "01", "2", "x"), (None, 1, 2, 3))
CASES = (
    Case("plain", PLAIN, shops.pair),
    Case("plain-default", DEFAULT, shops.pair),
    Case("plain-not-null", STRICT, shops.pair, olds=TEXTS[1:]),
    Case("plain-required", PLAIN, required),
    Case("plain-unique-old", PLAIN, shops.pair, index=UNIQUE_OLD),
    Case("shout", PLAIN, shout),
    Case("shout-default", DEFAULT, shout),
    Case("shout-unique-new", PLAIN, shout, index=UNIQUE_NEW),
    Case("shout-unique-old", PLAIN, shout, index=UNIQUE_OLD),
    Case("number", NUMBER, number, *NUMBERS),
    Case("number-unique-new", NUMBER, number, *NUMBERS, index=UNIQUE_NEW),
    Case("empty-is-null", PLAIN, empty_is_null),
    Case("filled", PLAIN, filled),
)


def actions(case: Case) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """What two versions of an application may do to three rows."""
    keys = st.integers(1, 3)
    old, new, other = st.sampled_from(case.olds), st.sampled_from(case.news), st.sampled_from(("x", "y"))
    given_ = st.fixed_dictionaries({}, optional={"old": old, "new": new, "other": other})
    change = given_.filter(bool)
    return st.lists(
        st.one_of(
            st.tuples(st.just("insert"), keys, given_),
            st.tuples(st.just("update"), keys, change),
            st.tuples(st.just("move"), keys, st.integers(4, 6), given_),
            st.tuples(st.just("delete"), keys),
            st.tuples(st.just("behind"), keys, given_.filter(lambda given: not _is_apart(given))),
            st.tuples(st.just("fill")),
            st.tuples(st.just("repair"), keys, st.sampled_from(("old", "new"))),
        ),
        max_size=9,
    )


def _is_apart(given_: dict[str, object]) -> bool:
    """Text that is no number, beside one: PostgreSQL sets it aside, for it raises; SQLite reads 0, which conflicts."""
    return given_.get("old") == "x" and isinstance(given_.get("new"), int)


def act(shop: Shop, action: tuple[Any, ...]) -> object:
    """Do it. What came of it: whether it was refused, or how many rows were written."""
    try:
        match action:
            case ("insert", key, given_):
                names, marks = ", ".join(("id", *given_)), ", ".join("?" * (len(given_) + 1))
                shop.run(f"INSERT INTO t ({names}) VALUES ({marks})", key, *given_.values())
            case ("update", key, change):
                sets = ", ".join(f"{name} = ?" for name in change)
                shop.run(f"UPDATE t SET {sets} WHERE id = ?", *change.values(), key)
            case ("move", key, to, change):
                sets = "".join(f", {name} = ?" for name in change)
                shop.run(f"UPDATE t SET id = ?{sets} WHERE id = ?", to, *change.values(), key)
            case ("delete", key):
                shop.run("DELETE FROM t WHERE id = ?", key)
            case ("behind", key, given_):
                behind(shop, key, given_)
            case ("fill",):
                shop.fill(limit=2)
            case ("repair", key, side):
                return shop.repair(side, (key,)) if shop.rows("SELECT 1 FROM t WHERE id = ?", key) else None
    except REFUSED:
        return "refused"
    return "done"


def behind(shop: Shop, key: int, given_: dict[str, object]) -> None:
    """A row that was there before the triggers, or was written while they were gone."""
    names, marks = ", ".join(("id", *given_)), ", ".join("?" * (len(given_) + 1))
    shop.stop()
    try:
        shop.run(f"INSERT INTO t ({names}) VALUES ({marks})", key, *given_.values())
    finally:
        shop.start()


def standing(shop: Shop) -> dict[str, object]:
    return {
        "rows": shop.rows(),
        "facts": shop.facts(),
        "differing": shop.differing(),
        **{table: shop.marks(table) for table in ("kept", "conflict", "set_aside")},
    }


@pytest.fixture(scope="module", params=CASES, ids=str)
def both(
    request: pytest.FixtureRequest, postgresql_server: Any, tmp_path_factory: Any
) -> Iterator[tuple[Case, tuple[Shop, Shop]]]:
    case: Case = request.param
    with ExitStack() as stack:
        urls = (
            f"sqlite:///{tmp_path_factory.mktemp('shop') / 'shop.db'}",
            stack.enter_context(postgresql_server.database()),
        )
        opened = [
            stack.enter_context(shops.opened(words, url)) for words, url in zip((SQLITE, POSTGRESQL), urls, strict=True)
        ]
        for shop in opened:
            shop.run("PRAGMA synchronous = OFF" if shop.words is SQLITE else "SET synchronous_commit = off")
            shop.run(shop.written(case.ddl))
            if case.index:
                shop.run(case.index)
            shop.table("", case.pair(shop.words))
        yield case, (opened[0], opened[1])


@given(st.data())
@budget(2)
def test_both_engines_come_to_the_same(both: tuple[Case, tuple[Shop, Shop]], data: st.DataObject) -> None:
    """Hazard 1, 3, 4, 5, 6, 19, 43, 45."""
    case, (sqlite_shop, postgresql_shop) = both
    for shop in (sqlite_shop, postgresql_shop):
        for table in ("t", "contractctl_kept", "contractctl_conflict", "contractctl_set_aside"):
            shop.run(f"DELETE FROM {table}")
    for action in data.draw(actions(case)):
        assert act(sqlite_shop, action) == act(postgresql_shop, action)
        assert sqlite_shop.rows() == postgresql_shop.rows()
    for shop in (sqlite_shop, postgresql_shop):
        shop.fill()  # what cannot be converted may be set aside by a trigger, or by this

    assert standing(sqlite_shop) == standing(postgresql_shop)

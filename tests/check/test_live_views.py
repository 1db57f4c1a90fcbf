"""Is a view's query the same to `check --live` where the database only words it otherwise, and no other one?"""

from collections.abc import Sequence

import pytest

from contractctl import databases, journal
from contractctl.check.live import check_live
from contractctl.model.contract import Contract, File, Source
from contractctl.model.verdict import Level, Status
from tests.tables import make

TABLE = "CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER)"
PARENTHESES = [
    ("SELECT (a + b) * c AS n FROM t", "SELECT a + b * c AS n FROM t"),
    ("SELECT a - (b - c) AS n FROM t", "SELECT a - b - c AS n FROM t"),
    ("SELECT a FROM t WHERE (a = 1 OR b = 1) AND c = 1", "SELECT a FROM t WHERE a = 1 OR b = 1 AND c = 1"),
]
MOODS = (
    "CREATE TYPE mood AS ENUM ('sad', 'fair', 'happy')",
    "CREATE TABLE t (id INTEGER, name TEXT, now mood)",
    "CREATE VIEW v AS SELECT id FROM t WHERE (now = 'sad' OR name = 'x') AND now::text <> ''",
    "CREATE VIEW w AS SELECT now, count(*) AS n FROM t WHERE now IN ('sad', 'fair') GROUP BY now",
)


def status(url: str, statements: Sequence[str]) -> Status:
    """Of a contract that says this."""
    text = Source((File("shop.sql", "".join(f"{statement};\n" for statement in statements)),))
    engine = databases.create_engine(url)
    try:
        with journal.reading(engine) as connection:
            return check_live(connection, [Contract("shop", "sql", "", Level.BACKWARD, text, ())]).status
    finally:
        engine.dispose()


@pytest.mark.parametrize(("query", "other"), PARENTHESES)
def test_parentheses_that_say_what_comes_first_are_not_left_out(database_url: str, query: str, other: str) -> None:
    make(database_url, [TABLE, f"CREATE VIEW v AS {query}"])

    assert status(database_url, [TABLE, f"CREATE VIEW v AS {query}"]) is Status.COMPATIBLE
    assert status(database_url, [TABLE, f"CREATE VIEW v AS {other}"]) is not Status.COMPATIBLE


def test_a_cast_that_calculates_otherwise_is_not_left_out(postgresql_url: str) -> None:
    make(postgresql_url, [TABLE, "CREATE VIEW v AS SELECT 7::numeric / a AS n FROM t"])

    assert status(postgresql_url, [TABLE, "CREATE VIEW v AS SELECT 7 / a AS n FROM t"]) is not Status.COMPATIBLE


@pytest.mark.parametrize("home", ["", "public."])
def test_a_view_over_an_enum_is_the_same_in_the_words_of_postgresql(postgresql_url: str, home: str) -> None:
    """`public.`: as pg_dump writes it."""
    make(postgresql_url, MOODS)

    said = [
        statement.replace(" mood", f" {home}mood").replace("'sad'", f"'sad'::{home}mood") for statement in MOODS[1:]
    ]
    assert status(postgresql_url, [MOODS[0], *said]) is Status.COMPATIBLE

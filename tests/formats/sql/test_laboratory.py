"""Does a server show what SQLite cannot, and is nothing left on it?"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy
from sql_pairs import Pair, pairs

from contractctl import databases
from contractctl.errors import ContractctlError
from contractctl.formats import sql
from contractctl.formats.sql.schema import Schema
from contractctl.formats.sql.witness.laboratory import Laboratory, laboratory
from contractctl.model.contract import File, Policy, Source
from contractctl.model.verdict import Effect, Incompatibility

SHOWN_ELSEWHERE = {"a domain gets a check", "a table moves to another schema", "NULLs become alike"}
"""Types with conditions and other schemas have no place in the corner; NULLs become alike by no single row."""

NARROWED = ("CREATE TABLE t (id int PRIMARY KEY, x varchar(40))", "CREATE TABLE t (id int PRIMARY KEY, x varchar(20))")


def of_each_rule(dialect: str) -> Iterator[Pair]:
    """The first pair that breaks it."""
    seen: set[str] = set()
    for pair in pairs():
        rules = {*(pair.backward or ()), *(pair.forward or ())}
        if pair.dialect == dialect and pair.name not in SHOWN_ELSEWHERE and not rules <= seen:
            seen |= rules
            yield pair


def read(dialect: str, text: str) -> Schema:
    return sql.parse(Source((File("t.sql", text),)), Policy(dialect))


def broken(client: Schema, provider: Schema) -> Iterator[Incompatibility]:
    for found in sql.incompatibilities(client, provider):
        if isinstance(found, Incompatibility) and found.effect is not Effect.LOSES:
            yield found


@pytest.mark.parametrize("dialect", ["postgresql", "mysql"])
def test_a_server_shows_every_rule_of_its_dialect(dialect: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgresql_url" if dialect == "postgresql" else "mariadb_url")
    with asked(url) as server:
        missing = [
            (pair.name, found.rule)
            for pair in of_each_rule(dialect)
            for *texts, _ in pair.directions()
            for client, provider in [tuple(read(dialect, text) for text in texts)]
            for found in broken(client, provider)
            if server.witness(client, provider, found) is None
        ]

    assert missing == []


@contextmanager
def asked(url: str) -> Iterator[Laboratory]:
    engine = databases.create_engine(url)
    try:
        yield laboratory(engine)
    finally:
        engine.dispose()


def test_what_is_shown_is_shown_by_the_server_and_nothing_stays_there(server_url: str) -> None:
    with asked(server_url) as server:
        before = places(server.engine)
        client, provider = (read(server.dialect, text) for text in NARROWED)

        witness = server.witness(client, provider, next(broken(client, provider)))

        assert witness is not None
        assert witness.executed_by == server.name
        assert "too long" in witness.answer
        assert places(server.engine) == before


def places(engine: sqlalchemy.Engine) -> set[str]:
    """Schemas; MariaDB's databases."""
    return set(sqlalchemy.inspect(engine).get_schema_names())


def test_a_file_is_no_server(sqlite_url: str) -> None:
    with pytest.raises(ContractctlError, match="run on SQLite by default"), asked(sqlite_url):
        pass


def test_check_names_the_server_and_never_its_password(
    contractctl: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, postgresql_url: str
) -> None:
    for name, text in zip(("old.sql", "new.sql"), NARROWED, strict=True):
        (tmp_path / name).write_text(text)
    given = ("check", "old.sql", "new.sql", "--dialect", "postgresql")

    on_server = contractctl(*given, "--witness-on", "env:SCRATCH", code=1, env={"SCRATCH": postgresql_url})
    alone = contractctl(*given, code=1)
    gone = postgresql_url.replace("postgres@", "postgres:secret@").rsplit(":", 1)[0] + ":1/none"
    unreachable = contractctl(*given, "--witness-on", gone, code=2)

    assert "(PostgreSQL" in on_server.stdout
    assert "witness: none found; --witness-on URL uses a server of yours" in alone.stdout
    assert "secret" not in unreachable.stderr

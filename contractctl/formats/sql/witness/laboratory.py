"""What does a real server say to it? Tables in a corner of its own, statements in transactions that are rolled back."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from contractctl import databases
from contractctl.databases import run
from contractctl.errors import ContractctlError
from contractctl.formats.sql.live import dialect
from contractctl.formats.sql.parsing import agreed
from contractctl.formats.sql.schema import Schema, Table
from contractctl.formats.sql.witness import Ask, Outcome, Refusal, find
from contractctl.formats.sql.witness.rows import quote
from contractctl.formats.sql.witness.server_trials import SERVER_TRIALS
from contractctl.formats.sql.witness.trials import Builder, Case, Trial
from contractctl.formats.sql.writing import create_table, identifier
from contractctl.model.verdict import Incompatibility, Witness

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_SECONDS = 2
"""After which a statement is stopped: a witness is small."""


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A server that may be asked. Its address is not part of what it says of itself."""

    name: str
    dialect: str
    engine: "Engine" = field(repr=False, compare=False)

    @property
    def trials(self) -> Mapping[str, Builder]:
        return SERVER_TRIALS[self.dialect]

    def witness(self, client: object, provider: object, found: Incompatibility) -> Witness | None:
        """What shows it here; None where they are not tables of this server's dialect, or nothing does."""
        if not isinstance(client, Schema) or not isinstance(provider, Schema):
            return None
        client, provider = agreed(client, provider)
        if not client.dialect == provider.dialect == self.dialect or _elsewhere(client) or _elsewhere(provider):
            return None
        return find(self, Case(client, provider, found, self.dialect))

    def tables(self, schema: Schema, instead: Table | None = None) -> tuple[str, ...]:
        return tuple(_statements(schema, instead))

    def opened(self, tables: tuple[str, ...]) -> AbstractContextManager[Ask | None]:
        return _CORNERS[self.dialect](self.engine, tables)

    def to_the_point(self, refusal: Refusal, found: Incompatibility) -> bool:
        return refusal.code in _REASONS[self.dialect].get(found.rule, ())


def laboratory(engine: "Engine") -> Laboratory:
    """What is behind an engine. Raise ContractctlError where that is not a server, and SQLAlchemy's errors."""
    if engine.dialect.name == "sqlite":
        raise ContractctlError("witnesses run on SQLite by default", hint="name a PostgreSQL or MariaDB test server")
    with engine.connect() as connection:
        (told,) = run(connection, "SELECT version()").one()
        words = str(told).split()
        title = f"PostgreSQL {words[1]}" if engine.dialect.name == "postgresql" else _mysql_title(str(told))
        return Laboratory(title, dialect(connection), engine)


def _mysql_title(version: str) -> str:
    number, _, rest = version.partition("-")
    return f"{'MariaDB' if 'maria' in rest.lower() else 'MySQL'} {number}"


def _elsewhere(schema: Schema) -> bool:
    """Whether it names schemas or databases: there is one corner, and everything is made in it."""
    return any("." in name for name in (*schema.tables, *schema.views))


def _statements(schema: Schema, instead: Table | None) -> Iterator[str]:
    """The statements that make the tables and views of a version. instead: takes its namesake's place."""
    for name, symbols in schema.enums.items():
        listed = ", ".join(quote(symbol, schema.dialect) for symbol in symbols)
        yield f"CREATE TYPE {identifier(name, schema.dialect)} AS ENUM ({listed})"
    for each in schema.tables.values():
        table = instead if instead is not None and instead.name == each.name else each
        yield create_table(table, schema.dialect)
        yield from (unique.written for unique in table.uniques if unique.written)
    for view in schema.views.values():
        yield f"CREATE {view.properties} VIEW {identifier(view.written, schema.dialect)} AS {view.text}"


@contextmanager
def _postgresql(engine: "Engine", tables: tuple[str, ...]) -> Iterator[Ask | None]:
    """A schema that is never committed."""
    name = _corner_name()
    with engine.connect() as connection, closing(connection.begin()):
        run(connection, f"CREATE SCHEMA {name}")
        run(connection, f"SET LOCAL search_path TO {name}")
        run(connection, f"SET LOCAL statement_timeout = '{_SECONDS}s'")
        run(connection, "SET LOCAL TIME ZONE 'UTC'")
        yield partial(_asked, connection) if _made(connection, tables) else None


@contextmanager
def _mysql(engine: "Engine", tables: tuple[str, ...]) -> Iterator[Ask | None]:
    """A database that is dropped."""
    name = _corner_name()
    with engine.connect() as connection:
        run(connection, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            run(connection, f"USE {name}")
            yield partial(_asked, connection) if _made(connection, tables) else None
        finally:
            run(connection, f"DROP DATABASE {name}")
            connection.invalidate()  # its session is in a database that is gone


_CORNERS: Mapping[str, Callable[["Engine", tuple[str, ...]], AbstractContextManager[Ask | None]]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
}


def _corner_name() -> str:
    return f"contractctl_witness_{uuid.uuid4().hex[:12]}"


def _made(connection: "Connection", tables: tuple[str, ...]) -> bool:
    try:
        for statement in tables:
            run(connection, statement)
    except DBAPIError as error:
        _raise_lost(connection, error)
        return False
    return True


def _asked(connection: "Connection", trial: Trial) -> Outcome:
    """The rows that come back, the server's refusal, or None where it does not even come to the statement."""
    with closing(connection.begin_nested()):
        try:
            for statement in trial.before:
                run(connection, statement)
        except DBAPIError as error:
            _raise_lost(connection, error)
            return None
        try:
            rows = _rows(connection, trial.statement)
            return _rows(connection, trial.look) if trial.look else rows
        except DBAPIError as error:
            _raise_lost(connection, error)
            return _refusal(error, connection.dialect.name)


def _raise_lost(connection: "Connection", error: DBAPIError) -> None:
    """A server that is gone has refused nothing."""
    if databases.of(connection).lost(error):
        raise error


def _rows(connection: "Connection", statement: str) -> list[tuple[object, ...]]:
    result = run(connection, statement)
    return [tuple(row) for row in result] if result.returns_rows else []


def _refusal(error: DBAPIError, dialect_name: str) -> Refusal:
    """In the server's words, and by its code."""
    if dialect_name == "postgresql":
        return Refusal(str(error.orig).partition("\n")[0], str(getattr(error.orig, "sqlstate", "")))
    number, *words = error.orig.args if error.orig is not None else ("",)
    return Refusal(" ".join(map(str, words)), str(number))


_REASONS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "postgresql": {  # https://www.postgresql.org/docs/15/errcodes-appendix.html
        rule: frozenset(codes.split())
        for rules, codes in (
            ("column-removed view-column-removed", "42703"),
            ("table-removed view-removed", "42P01"),
            ("column-required null-refused null-unexpected default-removed", "23502"),
            ("column-generated", "428C9"),
            ("foreign-key-added foreign-key-removed delete-refused", "23503"),
            ("foreign-key-action-changed", "23503"),
            ("unique-added", "23505"),
            ("unique-removed", "42P10"),
            ("check-added check-removed", "23514"),
            ("type-narrowed", "22001 22003"),
            ("default-refused", "22001 22003 22026 23502"),
            ("type-refused type-changed", "22P02 22007 42804 42883"),
            ("enum-value-added enum-value-removed", "22P02"),
        )
        for rule in (f"sql-{one}" for one in rules.split())
    },
    "mysql": {  # https://mariadb.com/kb/en/mariadb-error-code-reference/; 3105 and 3819 are MySQL's
        rule: frozenset(codes.split())
        for rules, codes in (
            ("column-removed view-column-removed", "1054"),
            ("table-removed view-removed", "1146"),
            ("column-required default-removed", "1364"),
            ("null-refused null-unexpected", "1048"),
            ("column-generated", "1906 3105"),
            ("foreign-key-added foreign-key-removed", "1452"),
            ("delete-refused foreign-key-action-changed", "1451"),
            ("unique-added", "1062"),
            ("check-added check-removed", "4025 3819"),
            ("type-narrowed", "1264 1406"),
            ("type-refused type-changed", "1265 1292 1366 1406"),
            ("enum-value-added enum-value-removed", "1265"),
        )
        for rule in (f"sql-{one}" for one in rules.split())
    },
}
"""With which codes the servers refuse for that reason."""

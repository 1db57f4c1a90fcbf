"""In which database is the shop's table? A file in the demo's own folder, or an empty database that was named."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, inspect

from contractctl import databases, journal
from contractctl.errors import ContractctlError

VARIABLE = "SHOP_DATABASE_URL"
"""In the environment of everything that runs in the demo; without it, it is the file."""
_FILE = "sqlite:///shop.db"
_PATIENCE = 30
"""Seconds that a request waits for its turn to write to the file."""
_OUR_FUNCTIONS = (
    "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE '%contractctl%'"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the table is."""

    url: str | None = None
    """A server's address, which may hold a password and is never shown; None is the file."""

    @property
    def dialect(self) -> str:
        """In the words of contract.toml."""
        if self.url is None:
            return "sqlite"
        return "postgresql" if self.url.startswith("postgres") else "mysql"

    @property
    def words(self) -> str:
        """In a sentence."""
        engines = {"sqlite": "a real SQLite database", "postgresql": "your PostgreSQL database"}
        return engines.get(self.dialect, "your MariaDB database")

    @property
    def setting(self) -> str:
        """What contractctl.toml says."""
        return _FILE if self.url is None else f"env:{VARIABLE}"

    @property
    def restore_point(self) -> str:
        """The file that the data can be brought back from before the old column goes."""
        return "before-contract.db" if self.url is None else "before-contract.jsonl"

    def engine(self, folder: Path) -> Engine:
        """The database as an application opens it."""
        if self.url is None:
            return create_engine(f"sqlite:///{folder / 'shop.db'}", connect_args={"timeout": _PATIENCE})
        return create_engine(databases.create_engine(self.url).url)  # the driver that is here, and nothing else of ours

    @property
    def environment(self) -> dict[str, str]:
        return {} if self.url is None else {VARIABLE: self.url}


def here() -> Place:
    """Where a process of the shop finds it."""
    return Place(os.environ.get(VARIABLE))


def demand_empty(place: Place) -> None:
    """Raise ContractctlError where a named database holds anything: the demo must not meet anybody's tables."""
    for connection in _named(place):
        found = inspect(connection).get_table_names()
        if found:
            raise ContractctlError(
                f"the database is not empty: '{found[0]}' is one of its {len(found)} tables",
                hint="name an empty one, created for the demo: CREATE DATABASE contractctl_demo",
            )


def clear(place: Place) -> None:
    """Take away what the demo has made in a named database, which was empty before."""
    for connection in _named(place):
        quote = databases.of(connection).quote
        for table, _ in reversed(inspect(connection).get_sorted_table_and_fkc_names()):  # who refers goes first
            if table is not None:
                databases.run(connection, f"DROP TABLE {quote(table)}")
        if connection.dialect.name == "postgresql":
            for name in databases.run(connection, _OUR_FUNCTIONS).scalars().all():
                databases.run(connection, f"DROP FUNCTION {quote(name)}")


def _named(place: Place) -> Iterator[Connection]:
    """A connection to the database that was named; none where it is the file."""
    if place.url is not None:
        with databases.opened(place.url) as engine, journal.writing(engine) as connection:
            yield connection

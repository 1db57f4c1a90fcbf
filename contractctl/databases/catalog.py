"""Which columns and keys do tables have: now, under other names, at a later stage, or according to a revision file?"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import NoResultFound

from contractctl.databases import Column, Database, run
from contractctl.errors import ContractctlError


class Catalog(Protocol):
    """Tables with their columns and keys: read over a connection, or from a revision file that becomes a script."""

    @property
    def live(self) -> bool:
        """Whether the database itself is read, as it is now."""

    def columns(self, table: str, /) -> tuple[Column, ...]:
        """The table's columns; of a script, those that matter. Raise ContractctlError where there is no such table."""

    def key(self, table: str, /) -> tuple[Column, ...]:
        """The columns that identify a row: the primary key, or the engine's substitute for it."""

    def storing(self, table: str, /) -> Callable[[str, Column, Iterable[Column]], str]:
        """As `Database.storing`."""

    def coming(self, table: str, name: str, /) -> Column | None:
        """The column, if an earlier stage has yet to add it: the database does not know it yet."""

    def ask(self, query: str, otherwise: str | None = None, /) -> str:
        """The single value that a query returns; `otherwise` if it cannot be asked, or raise ContractctlError."""


@dataclass(frozen=True, slots=True)
class Live:
    """The database as it is now."""

    database: Database
    connection: Connection

    @property
    def live(self) -> bool:
        return True

    def columns(self, table: str) -> tuple[Column, ...]:
        return self.database.columns(self.connection, table)

    def key(self, table: str) -> tuple[Column, ...]:
        return self.database.key_columns(self.connection, table)

    def storing(self, table: str) -> Callable[[str, Column, Iterable[Column]], str]:
        return self.database.storing(self.connection, table)

    def coming(self, _table: str, _name: str) -> Column | None:
        return None

    def ask(self, query: str, _otherwise: str | None = None) -> str:
        return str(run(self.connection, query).scalar_one())


@dataclass(frozen=True, slots=True)
class RenamedColumns:
    """Another catalog, in which columns of one table have other names."""

    catalog: Catalog
    table: str
    names: Mapping[str, str]
    same: Callable[[str, str], bool]

    @property
    def live(self) -> bool:
        return self.catalog.live

    def columns(self, table: str) -> tuple[Column, ...]:
        found = self.catalog.columns(table)
        return tuple(map(self._renamed, found)) if self.same(table, self.table) else found

    def key(self, table: str) -> tuple[Column, ...]:
        found = self.catalog.key(table)
        return tuple(map(self._renamed, found)) if self.same(table, self.table) else found

    def storing(self, table: str) -> Callable[[str, Column, Iterable[Column]], str]:
        return self.catalog.storing(table)

    def coming(self, table: str, name: str) -> Column | None:
        if not self.same(table, self.table):
            return self.catalog.coming(table, name)
        now = next((old for old, new in self.names.items() if self.same(new, name)), name)
        found = self.catalog.coming(table, now)
        return None if found is None else self._renamed(found)

    def ask(self, query: str, otherwise: str | None = None) -> str:
        return self.catalog.ask(query, otherwise)

    def _renamed(self, column: Column) -> Column:
        new = next((new for old, new in self.names.items() if self.same(old, column.name)), column.name)
        return replace(column, name=new)


@dataclass(frozen=True, slots=True)
class RenamedTable:
    """Another catalog, in which one table has another name."""

    catalog: Catalog
    name: str
    """The name that it will have."""
    now: str

    @property
    def live(self) -> bool:
        return self.catalog.live

    def columns(self, table: str) -> tuple[Column, ...]:
        return self.catalog.columns(self._now(table))

    def key(self, table: str) -> tuple[Column, ...]:
        return self.catalog.key(self._now(table))

    def storing(self, table: str) -> Callable[[str, Column, Iterable[Column]], str]:
        return self.catalog.storing(self._now(table))

    def coming(self, table: str, name: str) -> Column | None:
        return self.catalog.coming(self._now(table), name)

    def ask(self, query: str, otherwise: str | None = None) -> str:
        return self.catalog.ask(query, otherwise)

    def _now(self, table: str) -> str:
        return self.now if table == self.name else table


@dataclass(frozen=True, slots=True)
class Told:
    """What a revision file says about its tables; no database is read."""

    database: Database
    known: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    """For each table, the columns that matter; those of its key have their position in it."""
    why: str = ""
    """What the revision does that cannot be told without the database, if that is known beforehand."""

    @property
    def live(self) -> bool:
        return False

    def columns(self, table: str) -> tuple[Column, ...]:
        return self._columns(table)

    def key(self, table: str) -> tuple[Column, ...]:
        keyed = [column for column in self._columns(table) if column.key_place]
        if not keyed:
            raise _untold(table, self.why)
        return tuple(sorted(keyed, key=lambda column: column.key_place))

    def storing(self, table: str) -> Callable[[str, Column, Iterable[Column]], str]:
        return self.database.storing(None, table)

    def coming(self, _table: str, _name: str) -> Column | None:
        return None

    def ask(self, query: str, otherwise: str | None = None) -> str:  # noqa: ARG002 - there is nobody to ask
        if otherwise is None:
            raise unwritable(self.why)
        return otherwise

    def _columns(self, table: str) -> tuple[Column, ...]:
        found = next((columns for name, columns in self.known.items() if self.database.same(name, table)), ())
        if not found:
            raise _untold(table, self.why)
        return found


@dataclass(frozen=True, slots=True)
class Ahead:
    """The database as it will be at a later stage: what it has now, and what the stages before add."""

    now: Live
    told: Catalog
    brought: Mapping[str, tuple[Column, ...]]
    """For each table, the columns that will be added."""
    asks: bool = True
    """Whether the database can answer already; else the answer is `otherwise`, if there is one."""

    @property
    def live(self) -> bool:
        return False

    def columns(self, table: str) -> tuple[Column, ...]:
        found: list[Column] = []
        for more in (self._there(table), self.brought.get(table, ()), self._told(table)):
            found += [one for one in more if not any(self.now.database.same(one.name, other.name) for other in found)]
        if not found:
            raise _untold(table)
        return tuple(found)

    def key(self, table: str) -> tuple[Column, ...]:
        return self.now.key(table)

    def storing(self, table: str) -> Callable[[str, Column, Iterable[Column]], str]:
        return self.now.storing(table)

    def coming(self, table: str, name: str) -> Column | None:
        return next((one for one in self.brought.get(table, ()) if self.now.database.same(one.name, name)), None)

    def ask(self, query: str, otherwise: str | None = None) -> str:
        if otherwise is not None and not self.asks:
            return otherwise
        try:
            return self.now.ask(query, otherwise)
        except NoResultFound as error:
            raise UntoldError(
                "they hang on what the stages before make of the tables",
                hint="run these first, and look again",
            ) from error

    def _there(self, table: str) -> tuple[Column, ...]:
        there = self.now.database.exists(self.now.connection, table)
        return self.now.columns(table) if there else ()

    def _told(self, table: str) -> tuple[Column, ...]:
        try:
            return self.told.columns(table)
        except UntoldError:
            return ()


class UntoldError(ContractctlError):
    """Something that only the database can answer, as it will be then."""


def _untold(table: str, why: str = "") -> UntoldError:
    return unwritable(why or f"this revision does not describe '{table}'")


def unwritable(why: str = "") -> UntoldError:
    """The error if a script would need what only the database knows."""
    return UntoldError(
        f"{why or 'this revision reads the database that it changes'}, so it cannot be written as a script (--sql)",
        hint="run it online, against a copy of the database if you want to see what it does",
    )


def find(database: Database, catalog: Catalog, table: str, name: str) -> Column | None:
    """The column of that name, or None."""
    return next((column for column in catalog.columns(table) if database.same(column.name, name)), None)


def place(database: Database, catalog: Catalog, table: str, *names: str) -> str:
    """The first of these names that the table has; the last one if that cannot be told."""
    if not catalog.live:
        return names[-1]
    there = (name for name in names if find(database, catalog, table, name) is not None)
    return next(there, names[-1])


def get(database: Database, catalog: Catalog, table: str, name: str) -> Column:
    """The column of that name. Raise ContractctlError if there is none."""
    found = find(database, catalog, table, name)
    if found is None:
        raise ContractctlError(
            f"table '{table}' has no column '{name}'", hint="is this the database the plan was made for?"
        )
    return found

"""What may a revision do to whole tables?"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection

from contractctl.databases import Database, Statement, run
from contractctl.databases.catalog import Catalog
from contractctl.databases.temporary_names import quiesced_table
from contractctl.errors import ContractctlError
from contractctl.model.amounts import agreeing
from contractctl.operations.steps.step import Step


@dataclass(frozen=True)
class CreateTable(Step):
    """Create a table that nobody uses yet."""

    table: str
    create: str
    """CREATE TABLE."""
    fed: bool = False
    """Whether everything that it will hold comes from other tables."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - nothing is there
        return database.ddl.create_table(self.table, self.create)

    def demand(self, database: Database, connection: Connection) -> None:
        if database.exists(connection, self.table):
            raise ContractctlError(
                f"the database already has a table '{self.table}'",
                hint="choose another name, or drop that table if nobody uses it",
            )

    def done(self, database: Database, connection: Connection) -> bool:
        return database.exists(connection, self.table) and not _has_rows(database, connection, self.table)

    def reverse(self) -> Step:
        return UncreateTable(self.table, self.fed)


@dataclass(frozen=True)
class UncreateTable(Step):
    """Drop a table that was only staged."""

    table: str
    fed: bool = False

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.drop_table(catalog, self.table, self.table)

    def demand(self, database: Database, connection: Connection) -> None:
        if not self.fed and _has_rows(database, connection, self.table):
            raise ContractctlError(
                f"the table '{self.table}' holds rows that exist nowhere else and would be lost",
                hint=f"save or delete them first: DELETE FROM {database.table(self.table)}",
            )

    def done(self, database: Database, connection: Connection) -> bool:
        return not database.exists(connection, self.table)


@dataclass(frozen=True)
class HoldTables(Step):
    """Lock several tables before any of them is changed, so that nobody who writes them is caught between two."""

    tables: tuple[str, ...]

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - by their names
        return database.ddl.hold(self.tables)

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False

    def reverse(self) -> Step:
        return self


@dataclass(frozen=True)
class StandIn(Step):
    """Let the new name of a table be read and written as if it were the table."""

    table: str
    name: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.stand_in(catalog, self.table, self.name)

    def done(self, database: Database, connection: Connection) -> bool:
        return database.is_view(connection, self.name)

    def reverse(self) -> Step:
        return DropStandIn(self.table, self.name)


@dataclass(frozen=True)
class DropStandIn(Step):
    """Drop that view."""

    table: str
    name: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - by its name
        return database.ddl.drop_stand_in(self.name)

    def done(self, database: Database, connection: Connection) -> bool:
        return not database.is_view(connection, self.name)

    def reverse(self) -> Step:
        return StandIn(self.table, self.name)


@dataclass(frozen=True)
class TakeName(Step):
    """Give the table its new name, in place of the view that stood in for it. The old name is gone."""

    table: str
    name: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - by their names
        return database.ddl.take_name(self.table, self.name)

    def done(self, database: Database, connection: Connection) -> bool:
        return database.exists(connection, self.name)

    def reverse(self) -> Step:
        return GiveNameBack(self.table, self.name)


@dataclass(frozen=True)
class GiveNameBack(Step):
    """Give the table its old name back, and let a view stand in for the new one again."""

    table: str
    name: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.give_name_back(catalog, self.table, self.name)

    def done(self, database: Database, connection: Connection) -> bool:
        return database.exists(connection, self.table) and database.is_view(connection, self.name)

    def reverse(self) -> Step:
        return TakeName(self.table, self.name)


@dataclass(frozen=True)
class BrownOutTable(Step):
    """Take the table's name away from applications that still use it; its rows stay."""

    table: str
    dropped: tuple[str, ...] = ()
    """Constraints that the plan drops with it."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - by its name
        return database.ddl.rename_table(self.table, quiesced_table(self.table))

    def demand(self, database: Database, connection: Connection) -> None:
        refuse_table_dependents(database, connection, self.table, self.dropped)

    def done(self, database: Database, connection: Connection) -> bool:
        return database.exists(connection, quiesced_table(self.table))

    def reverse(self) -> Step:
        return EndTableBrownOut(self.table, self.dropped)


@dataclass(frozen=True)
class EndTableBrownOut(Step):
    """Give the table its name back."""

    table: str
    dropped: tuple[str, ...] = ()

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - by its name
        return database.ddl.rename_table(quiesced_table(self.table), self.table)

    def done(self, database: Database, connection: Connection) -> bool:
        return not database.exists(connection, quiesced_table(self.table))

    def reverse(self) -> Step:
        return BrownOutTable(self.table, self.dropped)


@dataclass(frozen=True)
class DropOldTable(Step):
    """Drop the browned-out table. Nothing brings it back."""

    drops: ClassVar[bool] = True

    table: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.drop_table(catalog, quiesced_table(self.table), self.table)

    def demand(self, database: Database, connection: Connection) -> None:
        refuse_table_dependents(database, connection, quiesced_table(self.table), ())

    def done(self, database: Database, connection: Connection) -> bool:
        return not database.exists(connection, quiesced_table(self.table))


def refuse_table_dependents(database: Database, connection: Connection, table: str, but: tuple[str, ...]) -> None:
    """Raise ContractctlError, by name, where a view or a key of another table still uses the table."""
    found = [
        name for name in database.table_dependents(connection, table) if not any(f"'{one}'" in name for one in but)
    ]
    if found:
        use, them = agreeing(len(found), "uses", "use"), agreeing(len(found), "it", "them")
        raise ContractctlError(
            f"{', '.join(found)} still {use} the table '{table}', which is to be dropped",
            hint=f"drop {them}, or rewrite {them} without the table, and run it again",
        )


def _has_rows(database: Database, connection: Connection, table: str) -> bool:
    return bool(run(connection, f"SELECT EXISTS (SELECT 1 FROM {database.table(table)})").scalar_one())

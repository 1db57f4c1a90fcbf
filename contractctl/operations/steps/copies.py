"""How is a table replaced by a copy of it, and back?"""

from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from sqlalchemy import Connection

from contractctl import databases
from contractctl.databases import Database, Statement, Synchronisation, copied_rows
from contractctl.databases.catalog import Catalog, Live
from contractctl.databases.ddl import BlockingError, Copying
from contractctl.databases.temporary_names import copied_table, quiesced_table
from contractctl.errors import ContractctlError
from contractctl.operations.locating import seen, synchronisation
from contractctl.operations.pairs import Whole, copied
from contractctl.operations.scripted import told_of_copied
from contractctl.operations.steps.constraints import AddForeignKey, DropConstraint, DropIndex
from contractctl.operations.steps.step import Step


@dataclass(frozen=True)
class _AsItStands(Step):
    """A step that depends on everything that the table has, which only the database knows."""

    table: str

    def told(self, database: Database) -> Catalog:
        return told_of_copied(database, self.table)


@dataclass(frozen=True)
class CopyTable(_AsItStands):
    """Create a copy of a table without rows, in which columns are of another type."""

    columns: tuple[str, ...]
    type: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return copying(database).copy_table(catalog, self.table, self.columns, self.type)

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False

    def reverse(self) -> Step:
        return DropCopy(self.table)


@dataclass(frozen=True)
class DropCopy(Step):
    """Drop the copy, which nobody uses yet."""

    table: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - by its name
        return copying(database).drop_copy(self.table)

    def demand(self, database: Database, connection: Connection) -> None:
        if database.exists(connection, quiesced_table(self.table)):
            raise ContractctlError(
                f"the copy has the name of '{self.table}', which is called '{quiesced_table(self.table)}'",
                hint="run the downgrade of the plan's quiesce revision first",
            )

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False


@dataclass(frozen=True)
class Swap(_AsItStands):
    """Give the copy the table's name. What is written from then on goes to the old table, too."""

    pairs: tuple[Whole, ...]
    plan: str = ""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return copying(database).swap(catalog, seen(database, catalog, self.plan, self.table, self.pairs))

    def demand(self, database: Database, connection: Connection) -> None:
        for pair in self.pairs:
            _refuse(copying(database), connection, self.plan, pair)
        _demand_followed(database, connection, self)

    def done(self, database: Database, connection: Connection) -> bool:
        return database.exists(connection, quiesced_table(self.table))

    def reverse(self) -> Step:
        return SwapBack(self.table, self.pairs, self.plan)


@dataclass(frozen=True)
class SwapBack(_AsItStands):
    """Give the old table its name back."""

    pairs: tuple[Whole, ...]
    plan: str = ""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return copying(database).swap_back(seen(database, catalog, self.plan, self.table, self.pairs))

    def demand(self, database: Database, connection: Connection) -> None:
        """What only the copy can hold would be lost; the statement itself checks once more."""
        sync = _demand_followed(database, connection, self)
        _demand_none_refers(copying(database), connection, self.table, "gives its name back to the old table")
        keys = copied_rows.beyond(database, connection, sync)
        if keys:
            raise copied_rows.lost(sync, keys)

    def done(self, database: Database, connection: Connection) -> bool:
        return not database.exists(connection, quiesced_table(self.table))

    def reverse(self) -> Step:
        return Swap(self.table, self.pairs, self.plan)


@dataclass(frozen=True)
class IndexForeignKey(Step):
    """Build the index that a foreign key needs, while applications write, if there is none over its columns."""

    table: str
    name: str
    columns: tuple[str, ...]

    @property
    def first(self) -> bool:
        return True

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return copying(database).index_foreign_key(catalog, self.table, self.name, self.columns)

    def done(self, database: Database, connection: Connection) -> bool:
        return not self.statements(database, Live(database, connection))

    def reverse(self) -> Step:
        return DropIndex(self.table, self.name)


@dataclass(frozen=True)
class ReferToCopied(AddForeignKey):
    """As AddForeignKey, to a table that was replaced by its copy just now.

    Until then the table that was copied has held all that is written to what both hold. So the key comes first, and
    then the question whether every row fulfils it.
    """

    @property
    def first(self) -> bool:
        return False

    def run(self, connection: Connection, *, alone: bool = False) -> None:
        Step.run(self, connection, alone=alone)
        super().demand(databases.of(connection), connection)

    def demand(self, database: Database, connection: Connection) -> None:
        """Nothing: the key comes first."""

    def reverse(self) -> Step:
        return DropConstraint(self.table, self.name, "foreign-key")


@dataclass(frozen=True)
class DropCopied(_AsItStands):
    """Drop the old table, whose name the copy has. Nothing brings it back."""

    drops: ClassVar[bool] = True

    plan: str = ""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return copying(database).drop_copied(catalog, self.plan, self.table)

    def demand(self, database: Database, connection: Connection) -> None:
        if database.exists(connection, copied_table(self.table)):
            raise ContractctlError(
                f"'{self.table}' is the old table still: '{copied_table(self.table)}' has not taken its name",
                hint=f"run: contractctl migrate quiesce {self.plan}",
            )
        _demand_none_refers(copying(database), connection, quiesced_table(self.table), "goes")

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False


def copying(database: Database) -> Copying:
    """How the engine does it. Raise BlockingError if it does not."""
    if database.ddl.copying is None:
        raise BlockingError(
            "only on MariaDB is a table replaced by a copy",
            hint="plan again, with the contract in the dialect of the database that it runs on",
        )
    return database.ddl.copying


def _demand_followed(database: Database, connection: Connection, step: Swap | SwapBack) -> Synchronisation:
    """What is written to one table must be in the other when that gets its name."""
    sync = synchronisation(connection, step.plan, step.table, step.pairs)
    gone = database.missing_triggers(connection, sync)
    if gone:
        raise ContractctlError(
            f"the trigger '{gone[0]}' is gone: what is written to '{step.table}' is no longer written to its copy",
            hint=f"run: contractctl migrate verify {step.plan}",
        )
    return sync


def _demand_none_refers(how: Copying, connection: Connection, table: str, what: str) -> None:
    """Raise ContractctlError where another table still refers to it. what: what happens to the table."""
    found = next(how.referring(connection, table), None)
    if found is not None:
        raise ContractctlError(
            f"foreign key '{found[0]}' of '{found[1]}' refers to '{table}', which {what}",
            hint="drop it first, and add it again at the end",
        )


def _refuse(how: Copying, connection: Connection, plan: str, pair: Whole) -> None:
    obstacles = how.obstacles(connection, plan, pair.source, copied(pair))
    found = next(chain(obstacles, how.old_readers(connection, plan, pair.source)), None)
    if found is not None:
        raise ContractctlError(found, hint="nothing was changed; fix it, and run it again")

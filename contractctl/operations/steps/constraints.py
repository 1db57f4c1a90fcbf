"""What may a revision do to a table's constraints and indexes?

What takes long is done while applications write, before the rest of its revision, and stands for itself: begun again
it goes on. Names that others had taken were found before the plan began, so what bears such a name is ours.
"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection

from contractctl import databases
from contractctl.databases import Database, Statement, ddl, run
from contractctl.databases.catalog import Catalog, Live, get
from contractctl.errors import ContractctlError
from contractctl.model.amounts import agreeing, counted
from contractctl.operations.steps.columns import demand_no_null
from contractctl.operations.steps.step import Step

_NAMED = 5
"""How many values to show."""


@dataclass(frozen=True)
class AddCheck(Step):
    """Let the table hold only rows that fulfil a condition."""

    table: str
    name: str
    condition: str

    @property
    def first(self) -> bool:
        return True

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.add_check(catalog, self.table, self.name, self.condition)

    def run(self, connection: Connection, *, alone: bool = False) -> None:
        """And look again where DDL commits by itself: a row may have come in between, and the CHECK proves nothing."""
        super().run(connection, alone=alone)
        database = databases.of(connection)
        if not database.transactional_ddl:
            self.demand(database, connection)

    def demand(self, database: Database, connection: Connection) -> None:
        broken = f"SELECT count(*) FROM {database.table(self.table)} WHERE ({self.condition}) IS FALSE"
        count = run(connection, broken).scalar_one()
        if count:
            rows, do = counted(count, "row"), agreeing(count, "does", "do")
            raise ContractctlError(
                f"{rows} of '{self.table}' {do} not fulfil '{self.name}': {self.condition}",
                hint=f"fix them; to find them: WHERE ({self.condition}) IS FALSE",
            )

    def done(self, database: Database, connection: Connection) -> bool:
        return not self.statements(database, Live(database, connection))

    def reverse(self) -> Step:
        return DropConstraint(self.table, self.name, "check", f"CHECK ({self.condition})")


@dataclass(frozen=True)
class AddForeignKey(Step):
    """Let the table's rows refer only to existing rows."""

    table: str
    name: str
    columns: tuple[str, ...]
    references: str
    referred: tuple[str, ...] = ()
    on_delete: str = ""
    on_update: str = ""
    timing: str = ""
    at_once: bool = False
    """The table is new: there is nothing to read."""

    @property
    def first(self) -> bool:
        return True

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.add_foreign_key(catalog, self.table, self._key(), self.at_once)

    def run(self, connection: Connection, *, alone: bool = False) -> None:
        """And look again where DDL commits by itself: a row may have come in between, and the key proves nothing."""
        super().run(connection, alone=alone)
        database = databases.of(connection)
        if not database.transactional_ddl:
            self.demand(database, connection)

    def demand(self, database: Database, connection: Connection) -> None:
        orphans = self._orphans(database, connection)
        count = run(connection, f"SELECT count(*) FROM {orphans}").scalar_one()
        if count:
            raise ContractctlError(
                f"{counted(count, 'row')} of '{self.table}' {agreeing(count, 'refers', 'refer')} to no row of"
                f" '{self.references}', as '{self.name}' requires",
                hint=f"fix or delete them; to find them: SELECT * FROM {orphans}",
            )

    def done(self, database: Database, connection: Connection) -> bool:
        return not self.statements(database, Live(database, connection))

    def reverse(self) -> Step:
        return TakeForeignKeyBack(self.table, self.name)

    def _key(self) -> ddl.ForeignKey:
        return ddl.ForeignKey(
            self.name, self.columns, self.references, self.referred, self.on_delete, self.on_update, self.timing
        )

    def _orphans(self, database: Database, connection: Connection) -> str:
        names = self.referred or tuple(one.name for one in database.key_columns(connection, self.references))
        pairs = list(zip(self.columns, names, strict=True))
        given = " AND ".join(f"contractctl_child.{database.quote(here)} IS NOT NULL" for here, _ in pairs)
        found = " AND ".join(
            f"contractctl_parent.{database.quote(there)} = contractctl_child.{database.quote(here)}"
            for here, there in pairs
        )
        parent = f"SELECT 1 FROM {database.table(self.references)} contractctl_parent WHERE {found}"
        return f"{database.table(self.table)} contractctl_child WHERE {given} AND NOT EXISTS ({parent})"


@dataclass(frozen=True)
class AddUnique(Step):
    """Turn a unique index into the constraint of that name, where an engine distinguishes the two."""

    table: str
    name: str
    columns: tuple[str, ...]

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.add_unique(catalog, self.table, self.name, self.columns)

    def done(self, database: Database, connection: Connection) -> bool:
        return not self.statements(database, Live(database, connection))

    def reverse(self) -> Step:
        return DropConstraint(self.table, self.name, "unique")


@dataclass(frozen=True)
class MoveKey(Step):
    """Let other columns be the table's primary key, once the old ones are browned out and nothing refers to them."""

    drops: ClassVar[bool] = True

    table: str
    columns: tuple[str, ...]
    index: str
    """A unique index over these columns."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.move_key(catalog, self.table, self.columns, self.index)

    def demand(self, database: Database, connection: Connection) -> None:
        for name in self.columns:
            if not get(database, Live(database, connection), self.table, name).not_null:
                demand_no_null(database, connection, self.table, name)

    def done(self, database: Database, connection: Connection) -> bool:
        there = database.key_columns(connection, self.table)
        return len(there) == len(self.columns) and all(
            database.same(one.name, name) for one, name in zip(there, self.columns, strict=True)
        )


@dataclass(frozen=True)
class DropConstraint(Step):
    """Drop a constraint."""

    drops: ClassVar[bool] = True

    table: str
    name: str
    sort: str
    """check, unique, foreign-key."""
    says: str = ""
    """What it says, in case it has no name."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.drop_constraint(catalog, self.table, self.sort, self.name, self.says)

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False


@dataclass(frozen=True)
class TakeForeignKeyBack(Step):
    """Drop a foreign key that the plan has added, and the index that came with it where an engine needs one."""

    table: str
    name: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        index = database.ddl.drop_index(self.table, self.name, False) if database.ddl.keys_bring_indexes else ()
        return (*database.ddl.drop_constraint(catalog, self.table, "foreign-key", self.name, ""), *index)

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False


@dataclass(frozen=True)
class RenameConstraint(Step):
    """Give a constraint or an index the name of one that is gone."""

    drops: ClassVar[bool] = True
    """It follows what is dropped."""

    table: str
    name: str
    new: str
    sort: str
    """check, unique, foreign-key, index."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.rename_constraint(catalog, self.table, self.sort, self.name, self.new)

    def done(self, database: Database, connection: Connection) -> bool:
        there = database.parts(connection, self.table)
        return any(database.same(one, self.new) for one in there) and not any(
            database.same(one, self.name) for one in there
        )


@dataclass(frozen=True)
class BuildIndex(Step):
    """Build an index while applications write."""

    table: str
    name: str
    columns: str = ""
    """SQL; if empty, those in `distinct`."""
    unique: bool = False
    where: str = ""
    using: str = ""
    include: str = ""
    sort: str = ""
    rest: str = ""
    distinct: tuple[str, ...] = ()
    """The columns whose values must differ, where it is as simple as that."""
    at_once: bool = False
    """The table is new: there is nothing to read."""
    made_of: tuple[str, ...] = ()
    """The columns from which those in `distinct` are made: they show which rows would be equal."""

    @property
    def first(self) -> bool:
        return True

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.build_index(catalog, self.table, self._index(database), self.at_once)

    def demand(self, database: Database, connection: Connection) -> None:
        if not self.distinct:
            return
        names = ", ".join(database.quote(name) for name in self.distinct)
        given = " AND ".join(f"{database.quote(name)} IS NOT NULL" for name in self.distinct)
        twice = (
            f"SELECT {names}, count(*) FROM {database.table(self.table)} WHERE {given}"
            f" GROUP BY {names} HAVING count(*) > 1 ORDER BY {names} LIMIT {_NAMED}"
        )
        found = run(connection, twice).all()
        if found:
            shown = ", ".join(repr(tuple(row[:-1]) if len(row) > 2 else row[0]) for row in found)  # noqa: PLR2004 - one value and its count
            raise ContractctlError(
                f"'{self.name}' requires rows of '{self.table}' to differ in {', '.join(self.distinct)}, but several"
                f" hold {shown}",
                hint=f"fix them, and run it again{self._sources(database, connection, twice)}",
            )

    def _sources(self, database: Database, connection: Connection, twice: str) -> str:
        """Which rows those are, if other columns show it."""
        if not self.made_of:
            return ""
        sources = [get(database, Live(database, connection), self.table, name) for name in self.made_of]
        told = database.json_array((f"one.{database.quote(source.name)}", source.type) for source in sources)
        alike = " AND ".join(f"one.{name} = twice.{name}" for name in map(database.quote, self.distinct))
        query = f"SELECT {told} FROM {database.table(self.table)} one JOIN ({twice}) twice ON {alike}"
        keys = sorted(run(connection, f"{query} ORDER BY 1 LIMIT {2 * _NAMED}").scalars())
        return f"; they are made of the {', '.join(self.made_of)} {', '.join(keys)}"

    def done(self, database: Database, connection: Connection) -> bool:
        return not self.statements(database, Live(database, connection))

    def reverse(self) -> Step:
        return DropIndex(self.table, self.name)

    def _index(self, database: Database) -> ddl.Index:
        columns = self.columns or ", ".join(map(database.quote, self.distinct))
        return ddl.Index(self.name, columns, self.unique, self.where, self.using, self.include, self.sort, self.rest)


@dataclass(frozen=True)
class DropIndex(Step):
    """Drop an index."""

    drops: ClassVar[bool] = True

    table: str
    name: str
    beside: bool = False
    """Outside a transaction, while applications read and write."""

    @property
    def first(self) -> bool:
        return self.beside

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - by its name
        return database.ddl.drop_index(self.table, self.name, self.beside)

    def done(self, database: Database, connection: Connection) -> bool:
        return not any(database.same(one, self.name) for one in database.parts(connection, self.table))

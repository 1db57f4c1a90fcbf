"""What may a revision do to one column?"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection

from contractctl.databases import Column, Database, Statement, Work, run
from contractctl.databases.catalog import Catalog, Live, find, get, place
from contractctl.databases.temporary_names import quiesced
from contractctl.errors import ContractctlError
from contractctl.model.amounts import agreeing, counted
from contractctl.operations.locating import seen
from contractctl.operations.pairs import Pair, leaving_name
from contractctl.operations.scripted import told
from contractctl.operations.steps.step import Step


@dataclass(frozen=True)
class StageColumn(Step):
    """Add a column: nullable, unless it has a default that old writers leave in place."""

    table: str
    column: str
    like: str | None = None
    """The column whose type and collation it takes; `type` and `collation` are then for a script without a catalog."""
    type: str | None = None
    collation: str | None = None
    default: str | None = None
    not_null: bool = False
    heir_of: tuple[str, ...] = ()
    """The columns that it replaces, besides the one that it is like: whoever may use all of them may use it."""
    instead_of: str | None = None
    """The column that it replaces with another type."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        olds = self.heir_of or ((self.like,) if self.like is not None else ())
        add = database.ddl.add_column(catalog, self.table, self.added(database, catalog), self.instead_of or self.like)
        return (*add, *database.ddl.share_column(catalog, self.table, olds, self.column))

    def demand(self, database: Database, connection: Connection) -> None:
        if _has(database, connection, self.table, self.column):
            raise ContractctlError(
                f"table '{self.table}' already has a column '{self.column}'",
                hint="choose another name, or drop that column if nobody uses it",
            )

    def done(self, database: Database, connection: Connection) -> bool:
        return _has(database, connection, self.table, self.column)

    def reverse(self) -> Step:
        return UnstageColumn(self.table, self.column)

    def added(self, database: Database, catalog: Catalog) -> Column:
        """The column as it will be."""
        type_, collation = self.type, self.collation
        if self.like is not None and (catalog.live or type_ is None):
            model = get(database, catalog, self.table, self.like)
            type_, collation = model.type, model.collation
        return Column(self.column, type_ or "", self.not_null, self.default, collation=collation)


@dataclass(frozen=True)
class UnstageColumn(Step):
    """Drop a column that was only staged."""

    table: str
    column: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        name = place(database, catalog, self.table, leaving_name(self.column), self.column)
        return database.ddl.drop_column(self.table, name)

    def demand(self, database: Database, connection: Connection) -> None:
        catalog = Live(database, connection)
        get(database, catalog, self.table, place(database, catalog, self.table, leaving_name(self.column), self.column))

    def done(self, database: Database, connection: Connection) -> bool:
        names = (self.column, leaving_name(self.column))
        return not any(_has(database, connection, self.table, name) for name in names)


@dataclass(frozen=True)
class RelaxNotNull(Step):
    """Let the old column be NULL where it has no default: new writers no longer give it. No row is touched."""

    table: str
    column: str
    given: bool = False
    """Triggers give it a value whenever a writer leaves it out."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        if catalog.live and get(database, catalog, self.table, self.column).default is not None:
            return ()
        if self.given and not database.ddl.relaxes_given:
            return ()
        return database.ddl.relax_not_null(catalog, self.table, self.column)

    def done(self, database: Database, connection: Connection) -> bool:
        return not get(database, Live(database, connection), self.table, self.column).not_null

    def reverse(self) -> Step:
        return RequireNotNull(self.table, self.column, self.given)


@dataclass(frozen=True)
class PromiseNotNull(Step):
    """Prove that no row holds NULL, and allow no new one, where an engine can do that while applications write.

    There `RequireNotNull` then has nothing left to read. With `pairs`, only where these give the column its value in
    time: nobody is refused who was not refused before.
    """

    table: str
    column: str
    plan: str = ""
    pairs: tuple[Pair, ...] = ()
    """All that the plan keeps in step on the table."""

    @property
    def first(self) -> bool:
        return True

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        if self.pairs and not self._is_given(database, catalog):
            return ()
        return database.ddl.promise_not_null(catalog, self.table, self.column)

    def told(self, database: Database) -> Catalog:
        return told(database, self.table, self.pairs)

    def _is_given(self, database: Database, catalog: Catalog) -> bool:
        sync = seen(database, catalog, self.plan, self.table, self.pairs)
        return database.ddl.gives_at_once(sync, self.column)

    def demand(self, database: Database, connection: Connection) -> None:
        demand_no_null(database, connection, self.table, self.column)

    def done(self, database: Database, connection: Connection) -> bool:
        return not self.statements(database, Live(database, connection))

    def reverse(self) -> Step:
        return GiveUpNotNull(self.table, self.column)


@dataclass(frozen=True)
class GiveUpNotNull(Step):
    """Take that promise back."""

    table: str
    column: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - by its name
        return database.ddl.give_up_not_null(self.table, self.column)

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False

    def reverse(self) -> Step:
        return PromiseNotNull(self.table, self.column)


@dataclass(frozen=True)
class RequireNotNull(Step):
    """Forbid NULL in the column, once no row holds it. No row is touched."""

    table: str
    column: str
    given: bool = False
    """It was relaxed before only if triggers set the column, and NOT NULL would have refused writers first."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        if self.given and not database.ddl.relaxes_given:
            return ()
        return database.ddl.require_not_null(catalog, self.table, self.column)

    def demand(self, database: Database, connection: Connection) -> None:
        statements = self.statements(database, Live(database, connection))
        if any(statement.work is not Work.NONE for statement in statements):  # what was promised is proven
            demand_no_null(database, connection, self.table, self.column)

    def done(self, database: Database, connection: Connection) -> bool:
        return get(database, Live(database, connection), self.table, self.column).not_null

    def reverse(self) -> Step:
        return RelaxNotNull(self.table, self.column, self.given)


@dataclass(frozen=True)
class AllowNull(Step):
    """Let the column be NULL for good. No row is touched."""

    table: str
    column: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.allow_null(catalog, self.table, self.column)

    def done(self, database: Database, connection: Connection) -> bool:
        return not get(database, Live(database, connection), self.table, self.column).not_null


@dataclass(frozen=True)
class SetDefault(Step):
    """Give the column its default, now that NULL no longer has to mean "not given". No row is touched."""

    table: str
    column: str
    default: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.set_default(catalog, self.table, self.column, self.default)

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False


@dataclass(frozen=True)
class ChangeDefault(Step):
    """Give the column another default, or none. No row is touched."""

    table: str
    column: str
    default: str | None
    was: str | None

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.set_default(catalog, self.table, self.column, self.default)

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False

    def reverse(self) -> Step:
        return ChangeDefault(self.table, self.column, self.was, self.default)


@dataclass(frozen=True)
class HandOver(Step):
    """Give the new column what generates the old one's values, before that is dropped with the old column."""

    table: str
    old: str
    new: str
    type: str = ""
    """The type in which it counts from now on, where that is another one."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.hand_over(catalog, self.table, quiesced(self.old), self.new, self.type)

    def done(self, database: Database, connection: Connection) -> bool:
        return not self.statements(database, Live(database, connection))


@dataclass(frozen=True)
class DropOldColumn(Step):
    """Drop the browned-out column. Nothing brings it back."""

    drops: ClassVar[bool] = True

    table: str
    column: str

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - demand() looked
        return database.ddl.drop_column(self.table, quiesced(self.column))

    def demand(self, database: Database, connection: Connection) -> None:
        refuse_dependents(database, connection, self.table, quiesced(self.column), ())

    def done(self, database: Database, connection: Connection) -> bool:
        return not _has(database, connection, self.table, quiesced(self.column))


def refuse_dependents(
    database: Database, connection: Connection, table: str, column: str, but: tuple[str, ...]
) -> None:
    """Raise ContractctlError, by name, where a view, index, trigger or key of the user's still uses the column.

    `but` are what the names of those begin with, or contain, that the plan itself drops or hands over at the end.
    """
    get(database, Live(database, connection), table, column)
    found = [name for name in database.dependents(connection, table, column) if not any(one in name for one in but)]
    if found:
        use, them = agreeing(len(found), "uses", "use"), agreeing(len(found), "it", "them")
        raise ContractctlError(
            f"{', '.join(found)} still {use} '{table}.{column}', which is to be dropped",
            hint=f"drop {them}, or rewrite {them} to use the new column, and run it again",
        )


def demand_no_null(database: Database, connection: Connection, table: str, column: str) -> None:
    """Raise ContractctlError where rows hold NULL in the column, and say how many."""
    here, name = database.table(table), database.quote(column)
    nulls = run(connection, f"SELECT count(*) FROM {here} WHERE {name} IS NULL").scalar_one()
    if nulls:
        rows, hold = counted(nulls, "row"), agreeing(nulls, "holds", "hold")
        raise ContractctlError(
            f"{rows} of '{table}' {hold} NULL in '{column}', which is to be NOT NULL",
            hint=f"give them a value: UPDATE {here} SET {name} = … WHERE {name} IS NULL",
        )


def _has(database: Database, connection: Connection, table: str, column: str) -> bool:
    return find(database, Live(database, connection), table, column) is not None

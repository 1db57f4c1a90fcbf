"""How are the triggers created and dropped, and with them the old columns' names?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from sqlalchemy import Connection

from contractctl.databases import SIDE_TABLES, Across, Copied, Database, Statement, Synchronisation, setting_aside
from contractctl.databases.catalog import Catalog, Live, RenamedColumns, find
from contractctl.databases.temporary_names import quiesced
from contractctl.errors import ContractctlError
from contractctl.operations.locating import demand_trust, seen, synchronisation
from contractctl.operations.pairs import Crossing, Pair, Whole, leaving_name
from contractctl.operations.scripted import told
from contractctl.operations.steps.columns import refuse_dependents
from contractctl.operations.steps.step import Step


@dataclass(frozen=True)
class KeepInStep(Step):
    """Create the triggers that keep the pairs in step, one set for a plan and table."""

    plan: str
    table: str
    pairs: tuple[Pair, ...]

    def told(self, database: Database) -> Catalog:
        return told(database, self.table, self.pairs)

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        sync = seen(database, catalog, self.plan, self.table, self.pairs)
        return (*setting_aside.forgetting(database, sync), *database.ddl.keep_in_step(sync))

    def demand(self, database: Database, connection: Connection) -> None:
        """The side tables must exist: triggers write their marks there, and without them every write would fail."""
        missing = [table for table in SIDE_TABLES if not database.exists(connection, table)]
        if missing:
            raise ContractctlError(
                f"the database has no table '{missing[0]}', where the triggers record their conflicts",
                hint=f"run this revision with: contractctl migrate dual-write {self.plan}",
            )
        for pair in self.pairs:
            if isinstance(pair, Crossing):
                _demand_no_guard(database, connection, pair)
        demand_trust(database, connection, synchronisation(connection, self.plan, self.table, self.pairs))

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False

    def reverse(self) -> Step:
        copied = any(isinstance(pair, Whole) for pair in self.pairs)
        return StopKeepingInStep(self.plan, self.table, to=other_table(self.pairs), copied=copied)


@dataclass(frozen=True)
class RenewTriggers(Step):
    """Create the triggers again, to suit constraints that were added or dropped since."""

    last: ClassVar[bool] = True

    plan: str
    table: str
    pairs: tuple[Pair, ...]
    before: tuple[Pair, ...] = ()
    """The pairs as they are in a rollback, where a script must be told that they differ."""

    def told(self, database: Database) -> Catalog:
        return told(database, self.table, self.pairs)

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.keep_in_step(seen(database, catalog, self.plan, self.table, self.pairs))

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - it can be done again
        return False

    def reverse(self) -> Step:
        return replace(self, pairs=self.before, before=self.pairs) if self.before else self


@dataclass(frozen=True)
class StopKeepingInStep(Step):
    """Drop those triggers, whether the columns are browned out or not."""

    plan: str
    table: str
    dropping: tuple[str, ...] = ()
    """Old columns that are dropped next."""
    to: str = ""
    """The other table, where the triggers keep columns of two in step."""
    copied: bool = False
    """Whether they keep a copy of the table in step with it."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        names = map(quiesced, self.dropping)
        there = (name for name in names if not catalog.live or find(database, catalog, self.table, name) is not None)
        columns = tuple(there)
        copied = Copied("", 0, 0) if self.copied else None
        across = Across(self.to, copied=copied) if self.to or copied else None
        return database.ddl.stop_keeping(Synchronisation(self.plan, self.table, (), (), across=across), columns)

    def drops_columns(self, database: Database) -> bool:
        """Whether they are dropped with the triggers: there is no transaction for both."""
        return not (database.transactional_ddl or self.to or self.copied)

    def demand(self, database: Database, connection: Connection) -> None:
        for column in self.dropping:
            refuse_dependents(database, connection, self.table, quiesced(column), ())

    def done(self, database: Database, connection: Connection) -> bool:
        gone = (find(database, Live(database, connection), self.table, quiesced(name)) for name in self.dropping)
        return bool(self.dropping) and all(column is None for column in gone)


def going(dropped: tuple[str, ...]) -> tuple[str, ...]:
    """What the names of dependents contain that a plan itself drops or hands over: see `refuse_dependents`."""
    return (*(f"'{name}'" for name in dropped), "sequence '", "primary key '")


@dataclass(frozen=True)
class BrownOut(Step):
    """Take the old columns' names away from applications that still use them; the values stay, and stay in step.

    A column that holds the new values for the time being takes over the name.
    """

    table: str
    columns: Mapping[str, str | None]
    """Each old column, and the column that takes over its name."""
    plan: str = ""
    pairs: tuple[Pair, ...] = ()
    """Everything that the plan keeps in step on the table."""
    dropped: tuple[str, ...] = ()
    """Constraints and indexes that the plan drops with the columns at the end."""

    @property
    def names(self) -> Mapping[str, str]:
        """Which name becomes which, in an order in which each is free."""
        return _names(self.columns)

    def told(self, database: Database) -> Catalog:
        return told(database, self.table, self.pairs)

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        heirs = ((old, new) for old, new in self.columns.items() if new is not None)
        shared = [one for old, new in heirs for one in database.ddl.share_column(catalog, self.table, (old,), new)]
        return (*shared, *_renamed(database, catalog, self, self.names))

    def demand(self, database: Database, connection: Connection) -> None:
        for column in self.columns:
            refuse_dependents(database, connection, self.table, column, going(self.dropped))

    def done(self, database: Database, connection: Connection) -> bool:
        catalog = Live(database, connection)
        return all(find(database, catalog, self.table, quiesced(name)) is not None for name in self.columns)

    def reverse(self) -> Step:
        return EndBrownOut(self.table, self.columns, self.plan, self.pairs, self.dropped)


@dataclass(frozen=True)
class EndBrownOut(Step):
    """Give the old columns their names back."""

    table: str
    columns: Mapping[str, str | None]
    plan: str = ""
    pairs: tuple[Pair, ...] = ()
    dropped: tuple[str, ...] = ()

    def told(self, database: Database) -> Catalog:
        before = told(database, self.table, self.pairs)
        return RenamedColumns(before, self.table, _names(self.columns), database.same)

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        names = {new: old for old, new in reversed(_names(self.columns).items())}
        return _renamed(database, catalog, self, names)

    def done(self, database: Database, connection: Connection) -> bool:
        catalog = Live(database, connection)
        return all(find(database, catalog, self.table, quiesced(name)) is None for name in self.columns)

    def reverse(self) -> Step:
        return BrownOut(self.table, self.columns, self.plan, self.pairs, self.dropped)


def _demand_no_guard(database: Database, connection: Connection, pair: Crossing) -> None:
    """What one table accepts the other must accept: writers of one must not be refused because of the other."""
    catalog = Live(database, connection)
    for old, new in zip(pair.old, pair.new, strict=True):
        one, two = find(database, catalog, pair.source, old), find(database, catalog, pair.to, new)
        if one and two and (set(two.guards) - set(one.guards) or two.unique or two.checks):
            raise ContractctlError(
                f"a constraint of '{pair.to}.{new}' may refuse what applications write to '{pair.source}.{old}'",
                hint="add it in a later plan, once nobody writes the old column",
            )


def other_table(pairs: tuple[Pair, ...]) -> str:
    """The table in which the new columns are, where that is another one."""
    return next((pair.to for pair in pairs if isinstance(pair, Crossing)), "")


def _names(columns: Mapping[str, str | None]) -> dict[str, str]:
    names = {}
    for column, via in columns.items():
        names[column] = quiesced(column)
        if via is not None:
            names[via] = column
    return names


def _renamed(
    database: Database, catalog: Catalog, step: "BrownOut | EndBrownOut | LeaveNewSide", names: Mapping[str, str]
) -> tuple[Statement, ...]:
    after = RenamedColumns(catalog, step.table, names, database.same)
    sync = seen(database, after, step.plan, step.table, step.pairs) if step.pairs else None
    return database.ddl.rename_columns(step.table, names, sync)


@dataclass(frozen=True)
class LetRowsGo(Step):
    """Drop the foreign keys by which a new table's rows hold those of which they were made.

    Where each statement commits implicitly, they could not be deleted between the triggers' end and the table's.
    """

    table: str
    to: str
    """The table whose rows they hold."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        return database.ddl.drop_references(catalog, self.table, self.to)

    def done(self, database: Database, connection: Connection) -> bool:
        return not self.statements(database, Live(database, connection))


@dataclass(frozen=True)
class LeaveNewSide(Step):
    """Take the new columns' names away before they are dropped: writing them then fails, and nothing is lost.

    Where each statement commits implicitly, a write between the triggers' end and the columns' would be lost.
    """

    table: str
    columns: tuple[str, ...]
    plan: str
    pairs: tuple[Pair, ...]

    def told(self, database: Database) -> Catalog:
        return told(database, self.table, self.pairs)

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        there = [
            name for name in self.columns if not catalog.live or find(database, catalog, self.table, name) is not None
        ]
        return _renamed(database, catalog, self, {name: leaving_name(name) for name in there}) if there else ()

    def done(self, database: Database, connection: Connection) -> bool:
        return not any(find(database, Live(database, connection), self.table, name) for name in self.columns)

    def begun(self, database: Database, connection: Connection) -> bool:
        """Whether some of it is done, but not what follows."""
        catalog = Live(database, connection)
        return any(find(database, catalog, self.table, leaving_name(name)) for name in self.columns)

"""What may a revision do to a table? Alembic operations that know their way back and how a revision file writes them.

They read the database as it stands (a column's type, the table's text, its key), so they run online only.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Connection

from contractctl.databases import SIDE_TABLES, Synchronisation, batches, sqlite
from contractctl.databases.sqlite import definition, drop_triggers, quote, statements, tables, triggers
from contractctl.errors import ContractctlError
from contractctl.operations.pairs import Pair, quiesced_name, synchronisation

_WIDTH = 100


class Step(MigrateOperation):
    """One thing to do to one table. In a revision file: op.invoke(TheStep(…))."""

    def run(self, connection: Connection) -> None:
        """Do it, in the caller's transaction."""
        raise NotImplementedError  # each step does its own thing; Alembic needs a class, not a protocol

    def reverse(self) -> "Step":
        """The step that takes it back. Raise ContractctlError where nothing can."""
        raise ContractctlError(
            f"{type(self).__name__} cannot be undone: nothing says what was there before",
            hint="bring the data back from the plan's restore point",
        )


@dataclass(frozen=True)
class StageColumn(Step):
    """Add a column: nullable, unless it has a default that old writers leave in place."""

    table: str
    column: str
    like: str | None = None
    """The column whose type and collation it takes, where no type is given."""
    type: str | None = None
    collation: str | None = None
    default: str | None = None
    not_null: bool = False

    def run(self, connection: Connection) -> None:
        if tables.find_column(connection, self.table, self.column) is not None:
            raise ContractctlError(
                f"table '{self.table}' already has a column '{self.column}'",
                hint="plan another name, or drop that column if nobody uses it",
            )
        connection.exec_driver_sql(statements.add_column(self.table, self.column, self._definition(connection)))

    def reverse(self) -> Step:
        return UnstageColumn(self.table, self.column)

    def _definition(self, connection: Connection) -> str:
        type_, collation = self.type, self.collation
        if self.like is not None:
            model = tables.find_column(connection, self.table, self.like)
            if model is None:
                raise _no_column(self.table, self.like)
            type_ = model.type if type_ is None else type_
            collation = model.collation if collation is None else collation
        parts = [
            type_ or "",
            "NOT NULL" if self.not_null else "",
            f"DEFAULT {self.default}" if self.default is not None else "",
            f"COLLATE {quote(collation)}" if collation else "",
        ]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class UnstageColumn(Step):
    """Drop a column that was only staged."""

    table: str
    column: str

    def run(self, connection: Connection) -> None:
        _drop(connection, self.table, self.column)


@dataclass(frozen=True)
class RelaxNotNull(Step):
    """Let the old column be NULL where it has no default: new writers no longer give it. No row is touched."""

    table: str
    column: str

    def run(self, connection: Connection) -> None:
        found = tables.find_column(connection, self.table, self.column)
        if found is None:
            raise _no_column(self.table, self.column)
        if found.default is not None:
            return
        text = tables.create_text(connection, self.table)
        tables.rewrite(connection, self.table, definition.without_not_null(text, self.column))

    def reverse(self) -> Step:
        return RequireNotNull(self.table, self.column)


@dataclass(frozen=True)
class RequireNotNull(Step):
    """Forbid NULL in the column, once no row holds it. No row is touched."""

    table: str
    column: str

    def run(self, connection: Connection) -> None:
        nulls = connection.exec_driver_sql(
            f"SELECT count(*) FROM {quote(self.table)} WHERE {quote(self.column)} IS NULL"
        ).scalar_one()
        if nulls:
            raise ContractctlError(
                f"{nulls} rows of '{self.table}' hold NULL in '{self.column}', which is to be NOT NULL",
                hint=f"give them a value: UPDATE {quote(self.table)} SET {quote(self.column)} = …"
                f" WHERE {quote(self.column)} IS NULL",
            )
        text = tables.create_text(connection, self.table)
        tables.rewrite(connection, self.table, definition.with_not_null(text, self.column))

    def reverse(self) -> Step:
        return RelaxNotNull(self.table, self.column)


@dataclass(frozen=True)
class SetDefault(Step):
    """Give the column its default, now that NULL no longer has to mean "not given". No row is touched."""

    table: str
    column: str
    default: str

    def run(self, connection: Connection) -> None:
        text = tables.create_text(connection, self.table)
        tables.rewrite(connection, self.table, definition.with_default(text, self.column, self.default))


@dataclass(frozen=True)
class KeepInStep(Step):
    """Create the triggers that keep the pairs in step, one set for a plan and table."""

    plan: str
    table: str
    pairs: tuple[Pair, ...]

    def run(self, connection: Connection) -> None:
        self._demand_side_tables(connection)
        sync = synchronisation(connection, self.plan, self.table, self.pairs)
        batches.forget_stale(sqlite, connection, sync)
        for statement in (*drop_triggers(sync), *triggers(sync)):
            connection.exec_driver_sql(statement)

    def reverse(self) -> Step:
        return StopKeepingInStep(self.plan, self.table)

    def _demand_side_tables(self, connection: Connection) -> None:
        """The triggers write their marks there; without them every write of every application would fail."""
        missing = [table for table in SIDE_TABLES if not tables.exists(connection, table)]
        if missing:
            raise ContractctlError(
                f"the database has no table '{missing[0]}', in which the triggers keep their marks",
                hint=f"run this revision by: contractctl migrate dual-write {self.plan}",
            )


@dataclass(frozen=True)
class StopKeepingInStep(Step):
    """Drop those triggers, whether the columns are browned out or not."""

    plan: str
    table: str

    def run(self, connection: Connection) -> None:
        for statement in drop_triggers(Synchronisation(self.plan, self.table, (), ())):
            connection.exec_driver_sql(statement)


@dataclass(frozen=True)
class BrownOut(Step):
    """Take the old column's name away from whoever still uses it; the values stay, and stay in step.

    With `via`, the column that holds the new values takes the name over. SQLite rewrites the triggers along.
    """

    table: str
    column: str
    via: str | None = None

    def run(self, connection: Connection) -> None:
        refuse_dependents(connection, self.table, self.column)
        connection.exec_driver_sql(statements.rename_column(self.table, self.column, quiesced_name(self.column)))
        if self.via is not None:
            connection.exec_driver_sql(statements.rename_column(self.table, self.via, self.column))

    def reverse(self) -> Step:
        return EndBrownOut(self.table, self.column, self.via)


@dataclass(frozen=True)
class EndBrownOut(Step):
    """Give the old column its name back."""

    table: str
    column: str
    via: str | None = None

    def run(self, connection: Connection) -> None:
        if self.via is not None:
            connection.exec_driver_sql(statements.rename_column(self.table, self.column, self.via))
        connection.exec_driver_sql(statements.rename_column(self.table, quiesced_name(self.column), self.column))

    def reverse(self) -> Step:
        return BrownOut(self.table, self.column, self.via)


@dataclass(frozen=True)
class DropOldColumn(Step):
    """Drop the browned-out column. Nothing brings it back."""

    table: str
    column: str

    def run(self, connection: Connection) -> None:
        quiesced = quiesced_name(self.column)
        refuse_dependents(connection, self.table, quiesced)
        _drop(connection, self.table, quiesced)


def refuse_dependents(connection: Connection, table: str, column: str) -> None:
    """Raise ContractctlError, by name, where a view, index, trigger or key of the user's still uses the column."""
    if tables.find_column(connection, table, column) is None:
        raise _no_column(table, column)
    found = tables.dependents(connection, table, column)
    if found:
        raise ContractctlError(
            f"{', '.join(found)} still use{'s' if len(found) == 1 else ''} '{table}.{column}', which is to be dropped",
            hint="drop it, or write it anew over the new column, and run it again",
        )


def _drop(connection: Connection, table: str, column: str) -> None:
    if tables.find_column(connection, table, column) is None:
        raise _no_column(table, column)
    connection.exec_driver_sql(statements.drop_column(table, column))


def _no_column(table: str, column: str) -> ContractctlError:
    return ContractctlError(
        f"table '{table}' has no column '{column}'", hint="is this the database that was planned for?"
    )


@Operations.implementation_for(Step)
def _invoke(operations: Operations, step: Step) -> None:
    if operations.migration_context.as_sql:
        raise ContractctlError(
            "this revision reads the database that it changes, so it cannot be written as a script (--sql)",
            hint="run it online, against a copy of the database if you want to see what it does",
        )
    step.run(operations.get_bind())


@renderers.dispatch_for(Step)
def _render(context: AutogenContext, step: Step) -> str:
    context.imports.add(f"from contractctl.operations.steps import {type(step).__name__}")
    if any(isinstance(getattr(step, field.name), tuple) for field in fields(step)):  # type: ignore[arg-type] # every step is a dataclass
        context.imports.add("from contractctl.operations.pairs import Pair")
    return f"op.invoke({_written(step)})"


def _written(value: object, indent: str = "") -> str:
    """A step or pair as Python source: defaults left out, one line where it fits."""
    arguments = [
        f"{field.name}={_argument(getattr(value, field.name), indent + '    ')}"
        for field in fields(value)  # type: ignore[arg-type] # steps and pairs are dataclasses
        if field.default is MISSING or getattr(value, field.name) != field.default
    ]
    return _call(type(value).__name__, arguments, indent)


def _argument(value: object, indent: str) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # which is how Python writes a text in double quotes, too
    if isinstance(value, Mapping):
        items = ", ".join(f"{_argument(key, indent)}: {_argument(part, indent)}" for key, part in value.items())
        return f"{{{items}}}"
    if not isinstance(value, tuple):
        return repr(value)
    return _call("", [_written(part, indent + "    ") for part in value], indent, trailing=True)


def _call(name: str, parts: list[str], indent: str, *, trailing: bool = False) -> str:
    flat = ", ".join(parts)
    if len(indent) + len(name) + len(flat) < _WIDTH and "\n" not in flat:
        return f"{name}({flat}{',' if trailing and len(parts) == 1 else ''})"
    return f"{name}(\n" + "".join(f"{indent}    {part},\n" for part in parts) + f"{indent})"

"""What is a step? Facts that become an engine's statements, and a line of a revision file."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import MISSING, Field, dataclass, fields
from typing import ClassVar

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl import databases
from contractctl.databases import Column, Database, Follower, Statement
from contractctl.databases.catalog import Catalog, Live, Told
from contractctl.errors import ContractctlError
from contractctl.operations.by_hand import by_hand
from contractctl.operations.pairs import Crossing, Pair, Whole

_WIDTH = 100
_END = "//"
_PARTS: Mapping[type, str] = {
    Pair: "contractctl.operations.pairs",
    Crossing: "contractctl.operations.pairs",
    Whole: "contractctl.operations.pairs",
    Column: "contractctl.databases",
    Follower: "contractctl.databases",
}
"""The values that steps are made of, and where a revision file imports them from."""


class Step(MigrateOperation):
    """One thing to do to one table. In a revision file: op.invoke(TheStep(…))."""

    drops: ClassVar[bool] = False
    """Whether it takes something away for good."""
    last: ClassVar[bool] = False
    """Whether it comes after the rest, in a rollback, too."""

    @property
    def first(self) -> bool:
        """Whether it comes before the rest of its revision: it takes long and blocks nobody."""
        return False

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:
        """What it does, given the state of the tables."""
        raise NotImplementedError  # each step does its own thing; Alembic needs a class, not a protocol

    def told(self, database: Database) -> Catalog:
        """The state of the tables as far as the step itself knows it: for a script, which cannot query a database."""
        return Told(database)

    def demand(self, database: Database, connection: Connection) -> None:
        """Raise ContractctlError where something must hold first, and does not."""

    def done(self, database: Database, connection: Connection) -> bool:
        """Whether it is done already. False where doing it again does no harm."""
        raise NotImplementedError

    def reverse(self) -> "Step":
        """The step that reverses it. Raise ContractctlError where nothing can."""
        raise ContractctlError(
            f"{type(self).__name__} cannot be undone: its previous state is not recorded",
            hint="restore the data from the plan's restore point",
        )

    def run(self, connection: Connection, *, alone: bool = False) -> None:
        """Do it, in the caller's transaction, or `alone` outside of any.

        Where each statement stands for itself, a revision that was cut short may have done it: then it is not done
        again; nor where it is done while this one waits, as a server ends what a dead command has begun. Where
        transactions hold tables, too, what is there already was made by somebody else.
        """
        database = databases.of(connection)
        database.heed(connection)
        apart = alone or not database.transactional_ddl
        if apart and self.done(database, connection):
            return
        self.demand(database, connection)
        try:
            database.carry_out(connection, self.statements(database, Live(database, connection)))
        except DBAPIError as error:
            if not apart or database.lost(error) or not self.done(database, connection):
                raise


@dataclass(frozen=True)
class BePatient(Step):
    """Let no statement of a revision wait for a lock, or work under one, for long: others queue behind it."""

    def statements(self, database: Database, catalog: Catalog) -> tuple[Statement, ...]:  # noqa: ARG002 - of no table
        return database.ddl.patience()

    def done(self, database: Database, connection: Connection) -> bool:  # noqa: ARG002 - each revision says it
        return False

    def reverse(self) -> Step:
        return self


def parts_of(step: object) -> Mapping[str, str]:
    """The values that the step's line in a revision file names, and where each is imported from; theirs, too."""
    found = dict[str, str]()
    for field in fields(step):  # type: ignore[arg-type] # every step is a dataclass, and every part
        value = getattr(step, field.name)
        for part in value if isinstance(value, tuple) else ():
            if type(part) in _PARTS:
                found |= {type(part).__name__: _PARTS[type(part)], **parts_of(part)}
    return found


@Operations.implementation_for(Step)
def _invoke(operations: Operations, step: Step) -> None:
    try:
        _carry_out(operations, step)
    except ContractctlError as error:
        raise by_hand(error) from error


def _carry_out(operations: Operations, step: Step) -> None:
    context = operations.migration_context
    database = databases.named(context.dialect.name)
    if not (context.as_sql or database.transactional_ddl):  # what is done already has no statements left
        step.run(operations.get_bind())
        return
    catalog = step.told(database) if context.as_sql else Live(database, operations.get_bind())
    statements = step.statements(database, catalog)
    alone = database.transactional_ddl and not all(statement.transactional for statement in statements)
    with context.autocommit_block() if alone else nullcontext():
        if context.as_sql:
            _write(context, database, statements)
        else:
            step.run(operations.get_bind(), alone=alone)
    if alone and context.as_sql:  # a new transaction does not keep the last one's lock timeout
        _write(context, database, database.ddl.patience())
    elif alone:
        database.carry_out(operations.get_bind(), database.ddl.patience())


def _write(context: MigrationContext, database: Database, statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        context.impl.static_output(_scripted(database, statement))


def _scripted(database: Database, statement: Statement) -> str:
    """The statement as a line of a script. MariaDB's client needs to know where one with statements in it ends."""
    if ";" not in statement.sql or database.transactional_ddl:
        return f"{statement.sql};\n"
    return f"DELIMITER {_END}\n{statement.sql}{_END}\nDELIMITER ;\n"


@renderers.dispatch_for(Step)
def _render(context: AutogenContext, step: Step) -> str:
    context.imports.add(f"from contractctl.operations.steps import {type(step).__name__}")
    context.imports |= {f"from {module} import {name}" for name, module in parts_of(step).items()}
    return f"op.invoke({_written(step)})"


def _written(value: object, indent: str = "") -> str:
    """A step or a part of one as Python source: defaults left out, one line where it fits."""
    if isinstance(value, str):
        return _argument(value, indent)
    arguments = [
        f"{field.name}={_argument(getattr(value, field.name), indent + '    ')}"
        for field in fields(value)  # type: ignore[arg-type] # steps and their parts are dataclasses
        if getattr(value, field.name) != _default(field)
    ]
    return _call(type(value).__name__, arguments, indent)


def _default(field: Field[object]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _argument(value: object, indent: str) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # JSON's text is Python's, too
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

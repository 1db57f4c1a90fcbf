"""What is a step? Facts that become an engine's statements, and a line of a revision file."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import ClassVar

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Connection

from contractctl import databases
from contractctl.databases import Column, Database, Statement
from contractctl.databases.looks import Live, Look
from contractctl.errors import ContractctlError
from contractctl.operations.pairs import Pair

_WIDTH = 100
_PARTS: Mapping[type, str] = {Pair: "contractctl.operations.pairs", Column: "contractctl.databases"}
"""The values that steps are made of, and where a revision file imports them from."""


class Step(MigrateOperation):
    """One thing to do to one table. In a revision file: op.invoke(TheStep(…))."""

    drops: ClassVar[bool] = False
    """Whether it takes something away for good."""
    last: ClassVar[bool] = False
    """Whether it comes after the rest, on the way back, too."""

    @property
    def first(self) -> bool:
        """Whether it comes before the rest of its revision: it takes long, and holds nobody up."""
        return False

    def statements(self, database: Database, look: Look) -> tuple[Statement, ...]:
        """What it does, from how the tables stand."""
        raise NotImplementedError  # each step does its own thing; Alembic needs a class, not a protocol

    def demand(self, database: Database, connection: Connection) -> None:
        """Raise ContractctlError where something must hold first, and does not."""

    def done(self, database: Database, connection: Connection) -> bool:
        """Whether it is just as it should be already. False where doing it again does no harm."""
        raise NotImplementedError

    def reverse(self) -> "Step":
        """The step that takes it back. Raise ContractctlError where nothing can."""
        raise ContractctlError(
            f"{type(self).__name__} cannot be undone: nothing says what was there before",
            hint="bring the data back from the plan's restore point",
        )

    def run(self, connection: Connection, *, alone: bool = False) -> None:
        """Do it, in the caller's transaction, or `alone` outside of any.

        Where each statement stands for itself, a revision that was cut short may have done it: then it is not done
        again. Where transactions hold tables, too, what is there already was made by somebody else.
        """
        database = databases.of(connection)
        if (alone or not database.transactional_ddl) and self.done(database, connection):
            return
        self.demand(database, connection)
        database.carry_out(connection, self.statements(database, Live(database, connection)))


def parts_of(step: Step) -> Mapping[str, str]:
    """The values that the step's line in a revision file names, and where each is imported from."""
    found = {}
    for field in fields(step):  # type: ignore[arg-type] # every step is a dataclass
        value = getattr(step, field.name)
        for part in value if isinstance(value, tuple) else ():
            if type(part) in _PARTS:
                found[type(part).__name__] = _PARTS[type(part)]
    return found


@Operations.implementation_for(Step)
def _invoke(operations: Operations, step: Step) -> None:
    if operations.migration_context.as_sql:
        raise ContractctlError(
            "this revision reads the database that it changes, so it cannot be written as a script (--sql)",
            hint="run it online, against a copy of the database if you want to see what it does",
        )
    bind = operations.get_bind()
    database = databases.of(bind)
    if not database.transactional_ddl or all(
        statement.transactional for statement in step.statements(database, Live(database, bind))
    ):
        step.run(bind)
        return
    with operations.migration_context.autocommit_block():
        step.run(operations.get_bind(), alone=True)


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

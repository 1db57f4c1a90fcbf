"""How are constraints and indexes named that the contract leaves unnamed? As the application's models name them.

The convention is that of SQLAlchemy's MetaData, which env.py hands to Alembic:
https://docs.sqlalchemy.org/en/20/core/constraints.html#configuring-constraint-naming-conventions. What it does not
speak of is called as the database would call it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, MetaData, Table, UniqueConstraint
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidRequestError

from contractctl.formats.sql.staging.names import side_name
from contractctl.model.plan import Operation

Convention = Mapping[Any, Any]
"""As SQLAlchemy takes it."""


def named(operations: tuple[Operation, ...], convention: Convention, dialect: str) -> tuple[Operation, ...]:
    """The operations under the convention's names. dialect: the dialect of all of them."""
    names = {(one.subject, _base(one)): _name(one, convention, dialect) for one in operations if _is_unnamed(one)}
    known = {key: name for key, name in names.items() if name is not None}
    return tuple(_renamed(one, known, dialect) for one in operations)


def _is_unnamed(operation: Operation) -> bool:
    return operation.parameters.get("named") == "no"


def _base(operation: Operation) -> str:
    """The name that it has at the end of the plan."""
    return operation.parameters.get("becomes") or operation.new or operation.old or ""


def _renamed(operation: Operation, known: Mapping[tuple[str, str], str], dialect: str) -> Operation:
    parameters = dict(operation.parameters)
    for key in ("becomes", "along"):
        if key in parameters:
            parameters[key] = known.get((operation.subject, parameters[key]), parameters[key])
    name = known.get((operation.subject, _base(operation))) if _is_unnamed(operation) else None
    if name is None:
        return replace(operation, parameters=parameters)
    new = name if "becomes" not in parameters else side_name(name, dialect)
    return replace(
        operation,
        old=None if operation.old is None else name,
        new=None if operation.new is None else new,
        parameters=parameters,
    )


def _name(operation: Operation, convention: Convention, dialect: str) -> str | None:
    """The convention's name, truncated as SQLAlchemy does; None where the convention does not cover it."""
    columns = [name for name in operation.parameters.get("columns", "").split(",") if name]
    key = next((key for sort, key in _KEYS.items() if operation.kind.endswith(sort)), None)
    if key not in convention or not columns or not all(map(str.isidentifier, columns)):
        return None
    schema, _, bare = operation.subject.rpartition(".")
    metadata = MetaData(naming_convention=convention)
    table = Table(bare, metadata, *(Column(name, Integer) for name in columns), schema=schema or None)
    preparer = make_url(f"{dialect}://").get_dialect()().identifier_preparer
    try:
        made = _made(operation, table)
        name = preparer.format_index(made) if isinstance(made, Index) else preparer.format_constraint(made)
    except InvalidRequestError:  # a convention that asks for what only a model knows
        return None
    quote = preparer.initial_quote
    return name.strip(quote).replace(quote * 2, quote) if name else None


_KEYS = {"-unique": "uq", "-foreign-key": "fk", "-index": "ix"}
"""The endings of the kinds, and what a convention calls them."""


def _made(operation: Operation, table: Table) -> UniqueConstraint | ForeignKeyConstraint | Index:
    """The constraint as the application's models would have it, on a table made for the purpose."""
    names = [column.name for column in table.columns]
    if operation.kind.endswith("-index"):
        return Index(None, *table.columns)
    if operation.kind.endswith("-unique"):
        unique = UniqueConstraint(*names)
        table.append_constraint(unique)
        return unique
    to = operation.parameters.get("references", "")
    referred = operation.parameters.get("referred", "").split(",")
    key = ForeignKeyConstraint(names, [f"{to}.{name or 'id'}" for name in referred])
    table.append_constraint(key)
    return key

"""Which tables, columns and constraints belong to plans in flight, so that autogenerate leaves them alone?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from contractctl.databases.temporary_names import OURS, beside_copied, quiesced
from contractctl.model.plan import Operation, Plan
from contractctl.planner.touched import columns_by

_TYPES = frozenset({"change-type", "change-key-type", "copy-table"})
_TABLES = frozenset({"create-table", "rename-table", "drop-table", "extract-table"})
_NAMES = ("-check", "-unique", "-foreign-key", "-index")
"""The endings of kinds whose old and new are names of constraints and indexes."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """What only the models or only the database have, not yet or no longer both. Names in lower case."""

    columns: frozenset[tuple[str, str]]
    """Table and column."""
    types: frozenset[tuple[str, str]]
    """Columns whose type changes."""
    tables: frozenset[str]
    """Tables that are created or dropped."""
    names: frozenset[tuple[str, str]]
    """Table and constraint or index."""

    def includes(self, thing: Any, name: str | None, kind: str, other: Any) -> bool:  # noqa: ANN401 - Alembic's arguments, as they come
        """Whether autogenerate may mention it. `other` is its counterpart on the other side."""
        if is_ours(name):
            return False
        if kind == "table":
            return other is not None or not self._has(self.tables, thing.schema, name)
        table = getattr(thing, "table", None)
        if table is None or name is None:
            return True
        if kind == "column":
            return other is not None or not self.has_column(table.schema, table.name, name)
        return not any((place, name.lower()) in self.names for place in places(table.schema, table.name))

    def has_column(self, schema: str | None, table: str, name: str) -> bool:
        return any((place, name.lower()) in self.columns for place in places(schema, table))

    def has_type(self, schema: str | None, table: str, name: str) -> bool:
        return any((place, name.lower()) in self.types for place in places(schema, table))

    def _has(self, names: frozenset[str], schema: str | None, name: str | None) -> bool:
        return name is not None and any(place in names for place in places(schema, name))


def is_ours(name: str | None) -> bool:
    """Whether the name is that of something that contractctl creates for itself."""
    return name is not None and name.lower().startswith(OURS)


def in_flight(plans: Iterable[Plan]) -> InFlight:
    """What belongs to these plans."""
    operations = [one for plan in plans for one in plan.operations if one.is_of_tables]
    columns = [pair for operation in operations for pair in _columns(operation)]
    changing = [one for one in operations if one.kind in _TYPES]
    return InFlight(
        frozenset(columns),
        frozenset(pair for operation in changing for pair in _columns(operation)),
        frozenset(name for operation in operations for name in _tables(operation)),
        frozenset(pair for operation in operations for pair in _names(operation)),
    )


def places(schema: str | None, table: str) -> tuple[str, ...]:
    """The names by which a plan may call the table."""
    return (table.lower(),) if schema is None else (table.lower(), f"{schema}.{table}".lower())


def _columns(operation: Operation) -> Iterator[tuple[str, str]]:
    """Every name that a column has along the way."""
    if operation.kind.endswith(_NAMES) or operation.kind in _TABLES - {"extract-table"}:
        return
    via = operation.parameters.get("via")
    for table, name in columns_by(operation):
        yield table.lower(), name.lower()
        yield table.lower(), quiesced(name).lower()
    if via is not None:
        yield operation.subject.lower(), via.lower()


def _tables(operation: Operation) -> Iterator[str]:
    if operation.kind == "copy-table":
        yield from (name.lower() for name in beside_copied(operation.subject))
    if operation.kind in _TABLES:
        to = operation.parameters.get("to")
        names = (to,) if operation.kind == "extract-table" else (operation.old, operation.new, operation.subject)
        yield from (name.lower() for name in names if name)


def _names(operation: Operation) -> Iterator[tuple[str, str]]:
    if operation.kind.endswith(_NAMES):
        others = (operation.parameters.get(key) for key in ("becomes", "along"))
        yield from (
            (operation.subject.lower(), name.lower()) for name in (operation.old, operation.new, *others) if name
        )

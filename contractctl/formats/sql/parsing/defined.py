"""What was defined so far, and how is it called? What every statement finds, and adds to."""

from dataclasses import dataclass, field, replace

from sqlglot import exp

from contractctl.formats.sql.expressions import fold
from contractctl.formats.sql.schema import Check, Column, Index, Table, View

_HOME = {"postgresql": "public", "sqlite": "main", "mysql": ""}


class NotUnderstoodError(Exception):
    """A statement, or a part of it, that has no place among the values. Its text says which."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A type of PostgreSQL's that is another one with conditions."""

    column: Column
    """What a column of it is like."""
    checks: tuple[Check, ...]
    """Over `value`."""


@dataclass(slots=True)
class Defined:
    """What was defined so far. Grows with every statement."""

    dialect: str
    tables: dict[str, Table] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    indexes: list[Index] = field(default_factory=list)
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)


def name_of(table: exp.Expr, dialect: str) -> str:
    """A table's name as the dialect compares it; the schema that is searched anyway is left out."""
    parts = [part for part in (table.args.get("db"), table.this) if isinstance(part, exp.Identifier)]
    folded = [part.name if dialect == "mysql" else fold(part, dialect) for part in parts]
    if not folded:
        raise NotUnderstoodError(f"'{table.sql()}' is not a table name")
    return ".".join(folded[1:] if folded[0] == _HOME[dialect] and len(folded) > 1 else folded)


def as_kept(name: str, dialect: str) -> str:
    """A table's name out of a catalogue, as name_of() has it: servers tell capitals apart."""
    return name.lower() if dialect == "sqlite" else name


def label_of(label: exp.Expr, dialect: str) -> str:
    """The name of a constraint or an index, as the database keeps it."""
    return fold(label, dialect) if dialect == "postgresql" and isinstance(label, exp.Identifier) else label.name


def spelling(table: exp.Expr, dialect: str) -> str:
    """A table's name as its user spells it, without quotation marks and the schema that is searched anyway."""
    parts = [part.name for part in (table.args.get("db"), table.this) if isinstance(part, exp.Identifier)]
    return ".".join(parts[1:] if len(parts) > 1 and parts[0].lower() == _HOME[dialect] else parts)


def changed(table: Table, name: str, **values: object) -> Table:
    """The table with other values in one column."""
    columns = tuple(replace(c, **values) if c.name == name else c for c in table.columns)  # type: ignore[arg-type] # Column's own fields
    return replace(table, columns=columns)

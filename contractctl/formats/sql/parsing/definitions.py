"""What do the statements define? sqlglot's trees, one after the other, as tables, views and types."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlglot import exp

from contractctl.formats.sql.demands import not_null_columns
from contractctl.formats.sql.expressions import fold
from contractctl.formats.sql.parsing.column_definitions import add_column, constrain_column
from contractctl.formats.sql.parsing.defined import Defined, NotUnderstoodError, changed, label_of, name_of, spelling
from contractctl.formats.sql.parsing.keys import index_computes, index_meaning, unique_of
from contractctl.formats.sql.parsing.partitions import partitioned
from contractctl.formats.sql.parsing.table_constraints import add_check, add_unique, refer, with_conflict, with_timing
from contractctl.formats.sql.parsing.table_options import (
    charset_name,
    collated_by_default,
    is_counter,
    properties,
    properties_of,
    with_charsets,
)
from contractctl.formats.sql.parsing.types import sqlite_type
from contractctl.formats.sql.schema import Column, Index, Table
from contractctl.formats.sql.statements import sqlglot_dialect


def create_table(defined: Defined, tree: exp.Create, options: str) -> str:
    """Define a table as CREATE TABLE says; its name. Raise NotUnderstoodError where it does not say all of it."""
    if tree.expression is not None or not isinstance(tree.this, exp.Schema):
        raise NotUnderstoodError("a table made from a query or by a module has no columns of its own")
    name = name_of(tree.this.this, defined.dialect)
    if name in defined.tables and tree.args.get("exists"):
        return name
    if name in defined.tables:
        raise NotUnderstoodError(f"the table '{name}' already exists")
    partitioning = ""
    if defined.dialect == "mysql":
        partitioning = options
        options = " ".join(part.sql(dialect="mysql") for part in properties_of(tree) if not is_counter(part))
    table = Table(name, spelling(tree.this.this, defined.dialect), (), options=options)
    table = replace(table, unjudged=tuple(properties(tree, defined.dialect)), strict="strict" in options.lower())
    table = partitioned(table, partitioning) if partitioning else table
    default_collation = tree.find(exp.CollateProperty)
    for part in tree.this.expressions:
        table = _with_columns(defined, table, part)
    table = replace(table, inherits=tuple(_parents(tree, defined.dialect)))
    for parent in table.inherits:
        table = _inherit(defined, table, parent)
    for part in tree.this.expressions:
        table = _with_constraints(defined, table, part)
    if default_collation is not None:
        own = with_charsets(tree, defined.dialect)
        table = collated_by_default(table, charset_name(default_collation.this.name), own)
    defined.tables[name] = table if defined.dialect == "sqlite" else settled(table)
    return name


def _parents(tree: exp.Create, dialect: str) -> Iterator[str]:
    for part in properties_of(tree):
        if isinstance(part, exp.InheritsProperty):
            yield from (name_of(parent, dialect) for parent in part.expressions)


def _inherit(defined: Defined, table: Table, parent: str) -> Table:
    """PostgreSQL's tables may inherit: the columns of their parents, with defaults and NOT NULL, and their checks.

    https://www.postgresql.org/docs/current/ddl-inherit.html
    """
    if parent not in defined.tables:
        raise NotUnderstoodError(f"it inherits from '{parent}', which is not understood")
    above = defined.tables[parent]
    columns = {column.name: _handed_down(above, column) for column in above.columns}
    for own in table.columns:
        merged = columns.get(own.name, own)
        filled = own if own.default is not None or own.counted or own.generated is not None else merged
        columns[own.name] = replace(
            own,
            nullable=own.nullable and merged.nullable,
            default=filled.default,
            counted=filled.counted,
            counter=filled.counter,
            generated=filled.generated,
        )
    checks = (check for check in above.checks if check not in table.checks)
    return replace(table, columns=tuple(columns.values()), checks=(*table.checks, *checks))


def _handed_down(parent: Table, column: Column) -> Column:
    """A column as children get it: a serial is a default, with its sequence; an identity is the parent's alone."""
    if column.identity:
        return replace(column, counted=False, identity=False, always=False)
    counter = column.counter or f"{parent.name}_{column.name}_seq"
    return replace(column, counter=counter) if column.counted else column


def _like(defined: Defined, table: Table, part: exp.LikeProperty) -> Table:
    """`LIKE other` copies names, types and NOT NULL; what it should include besides is not understood."""
    other = name_of(part.this, defined.dialect)
    if other not in defined.tables or part.expressions:
        raise NotUnderstoodError(f"it is created LIKE '{other}', which is not understood")
    columns = (
        Column(c.name, c.written, c.type, c.nullable, collation=c.collation) for c in defined.tables[other].columns
    )
    return replace(table, columns=(*table.columns, *columns))


def settled(table: Table, *, key_forbids_null: bool = True) -> Table:
    """What the table's parts mean for each other: a primary key forbids NULL, and so may a CHECK."""
    checked = {name for check in table.checks for name in not_null_columns(check)}
    keys = set(table.primary_key) if key_forbids_null else set()
    columns = (
        replace(c, nullable=False, checked=c.type.name == "enum" and c.name not in keys)
        if c.nullable and c.name in checked | keys
        else c
        for c in table.columns
    )
    return replace(table, columns=tuple(columns))


def settled_in_sqlite(table: Table, declared: Mapping[str, str], *, rowid_key: bool) -> Table:
    """The same for SQLite: https://www.sqlite.org/lang_createtable.html#rowids_and_the_integer_primary_key.

    declared: the types as SQLite has them. rowid_key: the primary key is the row's number, which NULL stands for.
    """
    columns = tuple(
        replace(c, type=sqlite_type(declared.get(c.name, c.type.text), strict=table.strict)) for c in table.columns
    )
    rowid = "without rowid" not in table.options.lower()
    table = settled(replace(table, columns=columns, rowid=rowid), key_forbids_null=table.strict or not rowid)
    if not rowid_key or len(table.primary_key) != 1:
        return table
    return changed(table, table.primary_key[0], counted=True, nullable=True)


def add_part(defined: Defined, table: Table, part: exp.Expr) -> Table:
    """A table with one more column or constraint."""
    return _with_constraints(defined, _with_columns(defined, table, part), part)


def _with_columns(defined: Defined, table: Table, part: exp.Expr) -> Table:
    """The columns alone: what constraints say of them depends on the types of all."""
    match part:
        case exp.ColumnDef():
            return add_column(defined, table, part)
        case exp.Identifier():  # SQLite: a column without a type
            return add_column(defined, table, exp.ColumnDef(this=part))
        case exp.LikeProperty() if defined.dialect == "postgresql":
            return _like(defined, table, part)
        case _:
            return table


def _with_constraints(defined: Defined, table: Table, part: exp.Expr) -> Table:
    dialect = defined.dialect
    name = (label_of(part.this, dialect) or None) if isinstance(part, exp.Constraint) and part.this else None
    for inner in part.expressions if isinstance(part, exp.Constraint) else (part,):
        match inner:
            case exp.ColumnDef():
                table = constrain_column(table, inner, dialect)
            case exp.Identifier() | exp.LikeProperty() if dialect == "postgresql" or isinstance(inner, exp.Identifier):
                pass  # a column without a type, and columns of another table: they are there
            case exp.PrimaryKey():
                unique = unique_of(inner.expressions, table, dialect, name, primary=True)
                table = with_timing(add_unique(table, unique), inner, unique.columns)
            case exp.UniqueColumnConstraint() if isinstance(inner.this, exp.Schema):
                label = name or (label_of(inner.this.this, dialect) if inner.this.this else None)
                unique = unique_of(inner.this.expressions, table, dialect, label)
                table = add_unique(table, replace(unique, nulls_alike=bool(inner.args.get("nulls"))))
                table = with_timing(with_conflict(table, inner), inner, unique.columns)
            case exp.ForeignKey():
                columns = tuple(fold(column, dialect) for column in inner.expressions)
                table = refer(table, columns, inner.args["reference"], dialect, name)
            case exp.CheckColumnConstraint():
                table = add_check(table, inner, dialect, name)
            case exp.IndexColumnConstraint():
                label = inner.this.name if inner.this else ""
                text = inner.sql(dialect=sqlglot_dialect(dialect))
                kind = str(inner.args.get("kind") or "").lower()
                meaning = index_meaning(inner.expressions, table, dialect, kind=kind)
                computes = tuple(index_computes(inner.expressions, table, dialect))
                defined.indexes.append(Index(label, table.name, text, meaning, computes))
            case _:
                table = replace(table, unjudged=(*table.unjudged, inner.sql(dialect=sqlglot_dialect(dialect))))
    return table

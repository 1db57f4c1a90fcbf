"""What do the statements define? sqlglot's trees, one after the other, as tables, views and types."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from contractctl.formats.sql.expressions import columns_of, expression, fold, not_null_columns
from contractctl.formats.sql.keys import index_meaning, unique_of
from contractctl.formats.sql.schema import (
    Check,
    Column,
    Family,
    ForeignKey,
    Index,
    Table,
    Type,
    Unique,
    View,
)
from contractctl.formats.sql.statements import sqlglot_dialect
from contractctl.formats.sql.types import counts, sqlite_type, type_of

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
        raise NotUnderstoodError(f"'{table.sql()}' is no name of a table")
    return ".".join(folded[1:] if folded[0] == _HOME[dialect] and len(folded) > 1 else folded)


def label_of(label: exp.Expr, dialect: str) -> str:
    """The name of a constraint or an index, as the database keeps it."""
    return fold(label, dialect) if dialect == "postgresql" and isinstance(label, exp.Identifier) else label.name


def create_table(defined: Defined, tree: exp.Create, options: str) -> str:
    """Define a table as CREATE TABLE says; its name. Raise NotUnderstoodError where it does not say all of it."""
    if tree.expression is not None or not isinstance(tree.this, exp.Schema):
        raise NotUnderstoodError("a table made from a query or by a module has no columns of its own")
    name = name_of(tree.this.this, defined.dialect)
    if name in defined.tables and tree.args.get("exists"):
        return name
    if name in defined.tables:
        raise NotUnderstoodError(f"the table '{name}' is there already")
    if defined.dialect == "mysql":
        options = " ".join(part.sql(dialect="mysql") for part in _properties_of(tree) if not _is_counter(part))
    table = Table(name, spelling(tree.this.this, defined.dialect), (), options=options)
    table = replace(table, unjudged=tuple(_properties(tree, defined.dialect)), strict="strict" in options.lower())
    default_collation = tree.find(exp.CollateProperty)
    for part in tree.this.expressions:
        table = add_part(defined, table, part)
    for parent in _parents(tree, defined.dialect):
        table = _inherit(defined, table, parent)
    if default_collation is not None:
        own = _with_charsets(tree, defined.dialect)
        table = _collated(table, charset_name(default_collation.this.name), own)
    defined.tables[name] = table if defined.dialect == "sqlite" else settled(table)
    return name


def _parents(tree: exp.Create, dialect: str) -> Iterator[str]:
    for part in _properties_of(tree):
        if isinstance(part, exp.InheritsProperty):
            yield from (name_of(parent, dialect) for parent in part.expressions)


def _inherit(defined: Defined, table: Table, parent: str) -> Table:
    """PostgreSQL's tables may inherit: the columns of their parents, with defaults and NOT NULL, and their checks."""
    if parent not in defined.tables:
        raise NotUnderstoodError(f"it inherits from '{parent}', which is not understood")
    above = defined.tables[parent]
    columns = {column.name: column for column in above.columns}
    for own in table.columns:
        merged = columns.get(own.name, own)
        nullable, default = own.nullable and merged.nullable, own.default or merged.default
        columns[own.name] = replace(own, nullable=nullable, default=default, counted=own.counted or merged.counted)
    checks = (check for check in above.checks if check not in table.checks)
    return replace(table, columns=tuple(columns.values()), checks=(*table.checks, *checks))


def _like(defined: Defined, table: Table, part: exp.LikeProperty) -> Table:
    """`LIKE other` copies names, types and NOT NULL; what it is told to include besides is not understood."""
    other = name_of(part.this, defined.dialect)
    if other not in defined.tables or part.expressions:
        raise NotUnderstoodError(f"it is made like '{other}', which is not understood")
    columns = (replace(c, default=None, counted=False, generated=None) for c in defined.tables[other].columns)
    return replace(table, columns=(*table.columns, *columns))


def _with_charsets(tree: exp.Create, dialect: str) -> frozenset[str]:
    """Columns that name a character set: they have the usual collation of that."""
    return frozenset(
        fold(column.this, dialect)
        for column in tree.this.find_all(exp.ColumnDef)
        if column.find(exp.CharacterSetColumnConstraint) or _is_national(column.args.get("kind"), dialect)
    )


def _is_national(kind: exp.Expr | None, dialect: str) -> bool:
    """Whether the type itself names a character set, MySQL's utf8: NCHAR and its kin."""
    return dialect == "mysql" and isinstance(kind, exp.DataType) and str(kind.this.name) in {"NCHAR", "NVARCHAR"}


def _collated(table: Table, collation: str, but: frozenset[str]) -> Table:
    columns = tuple(
        replace(c, collation=c.collation or collation)
        if c.type.family.value in {"text", "enum"} and c.name not in but
        else c
        for c in table.columns
    )
    return replace(table, columns=columns)


def spelling(table: exp.Expr, dialect: str) -> str:
    """A table's name as its user spells it, without quotation marks and the schema that is searched anyway."""
    parts = [part.name for part in (table.args.get("db"), table.this) if isinstance(part, exp.Identifier)]
    return ".".join(parts[1:] if len(parts) > 1 and parts[0].lower() == _HOME[dialect] else parts)


def _properties_of(tree: exp.Create) -> list[exp.Expr]:
    properties = tree.args.get("properties")
    return list(properties.expressions) if properties else []


def _is_counter(part: exp.Expr) -> bool:
    return isinstance(part, exp.AutoIncrementProperty)


def _is_usual_charset(part: exp.Expr) -> bool:
    """Whether it is the character set that holds every character, MySQL's default since 8.0."""
    return bool(part.this.name.lower() == "utf8mb4")


def _is_of_another(table: Table) -> bool:
    """Whether the table names a character set in which not every character has its place."""
    named = re.search(r"\b(?:CHARACTER SET|COLLATE)[= ]'?(\w+)", table.options, re.IGNORECASE)
    return named is not None and not named[1].lower().startswith("utf8mb4")


def charset_name(name: str) -> str:
    """A character set or collation as it is called now: MySQL's `utf8` is no longer all of Unicode."""
    return re.sub(r"^utf8(?=_|$)", "utf8mb3", name.lower())


def _is_usual(part: exp.Expr) -> bool:
    """Whether a table's engine or character set is the one that it has without saying so."""
    if isinstance(part, exp.EngineProperty):
        return bool(part.this.name.lower() == "innodb")
    return isinstance(part, exp.CharacterSetProperty) and _is_usual_charset(part)


def _properties(tree: exp.Create, dialect: str) -> Iterator[str]:
    """What follows the columns and changes what the table does. Details of storage do not."""
    for part in _properties_of(tree):
        if not isinstance(
            part,
            exp.CollateProperty
            | exp.AutoIncrementProperty
            | exp.SchemaCommentProperty
            | exp.RowFormatProperty
            | exp.StrictProperty,
        ) and not _is_usual(part):
            if isinstance(part, exp.CharacterSetProperty):
                yield f"CHARACTER SET={charset_name(part.this.name)}"
            else:
                yield part.sql(dialect=sqlglot_dialect(dialect))


def settled(table: Table, *, key_forbids_null: bool = True) -> Table:
    """What the table's parts mean for each other: a primary key forbids NULL, and so may a CHECK."""
    forbidden = {name for check in table.checks for name in not_null_columns(check)}
    forbidden |= set(table.primary_key) if key_forbids_null else set()
    columns = (replace(c, nullable=False) if c.nullable and c.name in forbidden else c for c in table.columns)
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
    dialect = defined.dialect
    name = (label_of(part.this, dialect) or None) if isinstance(part, exp.Constraint) and part.this else None
    for inner in part.expressions if isinstance(part, exp.Constraint) else (part,):
        match inner:
            case exp.ColumnDef():
                table = _add_column(defined, table, inner)
            case exp.Identifier():  # SQLite: a column without a type
                table = _add_column(defined, table, exp.ColumnDef(this=inner))
            case exp.PrimaryKey():
                table = add_unique(table, unique_of(inner.expressions, table, dialect, name, primary=True))
                table = _with_timing(table, inner, dialect)
            case exp.UniqueColumnConstraint() if isinstance(inner.this, exp.Schema):
                label = name or (label_of(inner.this.this, dialect) if inner.this.this else None)
                unique = unique_of(inner.this.expressions, table, dialect, label)
                table = add_unique(table, replace(unique, nulls_alike=bool(inner.args.get("nulls"))))
                table = _with_timing(_with_conflict(table, inner), inner, dialect)
            case exp.ForeignKey():
                columns = tuple(fold(column, dialect) for column in inner.expressions)
                table = _refer(table, columns, inner.args["reference"], dialect, name)
            case exp.CheckColumnConstraint():
                table = _add_check(table, inner, dialect, name)
            case exp.LikeProperty() if dialect == "postgresql":
                table = _like(defined, table, inner)
            case exp.IndexColumnConstraint():
                label = inner.this.name if inner.this else ""
                text = inner.sql(dialect=sqlglot_dialect(dialect))
                kind = str(inner.args.get("kind") or "").lower()
                meaning = index_meaning(inner.expressions, table, dialect, kind=kind)
                defined.indexes.append(Index(label, table.name, text, meaning))
            case _:
                table = replace(table, unjudged=(*table.unjudged, inner.sql(dialect=sqlglot_dialect(dialect))))
    return table


def add_unique(table: Table, unique: Unique) -> Table:
    """The table with a constraint more; the same again changes nothing."""
    if unique in table.uniques:
        return table
    return replace(table, uniques=(*table.uniques, unique))


def _with_conflict(table: Table, part: exp.Expr) -> Table:
    if part.args.get("on_conflict") is None:
        return table
    return replace(table, unjudged=(*table.unjudged, part.sql(dialect="sqlite")))


_USUAL = frozenset({"NOT DEFERRABLE", "INITIALLY IMMEDIATE", "MATCH SIMPLE"})
"""Options of keys that say what holds without them."""


def _with_timing(table: Table, part: exp.Expr, dialect: str) -> Table:
    """A key that may be violated until the transaction ends is another key, and is not judged."""
    if all(str(option).upper() in _USUAL for option in part.args.get("options") or ()):
        return table
    return replace(table, unjudged=(*table.unjudged, part.sql(dialect=sqlglot_dialect(dialect))))


def _refer(table: Table, columns: tuple[str, ...], reference: exp.Expr, dialect: str, name: str | None) -> Table:
    target = reference.this
    referred = tuple(fold(c, dialect) for c in target.expressions) if isinstance(target, exp.Schema) else ()
    other = name_of(target.this if isinstance(target, exp.Schema) else target, dialect)
    options = [str(option).upper() for option in reference.args.get("options") or ()]
    actions = tuple(sorted(o for o in options if o.startswith("ON ") and not o.endswith(("NO ACTION", "RESTRICT"))))
    timing = tuple(sorted(o for o in options if not o.startswith("ON ") and o not in _USUAL))
    key = ForeignKey(columns, other, referred, actions, name, timing)
    return replace(table, foreign_keys=(*table.foreign_keys, key))


def _add_check(
    table: Table, part: exp.CheckColumnConstraint, dialect: str, name: str | None, *, of_domain: bool = False
) -> Table:
    check = Check(expression(part.this, dialect), columns_of(part.this, dialect), name, of_domain)
    return table if check in table.checks else replace(table, checks=(*table.checks, check))


def _add_column(defined: Defined, table: Table, part: exp.ColumnDef) -> Table:
    dialect = defined.dialect
    name = fold(part.this, dialect)
    if table.column(name):
        raise NotUnderstoodError(f"the column '{name}' stands twice")
    kind = part.args.get("kind")
    type_ = _type(kind, defined)
    domain = defined.domains.get(type_.name) if type_.family is Family.OTHER else None
    if domain is not None:
        like = replace(domain.column.type, text=type_.text)
        table = replace(
            table, columns=(*table.columns, replace(domain.column, name=name, written=part.this.name, type=like))
        )
        for check in domain.checks:
            table = _add_check(table, _of_column(check, part.this), dialect, None, of_domain=True)
    else:
        column = Column(name, part.this.name, type_, not counts(kind, dialect), counted=counts(kind, dialect))
        table = replace(table, columns=(*table.columns, column))
        if dialect == "mysql" and counts(kind, dialect):  # SERIAL is UNIQUE, too
            table = add_unique(table, Unique((name,)))
        if _is_national(kind, dialect):
            table = replace(table, unjudged=(*table.unjudged, f"{name}: CHARACTER SET utf8mb3"))
    for constraint in part.args.get("constraints") or ():
        label = label_of(constraint.this, dialect) if constraint.this else None
        table = _constrain(table, name, constraint.args["kind"], dialect, label)
    return table


def _of_column(check: Check, column: exp.Identifier) -> exp.CheckColumnConstraint:
    """A domain's condition on its value as one on a column."""

    def step(node: exp.Expr) -> exp.Expr:
        is_value = isinstance(node, exp.Column) and node.name == "value"
        return exp.Column(this=column.copy()) if is_value else node

    return exp.CheckColumnConstraint(this=check.condition.tree.copy().transform(step))


def _type(kind: exp.DataType | None, defined: Defined) -> Type:
    if defined.dialect == "sqlite":
        return sqlite_type(kind.sql(dialect="sqlite") if kind is not None else "", strict=False)
    if kind is None:
        raise NotUnderstoodError("a column has no type")
    return type_of(kind, defined.dialect, defined.enums)


def changed(table: Table, name: str, **values: object) -> Table:
    """The table with other values in one column."""
    # every caller names fields of Column, with values of their types
    columns = tuple(replace(c, **values) if c.name == name else c for c in table.columns)  # type: ignore[arg-type]
    return replace(table, columns=columns)


def _constrain(  # noqa: C901, PLR0912 - one case a kind of constraint
    table: Table, name: str, kind: exp.Expr, dialect: str, label: str | None
) -> Table:
    """A table after one of the constraints that stand behind a column."""
    column = table.column(name)
    assert column is not None  # noqa: S101 - it was added a moment ago
    match kind:
        case exp.NotNullColumnConstraint():
            return changed(table, name, nullable=bool(kind.args.get("allow_null")))
        case exp.DefaultColumnConstraint() if isinstance(kind.this, exp.Collate):
            # sqlglot takes the column's COLLATE, written after its DEFAULT, for a part of the default
            table = with_default(table, name, kind.this.this, dialect)
            return collated(table, name, kind.this.expression.name, dialect)
        case exp.DefaultColumnConstraint():
            return with_default(table, name, kind.this, dialect)
        case exp.PrimaryKeyColumnConstraint():
            return _with_timing(add_unique(table, Unique((name,), primary=True, name=label)), kind, dialect)
        case exp.UniqueColumnConstraint():
            unique = Unique((name,), nulls_alike=bool(kind.args.get("nulls")), name=label)
            return _with_timing(_with_conflict(add_unique(table, unique), kind), kind, dialect)
        case exp.AutoIncrementColumnConstraint():
            return changed(table, name, counted=True)
        case exp.GeneratedAsIdentityColumnConstraint() if kind.expression is None:
            return changed(table, name, counted=True, always=bool(kind.this), nullable=False)
        case exp.ComputedColumnConstraint() | exp.GeneratedAsIdentityColumnConstraint():
            source = kind.this if isinstance(kind, exp.ComputedColumnConstraint) else kind.expression
            stored = dialect == "postgresql" or bool(kind.args.get("persisted"))
            return changed(table, name, generated=expression(source, dialect), stored=stored)
        case exp.CollateColumnConstraint():
            return collated(table, name, kind.this.name, dialect)
        case exp.CheckColumnConstraint():
            return _add_check(table, kind, dialect, label)
        case exp.Reference():
            return _refer(table, (name,), kind, dialect, label)
        case exp.ZeroFillColumnConstraint():  # https://dev.mysql.com/doc/refman/8.4/en/numeric-type-attributes.html
            text = column.type.text.removesuffix(" unsigned")
            return changed(table, name, type=replace(column.type, text=f"{text} unsigned", signed=False))
        case exp.CommentColumnConstraint():
            return table
        case exp.CharacterSetColumnConstraint() if _is_usual_charset(kind) and not _is_of_another(table):
            return table
        case exp.CharacterSetColumnConstraint():
            clause = f"{name}: CHARACTER SET {charset_name(kind.this.name)}"
            return replace(table, unjudged=(*table.unjudged, clause))
        case exp.OnUpdateColumnConstraint():
            clause = f"{name}: ON UPDATE {expression(kind.this, dialect).text}"
            return replace(table, unjudged=(*table.unjudged, clause))
        case _:
            clause = f"{column.written}: {kind.sql(dialect=sqlglot_dialect(dialect))}"
            return replace(table, unjudged=(*table.unjudged, clause))


def collated(table: Table, name: str, collation: str, dialect: str) -> Table:
    """The table with another collation in one column."""
    return changed(table, name, collation=collation if dialect == "postgresql" else charset_name(collation))


def _uncast(tree: exp.Expr) -> exp.Expr:
    """PostgreSQL prints the default NULL as NULL::text."""
    while isinstance(tree, exp.Cast | exp.Paren) and isinstance(tree.this, exp.Expr):
        tree = tree.this
    return tree


def with_default(table: Table, name: str, tree: exp.Expr | None, dialect: str) -> Table:
    """The table with another default in one column; NULL and none are the same."""
    if tree is None or isinstance(_uncast(tree), exp.Null):
        return changed(table, name, default=None)
    if isinstance(tree, exp.Anonymous) and tree.name.lower() == "nextval":
        return changed(table, name, counted=True, default=None)
    return changed(table, name, default=expression(tree, dialect))

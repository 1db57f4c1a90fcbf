"""What does the definition of one column say? Its type, and each constraint that stands behind it."""

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from contractctl.formats.sql.expressions import expression, fold
from contractctl.formats.sql.parsing.defined import Defined, NotUnderstoodError, changed, label_of
from contractctl.formats.sql.parsing.table_constraints import add_check, add_unique, refer, with_conflict, with_timing
from contractctl.formats.sql.parsing.table_options import charset_name, is_national, is_of_another, is_usual_charset
from contractctl.formats.sql.parsing.types import counts, sqlite_type, type_of, zero_filled
from contractctl.formats.sql.schema import Check, Column, Expression, Family, Table, Type, Unique
from contractctl.formats.sql.statements import sqlglot_dialect
from contractctl.formats.sql.writing import NUMBERED

_USUAL_NUMBERS = {
    "increment": {"1"},
    "minvalue": {"1"},
    "maxvalue": {str(2**bits - 1) for bits in (15, 31, 63)},
    "cycle": {"False"},
}
"""What an identity may say of its numbers, beside where they start, and what holds anyway."""
_NUMBERS = {"increment": "INCREMENT BY {}", "minvalue": "MINVALUE {}", "maxvalue": "MAXVALUE {}", "cycle": "CYCLE"}


def add_column(defined: Defined, table: Table, part: exp.ColumnDef) -> Table:
    """The table with a column more, of which only the type is known. Raise NotUnderstoodError where it stands twice."""
    dialect = defined.dialect
    name = fold(part.this, dialect)
    if table.column(name):
        raise NotUnderstoodError(f"the column '{name}' is defined twice")
    kind = part.args.get("kind")
    type_ = _type(kind, defined)
    domain = defined.domains.get(type_.name) if type_.family is Family.OTHER else None
    if domain is not None:
        like = replace(domain.column.type, text=type_.text)
        table = replace(
            table, columns=(*table.columns, replace(domain.column, name=name, written=part.this.name, type=like))
        )
        for check in domain.checks:
            table = add_check(table, _of_column(check, part.this), dialect, None, of_domain=True)
    else:
        column = Column(name, part.this.name, type_, not counts(kind, dialect), counted=counts(kind, dialect))
        table = replace(table, columns=(*table.columns, column))
        if dialect == "mysql" and counts(kind, dialect):  # SERIAL is UNIQUE, too
            table = add_unique(table, Unique((name,)))
        if is_national(kind, dialect):
            table = replace(table, unjudged=(*table.unjudged, f"{name}: CHARACTER SET utf8mb3"))
    return table


def constrain_column(table: Table, part: exp.ColumnDef, dialect: str) -> Table:
    """The table with all that the column's definition says beside its type."""
    for constraint in part.args.get("constraints") or ():
        label = label_of(constraint.this, dialect) if constraint.this else None
        table = _constrain(table, fold(part.this, dialect), constraint.args["kind"], dialect, label)
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


def _constrain(  # noqa: C901, PLR0912 - one case a kind of constraint
    table: Table, name: str, kind: exp.Expr, dialect: str, label: str | None
) -> Table:
    """A table after one of the constraints that stand behind a column."""
    column = table.column(name)
    assert column is not None  # noqa: S101 - it was added a moment ago
    match kind:
        case exp.NotNullColumnConstraint() if dialect == "postgresql" and kind.args.get("allow_null"):
            return table  # NULL says what holds anyway, and where the column's domain forbids it, it stays forbidden
        case exp.NotNullColumnConstraint():
            return changed(table, name, nullable=bool(kind.args.get("allow_null")))
        case exp.DefaultColumnConstraint() if isinstance(kind.this, exp.Collate):
            # sqlglot takes the column's COLLATE, written after its DEFAULT, for a part of the default
            table = with_default(table, name, kind.this.this, dialect)
            return collated(table, name, kind.this.expression.name, dialect)
        case exp.DefaultColumnConstraint():
            return with_default(table, name, kind.this, dialect)
        case exp.PrimaryKeyColumnConstraint():
            return with_timing(add_unique(table, Unique((name,), primary=True, name=label)), kind, (name,))
        case exp.UniqueColumnConstraint():
            unique = Unique((name,), nulls_alike=bool(kind.args.get("nulls")), name=label)
            return with_timing(with_conflict(add_unique(table, unique), kind), kind, (name,))
        case exp.AutoIncrementColumnConstraint():
            nullable = column.nullable and dialect != "mysql"
            return changed(replace(table, reuses=False), name, counted=True, nullable=nullable)
        case exp.GeneratedAsIdentityColumnConstraint() if kind.expression is None:
            said = {word: str(value) for word, value in kind.args.items() if value is not None}
            table = replace(table, unjudged=(*table.unjudged, *numbers_of(said, column)))
            return changed(table, name, counted=True, identity=True, always=bool(kind.this), nullable=False)
        case exp.ComputedColumnConstraint() | exp.GeneratedAsIdentityColumnConstraint():
            source = kind.this if isinstance(kind, exp.ComputedColumnConstraint) else kind.expression
            stored = dialect == "postgresql" or bool(kind.args.get("persisted"))
            return changed(table, name, generated=_computed(source, table, column, dialect), stored=stored)
        case exp.CollateColumnConstraint():
            return collated(table, name, kind.this.name, dialect)
        case exp.CheckColumnConstraint():
            return add_check(table, kind, dialect, label)
        case exp.Reference():
            return refer(table, (name,), kind, dialect, label)
        case exp.ZeroFillColumnConstraint():
            return changed(table, name, type=zero_filled(column.type))
        case exp.CommentColumnConstraint():
            return table
        case exp.CharacterSetColumnConstraint() if is_usual_charset(kind) and not is_of_another(table):
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


def numbers_of(said: Mapping[str, str], column: Column) -> tuple[str, ...]:
    """What an identity says of its numbers, as a clause; nothing where that holds anyway. said: by sqlglot's words."""
    unusual = (word for word in _NUMBERS if word in said and said[word] not in _USUAL_NUMBERS[word])
    options = " ".join(_NUMBERS[word].format(said[word]) for word in unusual)
    return (f"{column.written}: {NUMBERED}{options})",) if options else ()


def _computed(tree: exp.Expr, table: Table, column: Column, dialect: str) -> Expression:
    """PostgreSQL may have it with a cast to the column's type, which it gets anyway; a text would be cut by one."""
    inner = tree.unnest()
    if dialect == "postgresql" and isinstance(inner, exp.Cast) and isinstance(inner.this, exp.Expr):
        cuts = column.type.family is Family.TEXT and inner.to.expressions
        tree = inner.this if type_of(inner.to, dialect, {}) == column.type and not cuts else tree
    return expression(tree, dialect, table)


def collated(table: Table, name: str, collation: str, dialect: str) -> Table:
    """The table with another collation in one column."""
    return changed(table, name, collation=collation if dialect == "postgresql" else charset_name(collation))


def _uncast(tree: exp.Expr) -> exp.Expr:
    """PostgreSQL prints the default NULL as NULL::text."""
    while isinstance(tree, exp.Cast | exp.Paren) and isinstance(tree.this, exp.Expr):
        tree = tree.this
    return tree


def _sequence(tree: exp.Anonymous) -> str | None:
    """Whose next value it is: nextval('public.orders_id_seq'::regclass)."""
    named = _uncast(tree.expressions[0]) if tree.expressions else None
    return named.name.replace('"', "").removeprefix("public.") if isinstance(named, exp.Literal) else None


def with_default(table: Table, name: str, tree: exp.Expr | None, dialect: str) -> Table:
    """The table with another default in one column; NULL and none are the same."""
    if tree is None or isinstance(_uncast(tree), exp.Null):
        return changed(table, name, default=None)
    if isinstance(tree, exp.Anonymous) and tree.name.lower() == "nextval":
        return changed(table, name, counted=True, default=None, counter=_sequence(tree))
    column = table.column(name)
    if isinstance(tree, exp.Boolean) and dialect == "postgresql" and column and column.type.family is Family.TEXT:
        tree = exp.Literal.string(str(tree.this).lower())  # elsewhere TRUE is 1
    return changed(table, name, default=expression(tree, dialect))

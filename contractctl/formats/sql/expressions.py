"""Do two expressions say the same? Their normal forms, and the values that literals stand for."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from sqlglot import ErrorLevel, exp

from contractctl.formats.sql.casts import Kinds, without_cast
from contractctl.formats.sql.literals import canonical, elements, number_of
from contractctl.formats.sql.schema import NUMBERS, Expression, Family, Table, Type
from contractctl.formats.sql.statements import sqlglot_dialect

Constant = str | Decimal
_BOOLEANS = {
    word[:length]: truth
    for truth, words in (("1", ("true", "yes", "on")), ("0", ("false", "no", "off")))
    for word in words
    for length in range(1 + (word[0] == "o"), len(word) + 1)
}
"""https://www.postgresql.org/docs/current/datatype-boolean.html: whole words, and beginnings that tell."""
_PADDING = re.compile(r"(?:\\0)*'$")
"""Zeros that fill a binary up, as MySQL prints them."""
_BLANKS = re.compile(r" *'$")
_REWORDED = frozenset({Family.DATE, Family.OTHER, Family.TIME, Family.TIMESTAMP})
"""Families whose values databases print in words of their own."""
_OPERATIONS = (exp.Binary, exp.Between, exp.In, exp.Not)
_OPERATORS = (*_OPERATIONS, exp.Unary, exp.AtTimeZone, exp.Bracket)
"""What stands around its operands without parentheses."""
_DENIED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.GT: exp.LTE,
    exp.GTE: exp.LT,
    exp.LT: exp.GTE,
    exp.LTE: exp.GT,
    exp.NullSafeEQ: exp.NullSafeNEQ,
    exp.NullSafeNEQ: exp.NullSafeEQ,
    exp.And: exp.Or,
    exp.Or: exp.And,
}
"""What NOT makes of each; NULL makes NULL of both forms."""


def fold(identifier: exp.Identifier | str, dialect: str) -> str:
    """A name as the dialect compares it."""
    name = identifier if isinstance(identifier, str) else identifier.name
    quoted = isinstance(identifier, exp.Identifier) and bool(identifier.quoted)
    return name if dialect == "postgresql" and quoted else name.lower()


def expression(tree: exp.Expr, dialect: str, table: Table | None = None) -> Expression:
    """An expression and its normal form. table: whose columns it is about.

    Raise UnsupportedError where sqlglot would leave out a part of it.
    """
    written = tree.sql(dialect=sqlglot_dialect(dialect), comments=False, unsupported_level=ErrorLevel.RAISE)
    if isinstance(tree, exp.Literal):  # most defaults are
        return Expression(written, tree, written, dialect)
    kinds: tuple[tuple[str, Type], ...] = ()
    if dialect == "postgresql" and table is not None and tree.find(exp.Cast) is not None:
        names = columns_of(tree, dialect)
        kinds = tuple((column.name, column.type) for column in table.columns if column.name in names)
    return _normal(_Written(written, dialect, kinds, tree))


@dataclass(frozen=True, slots=True)
class _Written:
    """A tree that its text stands for: a schema has the same defaults and checks over and over."""

    text: str
    dialect: str
    kinds: tuple[tuple[str, Type], ...]
    tree: exp.Expr = field(compare=False)


@lru_cache(maxsize=1024)
def _normal(written: _Written) -> Expression:
    plain = _plain(written.tree.copy(), written.dialect, dict(written.kinds))
    text = plain.sql(dialect=sqlglot_dialect(written.dialect), comments=False)
    return Expression(text, plain, written.text, written.dialect)


def columns_of(tree: exp.Expr, dialect: str) -> frozenset[str]:
    """The folded names of the columns that an expression reads."""
    return frozenset(fold(column.this, dialect) for column in tree.find_all(exp.Column))


def constant(tree: exp.Expr) -> Constant | None:
    """A literal's value; None for anything else."""
    if isinstance(tree, exp.Neg):
        inner = constant(tree.this)
        return inner.copy_negate() if isinstance(inner, Decimal) else None
    if isinstance(tree, exp.Literal):
        return str(tree.this) if tree.is_string else number_of(str(tree.this))
    if isinstance(tree, exp.Boolean):
        return Decimal(1 if tree.this else 0)
    return None


def as_number(value: Constant) -> Decimal | None:
    """A number, also where it is written as a string."""
    return value if isinstance(value, Decimal) else number_of(value)


def value_text(default: Expression, kind: Type) -> str:
    """The value as the column holds it, as far as that is known; else what stands there."""
    return known_value(default, kind) or default.text


def known_value(default: Expression, kind: Type) -> str | None:
    """The value as the column holds it: MySQL prints '0' for the 0 of a number, and all the zeros of a binary.

    1.0 and 1 are one number, to whoever compares or calculates, though PostgreSQL's numeric shows the zero.
    None where it is computed, or where the database may print it in words that are not known here.
    """
    if isinstance(default.tree, exp.BitString | exp.HexString):
        return _binary(default.tree, kind)
    if kind.text.endswith("[]"):
        return _array(default.tree, kind)
    value: Constant | None = constant(default.tree)
    if value is None:
        return None
    number = as_number(value) if kind.family in NUMBERS or kind.name == "bit" else None
    if number is not None and (kind.family in NUMBERS or isinstance(value, Decimal)):
        return str(number.normalize()) if kind.affinity != "REAL" else str(float(number))
    if kind.family is Family.BOOLEAN:
        return _BOOLEANS.get(str(value).lower(), str(value))
    if kind.family is Family.TEXT and isinstance(value, Decimal) and _is_plain_integer(value):
        return f"'{int(value)}'"
    if kind.family is Family.ENUM:
        return next((f"'{each}'" for each in kind.symbols if each.lower() == str(value).lower()), default.text)
    if kind.padded:
        return (_PADDING if kind.family is Family.BINARY else _BLANKS).sub("'", default.text)
    stands = canonical(str(value), kind.text)
    if stands is not None:
        return f"'{stands}'"
    return None if kind.family in _REWORDED else default.text


def _binary(tree: exp.Expr, kind: Type) -> str | None:
    """MySQL's b'101' and x'61' are numbers where a number is asked for, and bytes elsewhere; SQLite's are bytes."""
    if kind.affinity is not None:
        return None
    number = int(tree.name, 2 if isinstance(tree, exp.BitString) else 16)
    if kind.family in NUMBERS or kind.name == "bit":
        return str(Decimal(number).normalize())
    if kind.family not in {Family.BINARY, Family.TEXT} or isinstance(tree, exp.BitString):
        return None
    return f"'{bytes.fromhex(tree.name).decode('latin-1')}'" if len(tree.name) % 2 == 0 else None


def _array(tree: exp.Expr, kind: Type) -> str | None:
    """ARRAY['a', 'b'] and '{a,b}' are one."""
    parts: tuple[str | None, ...] | None = None
    if isinstance(tree, exp.Array):
        found = [None if isinstance(part, exp.Null) else constant(part) for part in tree.expressions]
        known = all(
            value is not None or isinstance(part, exp.Null) for value, part in zip(found, tree.expressions, strict=True)
        )
        parts = tuple(None if value is None else str(value) for value in found) if known else None
    elif isinstance(tree, exp.Literal) and tree.is_string:
        parts = elements(tree.name)
    if parts is None:
        return None
    element = kind.text.removesuffix("[]")
    return f"{[part if part is None else canonical(part, element) or part for part in parts]}"


def _is_plain_integer(value: Decimal) -> bool:
    """Whether it is written with digits alone, and few enough: as a text it is what was written then."""
    return value.as_tuple().exponent == 0 and abs(value) < 2**63


def _plain(tree: exp.Expr, dialect: str, kinds: Kinds) -> exp.Expr:
    """Fold names, and drop table qualifiers."""

    def folded(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column):
            return node
        name = fold(node.this, dialect)
        return exp.column(exp.to_identifier(name, quoted=name != name.lower()))

    return reworded(tree.transform(folded, copy=False), dialect, kinds)


def reworded(tree: exp.Expr, dialect: str, kinds: Kinds) -> exp.Expr:
    """Without parentheses that say nothing, and without casts that PostgreSQL's dumps add and people leave out."""

    def step(node: exp.Expr) -> exp.Expr:
        inner = node.this
        match node:
            case exp.Paren() if isinstance(inner, exp.Expr):
                return inner
            case exp.Not() if type(inner) in _DENIED:
                return _denied(inner) or node
            case exp.In(expressions=[only]):
                return exp.EQ(this=inner, expression=only)
            case exp.Case() if isinstance(_uncast(node.args.get("default")), exp.Null):
                node.set("default", None)
        if dialect == "postgresql":
            return _as_postgresql_has_it(node, kinds) or node
        return (_as_mysql_has_it(node) or node) if dialect == "mysql" else node

    before, own = None, sqlglot_dialect(dialect)
    while (text := tree.sql(dialect=own)) != before:  # parentheses inside parentheses
        before, tree = text, tree.transform(step, copy=False)
    return _regrouped(tree)


def _denied(inner: exp.Expr) -> exp.Expr | None:
    """NOT goes inside, as databases have it themselves where they print NOT BETWEEN and NOT IN."""
    left, right = inner.this, inner.expression
    if isinstance(inner, exp.Connector):
        left, right = exp.Not(this=left), exp.Not(this=right)
    elif isinstance(right.unnest(), exp.Any | exp.All) or right.name.upper() in {"ALL", "ANY", "SOME"}:
        return None
    return _DENIED[type(inner)](this=left, expression=right)


def _uncast(tree: exp.Expr | None) -> exp.Expr | None:
    return _uncast(tree.this) if isinstance(tree, exp.Cast | exp.Paren) else tree


def _as_postgresql_has_it(node: exp.Expr, kinds: Kinds) -> exp.Expr | None:
    """What it prints, for what people write."""
    match node:
        case exp.Cast():
            return without_cast(node, kinds)
        case exp.Between() if not node.args.get("symmetric"):
            low, high = node.args["low"], node.args["high"]
            return exp.and_(exp.GTE(this=node.this.copy(), expression=low), exp.LTE(this=node.this, expression=high))
        case exp.EQ() if isinstance(node.expression, exp.Any):
            return _any(node)
        case exp.NEQ() if node.expression.name.upper() == "ALL":
            return _all(node)
        case exp.Interval() if isinstance(node.this, exp.Literal) and not isinstance(node.unit, exp.IntervalSpan):
            stands = canonical(f"{node.this.name} {node.unit or ''}", "interval")
            return exp.Literal.string(stands) if stands else None
        case exp.BitString() | exp.ByteString():
            return exp.Literal.string(node.name)
        case exp.Extract() if isinstance(node.this, exp.Literal):
            node.set("this", exp.var(node.this.name.upper()))
        case exp.TimestampTrunc() if isinstance(node.unit, exp.Literal):
            node.set("unit", exp.var(node.unit.name.upper()))
    return None


def _as_mysql_has_it(node: exp.Expr) -> exp.Expr | None:
    """It prints CURRENT_TIMESTAMP for NOW(), and a cast to bytes as one to characters of the character set binary.

    Its LENGTH counts bytes; elsewhere, as CHAR_LENGTH here, characters.
    """
    if isinstance(node, exp.Localtimestamp | exp.Localtime):
        return exp.CurrentTimestamp(this=node.this)
    if isinstance(node, exp.Anonymous) and node.name.upper() == "NOW":
        return exp.CurrentTimestamp(this=next(iter(node.expressions), None))
    if isinstance(node, exp.Cast) and node.to.this.name == "CHARACTER_SET" and node.to.args["kind"].name == "binary":
        node.set("to", exp.DataType.build("binary", dialect="mysql"))
    if isinstance(node, exp.Length) and node.args.get("binary"):
        return exp.Anonymous(this="OCTET_LENGTH", expressions=[node.this])
    if isinstance(node, exp.Anonymous) and node.name.upper() == "OCTET_LENGTH":
        node.set("this", "OCTET_LENGTH")
    return None


def _regrouped(tree: exp.Expr) -> exp.Expr:
    """Put back the parentheses that the tree's own shape needs, so that its text says what it says."""
    for node in [node for node in tree.walk() if isinstance(node, _OPERATORS) and not isinstance(node, exp.Paren)]:
        for key, child in list(node.args.items()):
            if isinstance(child, _OPERATIONS) and _looser(child, node):
                node.set(key, exp.Paren(this=child))
    return tree


def _looser(child: exp.Expr, parent: exp.Expr) -> bool:
    if isinstance(parent, exp.And) and isinstance(child, exp.And):
        return False
    if isinstance(parent, exp.Or) and isinstance(child, exp.And | exp.Or):
        return False
    return not (isinstance(parent, exp.Connector) and not isinstance(child, exp.Connector))


def _any(node: exp.EQ) -> exp.Expr | None:
    """PostgreSQL prints `x IN (…)` as `x = ANY (ARRAY[…])`."""
    array = node.expression.find(exp.Array)
    return exp.In(this=node.this, expressions=array.expressions) if array is not None else None


def _all(node: exp.NEQ) -> exp.Expr | None:
    """PostgreSQL prints `x NOT IN (…)` as `x <> ALL (ARRAY[…])`."""
    array = node.expression.find(exp.Array)
    return exp.Not(this=exp.In(this=node.this, expressions=array.expressions)) if array is not None else None

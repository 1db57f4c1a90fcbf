"""Do two expressions say the same? Their normal forms, and the values that literals stand for."""

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from sqlglot import exp

from contractctl.formats.sql.schema import NUMBERS, Expression, Family, Type
from contractctl.formats.sql.statements import sqlglot_dialect

Constant = str | Decimal
_BOOLEANS = {
    word[:length]: truth
    for truth, words in (("1", ("true", "yes", "on")), ("0", ("false", "no", "off")))
    for word in words
    for length in range(1 + (word[0] == "o"), len(word) + 1)
}
"""https://www.postgresql.org/docs/current/datatype-boolean.html: whole words, and beginnings that tell."""
_WIDEST = frozenset({"DECIMAL", "DOUBLE"})
_NUMERIC = frozenset({"SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE"})
_PADDING = re.compile(r"(?:\\0)*'$")
"""Zeros that fill a binary up, as MySQL prints them."""
_BLANKS = re.compile(r" *'$")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(\.\d+)?)?")


def fold(identifier: exp.Identifier | str, dialect: str) -> str:
    """A name as the dialect compares it."""
    name = identifier if isinstance(identifier, str) else identifier.name
    quoted = isinstance(identifier, exp.Identifier) and bool(identifier.quoted)
    return name if dialect == "postgresql" and quoted else name.lower()


def expression(tree: exp.Expr, dialect: str) -> Expression:
    """An expression and its normal form."""
    written = tree.sql(dialect=sqlglot_dialect(dialect), comments=False)
    if isinstance(tree, exp.Literal):  # most defaults are
        return Expression(written, tree, written)
    return _normal(_Written(written, dialect, tree))


@dataclass(frozen=True, slots=True)
class _Written:
    """A tree that its text stands for: a schema has the same defaults and checks over and over."""

    text: str
    dialect: str
    tree: exp.Expr = field(compare=False)


@lru_cache(maxsize=1024)
def _normal(written: _Written) -> Expression:
    plain = _plain(written.tree.copy(), written.dialect)
    return Expression(plain.sql(dialect=sqlglot_dialect(written.dialect), comments=False), plain, written.text)


def columns_of(tree: exp.Expr, dialect: str) -> frozenset[str]:
    """The folded names of the columns that an expression reads."""
    return frozenset(fold(column.this, dialect) for column in tree.find_all(exp.Column))


def constant(tree: exp.Expr) -> Constant | None:
    """A literal's value; None for anything else."""
    if isinstance(tree, exp.Neg):
        inner = constant(tree.this)
        return -inner if isinstance(inner, Decimal) else None
    if isinstance(tree, exp.Literal):
        return str(tree.this) if tree.is_string else Decimal(str(tree.this))
    if isinstance(tree, exp.Boolean):
        return Decimal(1 if tree.this else 0)
    return None


def as_number(value: Constant) -> Decimal | None:
    """A number, also where it is written as a string."""
    if isinstance(value, Decimal):
        return value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def value_text(default: Expression, kind: Type) -> str:
    """The value as the column holds it: MySQL prints '0' for the 0 of a number, and all the zeros of a binary."""
    value: Constant | None = constant(default.tree)
    if value is None:
        return default.text
    number = as_number(value) if kind.family in NUMBERS else None
    if number is not None:
        return str(number.normalize()) if kind.affinity != "REAL" else str(float(number))
    if kind.family is Family.BOOLEAN:
        return _BOOLEANS.get(str(value).lower(), str(value))
    if kind.family is Family.TEXT and isinstance(value, Decimal) and _is_plain_integer(value):
        return f"'{int(value)}'"
    if kind.family is Family.BINARY and kind.padded:
        return _PADDING.sub("'", default.text)
    if kind.family is Family.ENUM:
        return next((f"'{each}'" for each in kind.symbols if each.lower() == str(value).lower()), default.text)
    if kind.family is Family.TEXT and kind.padded:
        return _BLANKS.sub("'", default.text)
    if kind.family is Family.TIMESTAMP and (moment := _MOMENT.fullmatch(str(value))):
        return f"'{moment[1]} {moment[2] or '00:00:00'}{(moment[3] or '').rstrip('.0')}'"
    return "''" if kind.text == "bytea" and value == "\\x" else default.text


def _is_plain_integer(value: Decimal) -> bool:
    """Whether it is written with digits alone, and few enough: as a text it is what was written then."""
    return value.as_tuple().exponent == 0 and abs(value) < 2**63


def _plain(tree: exp.Expr, dialect: str) -> exp.Expr:
    """Fold names; drop table qualifiers and parentheses, and casts that PostgreSQL's dumps add and people leave out."""

    def step(node: exp.Expr) -> exp.Expr:
        inner = node.this
        if isinstance(node, exp.Paren) and isinstance(inner, exp.Expr):
            return inner
        if isinstance(node, exp.Cast) and dialect == "postgresql":
            return _number(node) or (inner if _castless(node) else node)
        if isinstance(node, exp.Column):
            name = fold(node.this, dialect)
            return exp.column(exp.to_identifier(name, quoted=name != name.lower()))
        if dialect == "postgresql" and isinstance(node, exp.Between) and not node.args.get("symmetric"):
            low, high = node.args["low"], node.args["high"]
            return exp.and_(exp.GTE(this=inner.copy(), expression=low), exp.LTE(this=inner, expression=high))
        if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
            return _any(node) or node
        if isinstance(node, exp.NEQ) and node.expression.name.upper() == "ALL":
            return _all(node) or node
        return (_clock(node) or _octets(node) or node) if dialect == "mysql" else node

    before = ""
    while (text := tree.sql()) != before:  # parentheses inside parentheses
        before, tree = text, tree.transform(step, copy=False)
    return _regrouped(tree)


def _clock(node: exp.Expr) -> exp.Expr | None:
    """What MySQL writes CURRENT_TIMESTAMP for."""
    if isinstance(node, exp.Localtimestamp | exp.Localtime):
        return exp.CurrentTimestamp(this=node.this)
    if isinstance(node, exp.Anonymous) and node.name.upper() == "NOW":
        return exp.CurrentTimestamp(this=next(iter(node.expressions), None))
    return None


def _octets(node: exp.Expr) -> exp.Expr | None:
    """MySQL's LENGTH counts bytes; other dialects' counts characters, as CHAR_LENGTH does here."""
    if isinstance(node, exp.Length) and node.args.get("binary"):
        return exp.Anonymous(this="OCTET_LENGTH", expressions=[node.this])
    return None


def _regrouped(tree: exp.Expr) -> exp.Expr:
    """Put back the parentheses that the tree's own shape needs, so that its text says what it says."""
    for node in list(tree.find_all(exp.Binary, exp.Not, exp.Neg)):
        for key in ("this", "expression"):
            child = node.args.get(key)
            if isinstance(child, exp.Binary | exp.Between | exp.In) and _looser(child, node):
                node.set(key, exp.Paren(this=child.copy()))
    return tree


def _looser(child: exp.Expr, parent: exp.Expr) -> bool:
    if isinstance(parent, exp.And) and isinstance(child, exp.And):
        return False
    if isinstance(parent, exp.Or) and isinstance(child, exp.And | exp.Or):
        return False
    return not (isinstance(parent, exp.Connector) and not isinstance(child, exp.Connector))


def _castless(node: exp.Cast) -> bool:
    """Whether what is cast is what it was, also without: `(x)::integer` of a column, or of a sum, rounds."""
    inner = node.this.unnest()
    texts = {"TEXT", "VARCHAR", "CHAR", "BPCHAR"}
    if isinstance(inner, exp.Column) and node.to.this.name in _WIDEST and node.find_ancestor(exp.Div) is None:
        return not node.to.expressions  # and (amount)::numeric where it meets one; whole numbers are divided otherwise
    if isinstance(inner, exp.Column | exp.DPipe):  # PostgreSQL writes (status)::text where status is a varchar
        return node.to.this.name in texts and not node.to.expressions  # varchar(3) cuts
    if isinstance(inner, exp.Neg):
        inner = inner.this.unnest()
    return isinstance(inner, exp.Literal | exp.Array | exp.ByteString | exp.Null)


def _number(node: exp.Cast) -> exp.Expr | None:
    """PostgreSQL prints the number -1 as '-1'::integer."""
    numeric = not isinstance(node.to, exp.ObjectIdentifier) and node.to.this.name in _NUMERIC
    number = as_number(str(node.this.this)) if numeric and isinstance(node.this, exp.Literal) else None
    if number is None:
        return None
    literal = exp.Literal.number(str(node.this.this).strip().removeprefix("-"))
    return exp.Neg(this=literal) if number < 0 else literal


def _any(node: exp.EQ) -> exp.Expr | None:
    """PostgreSQL prints `x IN (…)` as `x = ANY (ARRAY[…])`."""
    array = node.expression.find(exp.Array)
    return exp.In(this=node.this, expressions=array.expressions) if array is not None else None


def _all(node: exp.NEQ) -> exp.Expr | None:
    """PostgreSQL prints `x NOT IN (…)` as `x <> ALL (ARRAY[…])`."""
    array = node.expression.find(exp.Array)
    return exp.Not(this=exp.In(this=node.this, expressions=array.expressions)) if array is not None else None

"""Do two expressions say the same? Normal forms, and conditions as sets of values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from sqlglot import exp

from contractctl.formats.sql.schema import NUMBERS, Check, Expression, Family, Type
from contractctl.formats.sql.statements import sqlglot_dialect

Constant = str | Decimal
_BOOLEANS = {
    word[:length]: truth
    for truth, words in (("1", ("true", "yes", "on")), ("0", ("false", "no", "off")))
    for word in words
    for length in range(1 + (word[0] == "o"), len(word) + 1)
}
"""https://www.postgresql.org/docs/current/datatype-boolean.html: whole words, and beginnings that tell."""
_NUMERIC = frozenset({"SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE"})
_PADDING = re.compile(r"(?:\\0)*'$")
"""Zeros that fill a binary up, as MySQL prints them."""
_BLANKS = re.compile(r" *'$")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(\.\d+)?)?")
_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}
_DENIED: dict[type[exp.Expr], type[exp.Expr]] = {exp.GT: exp.LTE, exp.GTE: exp.LT, exp.LT: exp.GTE, exp.LTE: exp.GT}


@dataclass(frozen=True, slots=True)
class Among:
    """One of these values."""

    values: frozenset[Constant]

    def holds(self, value: Constant) -> bool:
        return value in self.values


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two bounds. None: no bound."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Constant) -> bool:
        if isinstance(value, str):
            return False
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = self.high is None or value < self.high or (value == self.high and not self.high_open)
        return above and below


Values = Among | Range


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a row must meet: sets of values by the term that they bind, and whatever could not be read as such."""

    terms: Mapping[str, tuple[Values, ...]]
    others: frozenset[str]
    columns: Mapping[str, frozenset[str]]
    """The columns that a term or another condition reads."""
    open_to_null: frozenset[str] = frozenset()
    """Others that come out NULL, and so are met, where every column that they read is NULL."""


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


def conditions(checks: tuple[Check, ...]) -> Conditions:
    """All checks of a table together."""
    terms: dict[str, list[Values]] = {}
    others: set[str] = set()
    columns: dict[str, frozenset[str]] = {}
    open_to_null: set[str] = set()
    for check in checks:
        for part in _conjuncts(check.condition.tree):
            names = frozenset(column.name for column in part.find_all(exp.Column))
            found = _values(part)
            if found is not None:
                terms.setdefault(found[0], []).append(found[1])
                columns[found[0]] = names
            elif not _forbids_null(part):  # that is the column's own promise
                others.add(part.sql())
                columns[part.sql()] = names
                open_to_null |= {part.sql()} if _gives_null(part) else set()
    bound = {term: tuple(values) for term, values in terms.items()}
    return Conditions(bound, frozenset(others), columns, frozenset(open_to_null))


def same_conditions(one: tuple[Check, ...], other: tuple[Check, ...]) -> bool:
    """Whether two sets of checks are met by the same rows, as far as their texts tell."""
    sides = [conditions(checks) for checks in (one, other)]
    terms = [{term: frozenset(values) for term, values in side.terms.items()} for side in sides]
    nulls = [frozenset(name for check in checks for name in not_null_columns(check)) for checks in (one, other)]
    return terms[0] == terms[1] and sides[0].others == sides[1].others and nulls[0] == nulls[1]


def is_decidable(check: Check) -> bool:
    """Whether a check says nothing but which values its columns may have: then another one says the same, or not."""
    return all(_values(part) is not None or _forbids_null(part) for part in _conjuncts(check.condition.tree))


def _gives_null(tree: exp.Expr) -> bool:
    """Whether it compares columns and nothing else, so that NULL in all of them makes NULL of it."""
    if isinstance(tree, exp.And | exp.Or):
        return _gives_null(tree.this) and _gives_null(tree.expression)
    if isinstance(tree, exp.Not | exp.Paren):
        return _gives_null(tree.this)
    compares = isinstance(tree, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE | exp.Like | exp.ILike)
    known = (exp.Column, exp.Identifier, exp.Literal, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Cast, exp.DataType)
    inside = (node for node in tree.walk() if node is not tree)
    return compares and isinstance(tree.this, exp.Column) and all(isinstance(node, known) for node in inside)


def type_limits(column: str, kind: Type) -> Iterator[tuple[str, Values]]:
    """What a column's type alone says of its values, as conditions would."""
    if kind.affinity is not None:
        return
    if kind.symbols:
        yield column, Among(frozenset(kind.symbols))
    if kind.family.value == "integer" and kind.size:
        low = -(2 ** (kind.size - 1)) if kind.signed else 0
        high = 2 ** (kind.size - 1) - 1 if kind.signed else 2**kind.size - 1
        yield column, Range(Decimal(low), Decimal(high))
    if kind.family.value == "text" and kind.size:
        for function in ("LENGTH", "CHAR_LENGTH"):
            yield f"{function}({column})", Range(Decimal(0), Decimal(kind.size))


def _plain(tree: exp.Expr, dialect: str) -> exp.Expr:
    """Fold names; drop table qualifiers, parentheses and casts of constants, which dumps add and people leave out."""

    def step(node: exp.Expr) -> exp.Expr:
        inner = node.this
        if isinstance(node, exp.Cast) and isinstance(inner, exp.Literal) and (number := _number(node)) is not None:
            return number
        if (isinstance(node, exp.Paren) or (isinstance(node, exp.Cast) and _castless(node))) and isinstance(
            inner, exp.Expr
        ):
            return inner
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
        return (_clock(node) or node) if dialect == "mysql" else node

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
    inner = node.this
    texts = {"TEXT", "VARCHAR", "CHAR", "BPCHAR"}
    if isinstance(inner, exp.Column):  # PostgreSQL writes (status)::text where status is a varchar
        return node.to.this.name in texts and not node.to.expressions  # varchar(3) cuts
    return isinstance(inner, exp.Literal | exp.Array | exp.ByteString | exp.Paren | exp.Null | exp.Neg)


def _number(node: exp.Cast) -> exp.Expr | None:
    """PostgreSQL prints the number -1 as '-1'::integer."""
    numeric = not isinstance(node.to, exp.ObjectIdentifier) and node.to.this.name in _NUMERIC
    number = as_number(str(node.this.this)) if numeric else None
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


def _conjuncts(tree: exp.Expr) -> Iterator[exp.Expr]:
    tree = tree.unnest()
    inner = tree.this.unnest() if isinstance(tree, exp.Not) else None
    if isinstance(tree, exp.And):
        yield from _conjuncts(tree.this)
        yield from _conjuncts(tree.expression)
    elif isinstance(inner, exp.Or):  # NULL makes NULL of both forms, and a check is met by NULL
        yield from _conjuncts(exp.Not(this=inner.this))
        yield from _conjuncts(exp.Not(this=inner.expression))
    elif isinstance(inner, exp.GT | exp.GTE | exp.LT | exp.LTE):
        yield _DENIED[type(inner)](this=inner.this, expression=inner.expression)
    elif isinstance(tree, exp.Between) and constant(tree.args["low"]) is not None and not tree.args.get("symmetric"):
        yield exp.GTE(this=tree.this, expression=tree.args["low"])
        yield exp.LTE(this=tree.this, expression=tree.args["high"])
    else:
        yield tree


def _forbids_null(tree: exp.Expr) -> bool:
    return not_null_column(tree) is not None


def not_null_column(tree: exp.Expr) -> str | None:
    """The column of a condition that says nothing but IS NOT NULL."""
    negated = isinstance(tree, exp.Not)
    inner = tree.this.unnest() if negated else tree
    if not isinstance(inner, exp.Is) or not isinstance(inner.expression, exp.Null):
        return None
    denies = negated != bool(inner.args.get("negate"))
    return inner.this.name if denies and isinstance(inner.this, exp.Column) else None


def not_null_columns(check: Check) -> frozenset[str]:
    """The columns in which a check forbids NULL."""
    return frozenset(name for part in _conjuncts(check.condition.tree) if (name := not_null_column(part)))


def _values(tree: exp.Expr) -> tuple[str, Values] | None:
    """The term and the values that it may take, where the condition is as simple as that."""
    tree = tree.unnest()
    if isinstance(tree, exp.In) and tree.expressions:
        found = [constant(item) for item in tree.expressions]
        known = [value for value in found if value is not None]
        return (tree.this.sql(), Among(frozenset(known))) if len(known) == len(found) else None
    if isinstance(tree, exp.Or):
        left, right = _values(tree.this), _values(tree.expression)
        if left and right and left[0] == right[0] and isinstance(left[1], Among) and isinstance(right[1], Among):
            return left[0], Among(left[1].values | right[1].values)
        return None
    if isinstance(tree, exp.EQ | exp.GT | exp.GTE | exp.LT | exp.LTE):
        return _comparison(tree)
    return None


def _comparison(tree: exp.Expr) -> tuple[str, Values] | None:
    left, right, kind = tree.this.unnest(), tree.expression.unnest(), type(tree)
    if constant(left) is not None:
        left, right, kind = right, left, _FLIPPED.get(kind, kind)
    bound = constant(right)
    if bound is None or constant(left) is not None:
        return None
    if kind is exp.EQ:
        return left.sql(), Among(frozenset({bound}))
    if isinstance(bound, str):
        return None
    if kind in {exp.GT, exp.GTE}:
        return left.sql(), Range(low=bound, low_open=kind is exp.GT)
    return left.sql(), Range(high=bound, high_open=kind is exp.LT)

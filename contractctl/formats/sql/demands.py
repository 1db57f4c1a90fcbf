"""Which values does a condition demand? Conditions as sets of values, where they are as simple as that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from contractctl.formats.sql.expressions import Constant, constant
from contractctl.formats.sql.schema import MOST_OCTETS, Check, Type
from contractctl.formats.sql.statements import sqlglot_dialect

_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}


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
            words = _words(part if found is None else found[0], check.condition.dialect)
            if found is not None:
                terms.setdefault(words, []).append(found[1])
                columns[words] = names
            elif not _forbids_null(part):  # that is the column's own promise
                others.add(words)
                columns[words] = names
                open_to_null |= {words} if _gives_null(part) else set()
    bound = {term: tuple(values) for term, values in terms.items()}
    return Conditions(bound, frozenset(others), columns, frozenset(open_to_null))


def _words(tree: exp.Expr, dialect: str) -> str:
    """As the dialect says it: in sqlglot's own words x'61' is 97."""
    return tree.sql(dialect=sqlglot_dialect(dialect))


def same_conditions(one: tuple[Check, ...], other: tuple[Check, ...]) -> bool:
    """Whether two sets of checks are met by the same rows, as far as their texts tell."""
    sides = [conditions(checks) for checks in (one, other)]
    terms = [{term: frozenset(values) for term, values in side.terms.items()} for side in sides]
    nulls = [frozenset(name for check in checks for name in not_null_columns(check)) for checks in (one, other)]
    return terms[0] == terms[1] and sides[0].others == sides[1].others and nulls[0] == nulls[1]


def is_decidable(check: Check) -> bool:
    """Whether a check says nothing but which values its columns may have: then another one says the same, or not."""
    return all(_values(part) is not None or _forbids_null(part) for part in _conjuncts(check.condition.tree))


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


def type_limits(column: str, kind: Type) -> Iterator[tuple[str, Values]]:
    """What a column's type alone says of its values, as conditions would."""
    if kind.affinity is not None:
        return
    if kind.symbols and kind.name != "set":  # which holds several at once
        yield column, Among(frozenset(kind.symbols))
    if kind.family.value == "integer" and kind.size:
        low = -(2 ** (kind.size - 1)) if kind.signed else 0
        high = 2 ** (kind.size - 1) - 1 if kind.signed else 2**kind.size - 1
        yield column, Range(Decimal(low), Decimal(high))
    if kind.family.value == "text" and kind.size:
        widest = 1 if kind.octets else MOST_OCTETS
        for length in ("LENGTH", "CHAR_LENGTH"):
            yield f"{length}({column})", Range(Decimal(0), Decimal(kind.size))
        yield f"OCTET_LENGTH({column})", Range(Decimal(0), Decimal(kind.size * widest))


def _conjuncts(tree: exp.Expr) -> Iterator[exp.Expr]:
    tree = tree.unnest()
    if isinstance(tree, exp.And):
        yield from _conjuncts(tree.this)
        yield from _conjuncts(tree.expression)
    elif isinstance(tree, exp.Between) and constant(tree.args["low"]) is not None and not tree.args.get("symmetric"):
        yield exp.GTE(this=tree.this, expression=tree.args["low"])
        yield exp.LTE(this=tree.this, expression=tree.args["high"])
    else:
        yield tree


def _forbids_null(tree: exp.Expr) -> bool:
    return not_null_column(tree) is not None


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


def _values(tree: exp.Expr) -> tuple[exp.Expr, Values] | None:
    """The term and the values that it may take, where the condition is as simple as that."""
    tree = tree.unnest()
    if isinstance(tree, exp.In) and tree.expressions:
        found = [constant(item) for item in tree.expressions]
        known = [value for value in found if value is not None]
        return (tree.this, Among(frozenset(known))) if len(known) == len(found) else None
    if isinstance(tree, exp.Or):
        left, right = _values(tree.this), _values(tree.expression)
        if left and right and left[0] == right[0] and isinstance(left[1], Among) and isinstance(right[1], Among):
            return left[0], Among(left[1].values | right[1].values)
        return None
    if isinstance(tree, exp.EQ | exp.GT | exp.GTE | exp.LT | exp.LTE):
        return _comparison(tree)
    return None


def _comparison(tree: exp.Expr) -> tuple[exp.Expr, Values] | None:
    left, right, kind = tree.this.unnest(), tree.expression.unnest(), type(tree)
    if constant(left) is not None:
        left, right, kind = right, left, _FLIPPED.get(kind, kind)
    bound = constant(right)
    if bound is None or constant(left) is not None:
        return None
    if kind is exp.EQ:
        return left, Among(frozenset({bound}))
    if isinstance(bound, str):
        return None
    if kind in {exp.GT, exp.GTE}:
        return left, Range(low=bound, low_open=kind is exp.GT)
    return left, Range(high=bound, high_open=kind is exp.LT)

"""Which of PostgreSQL's casts say nothing? Those that it would make by itself, and of constants what they make.

It prints every cast, its own among them; people leave out those that it makes by itself. Whether it would depends on
the types of what meets there: https://www.postgresql.org/docs/current/typeconv.html.
"""

import struct
from collections.abc import Mapping
from decimal import Decimal

from sqlglot import exp

from contractctl.formats.sql.literals import canonical, number_of, rounded
from contractctl.formats.sql.schema import Family, Type

Kinds = Mapping[str, Type]
"""The types of columns, by folded name; of those that are not among them nothing is known."""
_TEXTS = frozenset({"TEXT", "VARCHAR"})
_CUT = frozenset({"VARCHAR", "CHAR", "BPCHAR"})
_WHOLE = {"SMALLINT": 16, "INT": 32, "BIGINT": 64}
"""Whole numbers and their bits."""
_RANKS = {**dict.fromkeys(_WHOLE, 0), "DECIMAL": 1, "FLOAT": 2, "DOUBLE": 2}
"""Which number becomes which by itself, where two meet."""
_FAMILY_RANKS = {Family.INTEGER: 0, Family.DECIMAL: 1, Family.FLOAT: 2}
_LONG = 64
_LARGEST = Decimal(10) ** 38
"""What a single-precision float still holds."""
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In)
_ALIKE = (exp.Coalesce, exp.Greatest, exp.Least)
"""Functions whose value is of the type of their arguments, which are made alike."""
_OF_DOUBLES = (exp.Sqrt, exp.Cbrt, exp.Pow, exp.Exp, exp.Ln, exp.Log, exp.Ceil, exp.Floor, exp.Round, exp.Sign)
"""Functions that take no whole numbers but as double precision."""
_BY_BYTES = (exp.ByteLength, exp.Anonymous)
"""Functions that may tell a padded text from one that is not."""


def without_cast(node: exp.Cast, kinds: Kinds) -> exp.Expr | None:
    """What stands for a cast that says nothing; None where it says something."""
    inner: exp.Expr = node.this.unnest()
    if isinstance(node.to, exp.ObjectIdentifier):
        return node.this if isinstance(inner, exp.Literal) else None
    constant = inner.this.unnest() if isinstance(inner, exp.Neg) else inner
    if isinstance(constant, exp.Literal):
        return _literal(node, constant, negative=inner is not constant, kinds=kinds)
    if isinstance(inner, exp.Array | exp.ByteString | exp.Null):
        empty = isinstance(inner, exp.Array) and not inner.expressions
        return None if _innermost(node.to).expressions and not empty else node.this
    if node.to.expressions:  # varchar(3) cuts, and numeric(5, 2) rounds
        return None
    target = str(node.to.this.name)
    if target in _TEXTS:
        return node.this if _text_already(inner, node, kinds) else None
    return _number_already(node, inner, target, kinds)


def _kind(column: exp.Column, kinds: Kinds) -> Type | None:
    return kinds.get(column.name if column.this.args.get("quoted") else column.name.lower())


def _innermost(kind: exp.DataType) -> exp.DataType:
    while not isinstance(kind, exp.ObjectIdentifier) and kind.this.name == "ARRAY" and kind.expressions:
        kind = kind.expressions[0]
    return kind


def _literal(node: exp.Cast, literal: exp.Literal, *, negative: bool, kinds: Kinds) -> exp.Expr | None:
    """A constant as what the cast makes of it."""
    target, text = str(node.to.this.name), str(literal.this)
    sizes = [int(size.name) for size in node.to.expressions if size.name.isdigit()]
    if target in _CUT and (sizes or target == "CHAR"):
        return exp.Literal.string(text[: (sizes or [1])[0]]) if literal.is_string else None
    number = number_of(text) if target in _RANKS else None
    if number is not None:
        return _number(node, number.copy_negate() if negative else number, sizes, kinds)
    if not literal.is_string:
        return exp.Literal.string(f"{'-' * negative}{text}") if target in _TEXTS and not sizes else None
    stands = canonical(text, node.to.sql(dialect="postgres").lower()) if not sizes else None
    if stands is not None:
        return exp.Literal.string(stands)
    loses = sizes or (target == "DATE" and ":" in text) or (target in {"TIME", "TIMETZ"} and "-" in text)
    return None if loses or _made_citext(node, kinds) else node.this


def _made_citext(node: exp.Cast, kinds: Kinds) -> bool:
    """Whether it is what makes a comparison blind to capitals."""
    columns = [other for other in _others(node) if isinstance(other, exp.Column)]
    is_citext = node.to.sql(dialect="postgres").lower() == "citext"
    known = [kind for column in columns if (kind := _kind(column, kinds)) is not None]
    return is_citext and any(kind.name != "citext" for kind in known)


def _number(node: exp.Cast, number: Decimal, sizes: list[int], kinds: Kinds) -> exp.Expr | None:
    """A number of another type, rounded as that is. In arithmetic the type matters: 7 / 2 is 3, and 7 / 2.0 is not."""
    target = str(node.to.this.name)
    if target in _WHOLE or (sizes and target == "DECIMAL"):
        scale = sizes[1] if len(sizes) > 1 else 0
        number = rounded(number, scale)
    if number.copy_abs() > _LARGEST or (
        target == "FLOAT" and struct.unpack("f", struct.pack("f", number))[0] != number
    ):
        return None
    written = f"{number.copy_abs():f}"
    if target not in _WHOLE and isinstance(_user(node), (*_ARITHMETIC, *_ALIKE)):
        ranks = [_rank(_bare(other), kinds) for other in _others(node)]
        if _RANKS[target] not in ranks and not (target == "DECIMAL" and "." in written):
            if target != "DECIMAL":
                return None
            written = f"{written}.0"
    literal = exp.Literal.number(written)
    return exp.Neg(this=literal) if number < 0 else literal


def _text_already(inner: exp.Expr, node: exp.Cast, kinds: Kinds) -> bool:
    """Whether it is a text, or becomes one by itself there."""
    kind = _kind(inner, kinds) if isinstance(inner, exp.Column) else None
    if kind is not None and kind.padded:
        user = _user(node)
        compares = isinstance(user, (*_COMPARISONS, exp.Binary)) and not isinstance(user, exp.DPipe)
        return isinstance(user, exp.DPipe | exp.Func) and not compares and not isinstance(user, _BY_BYTES)
    return _is_text(inner, kinds)


def _is_text(tree: exp.Expr, kinds: Kinds) -> bool:
    tree = tree.unnest()
    match tree:
        case exp.Column():
            kind = _kind(tree, kinds)
            return kind is not None and kind.family is Family.TEXT and not kind.padded and kind.name != "citext"
        case exp.Literal():
            return bool(tree.is_string)
        case exp.Cast():
            return not isinstance(tree.to, exp.ObjectIdentifier) and tree.to.this.name in _TEXTS
        case exp.Coalesce():
            return all(_is_text(part, kinds) for part in (tree.this, *tree.expressions))
        case _:
            return isinstance(tree, exp.DPipe | exp.Lower | exp.Upper | exp.Trim | exp.Substring | exp.Initcap)


def _number_already(node: exp.Cast, inner: exp.Expr, target: str, kinds: Kinds) -> exp.Expr | None:
    """A number that becomes that by itself, as what it meets is one."""
    rank, own = _RANKS.get(target), _rank(inner, kinds)
    if isinstance(inner, exp.Column) and (kind := _kind(inner, kinds)) is not None and _is_just(target, kind):
        return inner
    if rank is None or own is None or own >= rank:
        return None
    user, others = _user(node), _others(node)
    if isinstance(user, _OF_DOUBLES):
        return inner if target == "DOUBLE" and own == 0 else None
    if not isinstance(user, (*_ARITHMETIC, *_COMPARISONS, *_ALIKE)):
        return None
    if any(_rank(_bare(other), kinds) == rank for other in others):
        return inner
    if isinstance(user, _COMPARISONS) and own == 0 and (target == "DECIMAL" or not _is_long(inner, kinds)):
        return inner if all(_is_constant(other) for other in others) else None
    return _settled(node, inner, user) if isinstance(user, _ARITHMETIC) and target == "DECIMAL" else None


def _is_just(target: str, kind: Type) -> bool:
    """Whether a cast to that type changes nothing at all."""
    sizes = {Family.INTEGER: _WHOLE.get(target), Family.FLOAT: {"FLOAT": 32, "DOUBLE": 64}.get(target)}
    return target == "DECIMAL" if kind.family is Family.DECIMAL else sizes.get(kind.family, 0) == kind.size


def _settled(node: exp.Cast, inner: exp.Expr, user: exp.Expr) -> exp.Expr | None:
    """Of two whole numbers of which one is cast, both are: the constant says so, else the left one."""
    left, right = user.this, user.expression
    mine_is_left = any(one is node for one in left.walk())
    other = _bare(right if mine_is_left else left)
    if isinstance(other, exp.Literal) and other.is_int:
        (right if mine_is_left else left).replace(exp.Literal.number(f"{other.name}.0"))
    elif mine_is_left:
        return None
    elif not isinstance(left.unnest(), exp.Cast):
        left.replace(exp.Cast(this=left.copy(), to=node.to.copy()))
    return inner


def _user(node: exp.Expr) -> exp.Expr | None:
    """What takes the value."""
    above = node.parent
    while isinstance(above, exp.Paren | exp.Neg):
        above = above.parent
    return above


def _others(node: exp.Expr) -> list[exp.Expr]:
    """What the value meets there."""
    user = _user(node)
    if user is None:
        return []
    parts = [user.this, user.args.get("expression"), *user.expressions]
    trees = (part for part in parts if isinstance(part, exp.Expr))
    return [part.unnest() for part in trees if not any(one is node for one in part.walk())]


def _bare(tree: exp.Expr) -> exp.Expr:
    """Without the cast, where it is one of a whole number: which of two is cast says nothing."""
    inner = tree.unnest()
    return inner.this.unnest() if isinstance(inner, exp.Cast) else inner


def _is_constant(tree: exp.Expr) -> bool:
    inner = _bare(tree)
    return isinstance(inner.this.unnest() if isinstance(inner, exp.Neg) else inner, exp.Literal)


def _is_long(tree: exp.Expr, kinds: Kinds) -> bool:
    found = [_kind(column, kinds) for column in tree.find_all(exp.Column)]
    return any(kind is None or (kind.size or _LONG) >= _LONG for kind in found)


def _rank(tree: exp.Expr, kinds: Kinds) -> int | None:
    """What kind of number it is; None where it is none, or not known to be one."""
    tree = tree.unnest()
    match tree:
        case exp.Column():
            kind = _kind(tree, kinds)
            return _FAMILY_RANKS.get(kind.family) if kind is not None else None
        case exp.Literal():
            return None if tree.is_string else int(not tree.is_int)
        case exp.Cast():
            return None if isinstance(tree.to, exp.ObjectIdentifier) else _RANKS.get(str(tree.to.this.name))
        case exp.Neg() | exp.Abs() | exp.Nullif():
            return _rank(tree.this, kinds)
        case _ if isinstance(tree, _OF_DOUBLES):
            own = _rank(tree.this, kinds)
            return _RANKS["DOUBLE"] if own == 0 else own
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div() | exp.Mod():
            sides = _rank(tree.this, kinds), _rank(tree.expression, kinds)
            return None if sides[0] is None or sides[1] is None else max(sides[0], sides[1])
        case _:
            return None

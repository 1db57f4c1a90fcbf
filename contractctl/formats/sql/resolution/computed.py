"""Can every row have a column that is computed? A row for which the expression fails is refused as a whole."""

from collections.abc import Iterator
from decimal import Decimal

from sqlglot import exp

from contractctl.formats.sql.expressions import constant, fold
from contractctl.formats.sql.resolution.values import bounds
from contractctl.formats.sql.schema import Column, Family, Table

_TEXTS = (exp.DPipe, exp.Concat, exp.ConcatWs, exp.Lower, exp.Upper, exp.Trim, exp.MD5, exp.Length, exp.Substring)
_CONDITIONS = (exp.Connector, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Is, exp.Between)
_PATTERNS = (exp.Like, exp.ILike, exp.RegexpLike, exp.RegexpILike, exp.SimilarTo, exp.Escape)
_CHOICES = (exp.Coalesce, exp.Case, exp.If, exp.Nullif, exp.Greatest, exp.Least)
_MOMENTARY = (exp.Extract, exp.TimestampTrunc, exp.AtTimeZone, exp.DataType, exp.Collate)
_WORDS = (exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Neg, exp.Var)
_PATHS = (exp.JSONPath, exp.JSONPathKey, exp.JSONPathRoot, exp.JSONPathSubscript)
_NEVER_FAIL = (*_TEXTS, *_CONDITIONS, *_PATTERNS, *_CHOICES, *_MOMENTARY, *_WORDS, *_PATHS)
"""What has a value, or is NULL, whatever its columns hold: no arithmetic, no cast, no function of a user's."""
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul)
_NEVER_NULL = (exp.DPipe, exp.Concat, exp.Lower, exp.Upper, exp.Trim, exp.MD5, exp.Length, *_ARITHMETIC, *_WORDS)
"""What is not NULL where its columns are not."""
_SEARCHES = frozenset({"TO_TSVECTOR", "SETWEIGHT"})
"""PostgreSQL's functions that take any text."""
_MOMENTS = frozenset({Family.DATE, Family.TIMESTAMP})
_JSON = frozenset({"json", "jsonb"})
_LENGTHS = 2**31
_MD5 = 32


def computes_for_all(table: Table, column: Column, dialect: str) -> bool:
    """Whether every row can be written, as far as the expression and the types tell."""
    if column.generated is None:
        return True
    tree = column.generated.tree
    if not column.nullable and not never_null(tree, table, dialect):
        return False
    if not column.stored:
        return True  # it is computed when it is read
    if dialect == "sqlite" and not table.strict:
        return never_fails(tree, table, dialect)
    if column.type.family is Family.INTEGER and (span := _span(tree, table, dialect)) is not None:
        low, high = bounds(column.type)
        return low <= span[0] and span[1] <= high
    return never_fails(tree, table, dialect) and _fits(tree, table, column, dialect)


def never_fails(tree: exp.Expr, table: Table, dialect: str) -> bool:
    """Whether an expression has a value, or is NULL, for every row."""
    if dialect == "sqlite":  # where arithmetic and casts have
        return all(_never_fails(node, table, dialect) for node in tree.walk() if isinstance(node, exp.Func))
    if _span(tree, table, dialect) is not None or (dialect == "postgresql" and _is_exact(tree, table)):
        return True
    return all(_never_fails(node, table, dialect) for node in tree.walk())


def _column(tree: exp.Expr, table: Table, dialect: str) -> Column | None:
    return table.column(fold(tree.this, dialect)) if isinstance(tree, exp.Column) else None


def _never_fails(node: exp.Expr, table: Table, dialect: str) -> bool:
    if isinstance(node, exp.JSONExtract | exp.JSONExtractScalar):  # a text may be none
        columns = [_column(column, table, dialect) for column in node.find_all(exp.Column)]
        return all(column is not None and column.type.name in _JSON for column in columns)
    if isinstance(node, exp.Cast):
        to_text = node.to.is_type("text", "varchar") and not node.to.expressions
        return to_text or _is_cast_of_moments(node, table, dialect)
    if isinstance(node, exp.Anonymous):
        return node.name.upper() in _SEARCHES
    return isinstance(node, _NEVER_FAIL)


def _is_exact(tree: exp.Expr, table: Table) -> bool:
    """Whether it calculates in PostgreSQL's numeric, which has room for 131072 digits, and divides by no zero."""
    tree = tree.unnest()
    if isinstance(tree, exp.Div) and constant(tree.expression.unnest()) in {None, Decimal(0)}:
        return False
    if isinstance(tree, (exp.Div, *_ARITHMETIC)):
        sides = [side.unnest() for side in (tree.this, tree.expression)]
        exact = [_is_exact(side, table) for side in sides]
        return any(exact) and all(known or _is_whole(side, table) for known, side in zip(exact, sides, strict=True))
    if isinstance(tree, exp.Literal):
        return not tree.is_string and not tree.is_int
    column = _column(tree, table, "postgresql")
    return column is not None and column.type.family is Family.DECIMAL


def _is_whole(tree: exp.Expr, table: Table) -> bool:
    column = _column(tree, table, "postgresql")
    return bool(tree.is_int) or (column is not None and column.type.family is Family.INTEGER)


def _is_cast_of_moments(node: exp.Expr, table: Table, dialect: str) -> bool:
    """Of a moment to its day, or the other way round; a text may be none."""
    moments = {_column(column, table, dialect) for column in node.this.find_all(exp.Column)}
    known = all(column is not None and column.type.family in _MOMENTS for column in moments)
    return known and isinstance(node, exp.Cast) and node.to.is_type("date", "timestamp", "timestamptz")


def never_null(tree: exp.Expr, table: Table, dialect: str) -> bool:
    """Whether an expression is known to be NULL for no row of the table."""
    if isinstance(tree, exp.Coalesce):
        return any(never_null(part, table, dialect) for part in tree.iter_expressions())
    columns = [_column(column, table, dialect) for column in tree.find_all(exp.Column)]
    given = all(isinstance(node, _NEVER_NULL) and not isinstance(node, exp.Null) for node in tree.walk())
    return given and all(column is not None and not column.nullable for column in columns)


def _fits(tree: exp.Expr, table: Table, column: Column, dialect: str) -> bool:
    """Whether the column's type takes whatever comes of it."""
    kind, own = column.type, _column(tree, table, dialect)
    if own is not None:
        return own.type == kind
    match kind.family:
        case Family.TEXT if kind.size is not None and not kind.octets:
            longest = _longest(tree, table, dialect)
            return longest is not None and longest <= kind.size
        case Family.INTEGER:
            return isinstance(tree, exp.Length) and bounds(kind)[1] >= _LENGTHS - 1
        case Family.DECIMAL | Family.BINARY:
            return kind.size is None
        case Family.ENUM:
            return False
        case _:
            return True


def _longest(tree: exp.Expr, table: Table, dialect: str) -> int | None:
    """How many characters a text has at most; None where nobody knows."""
    match tree:
        case exp.Column():
            column = _column(tree, table, dialect)
            return column.type.size if column is not None and column.type.family is Family.TEXT else None
        case exp.Literal():
            return len(str(tree.this))
        case exp.MD5():
            return _MD5
        case exp.Trim() | exp.Paren():
            return _longest(tree.this, table, dialect)
        case exp.Lower() | exp.Upper() if dialect == "mysql":  # character by character; elsewhere 'İ' becomes two
            return _longest(tree.this, table, dialect)
        case exp.DPipe() | exp.Concat() | exp.Coalesce():
            parts = [_longest(part, table, dialect) for part in tree.iter_expressions()]
            return None if None in parts else sum(part for part in parts if part is not None)
        case _:
            return None


def _span(tree: exp.Expr, table: Table, dialect: str) -> tuple[int, int, int] | None:
    """The least and the greatest whole number that comes of it, and its bits; None where a step may be too large."""
    match tree:
        case exp.Paren():
            return _span(tree.this, table, dialect)
        case exp.Literal() if tree.is_int:
            return int(tree.name), int(tree.name), 32
        case exp.Column():
            column = _column(tree, table, dialect)
            whole = column is not None and column.type.family is Family.INTEGER
            return (*bounds(column.type), column.type.size or 64) if column is not None and whole else None
        case exp.Add() | exp.Sub() | exp.Mul():
            left, right = _span(tree.this, table, dialect), _span(tree.expression, table, dialect)
            return _together(tree, left, right, dialect) if left is not None and right is not None else None
        case _:
            return None


def _together(
    tree: exp.Expr, left: tuple[int, int, int], right: tuple[int, int, int], dialect: str
) -> tuple[int, int, int] | None:
    """Within the type that the operation has: of the wider of both, in MySQL and SQLite always of 64 bits."""
    bits = max(left[2], right[2]) if dialect == "postgresql" else 64
    results = [*_results(tree, left[:2], right[:2])]
    low, high = min(results), max(results)
    if dialect == "mysql" and low < 0 and isinstance(tree, exp.Sub) and max(left[0], right[0]) >= 0:
        return None  # what is unsigned stays so
    return (low, high, bits) if -(2 ** (bits - 1)) <= low and high < 2 ** (bits - 1) else None


def _results(tree: exp.Expr, left: tuple[int, ...], right: tuple[int, ...]) -> Iterator[int]:
    for one in left:
        for other in right:
            yield (
                one * other if isinstance(tree, exp.Mul) else one + other if isinstance(tree, exp.Add) else one - other
            )

"""Does a column take its own default? Engines ask that late: when the first row leaves the column out."""

import re
from contextlib import closing
from decimal import Decimal

from sqlglot import exp

from contractctl.formats.sql.engine import memory, run
from contractctl.formats.sql.expressions import Constant, as_number, constant
from contractctl.formats.sql.literals import rounded
from contractctl.formats.sql.schema import Column, Expression, Family, Table, Type
from contractctl.formats.sql.values import bounds
from contractctl.formats.sql.writing import create_table

_REFUSALS = ("cannot store", "NOT NULL constraint failed")
"""How SQLite refuses a column's value, not the expression that gives it."""
_GREATEST = {32: Decimal("3.4028235677973366e38"), 64: Decimal("1.7976931348623158e308")}
"""Of floating-point numbers, by their bits."""
_BITS = re.compile(r"bit\((\d+)\)")
_MOMENTS = frozenset({Family.DATE, Family.TIME, Family.TIMESTAMP})
_OF_THE_MOMENT = (
    *(exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.Localtimestamp, exp.Localtime, exp.UtcTimestamp),
    *(exp.CurrentUser, exp.SessionUser, exp.Uuid, exp.Rand),
)
"""Functions whose value is never NULL."""
_PLAIN = (*_OF_THE_MOMENT, exp.Literal, exp.Boolean, exp.Array, exp.JSONObject, exp.Paren, exp.DataType, exp.Var)
_SHIFTED = (exp.Add, exp.Sub, exp.Interval, exp.AtTimeZone, exp.Cast, exp.Neg)
"""What may be done to a moment."""


def takes_default(table: Table, column: Column, dialect: str) -> bool | None:
    """Whether a row that leaves the column out can be written; None where nobody can tell."""
    if column.default is None or column.counted:
        return True
    if dialect == "sqlite":
        return _sqlite_takes(table, column)
    value = constant(column.default.tree)
    return _computes(column.default, column.type) if value is None else _holds(column.type, value)


def _sqlite_takes(table: Table, column: Column) -> bool | None:
    """SQLite's own answer, in a table of that column alone."""
    alone = Table("t", "t", (column,), strict=table.strict, options="STRICT" if table.strict else "")
    with closing(memory()) as database:
        if run(database, create_table(alone, "sqlite")) is not None:
            return None
        refusal = run(database, "INSERT INTO t DEFAULT VALUES")
    if refusal is None:
        return True
    return False if refusal.startswith(_REFUSALS) else None


def _holds(kind: Type, value: Constant) -> bool | None:
    """Whether a constant is within the type's size; a word that is of no such type is refused with the table."""
    if kind.family is Family.TEXT:
        return kind.size is None or kind.octets or len(str(value).rstrip(" ")) <= kind.size
    if bits := _BITS.fullmatch(kind.text):
        return len(str(value)) == int(bits[1]) if isinstance(value, str) else None
    number = as_number(value)
    if number is None:
        return True
    match kind.family:
        case Family.INTEGER:
            low, high = bounds(kind)
            return low <= rounded(number, 0) <= high
        case Family.DECIMAL if kind.size is not None:
            scale = kind.scale or 0
            kept = rounded(number, scale)
            return abs(kept) < Decimal(10) ** (kind.size - scale) and (kind.signed or kept >= 0)
        case Family.FLOAT:
            return abs(number) <= _GREATEST[kind.size or 64] and (kind.signed or number >= 0)
        case _:
            return True


def _computes(default: Expression, kind: Type) -> bool | None:
    """Whether an expression is known to give a value, and the type to hold whatever it gives.

    A function without arguments was made to give one.
    """
    known = (*_PLAIN, *(_SHIFTED if kind.family in _MOMENTS else ()))
    plain = all(isinstance(node, known) or _asks_nothing(node) for node in default.tree.walk())
    if isinstance(default.tree, exp.Uuid) and kind.family is Family.TEXT:
        return kind.size is None or kind.size >= len("00000000-0000-4000-8000-000000000001") or None
    sized = kind.size is not None and kind.family in {Family.TEXT, Family.DECIMAL}
    return True if plain and not sized else None


def _asks_nothing(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and not node.expressions

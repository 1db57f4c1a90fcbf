"""Does a column take its own default? Engines ask that late: when the first row leaves the column out."""

import json
import re
from contextlib import closing
from decimal import Decimal
from math import inf
from zoneinfo import ZoneInfo

from sqlglot import exp

from contractctl.formats.sql.engine import memory, run
from contractctl.formats.sql.expressions import Constant, as_number, constant
from contractctl.formats.sql.literals import rounded
from contractctl.formats.sql.resolution.values import bounds
from contractctl.formats.sql.schema import Column, Family, Table, Type
from contractctl.formats.sql.writing import create_table

_REFUSALS = ("cannot store", "NOT NULL constraint failed")
"""How SQLite refuses a column's value, not the expression that gives it."""
_GREATEST = {32: Decimal("3.4028235677973366e38"), 64: Decimal("1.7976931348623158e308")}
"""Of floating-point numbers, by their bits."""
_SIZED_ARRAY = re.compile(r"\)\[\]$")
_BITS = re.compile(r"bit\((\d+)\)")
_MOMENTS = frozenset({Family.DATE, Family.TIME, Family.TIMESTAMP})
_OF_THE_MOMENT = (
    *(exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.Localtimestamp, exp.Localtime, exp.UtcTimestamp),
    *(exp.CurrentUser, exp.SessionUser, exp.Uuid, exp.Rand),
)
"""Functions whose value is never NULL."""
_PLAIN = (*_OF_THE_MOMENT, exp.Literal, exp.Boolean, exp.Array, exp.JSONObject, exp.Paren, exp.DataType, exp.Var)
_SHIFTED = (exp.Add, exp.Sub, exp.Interval, exp.Cast, exp.Neg)
"""What may be done to a moment."""
_CALCULATED = (exp.Add, exp.Sub, exp.Mul, exp.DPipe)
"""What comes to the same in every dialect, as 5 / 2 does not."""
_SECONDS = 2**40
"""What counts them from 1970 on needs more than 32 bits."""
_CHARACTERS = {exp.MD5: 32, exp.Uuid: len("00000000-0000-4000-8000-000000000001")}


def takes_default(table: Table, column: Column, dialect: str) -> bool | None:
    """Whether a row that leaves the column out can be written; None where nobody can tell."""
    if column.default is None or column.counted:
        return True
    if dialect == "sqlite":
        return _sqlite_takes(table, column)
    tree = _calculated(column.default.tree)
    value = constant(tree)
    is_empty = value == "{}" or (isinstance(tree, exp.Array) and not tree.expressions)
    if _SIZED_ARRAY.search(column.type.text) and not is_empty:
        return None
    return _computes(tree, column.type, dialect) if value is None else _holds(column.type, value)


def _calculated(tree: exp.Expr) -> exp.Expr:
    """Constants that are added, multiplied or put together, as the one that they come to."""
    parts = (*_CALCULATED, exp.Literal, exp.Paren)
    if not isinstance(tree, _CALCULATED) or not all(isinstance(node, parts) for node in tree.walk()):
        return tree
    from sqlglot.optimizer.simplify import simplify

    simple: exp.Expr = simplify(tree.copy())
    return simple


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
    if kind.name == "json" and isinstance(value, str):
        return _is_json(value)
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


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _computes(tree: exp.Expr, kind: Type, dialect: str) -> bool | None:
    """Whether an expression is known to give a value, and the type to hold whatever it gives.

    A function without arguments was made to give one.
    """
    bits = _BITS.fullmatch(kind.text)
    if isinstance(tree, exp.BitString) and bits is not None:
        given, held = len(str(tree.this)), int(bits[1])
        return given <= held if dialect == "mysql" else given == held
    if kind.family is Family.TEXT:
        longest = _longest(tree)
        return True if longest is not None and (kind.size is None or longest <= kind.size) else None
    if isinstance(tree, exp.Extract) and kind.family is Family.INTEGER:
        return True if bounds(kind)[1] > _SECONDS else None
    known = (*_PLAIN, exp.Extract, *(_SHIFTED if kind.family in _MOMENTS else ()))
    plain = all(isinstance(node, known) or _asks_nothing(node) or _is_in_zone(node) for node in tree.walk())
    sized = kind.family is Family.DECIMAL and kind.size is not None
    return True if plain and not sized else None


def _longest(tree: exp.Expr) -> float | None:
    """How many characters a text has at most; None where it may be none."""
    match tree:
        case exp.Literal():
            return len(str(tree.this))
        case exp.MD5() | exp.Uuid():
            return _CHARACTERS[type(tree)] if tree.this is None or _longest(tree.this) is not None else None
        case exp.Paren():
            return _longest(tree.this)
        case exp.Cast() if tree.to.is_type(*exp.DataType.TEXT_TYPES):
            return _longest(tree.this)
        case exp.DPipe() | exp.Concat():
            parts = [_longest(part) for part in tree.iter_expressions()]
            return None if None in parts else sum(part for part in parts if part is not None)
        case exp.Lower() | exp.Upper():
            return None if _longest(tree.this) is None else inf
        case _:
            return inf if isinstance(tree, _OF_THE_MOMENT) or _asks_nothing(tree) else None


def _asks_nothing(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and not node.expressions


def _is_in_zone(node: exp.Expr) -> bool:
    """A moment in a time zone that there is: `now() AT TIME ZONE 'utc'`, which PostgreSQL also writes as a function."""
    if isinstance(node, exp.Anonymous) and node.name.lower() == "timezone":
        zone = node.expressions[0]
    elif isinstance(node, exp.AtTimeZone):
        zone = node.args["zone"]
    else:
        return False
    try:
        return zone.name.upper() == "UTC" or bool(ZoneInfo(zone.name))
    except (KeyError, OSError, ValueError):
        return False

"""How does a value look to an expression, and which value does an expression's answer stand for?

Whole numbers stay what they are on the wire, of dates and moments too; a decimal is its text, `"12.30"`; bytes are the
text that Avro's JSON has for them; a union's value is the value alone.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from contractctl.documents import Json
from contractctl.errors import ContractctlError
from contractctl.formats.avro.datums import branch_name
from contractctl.formats.avro.schema.defaults import Misfits
from contractctl.formats.avro.schema.types import (
    Array,
    Enum,
    Fixed,
    Logical,
    Map,
    Missing,
    Primitive,
    Record,
    Schema,
    Solid,
    Type,
    Union,
    describe,
)

_KINDS: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "float": (float, int),
    "double": (float, int),
    "bytes": (bytes,),
    "string": (str,),
}


def to_json(schema: Schema, type_: Type, value: object) -> Json:
    """A plain value, as fastavro reads it without logical types, as JSON."""
    match schema.solid(type_):
        case Primitive(logical=logical) | Fixed(logical=logical) if isinstance(value, bytes):
            return _decimal_text(value, logical) if _is_decimal(logical) else value.decode("latin-1")
        case Array(items=items) if isinstance(value, list):
            return [to_json(schema, items, item) for item in value]
        case Map(values=values) if isinstance(value, Mapping):
            return {str(key): to_json(schema, values, item) for key, item in value.items()}
        case Record(fields=fields) if isinstance(value, Mapping):
            return {one.name: to_json(schema, one.type, value[one.name]) for one in fields if one.name in value}
        case Union(branches=branches):
            branch, inner = _branch(schema, branches, value)
            return to_json(schema, branch, inner)
        case _:
            return value  # type: ignore[return-value] # what is left is null, a boolean, a number or a text


def _branch(schema: Schema, branches: tuple[Type, ...], value: object) -> tuple[Type, object]:
    """The branch that a value is of: a pair names it, other values tell by what they are."""
    if isinstance(value, tuple):
        named = next((branch for branch in branches if branch_name(branch) == value[0]), None)
        if named is not None:
            return named, value[1]
    fits = (branch for branch in branches if _is_of(schema.solid(branch), value))
    return next(fits, branches[0]), value


def _is_of(type_: Solid, value: object) -> bool:
    match type_:
        case Primitive(name=name):
            return isinstance(value, _KINDS[name]) and (name == "boolean" or not isinstance(value, bool))
        case Fixed(size=size):
            return isinstance(value, bytes) and len(value) == size
        case Enum(symbols=symbols):
            return value in symbols
        case Array():
            return isinstance(value, list)
        case Map():
            return isinstance(value, Mapping)
        case Record(fields=fields):
            return isinstance(value, Mapping) and value.keys() == {field.name for field in fields}
        case Union() | Missing():
            return False


def from_json(schema: Schema, type_: Type, value: Json) -> object:
    """The plain value that JSON stands for, as wire.write() takes it. Raise ContractctlError where it is none."""
    solid = schema.solid(type_)
    match solid:
        case Primitive(name="bytes", logical=logical) | Fixed(logical=logical) if _is_decimal(logical):
            return _decimal_bytes(value, solid)
        case Union(branches=branches):
            branch = _fitting(schema, branches, value)
            return None if branch is None else (branch_name(branch), from_json(schema, branch, value))
        case Array(items=items) if isinstance(value, list):
            return [from_json(schema, items, item) for item in value]
        case Map(values=values) if isinstance(value, dict):
            return {key: from_json(schema, values, item) for key, item in value.items()}
        case Record(fields=fields) if isinstance(value, dict) and {one.name for one in fields} <= value.keys():
            return {one.name: from_json(schema, one.type, value[one.name]) for one in fields}
        case _:
            return _scalar(schema, solid, value)


def _scalar(schema: Schema, solid: Solid, value: Json) -> object:
    if (
        isinstance(value, float)
        and value.is_integer()
        and isinstance(solid, Primitive)
        and solid.name in {"int", "long"}
    ):
        value = int(value)
    misfit = Misfits(schema.names).of(value, solid)
    if misfit:
        raise _refusal(misfit)
    if isinstance(solid, Fixed) or (isinstance(solid, Primitive) and solid.name == "bytes"):
        return str(value).encode("latin-1")
    return float(str(value)) if isinstance(solid, Primitive) and solid.name in {"float", "double"} else value


def _fitting(schema: Schema, branches: tuple[Type, ...], value: Json) -> Type | None:
    """The branch that takes a value; None for null."""
    for branch in branches:
        solid = schema.solid(branch)
        if value is None:
            if isinstance(solid, Primitive) and solid.name == "null":
                return None
            continue
        try:
            from_json(schema, branch, value)
        except ContractctlError:
            continue
        return branch
    raise _refusal(f"{_said(value)} is none of {', '.join(describe(branch) for branch in branches)}")


def _is_decimal(logical: Logical | None) -> bool:
    return logical is not None and logical.name == "decimal"


def _decimal_text(value: bytes, logical: Logical | None) -> str:
    assert logical is not None  # noqa: S101 - it is a decimal
    number = int.from_bytes(value, "big", signed=True)
    digits = str(abs(number)).rjust(logical.scale + 1, "0")
    whole, fraction = digits[: len(digits) - logical.scale], digits[len(digits) - logical.scale :]
    return f"{'-' if number < 0 else ''}{whole}{'.' if fraction else ''}{fraction}"


def _decimal_bytes(value: Json, type_: Solid) -> bytes:
    assert isinstance(type_, Primitive | Fixed)  # noqa: S101 - only these are decimals
    assert type_.logical is not None  # noqa: S101 - it is one
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _refusal(f"{_said(value)} is not a decimal")
    number = _unscaled(value, type_.logical)
    size = type_.size if isinstance(type_, Fixed) else (number + (number < 0)).bit_length() // 8 + 1
    return number.to_bytes(size, "big", signed=True)


def _unscaled(value: str | float, logical: Logical) -> int:
    """The whole number that a decimal is on the wire. Raise ContractctlError where it has no room for the value."""
    try:
        digits = Decimal(str(value))
    except InvalidOperation:
        raise _refusal(f"{_said(value)} is not a decimal") from None
    if not digits:
        return 0
    if not digits.is_finite() or digits.adjusted() + 1 + logical.scale > logical.precision:
        raise _refusal(f"{_said(value)} has more than {logical.precision} digits")
    sign, figures, exponent = digits.as_tuple()
    shift = int(exponent) + logical.scale
    kept = figures if shift >= 0 else figures[:shift]
    if shift < 0 and any(figures[shift:]):
        raise _refusal(f"{_said(value)} has more than {logical.scale} digits after the point")
    number = int("".join(map(str, kept)) or "0") * int("1" + "0" * max(shift, 0))
    return -number if sign else number


def _refusal(said: str) -> ContractctlError:
    return ContractctlError(said, hint="fix the expression in the plan, or the event")


def _said(value: Json) -> str:
    return repr(value)[:60]

"""What do the names of PostgreSQL's types say? As format_type() writes them, length and precision included.

https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CATALOG
"""

import re
from dataclasses import dataclass

_WRITTEN = re.compile(
    r"(?P<name>[^(\[]*?)\s*(?:\((?P<modifier>[\d,-]+)\))?(?P<zone> with(?:out)? time zone)?(?P<array>(?:\[\])*)"
)
_ALONE = {"character": "pg_catalog.bpchar", "bit": 'pg_catalog."bit"'}
"""Types whose plain name means a length of 1, and how they are called without any."""
_INTEGERS = ("smallint", "integer", "bigint", "oid")
_TEXTS = ("text", "character varying")
_EXACT = (
    *_INTEGERS,
    "boolean",
    "bytea",
    "date",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "uuid",
)
"""Types of which two values are equal exactly where they are the same."""
_OTHER_NAMES = {
    **dict.fromkeys(("int", "int4", "serial", "serial4"), "integer"),
    **dict.fromkeys(("int8", "bigserial", "serial8"), "bigint"),
    **dict.fromkeys(("int2", "smallserial", "serial2"), "smallint"),
    **dict.fromkeys(("float", "float8"), "double precision"),
    "float4": "real",
    **dict.fromkeys(("decimal", "dec"), "numeric"),
    "bool": "boolean",
    **dict.fromkeys(("varchar", "char varying", "national character varying"), "character varying"),
    **dict.fromkeys(("char", "nchar", "national character"), "character"),
    "varbit": "bit varying",
}
"""https://www.postgresql.org/docs/current/datatype.html"""
_ZONED = re.compile(r"(?P<name>timestamp|time)(?P<short>tz)?")
_SPELLED = re.compile(
    r"(?P<name>[^(\[]*?)\s*(?:\((?P<modifier>[^)]*)\))?(?P<zone> with(?:out)? time zone)?\s*(?P<array>(?:\[\d*\])*)"
)
_SINGLE = 24
"""Bits of the mantissa up to which FLOAT(n) is a real."""
_HEADER = 4
"""What the length of a varying text counts besides its letters: VARHDRSZ."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type's name in its parts."""

    name: str
    modifier: str | None
    array: str

    @property
    def loose(self) -> str:
        """The same type of any length and precision, for a cast."""
        return _ALONE.get(self.name, self.name) + self.array

    @property
    def is_integer(self) -> bool:
        return self.name in _INTEGERS and not self.array

    @property
    def is_text(self) -> bool:
        return self.name in _TEXTS and not self.array

    @property
    def is_binary(self) -> bool:
        return self.name == "bytea" and not self.array

    @property
    def is_exact(self) -> bool:
        return self.name in _EXACT and not self.array


def read(written: str) -> Type:
    """The parts of a type's name."""
    match = _WRITTEN.fullmatch(written)
    if match is None or written.startswith('"'):
        return Type(written, None, "")
    name = match["name"] + (match["zone"] or "")
    if name.startswith("interval"):
        return Type("interval", match["modifier"] or name.removeprefix("interval").strip() or None, match["array"])
    return Type(name, match["modifier"], match["array"])


def spelled(written: str) -> str:
    """A type's name, however it was written, as format_type() writes it; one in quotes stays as it is."""
    match = _SPELLED.fullmatch(" ".join(written.lower().split()))
    if match is None or '"' in written:
        return written
    name, modifier, zone = match["name"], (match["modifier"] or "").replace(" ", ""), match["zone"] or ""
    array = "[]" if match["array"] else ""
    if (zoned := _ZONED.fullmatch(name)) is not None:
        name, zone = zoned["name"], " with time zone" if zoned["short"] else zone or " without time zone"
    if name == "float" and modifier:
        return ("real" if int(modifier) <= _SINGLE else "double precision") + array
    name = _OTHER_NAMES.get(name, name)
    if name == "numeric" and modifier.isdigit():
        modifier += ",0"
    if name in _ALONE and not modifier:
        modifier = "1"
    return f"{name}{f'({modifier})' if modifier else ''}{zone}{array}"


def stored(expression: str, written: str) -> str:
    """The expression's value as an assignment to a column of this type would store it.

    A cast alone would cut a text that is too long; the functions that columns themselves use raise an error.
    """
    type_ = read(written)
    value = f"({expression})::{type_.loose}"
    if type_.modifier is None:
        return f"({value})"
    if type_.array and type_.name in ("character varying", "character", "bit", "bit varying"):
        return _stored_array(value, written, type_)
    match type_.name:
        case "character varying":
            return f'pg_catalog."varchar"({value}, {int(type_.modifier) + _HEADER}, false)'
        case "character":
            return f"pg_catalog.bpchar({value}, {int(type_.modifier) + _HEADER}, false)"
        case "bit":
            return f'pg_catalog."bit"({value}, {int(type_.modifier)}, false)'
        case "bit varying":
            return f"pg_catalog.varbit({value}, {int(type_.modifier)}, false)"
        case _:  # rounding to a precision is the same in a cast, and what is too large raises
            return f"(({expression})::{written})"


def _stored_array(value: str, written: str, type_: Type) -> str:
    """Arrays have no such function: whatever a cast would cut is not cast, and raises as a single text."""
    cut = f"({value})::{written}"
    too_long = f'pg_catalog."varchar"(({value})::text, {_HEADER}, false)::{type_.loose}'
    return f"(CASE WHEN ({cut})::{type_.loose} IS NOT DISTINCT FROM {value} THEN {cut} ELSE {too_long} END)"

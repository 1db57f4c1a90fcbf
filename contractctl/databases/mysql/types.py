"""What does a column's type say of its values? https://mariadb.com/kb/en/data-types/."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from contractctl.databases.mysql.names import literal
from contractctl.databases.mysql.tokens import Sort, spoken

_UNKNOWN_LENGTH = 1_000_000


class Family(StrEnum):
    """Types whose values are compared, stored and written alike."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    DOUBLE = "double"
    BIT = "bit"
    YEAR = "year"
    TEXT = "text"
    CHAR = "char"
    """A text that loses the blanks at its end."""
    BINARY = "binary"
    PADDED = "padded"
    """Bytes with zeros at their end."""
    ENUM = "enum"
    SET = "set"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    TIMESTAMP = "timestamp"
    NATIVE = "native"
    """UUID and addresses."""
    GEOMETRY = "geometry"


TEXTS = (Family.TEXT, Family.CHAR, Family.ENUM, Family.SET)
"""Compared as texts."""

_FAMILIES = {
    Family.INTEGER: "TINYINT SMALLINT MEDIUMINT INT INTEGER BIGINT BOOLEAN BOOL INT1 INT2 INT3 INT4 INT8 SERIAL",
    Family.DECIMAL: "DECIMAL DEC NUMERIC FIXED",
    Family.FLOAT: "FLOAT",
    Family.DOUBLE: "DOUBLE REAL",
    Family.BIT: "BIT",
    Family.YEAR: "YEAR",
    Family.TEXT: "VARCHAR VARCHARACTER NVARCHAR TINYTEXT TEXT MEDIUMTEXT LONGTEXT LONG JSON CLOB",
    Family.CHAR: "CHAR CHARACTER NCHAR",
    Family.BINARY: "VARBINARY TINYBLOB BLOB MEDIUMBLOB LONGBLOB",
    Family.PADDED: "BINARY",
    Family.ENUM: "ENUM",
    Family.SET: "SET",
    Family.DATE: "DATE",
    Family.TIME: "TIME",
    Family.DATETIME: "DATETIME",
    Family.TIMESTAMP: "TIMESTAMP",
    Family.NATIVE: "UUID INET4 INET6",
    Family.GEOMETRY: "GEOMETRY POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING MULTIPOLYGON GEOMETRYCOLLECTION",
}
_BY_NAME = {name: family for family, names in _FAMILIES.items() for name in names.split()}
_LENGTHS = {"TINYTEXT": 255, "TEXT": 65_535, "TINYBLOB": 255, "BLOB": 65_535, "CHAR": 1, "BINARY": 1, "BIT": 1}
_BITS = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 24, "INT": 32, "INTEGER": 32, "BIGINT": 64, "SERIAL": 64}
_NO_ADDRESS = {"UUID": f"'{UUID(int=0)}'", "INET6": "'::'", "INET4": "'0.0.0.0'"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


@dataclass(frozen=True, slots=True)
class Type:
    """A column's type, read."""

    name: str
    """In capitals: UUID."""
    family: Family
    length: int | None = None
    """Characters, bytes or digits; of times, digits of a second. None where nothing bounds it."""
    scale: int | None = None
    labels: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def read(type_: str) -> Type:
    """A type as the database writes it, or as a person does. An unknown or empty one counts as a text of any length."""
    said = spoken(type_)
    name = said[0].text.upper() if said else ""
    family = _BY_NAME.get(name, Family.TEXT)
    if "VARYING" in (token.text.upper() for token in said[1:2]):
        family = Family.TEXT
    numbers = [int(token.text) for token in said if token.sort is Sort.NUMBER and token.text.isdigit()]
    labels = tuple(_label(token.text) for token in said if token.sort is Sort.TEXT)
    if family in (Family.TIME, Family.DATETIME, Family.TIMESTAMP):
        return Type(name, family, None, (numbers or [0])[0])
    if family is Family.DECIMAL:
        return Type(name, family, (numbers or [10])[0], (numbers[1:] or [0])[0])
    scale = numbers[1] if len(numbers) > 1 else None
    return Type(name, family, numbers[0] if numbers else _LENGTHS.get(name), scale, labels)


def whole_numbers(type_: str) -> tuple[int, int] | None:
    """The least and the greatest number of a type of whole numbers."""
    said = spoken(type_)
    words = {token.text.upper() for token in said}
    bits = _BITS.get(said[0].text.upper()) if said else None
    if bits is None:
        return None
    unsigned = bool(words & {"UNSIGNED", "ZEROFILL", "SERIAL"})
    return (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def nothing(type_: str) -> str:
    """What a column that is NOT NULL and has no default holds where INSERT IGNORE … SELECT leaves it out, as SQL."""
    found = read(type_)
    match found.family:
        case Family.TEXT | Family.CHAR | Family.BINARY | Family.SET | Family.GEOMETRY:
            return "''"
        case Family.PADDED:
            return f"X'{'00' * (found.length or 1)}'"
        case Family.ENUM:
            return literal(found.labels[0])
        case Family.DATE:
            return "'0000-00-00'"
        case Family.TIME:
            return "'00:00:00'"
        case Family.DATETIME | Family.TIMESTAMP:
            return "'0000-00-00 00:00:00'"
        case Family.NATIVE:
            return _NO_ADDRESS[found.name]
        case _:
            return "0"


def json_length(type_: str) -> int:
    """How many characters a value may need in a JSON array, at most."""
    found = read(type_)
    match found.family:
        case Family.TEXT | Family.CHAR:
            return 6 * (_UNKNOWN_LENGTH if found.length is None else found.length) + 2
        case Family.BINARY | Family.PADDED:
            return 2 * (_UNKNOWN_LENGTH if found.length is None else found.length) + 11
        case Family.ENUM:
            return 6 * max(map(len, found.labels), default=0) + 2
        case Family.SET:
            return 6 * sum(len(label) + 1 for label in found.labels) + 2
        case Family.GEOMETRY:
            return _UNKNOWN_LENGTH
        case _:
            return 80


def _label(text: str) -> str:
    mark = text[-1]
    inside = text[text.index(mark) + 1 : -1].replace(mark * 2, mark)
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), inside, flags=re.DOTALL)

"""Which type is that? The spellings of three dialects as one value."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from sqlglot import exp

from contractctl.formats.sql.schema import Family, Type

_BITS = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 24, "INT": 32, "BIGINT": 64}
_UNSIGNED = {f"U{name}": bits for name, bits in _BITS.items()}
_COUNTED = {"SMALLSERIAL": ("SMALLINT", 16), "SERIAL": ("INT", 32), "BIGSERIAL": ("BIGINT", 64)}
_TEXTS = {"TINYTEXT": 255, "TEXT": 65_535, "MEDIUMTEXT": 2**24 - 1, "LONGTEXT": 2**32 - 1}
_BLOBS = {"TINYBLOB": 255, "BLOB": 65_535, "MEDIUMBLOB": 2**24 - 1, "LONGBLOB": 2**32 - 1}
_TIMES = {
    "TIME": (Family.TIME, False),
    "TIMETZ": (Family.TIME, True),
    "TIMESTAMP": (Family.TIMESTAMP, False),
    "TIMESTAMPNTZ": (Family.TIMESTAMP, False),
    "DATETIME": (Family.TIMESTAMP, False),
    "TIMESTAMPTZ": (Family.TIMESTAMP, True),
    "TIMESTAMPLTZ": (Family.TIMESTAMP, True),
}
_ADDRESSES = {"IPV4": "inet4", "IPV6": "inet6"}
"""MariaDB's types, by the names that sqlglot has for them."""
_PLACES = {8: 3, 16: 5, 24: 8, 32: 10, 64: 20}
_FLOAT_PLACES = {32: 12, 64: 22}
"""Places of MySQL's numbers that say of none, by their bits."""
_WIDTHS = {"bit": "bit(1)", "year": "year(4)"}
"""As databases write them."""
_STRICT = frozenset({"ANY", "BLOB", "INT", "INTEGER", "REAL", "TEXT"})
"""Types of SQLite's strict tables: https://www.sqlite.org/stricttables.html. It refuses a table with another one."""
_NAME = 63
"""Bytes in PostgreSQL's type name, which cuts what is longer."""
_SHORT_FLOAT = 24
"""Most binary digits of a single-precision float."""


def counts(node: exp.DataType | None, dialect: str) -> bool:
    """Whether the type itself makes the database count the value up: serial and its kin."""
    return (
        dialect != "sqlite"
        and node is not None
        and not isinstance(node, exp.ObjectIdentifier)
        and node.this.name in _COUNTED
    )


def type_of(node: exp.DataType, dialect: str, enums: Mapping[str, tuple[str, ...]]) -> Type:
    """A type of PostgreSQL or MySQL. enums: the types that CREATE TYPE … AS ENUM made, by folded name."""
    if isinstance(node, exp.ObjectIdentifier):  # oid, regclass and their kin
        return Type(Family.OTHER, str(node.this).lower(), name=str(node.this).lower())
    name = str(node.this.name)
    if name == "ARRAY" and dialect == "postgresql":
        return _array(node, enums)
    text = _text(node, dialect)
    sizes = tuple(int(part.name) for part in node.expressions if part.name.isdigit())
    if name in {"USERDEFINED", "NULL"}:
        return _named(node, dialect, enums)
    if name in _COUNTED:
        return _serial(name, dialect)
    if name in {"ENUM", "SET"}:
        symbols = tuple(part.name for part in node.expressions)
        return Type(Family.ENUM, node.sql(dialect="mysql"), name=name.lower(), symbols=symbols)
    if name in _ADDRESSES:
        return Type(Family.OTHER, _ADDRESSES[name], name=_ADDRESSES[name])
    return (
        _number(name, text, sizes, dialect)
        or _string(name, text, sizes, dialect)
        or _moment(name, text, sizes, dialect)
        or Type(Family.OTHER, _WIDTHS.get(text, text), name=text.split("(", 1)[0])
    )


def zero_filled(kind: Type) -> Type:
    """MySQL's number with ZEROFILL, which is never negative; of a float that is still signed with UNSIGNED alone.

    misread.mended() says it so. https://dev.mysql.com/doc/refman/8.4/en/numeric-type-attributes.html
    """
    text = f"{kind.text.partition(' unsigned')[0]} unsigned"
    if kind.signed and kind.text.startswith("float"):
        return replace(kind, text=text, signed=False)
    return replace(kind, text=f"{text} zerofill", signed=False, zeros=_places(kind))


def _places(kind: Type) -> int:
    """How wide the number is as a text, without what stands behind the point."""
    if kind.family is Family.DECIMAL:
        return (kind.size or 0) - (kind.scale or 0)
    said = re.search(r"\((\d+)(?:, (\d+))?\)", kind.text)
    if kind.family is Family.FLOAT:
        return int(said[1]) - int(said[2]) if said and said[2] else _FLOAT_PLACES[kind.size or 64]
    return int(said[1]) if said and int(said[1]) else _PLACES[kind.size or 64]


@lru_cache(maxsize=1024)
def _text(node: exp.DataType, dialect: str) -> str:
    """A schema of hundreds of tables has a handful of types."""
    return node.sql(dialect="postgres" if dialect == "postgresql" else dialect).lower()


def affinity(declared: str, *, strict: bool) -> str:
    """What SQLite turns values of a column into (https://www.sqlite.org/datatype3.html#determination_of_column_affinity)."""
    word = declared.upper()
    if strict and word in _STRICT:
        return "INTEGER" if word == "INT" else word
    if "INT" in word:
        return "INTEGER"
    if any(part in word for part in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if "BLOB" in word or not word:
        return "BLOB"
    if any(part in word for part in ("REAL", "FLOA", "DOUB")):
        return "REAL"
    return "NUMERIC"


def sqlite_type(declared: str, *, strict: bool) -> Type:
    """A column's type as SQLite sees it: nothing but its affinity counts, whatever is declared."""
    kind = affinity(declared, strict=strict)
    family = {
        "INTEGER": Family.INTEGER,
        "NUMERIC": Family.DECIMAL,
        "ANY": Family.BINARY,
        "REAL": Family.FLOAT,
        "TEXT": Family.TEXT,
        "BLOB": Family.BINARY,
    }[kind]
    return Type(family, declared, affinity=kind)


def _array(node: exp.DataType, enums: Mapping[str, tuple[str, ...]]) -> Type:
    """However many dimensions and whatever sizes it names: https://www.postgresql.org/docs/current/arrays.html."""
    element = node
    while not isinstance(element, exp.ObjectIdentifier) and element.this.name == "ARRAY":
        element = element.expressions[0]
    text = f"{type_of(element, 'postgresql', enums).text}[]"
    return Type(Family.OTHER, text, name=text)


def _serial(name: str, dialect: str) -> Type:
    if dialect == "mysql":  # SERIAL is an alias for BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE
        return Type(Family.INTEGER, "bigint unsigned", size=64, signed=False)
    plain, bits = _COUNTED[name]
    return Type(Family.INTEGER, plain.lower(), size=bits)


def _number(name: str, text: str, sizes: tuple[int, ...], dialect: str) -> Type | None:
    if name in _BITS:
        return Type(Family.INTEGER, text, size=_BITS[name])
    if name in _UNSIGNED:
        return Type(Family.INTEGER, text, size=_UNSIGNED[name], signed=False)
    if name == "BOOLEAN":
        return Type(Family.INTEGER, "tinyint(1)", size=8) if dialect == "mysql" else Type(Family.BOOLEAN, text, size=1)
    if name in {"FLOAT", "DOUBLE", "UDOUBLE"}:
        single = (name == "FLOAT" and len(sizes) != 1) or (len(sizes) == 1 and sizes[0] <= _SHORT_FLOAT)
        digits = f"{sizes[0]}, {sizes[1]}" if len(sizes) > 1 else ""
        return Type(Family.FLOAT, text, name=digits, size=32 if single else 64, signed=name != "UDOUBLE")
    if name in {"DECIMAL", "UDECIMAL"}:
        default = (10, 0) if dialect == "mysql" else (None, None)
        size, scale = (*sizes, 0)[:2] if sizes else default
        return Type(Family.DECIMAL, text, size=size, scale=scale, signed=name == "DECIMAL")
    return None


def _string(name: str, text: str, sizes: tuple[int, ...], dialect: str) -> Type | None:
    size = sizes[0] if sizes else None
    if name == "BPCHAR" and not sizes:
        return Type(Family.TEXT, text, padded=True)
    if name in {"CHAR", "NCHAR", "BPCHAR"}:
        return Type(Family.TEXT, text.replace("bpchar", "char"), size=size or 1, padded=True)
    if name == "NAME":
        return Type(Family.TEXT, text, size=_NAME, octets=True)
    if name in {"VARCHAR", "NVARCHAR"}:
        return Type(Family.TEXT, text, size=size)
    mysql = dialect == "mysql"
    if mysql and size is not None and name in {"TEXT", "BLOB"}:
        return _fitting(name, size)
    if name in _TEXTS:
        return Type(Family.TEXT, text, size=_TEXTS[name] if mysql else None, octets=mysql)
    if name in _BLOBS:
        return Type(Family.BINARY, text, size=_BLOBS[name])
    if name in {"BINARY", "VARBINARY"}:
        return Type(Family.BINARY, text, size=size or (1 if name == "BINARY" else None), padded=name == "BINARY")
    return None


def _fitting(name: str, size: int) -> Type:
    """MySQL takes the smallest kind that holds so much; of a text, in an encoding of up to four bytes a character."""
    kinds, each = (_TEXTS, 4) if name == "TEXT" else (_BLOBS, 1)
    kind = next((kind for kind, most in kinds.items() if size * each <= most), next(reversed(kinds)))
    family = Family.TEXT if name == "TEXT" else Family.BINARY
    return Type(family, kind.lower(), size=kinds[kind], octets=name == "TEXT")


def _moment(name: str, text: str, sizes: tuple[int, ...], dialect: str) -> Type | None:
    if name == "DATE":
        return Type(Family.DATE, text)
    if name not in _TIMES:
        return None
    family, zoned = _TIMES[name]
    return Type(family, text, scale=sizes[0] if sizes else (0 if dialect == "mysql" else 6), zoned=zoned)


def _named(node: exp.DataType, dialect: str, enums: Mapping[str, tuple[str, ...]]) -> Type:
    """A type of the user's, or one that sqlglot does not know by name."""
    kind = node.args.get("kind")
    parts = list(kind.find_all(exp.Identifier)) if isinstance(kind, exp.Expr) else []
    folded = [part.name if part.quoted else part.name.lower() for part in parts]
    if folded[:1] == ["pg_catalog"]:
        return type_of(exp.DataType.build(folded[-1], dialect="postgres"), dialect, enums)
    if folded[:1] == ["public"]:
        folded = folded[1:]
    name = ".".join(folded) or str(kind)
    if name in enums:
        return Type(Family.ENUM, name, name=name, symbols=enums[name])
    if name == "citext":
        return Type(Family.TEXT, name, name="citext")
    sizes = ", ".join(part.name for part in node.expressions)
    return Type(Family.OTHER, f"{name}({sizes})" if sizes else name, name=name)

"""Which row would a client write? One that its own table takes, as plain as possible."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from contractctl.formats.sql.demands import Among, Conditions, Range, conditions
from contractctl.formats.sql.expressions import Constant
from contractctl.formats.sql.schema import Column, Family, Schema, Table
from contractctl.formats.sql.writing import column_name, identifier

Row = dict[str, object]
"""Values by folded column name."""
_OTHERS = (
    *(("UUID", "00000000-0000-4000-8000-000000000001"), ("INET", "10.0.0.1"), ("CIDR", "10.0.0.0/8")),
    *(("INTERVAL", "1 day"), ("BIT", "1"), ("MONEY", "1"), ("MACADDR", "08:00:2b:01:02:03"), ("POINT", "(1,1)")),
)
"""A value of each type that is neither JSON nor an array; both of these take {}."""
_DEPTH = 4
"""How far up parents of parents are made."""


def row(table: Table, given: Mapping[str, object], *, short: bool = False, number: int = 1) -> Row:
    """A row with the given values. short: only what must be given. number: rows of other numbers are unlike."""
    asked = conditions(table.checks)
    found: Row = {}
    for column in table.columns:
        if column.name in given:
            found[column.name] = given[column.name]
        elif column.generated is None and not column.always and not (short and column.omittable):
            found[column.name] = _value(column, asked, number)
    return found


def insert(table: Table, values: Mapping[str, object], dialect: str) -> str:
    """The statement that writes it."""
    given = [column for column in table.columns if column.name in values]
    names = ", ".join(named(column, dialect) for column in given)
    shown = ", ".join(quote(values[column.name], dialect) for column in given)
    if not given and dialect != "mysql":
        return f"INSERT INTO {called(table, dialect)} DEFAULT VALUES"
    return f"INSERT INTO {called(table, dialect)} ({names}) VALUES ({shown})"


def called(table: Table, dialect: str) -> str:
    """A table's name as the engine of that dialect takes it."""
    return identifier(table.name if dialect == "postgresql" else table.written, dialect)


def named(column: Column, dialect: str) -> str:
    """A column's name as the engine of that dialect takes it."""
    return identifier(column_name(column, dialect), dialect)


def parents(
    schema: Schema, table: Table, values: Mapping[str, object], dialect: str, depth: int = _DEPTH
) -> Iterator[str]:
    """The rows of other tables that a row refers to, topmost first."""
    for key in table.foreign_keys:
        parent = schema.tables.get(key.table)
        if parent is None or parent is table or depth == 0:
            continue
        referred = key.referred or parent.primary_key
        wanted = {there: values.get(here) for here, there in zip(key.columns, referred, strict=False)}
        if any(value is None for value in wanted.values()):
            continue
        above = row(parent, wanted)
        yield from parents(schema, parent, above, dialect, depth - 1)
        yield insert(parent, above, dialect)


def quote(value: object, dialect: str) -> str:
    """A value as the dialect writes it."""
    match value:
        case None:
            return "NULL"
        case bool() if dialect == "postgresql":
            return "TRUE" if value else "FALSE"
        case bool():
            return str(int(value))
        case bytes() if dialect == "postgresql":
            return f"'\\x{value.hex()}'"
        case bytes():
            return f"x'{value.hex()}'"
        case str():
            escaped = value.replace("\\", "\\\\") if dialect == "mysql" else value
            return "'" + escaped.replace("'", "''") + "'"
        case _:
            return str(value)


def _value(column: Column, asked: Conditions, number: int) -> object:
    limits = asked.terms.get(column.name, ())
    listed = [limit for limit in limits if isinstance(limit, Among)]
    if listed:
        allowed = sorted((v for v in listed[0].values if all(limit.holds(v) for limit in limits)), key=str)
        return _plain(allowed[(number - 1) % len(allowed)]) if allowed else None
    terms = (f"{length}({column.name})" for length in ("LENGTH", "CHAR_LENGTH", "OCTET_LENGTH"))
    lengths = [limit for term in terms for limit in asked.terms.get(term, ())]
    if lengths and column.type.family is Family.TEXT:
        return "abcdefgh"[number % 8] * max((_within(limit, 1) for limit in lengths), default=1)
    ranges = [limit for limit in limits if isinstance(limit, Range)]
    if ranges:
        fitting = (n for n in _near(ranges, number) if all(limit.holds(Decimal(n)) for limit in ranges))
        return next(fitting, number)
    return _of_type(column, number)


def _plain(value: Constant) -> object:
    if isinstance(value, str):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _near(ranges: list[Range], number: int) -> Iterator[int]:
    yield number
    for limit in ranges:
        for edge in (limit.low, limit.high):
            if edge is not None:
                yield from (int(edge) + step for step in (number, -number, 0, 1, -1))


def _within(limit: object, number: int) -> int:
    low = limit.low if isinstance(limit, Range) and limit.low is not None else Decimal(number)
    open_low = isinstance(limit, Range) and limit.low_open
    return max(int(low) + (1 if open_low else 0), 1)


def _of_type(column: Column, number: int) -> object:
    word = column.type.text.upper()
    if column.type.symbols:
        return column.type.symbols[(number - 1) % len(column.type.symbols)]
    if "DATE" in word or "TIME" in word:
        return f"2024-01-{number:02}"
    match column.type.family:
        case Family.FLOAT:
            return number + 0.5
        case Family.BOOLEAN:
            return bool(number % 2)
        case Family.TEXT:
            return "abcdefgh"[(number - 1) % 8]
        case Family.BINARY:
            return bytes([96 + number]) if column.type.affinity is None else "abcdefgh"[(number - 1) % 8]
        case Family.OTHER:
            return next((plain for name, plain in _OTHERS if word.startswith(name)), "{}")
        case _:
            return number

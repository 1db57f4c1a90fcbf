"""Which statements could show it on a server? Sizes, digits, enums, zones, collations: SQLite enforces none of it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from contractctl.formats.sql.resolution.values import bounds
from contractctl.formats.sql.schema import Column, Family, Type
from contractctl.formats.sql.witness.rows import insert, quote, row
from contractctl.formats.sql.witness.trials import TRIALS, Builder, Case, Trial, foreign
from contractctl.model.verdict import Effect

_MOMENT = "2026-03-01 10:00:00.123456"
_LONGEST = 100_000
"""Characters; what holds more than that has room enough for any witness."""


def _columns(case: Case) -> tuple[Column, Column]:
    """The column as the client knows it, and as it is."""
    own, given = case.table.column(case.name), case.given.column(case.name)
    assert own is not None  # noqa: S101 - the finding is about a column that both have
    assert given is not None  # noqa: S101 - as above
    return own, given


def _narrowed(case: Case) -> Iterator[Trial]:
    """Values just beyond the provider's room, and at the edge of the client's."""
    own, given = _columns(case)
    for value in (*_just_beyond(given.type), *_edges(own.type)):
        yield from case.inserts({case.name: value})


def _just_beyond(kind: Type) -> Iterator[object]:
    match kind.family:
        case Family.INTEGER:
            low, high = bounds(kind)
            yield from (high + 1, low - 1)
        case Family.DECIMAL if kind.size is not None:
            yield Decimal(10) ** (kind.size - (kind.scale or 0))
        case Family.TEXT if kind.size is not None and kind.size < _LONGEST:
            yield from ("x" * (kind.size + 1), "€" * (kind.size // 3 + 1))
        case Family.BINARY if kind.size is not None and kind.size < _LONGEST:
            yield b"x" * (kind.size + 1)
        case _:
            yield -1


def _edges(kind: Type) -> Iterator[object]:
    match kind.family:
        case Family.INTEGER:
            yield from bounds(kind)
        case Family.TEXT:
            yield "x" * min(kind.size or _LONGEST, _LONGEST)
        case Family.ENUM:
            yield from sorted(kind.symbols, key=len, reverse=True)
        case _:
            yield from (Decimal(10) ** 11, Decimal(10) ** 30, -1)


def _read(case: Case, values: tuple[object, ...], reads: tuple[str, ...]) -> Iterator[Trial]:
    """Each value written, and read back in each way; {} stands for the column."""
    for value in values:
        for each, above in case.rows({case.name: value}):
            for way in reads:
                look = f"SELECT {way.format(case.column)} FROM {case.target}"
                yield Trial((*above, insert(case.table, each, case.dialect)), look)


def _rounded(case: Case) -> Iterator[Trial]:
    """Values with as many places as the client was promised."""
    own, _ = _columns(case)
    values: tuple[object, ...] = (2**53 + 1, 2**24 + 1, Decimal("1.25"), Decimal("1.125"), Decimal("1.123456789"))
    if own.type.family in {Family.DATE, Family.TIME, Family.TIMESTAMP}:
        values = (_MOMENT, _MOMENT.partition(" ")[2])
    yield from _read(case, values, ("{}", "{} + 0") if case.dialect == "mysql" else ("{}", "CAST({} AS text)"))


_TELLING: Mapping[Family, tuple[object, ...]] = {
    Family.TEXT: ("7", "x", "a ", "2026-03-01", '{"b": 1, "a":2}'),
    Family.BINARY: (b"\xff",),
    Family.DATE: ("2026-03-01",),
    Family.TIME: ("10:00:00",),
    Family.TIMESTAMP: (_MOMENT,),
    Family.BOOLEAN: (True,),
    Family.OTHER: ('{"b": 1, "a":2}', "{}"),
}
"""Values of a family that others keep in another way, or refuse."""
_NUMBERS: tuple[object, ...] = (7, Decimal("7.5"), 10)
_WAYS = {
    "postgresql": ("{}", "{} / 2", "octet_length({})", "CAST({} AS text)"),
    "mysql": ("{}", "{} / 2", "length({})", "CAST({} AS char)", "hex({})"),
}


_ZONES = {
    "postgresql": ("SET LOCAL TIME ZONE 'UTC'", "SET LOCAL TIME ZONE '+05'"),
    "mysql": ("SET time_zone = '+00:00'", "SET time_zone = '+05:00'"),
}
"""Of two sessions."""


def _values(column: Column, case: Case) -> tuple[object, ...]:
    kind, plain = column.type, row(case.table, {}).get(column.name)
    return (*kind.symbols, *_TELLING.get(kind.family, _NUMBERS), *([] if plain is None else [plain]))


def _changed(case: Case) -> Iterator[Trial]:
    """Values that are kept in another way; values of another application's that the client was never to meet."""
    own, given = _columns(case)
    yield from _read(case, _values(own, case), _WAYS[case.dialect])
    yield from foreign(case, case.name, ("z", ",".join(given.type.symbols), _MOMENT))


def _refused(case: Case) -> Iterator[Trial]:
    """Values that the client writes, and what it does with those that it reads."""
    own, _ = _columns(case)
    values, kind = _values(own, case), own.type
    for value in (*values, "€" * (kind.size or 0) if kind.family is Family.TEXT else ",".join(kind.symbols)):
        yield from case.inserts({case.name: value})
    if case.dialect == "postgresql":
        written = (quote(value, case.dialect).replace("{", "{{").replace("}", "}}") for value in values)
        yield from _read(case, (values[-1],), tuple(f"{{}} = CAST({text} AS {kind.text})" for text in written))


def _zoned(case: Case) -> Iterator[Trial]:
    """A moment with a zone of its own; a moment for two sessions of different zones."""
    home, moved = _ZONES[case.dialect]
    look = f"SELECT {case.column} FROM {case.target}"
    for value in ("2026-03-01 10:00:00+05", "2026-03-01 10:00:00"):
        for each, above in case.rows({case.name: value}):
            written = insert(case.table, each, case.dialect)
            yield Trial((*above, written), look)
            yield Trial((home, *above, written, moved), look)


def _symbol(case: Case) -> Iterator[Trial]:
    """The value that the one side has and the other has not: written by the client, or by another application."""
    value = case.found.facts["value"]
    if case.found.effect is Effect.FAILS:
        yield from case.inserts({case.name: value})
    else:
        yield from foreign(case, case.name, (value,))


def _sorted(case: Case) -> Iterator[Trial]:
    """A row for every value, in the order of their values."""
    own, _ = _columns(case)
    for short in (False, True):
        rows = [row(case.table, {case.name: s}, short=short, number=n) for n, s in enumerate(own.type.symbols, 1)]
        written = tuple(insert(case.table, each, case.dialect) for each in rows)
        yield Trial((*case.above(*rows), *written), f"SELECT {case.column} FROM {case.target} ORDER BY {case.column}")


def _collated(case: Case) -> Iterator[Trial]:
    """Whether two texts are alike, and which comes first."""
    yield from _read(case, ("a", "B"), ("{} = 'A'", "{} = 'a '", "{} < 'a'", "{} < 'A'"))


_ON_SERVERS: Mapping[str, Builder] = {
    "sql-type-narrowed": _narrowed,
    "sql-precision-lost": _rounded,
    "sql-type-changed": _changed,
    "sql-type-refused": _refused,
    "sql-time-zone-changed": _zoned,
    "sql-enum-value-added": _symbol,
    "sql-enum-value-removed": _symbol,
    "sql-enum-reordered": _sorted,
    "sql-collation-changed": _collated,
}
SERVER_TRIALS: Mapping[str, Mapping[str, Builder]] = {
    dialect: {**{rule: builder for rule, builder in TRIALS.items() if "strict" not in rule}, **_ON_SERVERS}
    for dialect in ("postgresql", "mysql")
}
"""By dialect and rule. Strictness is SQLite's alone."""

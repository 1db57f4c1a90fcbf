"""Which statements could show it? For each rule the trials that a client's application might run into."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from contractctl.formats.sql.schema import Column, Schema, Table
from contractctl.formats.sql.witness.rows import Row, called, insert, named, parents, quote, row
from contractctl.formats.sql.writing import identifier
from contractctl.model.verdict import Effect, Incompatibility

_TELLING: tuple[object, ...] = ("7", "1", 1, "007", 7, 1.5, 7.0, "x", 2**60 + 1)
"""Values that columns of different types keep in different ways."""
_ROUNDED: tuple[object, ...] = (2**60 + 1, 1.25)
_LARGE = 28
"""A number that is large enough to show a percentage, and still the day of a month."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Statements in their order. The last is the witness; where it writes, `look` reads what came of it."""

    before: tuple[str, ...]
    statement: str
    look: str | None = None
    foreign: bool = False
    """The statement is another application's: the client's tables refuse it, and `look` is what the client reads."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be shown, and the names in it."""

    client: Schema
    provider: Schema
    found: Incompatibility
    dialect: str
    """Of the engine that is asked."""

    @property
    def table(self) -> Table:
        return next(t for t in self.client.tables.values() if t.written == self.found.facts["table"])

    @property
    def given(self) -> Table:
        """The provider's table."""
        return self.provider.tables[self.table.name]

    @property
    def target(self) -> str:
        if "table" in self.found.facts:
            return called(self.table, self.dialect)
        return identifier(self.found.facts["view"], self.dialect)

    @property
    def column(self) -> str:
        return self.spelled(self.name)

    @property
    def name(self) -> str:
        """The column's folded name."""
        return self.named(self.found.facts["column"])

    @property
    def columns(self) -> tuple[Column, ...]:
        """The client's columns; then the provider's, where the table is still there."""
        given = self.provider.tables.get(self.table.name) if "table" in self.found.facts else None
        own = self.table.columns if "table" in self.found.facts else ()
        return (*own, *(given.columns if given else ()))

    def named(self, written: str) -> str:
        return next((c.name for c in self.columns if c.written == written), written)

    def spelled(self, name: str) -> str:
        """A column as the engine takes it, by its folded name."""
        known = next((c for c in self.columns if c.name == name), None)
        return named(known, self.dialect) if known is not None else identifier(name, self.dialect)

    def rows(self, values: Mapping[str, object] | None = None) -> Iterator[tuple[Row, tuple[str, ...]]]:
        """Rows of the client's, with every column and with only those that must be given, and their parents."""
        for short, number in ((False, 1), (True, 1), (False, _LARGE)):
            found = row(self.table, values or {}, short=short, number=number)
            yield found, self.above(found)

    def above(self, *rows: Row) -> tuple[str, ...]:
        """The rows of other tables that these of the client's refer to, each once."""
        return tuple(dict.fromkeys(s for each in rows for s in parents(self.client, self.table, each, self.dialect)))

    def inserts(self, values: Mapping[str, object] | None = None) -> Iterator[Trial]:
        for each, above in self.rows(values):
            yield Trial(above, insert(self.table, each, self.dialect))


def _select(case: Case) -> Iterator[Trial]:
    yield Trial((), f"SELECT {case.column if 'column' in case.found.facts else '*'} FROM {case.target}")


def _insert(case: Case) -> Iterator[Trial]:
    """A row that the client may write."""
    yield from case.inserts()


def _column_insert(case: Case) -> Iterator[Trial]:
    """A row with a value in the column."""
    yield from case.inserts({case.name: row(case.table, {}).get(case.name)})


def _null(case: Case) -> Iterator[Trial]:
    yield from case.inserts({case.name: None})


def _omission(case: Case) -> Iterator[Trial]:
    """An INSERT that leaves the column out, and what is in it then."""
    look = None if case.found.effect is Effect.FAILS else f"SELECT {case.column} FROM {case.target}"
    for each, above in case.rows():
        left = {name: value for name, value in each.items() if name != case.name}
        yield Trial(above, insert(case.table, left, case.dialect), look)


def _null_read(case: Case) -> Iterator[Trial]:
    """A row of another application's, with NULL in it."""
    yield from foreign(case, case.name, (None,))


def _value_read(case: Case) -> Iterator[Trial]:
    """A row of another application's, with a value that the client's check excludes."""
    name = case.named(case.found.path.rsplit(".", 1)[-1])
    yield from foreign(case, name, (_fact_value(case.found),))


def _loose_read(case: Case) -> Iterator[Trial]:
    """A row of another application's, with a value of another kind than a strict table holds."""
    for column in case.table.columns:
        if case.given.column(column.name) is not None and column.generated is None:
            yield from foreign(case, column.name, ("x", 1.5, b"\xff"))


def foreign(case: Case, name: str, values: tuple[object, ...]) -> Iterator[Trial]:
    column = case.spelled(name)
    for value in values:
        for table in (case.table, case.given):
            each = row(table, {name: value})
            above = tuple(parents(case.provider, table, each, case.dialect))
            yield Trial(above, insert(table, each, case.dialect), f"SELECT {column} FROM {case.target}", foreign=True)


def _kept(case: Case) -> Iterator[Trial]:
    """Values that two columns keep in different ways, read back and used."""
    for value in _ROUNDED if case.found.rule == "sql-precision-lost" else _TELLING:
        for each, above in case.rows({case.name: value}):
            for read in (case.column, f"{case.column} / 2", f"{case.column} = 7"):
                yield Trial((*above, insert(case.table, each, case.dialect)), f"SELECT {read} FROM {case.target}")


def _kind(case: Case) -> Iterator[Trial]:
    """Values of the wrong kind, for tables that are strict."""
    names = [case.name] if "column" in case.found.facts else [column.name for column in case.table.columns]
    for name in names:
        column = case.table.column(name)
        if column is not None and column.generated is None and case.given.column(name) is not None:
            for value in (row(case.table, {}).get(name), "x", 1.5, b"\xff"):
                yield from case.inserts({name: value})


def _collated(case: Case) -> Iterator[Trial]:
    for stored, asked in (("a", "A"), ("a", "a ")):
        for each, above in case.rows({case.name: stored}):
            query = f"SELECT count(*) FROM {case.target} WHERE {case.column} = {quote(asked, case.dialect)}"
            yield Trial((*above, insert(case.table, each, case.dialect)), query)


def _columns(case: Case) -> tuple[str, ...]:
    return tuple(name for name in case.found.facts["columns"].split(", ") if name)


def _twice(case: Case) -> Iterator[Trial]:
    """A second row, alike in the columns that became unique and unlike in all others."""
    for short in (False, True):
        first = row(case.table, {}, short=short)
        alike = {name: value for name, value in first.items() if name in _columns(case)}
        second = row(case.table, alike, short=short, number=2)
        above = case.above(first, second)
        yield Trial((*above, insert(case.table, first, case.dialect)), insert(case.table, second, case.dialect))


def _upsert(case: Case) -> Iterator[Trial]:
    names = ", ".join(map(case.spelled, _columns(case)))
    for each, above in case.rows():
        yield Trial(above, f"{insert(case.table, each, case.dialect)} ON CONFLICT ({names}) DO NOTHING")


def _duplicates(case: Case) -> Iterator[Trial]:
    for short in (False, True):
        first = row(case.table, {}, short=short)
        alike = {name: value for name, value in first.items() if name in _columns(case)}
        second = row(case.table, alike, short=short, number=2)
        replaces = [insert(case.table, each, case.dialect).replace("INSERT", "REPLACE", 1) for each in (first, second)]
        above = case.above(first, second)
        yield Trial((*above, replaces[0]), replaces[1], f"SELECT count(*) FROM {case.target}")


def _by_place(case: Case) -> Iterator[Trial]:
    """What the columns hold after an INSERT that names none; what a SELECT that names none gives."""
    given = [column.name for column in case.table.columns if column.generated is None and not column.always]
    for each, above in case.rows({name: str(number) for number, name in enumerate(given, 1)}):
        values = ", ".join(quote(value, case.dialect) for value in each.values())
        look = f"SELECT {', '.join(map(case.spelled, each))} FROM {case.target}"
        fails = case.found.effect is Effect.FAILS
        yield Trial(above, f"INSERT INTO {case.target} VALUES ({values})", None if fails else look)
    for each, above in case.rows():
        yield Trial((*above, insert(case.table, each, case.dialect)), f"SELECT * FROM {case.target}")


def _checked(case: Case) -> Iterator[Trial]:
    yield from case.inserts({case.named(case.found.path.rsplit(".", 1)[-1]): _fact_value(case.found)})


def _fact_value(found: Incompatibility) -> object:
    """The value that a check excludes, as the finding names it."""
    text = found.facts["value"]
    if "LENGTH(" in found.facts["condition"]:
        return "x" * min(int(text), 10_000)
    if text.startswith("'"):
        return text[1:-1]
    return float(text) if "." in text else int(text)


def _deleted(case: Case) -> Iterator[Trial]:
    """The parent goes: does the child go with it, stay, or forbid it?"""
    parent = case.client.tables.get(case.found.facts["other"])
    if parent is None:
        return
    for each, above in case.rows():
        delete = f"DELETE FROM {called(parent, case.dialect)}"
        before = (*above, insert(case.table, each, case.dialect))
        look = f"SELECT {', '.join(map(case.spelled, _columns(case)))} FROM {case.target}"
        fails = case.found.effect is Effect.FAILS
        yield Trial(before, delete, None if fails else look)
        if not fails:  # the client relied on the refusal
            yield Trial(before, delete, look, foreign=True)


def _orphans(case: Case) -> Iterator[Trial]:
    """A row of another application's that refers to nothing."""
    each = row(case.given, {})
    columns = ", ".join(map(case.spelled, _columns(case)))
    yield Trial((), insert(case.given, each, case.dialect), f"SELECT {columns} FROM {case.target}", foreign=True)


Builder = Callable[[Case], Iterator[Trial]]
TRIALS: Mapping[str, Builder] = {
    "sql-table-removed": _select,
    "sql-view-removed": _select,
    "sql-view-broken": _select,
    "sql-view-column-removed": _select,
    "sql-column-removed": _select,
    "sql-column-required": _insert,
    "sql-default-refused": _insert,
    "sql-column-generated": _column_insert,
    "sql-foreign-key-added": _insert,
    "sql-null-refused": _null,
    "sql-default-removed": _omission,
    "sql-default-changed": _omission,
    "sql-generation-changed": _omission,
    "sql-null-unexpected": _null_read,
    "sql-check-removed": _value_read,
    "sql-strict-removed": _loose_read,
    "sql-foreign-key-removed": _orphans,
    "sql-type-changed": _kept,
    "sql-precision-lost": _kept,
    "sql-type-refused": _kind,
    "sql-strict-added": _kind,
    "sql-collation-changed": _collated,
    "sql-unique-added": _twice,
    "sql-unique-removed": _upsert,
    "sql-duplicates-unexpected": _duplicates,
    "sql-check-added": _checked,
    "sql-delete-refused": _deleted,
    "sql-foreign-key-action-changed": _deleted,
    "sql-columns-moved": _by_place,
}
"""Rules that SQLite can show. The others end in None: what SQLite does not enforce, it cannot witness."""

"""Which tables does a DDL text promise? CREATE TABLE and what surrounds it, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlglot import exp

from contractctl.model.contract import Source
from contractctl.model.verdict import Pointer

DIALECTS = ("postgresql", "mysql", "sqlite")


class Family(StrEnum):
    """What kind of value a column holds."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TEXT = "text"
    BINARY = "binary"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    ENUM = "enum"
    OTHER = "other"


MOST_OCTETS = 4
"""Bytes of a character in UTF-8: of PostgreSQL's texts, and of MySQL's utf8mb4."""
NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL, Family.FLOAT})


@dataclass(frozen=True, slots=True)
class Type:
    """A column's type, aliases resolved: `int4`, `INTEGER` and `int` are one."""

    family: Family
    text: str
    """As the dialect writes it."""
    name: str = ""
    """Tells types of one family apart that are not interchangeable: json from jsonb, one enum from another."""
    size: int | None = None
    """Bits of a number; most characters or bytes of a text; digits of a decimal. None: no limit."""
    scale: int | None = None
    """Digits after the point, of decimals and of seconds. None: no limit."""
    signed: bool = True
    zoned: bool = False
    padded: bool = False
    zeros: int | None = None
    """MySQL's ZEROFILL: how many places before the point zeros fill up, where the number is read as a text."""
    octets: bool = False
    """The size of a text counts the bytes of its encoding, not its characters: MySQL's TEXT and its kin."""
    symbols: tuple[str, ...] = ()
    affinity: str | None = None
    """SQLite only: what the column turns values into (https://www.sqlite.org/datatype3.html, section 3.1)."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An SQL expression; two are equal where their normal forms are."""

    text: str
    """Normal form: names folded, needless parentheses and casts of literals gone."""
    tree: exp.Expr = field(compare=False, repr=False)
    written: str = field(compare=False, repr=False, default="")
    dialect: str = field(compare=False, repr=False, default="")
    """Whose words these are."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `name` is folded as the dialect compares names, `written` is the user's own spelling."""

    name: str
    written: str = field(compare=False)
    type: Type
    nullable: bool
    default: Expression | None = None
    counted: bool = False
    """serial, identity, AUTO_INCREMENT, or SQLite's INTEGER PRIMARY KEY: the database makes the value."""
    counter: str | None = None
    """The sequence that gives the numbers, where it is one that counts for another column, too."""
    identity: bool = field(default=False, compare=False)
    """It is an identity that counts: that is not handed down, as the default of a serial is."""
    always: bool = False
    """GENERATED ALWAYS AS IDENTITY: a value that is given is refused."""
    generated: Expression | None = None
    stored: bool = True
    collation: str | None = None
    checked: bool = False
    """MySQL's ENUM in which a CHECK alone forbids NULL: it does not begin with its first value."""
    filled: bool = False
    """A plan's triggers fill it, so that nobody reads NULL from it; a staged version says so in a comment."""

    @property
    def omittable(self) -> bool:
        """Whether an INSERT may leave it out."""
        given = self.default is not None or self.counted or self.generated is not None or self.filled
        return self.nullable or given or self.first_symbol is not None

    @property
    def first_symbol(self) -> str | None:
        """What MySQL puts into an ENUM that is NOT NULL and has no default."""
        implied = self.type.name == "enum" and not (self.nullable or self.checked or self.default)
        return next(iter(self.type.symbols), None) if implied else None

    @property
    def absent_is_null(self) -> bool:
        """Whether a row that leaves it out has NULL there."""
        return self.nullable and self.default is None and self.generated is None and not self.counted


@dataclass(frozen=True, slots=True)
class Unique:
    """No two rows alike in these columns. Parts that are not plain columns stand as expressions."""

    columns: tuple[str, ...]
    expressions: tuple[str, ...] = ()
    where: Expression | None = None
    nulls_alike: bool = False
    primary: bool = False
    name: str | None = field(default=None, compare=False)
    written: str = field(default="", compare=False)
    """The CREATE UNIQUE INDEX statement, where it came from one."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """What these columns hold stands in the other table."""

    columns: tuple[str, ...]
    table: str
    referred: tuple[str, ...]
    """Empty: the other table's primary key."""
    actions: tuple[str, ...] = ()
    """ON DELETE CASCADE and the like, upper case, sorted; NO ACTION left out."""
    name: str | None = field(default=None, compare=False)
    timing: tuple[str, ...] = ()
    """DEFERRABLE, INITIALLY DEFERRED, MATCH FULL: when it is asked for, and of which rows."""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that every row meets, or that comes out NULL for it."""

    condition: Expression
    columns: frozenset[str]
    name: str | None = field(default=None, compare=False)
    of_domain: bool = field(default=False, compare=False)
    """A column's domain says it: it comes and goes with the column's type."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table with all that its statements say."""

    name: str
    written: str = field(compare=False)
    columns: tuple[Column, ...]
    uniques: tuple[Unique, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    strict: bool = False
    rowid: bool = True
    """SQLite only: whether `rowid` names a row, as it does unless the table is WITHOUT ROWID."""
    reuses: bool = field(default=True, compare=False)
    """SQLite only: whether the numbers of rows that are gone are given again, as they are without AUTOINCREMENT."""
    options: str = field(default="", compare=False)
    """What follows the closing parenthesis, for writing the table again."""
    inherits: tuple[str, ...] = field(default=(), compare=False)
    """PostgreSQL only: tables whose columns it has, and which give out its rows as theirs."""
    unjudged: tuple[str, ...] = ()
    """Clauses that are kept and compared as text, and not understood."""

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def primary_key(self) -> tuple[str, ...]:
        return next((unique.columns for unique in self.uniques if unique.primary), ())

    @property
    def row_keys(self) -> tuple[tuple[str, ...], ...]:
        """What tells rows apart: the primary key, or each UNIQUE whose columns are never NULL."""
        if self.primary_key:
            return (self.primary_key,)
        sure = {column.name for column in self.columns if not column.nullable}
        wholes = (u.columns for u in self.uniques if u.columns and not u.expressions and u.where is None)
        return tuple(columns for columns in wholes if sure.issuperset(columns))


@dataclass(frozen=True, slots=True)
class View:
    """A view: the names that it gives out (None where `*` hides them) and what it reads."""

    name: str
    written: str = field(compare=False)
    text: str
    outputs: tuple[str, ...] | None
    reads: frozenset[tuple[str, str]]
    """(table, column) of every column that is named and belongs to one table beyond doubt."""
    tables: frozenset[str]
    properties: str = ""
    """MATERIALIZED and the like."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index that is not unique: it makes statements fast or slow, and none of them fail but for what it computes."""

    name: str
    table: str
    text: str
    meaning: str = ""
    """What it is, whatever it is called and in whichever words: two are the same index where this is the same."""
    computes: tuple[Expression, ...] = ()
    """What is computed of each row for it: a row for which that fails is refused."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the text that was understood, as it was written."""

    text: str
    subject: str
    """The table, view or type that it is about."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A statement that was not understood, and why."""

    text: str
    """Its words with single spaces, as a normal form."""
    words: frozenset[str]
    line: int
    reason: str
    makes: str = ""
    """A table that it makes, of which that is all that is known: one of SQLite's virtual ones."""


@dataclass(frozen=True, slots=True)
class Schema:
    """All that one version of a contract says about its tables."""

    dialect: str
    certain: bool
    """Whether the dialect was given or shows in the text; otherwise it is the default."""
    source: Source = field(repr=False)
    tables: Mapping[str, Table]
    views: Mapping[str, View]
    indexes: tuple[Index, ...]
    enums: Mapping[str, tuple[str, ...]]
    domains: Mapping[str, str]
    """All that a domain says, by its name."""
    by_place: bool
    """Whether statements may name no columns and take them by their place."""
    sequences: frozenset[str]
    """The names of all that are made by a statement of their own."""
    unread: tuple[Unread, ...]
    statements: tuple[Statement, ...] = field(repr=False)
    places: Mapping[Pointer, tuple[int, int]] = field(repr=False)
    """Pointer → file (by index) and offset in its text."""


def table_pointer(table: str) -> Pointer:
    """What locate() finds a table by."""
    return ("tables", table)


def column_pointer(table: str, column: str) -> Pointer:
    """What locate() finds a column by."""
    return ("tables", table, "columns", column)


def locate(schema: Schema, pointer: Pointer) -> tuple[str, int, int] | None:
    """File, line and column (from 1) of a table, view, column or unread statement."""
    found = schema.places.get(pointer) or schema.places.get(pointer[:2])
    if found is None:
        return None
    file = schema.source.files[found[0]]
    before = file.text[: found[1]]
    return file.name, before.count("\n") + 1, found[1] - (before.rfind("\n") + 1) + 1

"""Which sequences count up PostgreSQL's columns, and how are they written: serial, identity, or by themselves?"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from contractctl.databases import rows

_SERIALS = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}
_MOST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


@dataclass(frozen=True, slots=True)
class CountedSequence:
    """A sequence, as pg_sequence has it."""

    shown: str
    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    owner: int | None
    """The table that it goes with."""
    column: int | None
    owner_shown: str | None
    column_shown: str | None
    identity: bool
    as_serial: bool
    """Whether its name, its owner's type, NOT NULL and default are those that serial gives."""

    @property
    def serial(self) -> str | None:
        """The pseudo-type of a column that makes just this sequence; None where none does."""
        return _SERIALS[self.type] if self.as_serial and not self.options and not self.pace else None

    @property
    def options(self) -> tuple[str, ...]:
        """What differs from a sequence of which nothing is said, but for its pace."""
        least, most = (1, _MOST[self.type]) if self.increment > 0 else (-_MOST[self.type] - 1, -1)
        first = self.minimum if self.increment > 0 else self.maximum
        given = {
            "START WITH": (self.start, first),
            "INCREMENT BY": (self.increment, 1),
            "MINVALUE": (self.minimum, least),
            "MAXVALUE": (self.maximum, most),
        }
        return tuple(f"{word} {value}" for word, (value, usual) in given.items() if value != usual)

    @property
    def pace(self) -> tuple[str, ...]:
        """Options that other readers of SQL do not know inside of a column."""
        return (*((f"CACHE {self.cache}",) if self.cache != 1 else ()), *(("CYCLE",) if self.cycle else ()))

    def making(self) -> Iterator[str]:
        """What makes it before a column can have it; nothing where a column makes it."""
        if not self.identity and self.serial is None:
            type_ = () if self.type == "bigint" else (f"AS {self.type}",)
            yield " ".join((f"CREATE SEQUENCE {self.shown}", *type_, *self.options, *self.pace))

    def behind_column(self) -> str:
        """The parentheses of an identity column."""
        return f" ({' '.join(self.options)})" if self.options else ""

    def afterwards(self) -> Iterator[str]:
        """What is said of it once the column is there."""
        if self.identity and self.pace:
            options = " ".join(f"SET {option}" for option in self.pace)
            yield f"ALTER TABLE {self.owner_shown} ALTER COLUMN {self.column_shown} {options}"
        elif not self.identity and self.serial is None:
            yield f"ALTER SEQUENCE {self.shown} OWNED BY {self.owner_shown}.{self.column_shown}"


def sequences(connection: Connection) -> dict[int, CountedSequence]:
    """Every sequence of the database that belongs to no extension, by its oid."""
    query = """
        SELECT c.oid, c.oid::regclass::text, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin,
            s.seqmax, s.seqcache, s.seqcycle, a.attrelid, a.attnum::int, a.attrelid::regclass::text,
            quote_ident(a.attname), d.deptype IS NOT DISTINCT FROM 'i',
            coalesce(d.deptype = 'a' AND a.attnotnull AND a.atttypid = s.seqtypid
                AND c.relname = t.relname || '_' || a.attname || '_seq' AND c.relnamespace = t.relnamespace
                AND pg_get_expr(v.adbin, v.adrelid)
                    = 'nextval(' || quote_literal(c.oid::regclass::text) || '::regclass)', FALSE)
        FROM pg_sequence s
            JOIN pg_class c ON c.oid = s.seqrelid
            LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
            LEFT JOIN pg_class t ON t.oid = d.refobjid
            LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
        WHERE NOT EXISTS (
            SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
        )
        ORDER BY c.oid::regclass::text"""
    return {row[0]: CountedSequence(*row[1:]) for row in rows(connection, query)}

"""Which types has somebody made in a PostgreSQL database, and how: enums, domains, composites, ranges?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from contractctl.databases import rows
from contractctl.databases.postgresql.names import literal


@dataclass(frozen=True, slots=True)
class UserType:
    """A type and what makes it."""

    statements: tuple[str, ...]
    made_of: tuple[int, ...]
    """Types that must be there first."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A type as pg_type and its neighbours have it."""

    oid: int
    array: int
    kind: str
    shown: str
    labels: Sequence[str] | None
    base: str | None
    base_oid: int
    collation: str | None
    default: str | None
    not_null: bool
    checks: Sequence[str] | None
    attributes: Sequence[str] | None
    attribute_types: Sequence[int] | None
    subtype: str | None
    comment: str | None


def user_types(connection: Connection) -> dict[int, UserType]:
    """Every type of the database that belongs to no extension and to no table, by its oid and by its array's."""
    query = """
        SELECT t.oid, t.typarray, t.typtype, t.oid::regtype::text,
            (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
            CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END, t.typbasetype,
            CASE WHEN t.typtype = 'd' AND t.typcollation NOT IN (0, b.typcollation)
                THEN t.typcollation::regcollation::text END,
            t.typdefault, t.typnotnull,
            (SELECT array_agg('CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid, true)
                ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
            (SELECT array_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                || CASE WHEN a.attcollation NOT IN (0, f.typcollation)
                    THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END ORDER BY a.attnum)
                FROM pg_attribute a JOIN pg_type f ON f.oid = a.atttypid
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
            (SELECT array_agg(a.atttypid) FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
            (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid),
            obj_description(t.oid, 'pg_type')
        FROM pg_type t
            JOIN pg_namespace n ON n.oid = t.typnamespace
            LEFT JOIN pg_type b ON b.oid = t.typbasetype
            LEFT JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
        WHERE (t.typtype IN ('e', 'd', 'r') OR c.oid IS NOT NULL)
            AND n.nspname NOT IN ('pg_catalog', 'information_schema')
            AND NOT EXISTS (
                SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e'
            )"""
    found = [_Row(*row) for row in rows(connection, query)]
    made = {row.oid: UserType(tuple(_statements(row)), (row.base_oid, *(row.attribute_types or ()))) for row in found}
    return made | {row.array: made[row.oid] for row in found if row.array}


def making(types: Mapping[int, UserType], oid: int, above: tuple[int, ...] = ()) -> Iterator[str]:
    """The statements that make a type, those that it is made of first; nothing for a type that is there anyway."""
    found = types.get(oid)
    if found is None or oid in above:
        return
    for part in found.made_of:
        yield from making(types, part, (*above, oid))
    yield from found.statements


def _statements(row: _Row) -> Iterator[str]:
    word = "DOMAIN" if row.kind == "d" else "TYPE"
    match row.kind:
        case "e":
            yield f"CREATE TYPE {row.shown} AS ENUM ({', '.join(map(literal, row.labels or ()))})"
        case "d":
            yield " ".join((f"CREATE DOMAIN {row.shown} AS {row.base}", *_clauses(row)))
        case "r":
            yield f"CREATE TYPE {row.shown} AS RANGE (SUBTYPE = {row.subtype})"
        case _:
            yield f"CREATE TYPE {row.shown} AS ({', '.join(row.attributes or ())})"
    if row.comment is not None:
        yield f"COMMENT ON {word} {row.shown} IS {literal(row.comment)}"


def _clauses(row: _Row) -> Iterator[str]:
    if row.collation is not None:
        yield f"COLLATE {row.collation}"
    if row.default is not None:
        yield f"DEFAULT {row.default}"
    if row.not_null:
        yield "NOT NULL"
    yield from row.checks or ()

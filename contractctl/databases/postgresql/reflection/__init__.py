"""Which statements would create what a PostgreSQL database holds? Its own words, from its catalogue.

A few queries, however many tables there are: https://www.postgresql.org/docs/current/catalogs.html. Storage is left
out: tablespaces, fill factors, compression.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from contractctl.databases import Definition, Reference, rows
from contractctl.databases.definitions import foreign
from contractctl.databases.postgresql.names import literal
from contractctl.databases.postgresql.reflection.sequences import CountedSequence, sequences
from contractctl.databases.postgresql.reflection.user_types import making, user_types

_REFUSED = {
    "f": "it is a foreign table: its rows are in another database",
    "typed": "it is a table of a composite type",
}
_SOME_COLUMNS = re.compile(r" ON DELETE SET (?:NULL|DEFAULT) \(")
_IDENTITY = {"a": "ALWAYS", "d": "BY DEFAULT"}
_NAMED = {"pg_proc": "function", "pg_operator": "operator", "pg_collation": "collation"}
_VIEWS = {"v": "VIEW", "m": "MATERIALIZED VIEW"}


@dataclass(frozen=True, slots=True)
class _Relation:
    """A table or view, as pg_class has it."""

    oid: int
    name: str
    schema: str
    shown: str
    kind: str
    persistence: str
    partition_key: str | None
    typed: bool
    query: str | None
    options: tuple[str, ...]
    guarded: bool
    """By row-level security."""

    @property
    def refused(self) -> str:
        return _REFUSED.get("typed" if self.typed else self.kind, "")

    @property
    def head(self) -> str:
        if self.kind not in _VIEWS:
            return f"CREATE {'UNLOGGED ' if self.persistence == 'u' else ''}TABLE {self.shown}"
        options = f" WITH ({', '.join(self.options)})" if self.options else ""
        return f"CREATE {_VIEWS[self.kind]} {self.shown}{options} AS\n{self.query}"


@dataclass(slots=True)
class _Parts:
    """What belongs to one relation. Grows with every query."""

    before: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Filling:
    """What the queries fill, and what they look things up in."""

    connection: Connection
    parts: Mapping[int, _Parts]
    names: Mapping[int, str]
    sequences: Mapping[int, CountedSequence]

    def rows(self, query: str) -> Iterator[tuple[_Parts, Any]]:
        """Each row's relation, which is its first column, and the others."""
        for oid, *rest in rows(self.connection, query.format(among=", ".join(map(str, self.names)))):
            yield self.parts[oid], rest


def definitions(
    connection: Connection,
    schemas: Iterable[str] = (),
    _spoken: Iterable[str] = (),
) -> tuple[Definition, ...]:
    """Every table and view of these schemas, or of the one that is searched first, by name; see databases.Database.

    Names are written as this connection's search_path has them. Partitions belong to their table.
    """
    relations = _relations(connection, tuple(schemas))
    if not relations:
        return ()
    names = {one.oid: one.name for one in relations}
    filling = _Filling(connection, defaultdict(_Parts), names, sequences(connection))
    for fill in (_needs, _columns, _constraints, _sequences, _indexes, _inheritance, _attached, _comments):
        fill(filling)
    return tuple(_definition(one, filling.parts[one.oid]) for one in relations)


def other_schemas(connection: Connection, schemas: Iterable[str] = ()) -> tuple[str, ...]:
    """Schemas with tables or views of somebody's that definitions() does not look at when it is given these."""
    query = f"""
        SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            AND n.nspname NOT IN ({_chosen(tuple(schemas))}) AND NOT {_OF_AN_EXTENSION}
        ORDER BY 1"""
    return tuple(name for (name,) in rows(connection, query))


def collations(connection: Connection) -> tuple[str | None, Mapping[str, str]]:  # noqa: ARG001 - as on other engines
    """Of a column that names none; character sets are a whole database's."""
    return "default", {}


def _definition(one: _Relation, parts: _Parts) -> Definition:
    if one.refused:
        return Definition(one.name, one.shown, one.schema, refused=one.refused)
    heirs = f" INHERITS ({', '.join(parts.parents)})" if parts.parents else ""
    return Definition(
        name=one.name,
        shown=one.shown,
        schema=one.schema,
        view=one.kind in _VIEWS,
        before=tuple(dict.fromkeys(parts.before)),
        head=one.head,
        lines=tuple(parts.lines),
        tail=heirs + (f" PARTITION BY {one.partition_key}" if one.partition_key else ""),
        after=tuple(parts.after),
        references=tuple(each for each in parts.references if each.clause or each.to not in ("", one.name)),
        without=tuple(dict.fromkeys((*_guard(one), *parts.without))),
    )


def _guard(one: _Relation) -> Iterator[str]:
    if one.guarded:
        yield "row-level security"


_OF_AN_EXTENSION = """EXISTS (
                SELECT FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
            )"""


def _chosen(schemas: Sequence[str]) -> str:
    return ", ".join(literal(one) if one else "current_schema()" for one in schemas or [""])


def _relations(connection: Connection, schemas: Sequence[str]) -> list[_Relation]:
    query = f"""
        SELECT c.oid,
            CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname || '.' END || c.relname,
            CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname END, c.relname, c.oid::regclass::text,
            c.relkind, c.relpersistence, pg_get_partkeydef(c.oid), c.reloftype <> 0,
            CASE WHEN c.relkind IN ('v', 'm') THEN rtrim(pg_get_viewdef(c.oid, true), ';') END,
            CASE WHEN c.relkind = 'v' THEN c.reloptions END, c.relrowsecurity
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
            AND n.nspname IN ({_chosen(schemas)}) AND NOT {_OF_AN_EXTENSION}
        ORDER BY n.nspname <> current_schema(), n.nspname, c.relname"""
    return [
        _Relation(
            oid=row[0],
            name=row[1],
            schema=row[2],
            shown=row[4],
            kind=row[5],
            persistence=row[6],
            partition_key=row[7],
            typed=row[8],
            query=row[9],
            options=tuple(_option(one) for one in row[10] or ()),
            guarded=row[11],
        )
        for row in rows(connection, query)
        if not foreign(row[3])
    ]


def _option(option: str) -> str:
    name, _, value = option.partition("=")
    return f"{name}={literal(value)}"


def _needs(filling: _Filling) -> None:
    """What a relation depends on, through any part of it: types, sequences, extensions, functions, other relations."""
    types = user_types(filling.connection)
    query = """
        WITH parts (relation, classid, objid) AS (
            SELECT oid, 'pg_class'::regclass, oid FROM pg_class WHERE oid IN ({among})
            UNION ALL SELECT adrelid, 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid IN ({among})
            UNION ALL SELECT conrelid, 'pg_constraint'::regclass, oid FROM pg_constraint WHERE conrelid IN ({among})
            UNION ALL SELECT indrelid, 'pg_class'::regclass, indexrelid FROM pg_index WHERE indrelid IN ({among})
            UNION ALL SELECT ev_class, 'pg_rewrite'::regclass, oid FROM pg_rewrite WHERE ev_class IN ({among})
        )
        SELECT DISTINCT p.relation, d.refclassid::regclass::text, d.refobjid,
            CASE d.refclassid WHEN 'pg_proc'::regclass THEN d.refobjid::regprocedure::text
                WHEN 'pg_operator'::regclass THEN d.refobjid::regoperator::text
                WHEN 'pg_collation'::regclass THEN d.refobjid::regcollation::text END,
            quote_ident(x.extname),
            CASE WHEN n.nspname NOT IN ('pg_catalog', current_schema()) THEN quote_ident(n.nspname) END
        FROM parts p
            JOIN pg_depend d ON d.classid = p.classid AND d.objid = p.objid AND d.objid <> d.refobjid
            LEFT JOIN pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
            LEFT JOIN pg_extension x ON x.oid = e.refobjid
            LEFT JOIN pg_namespace n ON n.oid = x.extnamespace
        WHERE d.refobjid >= 16384 AND d.deptype IN ('n', 'a')
        ORDER BY 1, 5, 2, 4, 3"""
    for parts, (catalogue, oid, name, extension, schema) in filling.rows(query):
        if extension:
            parts.before.append(_extension(extension, schema))
        elif catalogue == "pg_type":
            parts.before += making(types, oid)
        elif oid in filling.sequences:
            sequence = filling.sequences[oid]
            parts.before += sequence.making()
            parts.references.append(Reference(filling.names.get(sequence.owner or 0, "")))
        elif oid in filling.names:
            parts.references.append(Reference(filling.names[oid]))
        elif catalogue in _NAMED:
            parts.without.append(f"{_NAMED[catalogue]} {name}")


def _extension(name: str, schema: str | None) -> str:
    return f"CREATE EXTENSION IF NOT EXISTS {name}{f' WITH SCHEMA {schema}' if schema else ''}"


def _columns(filling: _Filling) -> None:
    owned = {(one.owner, one.column): one for one in filling.sequences.values()}
    query = """
        SELECT a.attrelid, a.attrelid, a.attnum, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN a.attcollation::regcollation::text END,
            a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid, true), a.attnotnull, c.relkind = 'v'
        FROM pg_attribute a
            JOIN pg_type t ON t.oid = a.atttypid
            JOIN pg_class c ON c.oid = a.attrelid
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid IN ({among}) AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v')
        ORDER BY a.attrelid, a.attnum"""
    for parts, (oid, number, name, type_, *facts) in filling.rows(query):
        collation, identity, generated, value, not_null, view = facts
        sequence = owned.get((oid, number))
        if view:
            parts.without += [f"default of column {name}"] if value else []
            continue
        words = [name, (sequence and sequence.serial) or type_]
        if collation:
            words.append(f"COLLATE {collation}")
        if identity and sequence:
            words.append(f"GENERATED {_IDENTITY[identity]} AS IDENTITY{sequence.behind_column()}")
        elif generated:
            words.append(f"GENERATED ALWAYS AS ({value}) {'STORED' if generated == 's' else 'VIRTUAL'}")
        elif value and not (sequence and sequence.serial):
            words.append(f"DEFAULT {value}")
        if not_null:
            words.append("NOT NULL")
        parts.lines.append(" ".join(words))


def _constraints(filling: _Filling) -> None:
    """What CREATE TABLE cannot say, or other readers of SQL do not know inside of it, is added afterwards."""
    query = """
        SELECT k.conrelid, k.conrelid::regclass::text, k.contype, quote_ident(k.conname),
            pg_get_constraintdef(k.oid, true), k.convalidated, k.connoinherit, k.confrelid
        FROM pg_constraint k
        WHERE k.conrelid IN ({among}) AND k.contype IN ('p', 'u', 'c', 'f', 'x') AND k.conparentid = 0
        ORDER BY k.conrelid, position(k.contype::text IN 'puxcf'), k.conname"""
    for parts, (table, kind, name, text, valid, heirless, other) in filling.rows(query):
        clause = f"CONSTRAINT {name} {text}"
        if kind == "f":
            apart = not valid or _SOME_COLUMNS.search(text) is not None
            parts.references.append(Reference(filling.names.get(other, ""), clause, apart=apart))
        elif kind == "x" or (kind == "c" and (heirless or not valid)):
            parts.after.append(f"ALTER TABLE {table} ADD {clause}")
        else:
            parts.lines.append(clause)


def _sequences(filling: _Filling) -> None:
    for one in filling.sequences.values():
        if one.owner is not None and one.owner in filling.names:
            filling.parts[one.owner].after += one.afterwards()


def _indexes(filling: _Filling) -> None:
    """Those that no constraint has made."""
    query = """
        SELECT i.indrelid, quote_ident(c.relname), pg_get_indexdef(i.indexrelid, 0, true), i.indisvalid
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid IN ({among}) AND NOT EXISTS (
            SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
        )
        ORDER BY i.indrelid, c.relname"""
    for parts, (name, text, valid) in filling.rows(query):
        if valid:
            # ON ONLY stands before the name of a partitioned table, and keeps the index off its partitions
            parts.after.append(text.replace(f"INDEX {name} ON ONLY ", f"INDEX {name} ON ", 1))
        else:
            parts.without.append(f"index {name}, which is not valid")


def _inheritance(filling: _Filling) -> None:
    query = """
        SELECT i.inhrelid, i.inhparent, i.inhparent::regclass::text
        FROM pg_inherits i WHERE i.inhrelid IN ({among}) ORDER BY i.inhrelid, i.inhseqno"""
    for parts, (parent, shown) in filling.rows(query):
        parts.parents.append(shown)
        parts.references.append(Reference(filling.names.get(parent, "")))


def _attached(filling: _Filling) -> None:
    """What acts when rows are written or read, and is not a promise that SQL can judge."""
    query = """
        SELECT tgrelid, 'trigger ' || quote_ident(tgname), tgname FROM pg_trigger
        WHERE tgrelid IN ({among}) AND NOT tgisinternal
        UNION ALL
        SELECT r.ev_class, 'rule ' || quote_ident(r.rulename), r.rulename FROM pg_rewrite r
        WHERE r.ev_class IN ({among}) AND r.rulename <> '_RETURN'
        ORDER BY 1, 2"""
    for parts, (shown, name) in filling.rows(query):
        if not foreign(name):
            parts.without.append(shown)


def _comments(filling: _Filling) -> None:
    query = """
        SELECT d.objoid, CASE WHEN d.objsubid > 0 THEN 'COLUMN ' || d.objoid::regclass || '.' || quote_ident(a.attname)
            ELSE CASE c.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW ' ELSE 'TABLE ' END
                || d.objoid::regclass END,
            d.description, d.objsubid
        FROM pg_description d
            JOIN pg_class c ON c.oid = d.objoid
            LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
        WHERE d.classoid = 'pg_class'::regclass AND d.objoid IN ({among})
        UNION ALL
        SELECT k.conrelid, 'CONSTRAINT ' || quote_ident(k.conname) || ' ON ' || k.conrelid::regclass, d.description,
            100000
        FROM pg_description d JOIN pg_constraint k ON k.oid = d.objoid
        WHERE d.classoid = 'pg_constraint'::regclass AND k.conrelid IN ({among}) AND k.conparentid = 0
        UNION ALL
        SELECT i.indrelid, 'INDEX ' || i.indexrelid::regclass, d.description, 100001
        FROM pg_description d JOIN pg_index i ON i.indexrelid = d.objoid
        WHERE d.classoid = 'pg_class'::regclass AND i.indrelid IN ({among}) AND i.indisvalid
        ORDER BY 1, 4, 2"""
    for parts, (subject, words, _) in filling.rows(query):
        parts.after.append(f"COMMENT ON {subject} IS {literal(words)}")

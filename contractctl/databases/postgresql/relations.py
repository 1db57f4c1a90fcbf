"""What surrounds a PostgreSQL table: views, names that are taken, and dependents? And how large is it?"""

from sqlalchemy import Connection

from contractctl.databases import run
from contractctl.databases.postgresql.names import literal
from contractctl.databases.postgresql.names import table as of_table
from contractctl.databases.postgresql.tables import family, oid

IDENTITY = (
    "the table's replica identity, without which PostgreSQL refuses to change or delete rows that it publishes:"
    " ALTER TABLE … REPLICA IDENTITY DEFAULT, or USING INDEX another one, first"
)


def is_view(connection: Connection, name: str) -> bool:
    """Whether there is a view of that name."""
    relation = f"to_regclass({literal(of_table(name))})"
    query = f"SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE oid = {relation} AND relkind IN ('v', 'm'))"
    return bool(run(connection, query).scalar_one())


def parts(connection: Connection, table: str) -> tuple[str, ...]:
    """The names of the table's constraints, and of every relation in its schema: an index may take none of them."""
    query = (
        "SELECT conname::text FROM pg_catalog.pg_constraint WHERE conrelid = {table} UNION"
        " SELECT relname::text FROM pg_catalog.pg_class"
        " WHERE relnamespace = (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = {table})"
    )
    return tuple(run(connection, query.format(table=oid(connection, table))).scalars())


def part_obstacles(connection: Connection, table: str, name: str) -> tuple[str, ...]:
    """What prevents a constraint or an index from being dropped, each as the end of a sentence."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        f" WHERE i.indrelid = {oid(connection, table)} AND i.indisreplident AND c.relname = {literal(name)})"
    )
    return (f"is {IDENTITY}",) if run(connection, query).scalar_one() else ()


def column_notes(connection: Connection, table: str) -> tuple[str, ...]:
    """Whom a new column of the table affects, each a sentence."""
    names = run(connection, _PUBLISHED.format(family=family(oid(connection, table)))).scalars()
    return tuple(
        f"publication '{name}' sends every column of '{table}': a subscriber that lacks the new one stops at the first"
        " row with it: add it there before expand"
        for name in names
    )


_PUBLISHED = """
SELECT DISTINCT t.pubname::text FROM pg_catalog.pg_publication_tables t
JOIN pg_catalog.pg_publication p ON p.pubname = t.pubname
JOIN pg_catalog.pg_class c ON c.relname = t.tablename AND c.relnamespace = to_regnamespace(quote_ident(t.schemaname))
WHERE c.oid IN ({family}) AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_publication_rel r
  WHERE r.prpubid = p.oid AND r.prrelid = c.oid AND to_jsonb(r) ->> 'prattrs' IS NOT NULL)
ORDER BY 1
"""
"""Publications with a list of columns, which there are from PostgreSQL 15 on, leave new ones out."""


def table_dependents(connection: Connection, table: str) -> tuple[str, ...]:
    """What besides the table itself would break without it, each named with its kind."""
    query = _DEPENDENTS.format(family=family(oid(connection, table)))
    return tuple(sorted(set(run(connection, query).scalars())))


_DEPENDENTS = """
SELECT CASE c.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || quote_literal(c.relname)
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid IN ({family}) AND c.oid NOT IN ({family})
UNION
SELECT 'foreign key ' || quote_literal(k.conname) || ' of table ' || quote_literal(k.conrelid::regclass::text)
FROM pg_catalog.pg_constraint k
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid IN ({family}) AND k.conrelid NOT IN ({family})
UNION
SELECT 'publication ' || quote_literal(p.pubname)
FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
WHERE r.prrelid IN ({family})
UNION
SELECT 'function ' || quote_literal(d.objid::regproc::text)
FROM pg_catalog.pg_depend d
WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.refclassid = 'pg_catalog.pg_type'::regclass
  AND d.refobjid IN (SELECT reltype FROM pg_catalog.pg_class WHERE oid IN ({family}))
"""


def kept_waiting(_connection: Connection, _table: str) -> tuple[str, ...]:
    """None: a statement that locks what a table refers to says so."""
    return ()


def is_scattered(connection: Connection, table: str) -> bool:
    """Whether it has partitions: a row that goes over to another one is deleted here and inserted there."""
    query = f"SELECT relkind = 'p' FROM pg_catalog.pg_class WHERE oid = {oid(connection, table)}"
    return bool(run(connection, query).scalar_one())


def weight(connection: Connection, table: str) -> int:
    """How many bytes the table takes with its partitions, without indexes."""
    query = (
        "SELECT coalesce(sum(pg_catalog.pg_table_size(oid)), 0)::int8 FROM pg_catalog.pg_class WHERE oid IN ({family})"
    )
    return int(run(connection, query.format(family=family(oid(connection, table)))).scalar_one())

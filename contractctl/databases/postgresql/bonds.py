"""What depends on a column, and what on the table stands in contractctl's way?"""

from collections.abc import Iterator

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Column, run
from contractctl.databases.postgresql.names import LAST, OURS, literal, quote
from contractctl.databases.postgresql.names import table as of_table
from contractctl.databases.postgresql.relations import IDENTITY
from contractctl.databases.postgresql.rows import may_be_unseen
from contractctl.databases.postgresql.tables import columns, family, oid
from contractctl.databases.savepoints import all_or_nothing

_UNIQUE_DEFAULTS = ("gen_random_uuid(", "uuid_generate_", "uuidv4(", "uuidv7(", "random(", "clock_timestamp(")
"""Functions that never return a value twice, as a default spells them."""


def dependents(connection: Connection, table: str, column: str) -> tuple[str, ...]:
    """What besides the column itself would break without it, or silently vanish with it, each named with its kind."""
    number = oid(connection, table)
    query = _DEPENDENTS.format(family=family(number), table=number, column=literal(column), ours=literal(OURS))
    reading = _READING.format(family=family(number), column=literal(column), ours=literal(OURS))
    found = {str(name) for sql in (query, reading) for (name,) in run(connection, sql) if name is not None}
    return tuple(sorted(found))


_DEPENDENTS = """
SELECT CASE d.classid
  WHEN 'pg_catalog.pg_rewrite'::regclass THEN (
    SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' ELSE 'a rule of table ' END
      || quote_literal(c.relname)
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class WHERE r.oid = d.objid)
  WHEN 'pg_catalog.pg_class'::regclass THEN (
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence ' ELSE 'index ' END || quote_literal(c.relname)
    FROM pg_catalog.pg_class c WHERE c.oid = d.objid AND c.relkind IN ('i', 'I', 'S') AND NOT c.relispartition)
  WHEN 'pg_catalog.pg_constraint'::regclass THEN (
    SELECT CASE
        WHEN k.conrelid NOT IN ({family}) THEN
          'foreign key ' || quote_literal(k.conname) || ' of table ' || quote_literal(k.conrelid::regclass::text)
        WHEN k.contype = 'f' THEN 'foreign key ' || quote_literal(k.conname)
        WHEN k.contype = 'p' THEN 'primary key ' || quote_literal(k.conname)
        ELSE 'constraint ' || quote_literal(k.conname) END
    FROM pg_catalog.pg_constraint k WHERE k.oid = d.objid AND k.conparentid = 0 AND k.contype <> 'n')
  WHEN 'pg_catalog.pg_attrdef'::regclass THEN (
    SELECT 'generated column ' || quote_literal(a.attname)
    FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
    WHERE f.oid = d.objid AND a.attgenerated <> '' AND a.attname <> {column})
  WHEN 'pg_catalog.pg_trigger'::regclass THEN (
    SELECT 'trigger ' || quote_literal(t.tgname) FROM pg_catalog.pg_trigger t
    WHERE t.oid = d.objid AND NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgname::text !~ {ours})
  WHEN 'pg_catalog.pg_policy'::regclass THEN (
    SELECT 'policy ' || quote_literal(p.polname) FROM pg_catalog.pg_policy p WHERE p.oid = d.objid)
  WHEN 'pg_catalog.pg_publication_rel'::regclass THEN (
    SELECT 'publication ' || quote_literal(p.pubname)
    FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE r.oid = d.objid)
  WHEN 'pg_catalog.pg_statistic_ext'::regclass THEN (
    SELECT 'statistics ' || quote_literal(s.stxname) FROM pg_catalog.pg_statistic_ext s WHERE s.oid = d.objid)
  WHEN 'pg_catalog.pg_proc'::regclass THEN 'function ' || quote_literal(d.objid::regproc::text)
  ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
  END AS name
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid IN ({family}) AND a.attname = {column}
  AND NOT (d.classid = 'pg_catalog.pg_class'::regclass AND d.objid IN ({family}))
"""

_READING = """
SELECT DISTINCT 'trigger ' || quote_literal(t.tgname)
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid IN ({family}) AND NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgname::text !~ {ours}
  AND p.prosrc ~* ('\\m(new|old)\\s*[.]\\s*"?' || regexp_replace({column}, '(\\W)', '\\\\\\1', 'g') || '("|\\M)')
"""
"""Trigger functions are texts, whose dependencies PostgreSQL does not record."""


def obstacles(
    connection: Connection,
    table: str,
    column: str,
    followed: tuple[str, ...] = (),  # noqa: ARG001 - no table goes over to a copy
) -> tuple[str, ...]:
    """Why the column can never be dropped by itself, or distinguished from another, each as the end of a sentence."""
    return tuple(_obstacles(connection, table, column))


def _obstacles(connection: Connection, table: str, column: str) -> Iterator[str]:
    found = next((one for one in columns(connection, table) if one.name == column), None)
    if found is None:
        return
    if found.key_place:
        yield "is part of the table's primary key, which would be dropped with it"
    yield from _of_itself(connection, table, found)
    if found.default is None:
        yield from _needing(connection, table, found)


def _needing(connection: Connection, table: str, found: Column) -> Iterator[str]:
    """A CHECK that does not take NULL there is asked before triggers give what a new application has left out."""
    place = _NEEDED.format(table=oid(connection, table), column=literal(found.name))
    names = [one.name for one in columns(connection, table)]
    some = ", ".join(f"{'nothing' if name == found.name else 'given'}.{quote(name)}" for name in names)
    rows = _WITHOUT.format(table=of_table(table), some=some, asked=_ASKED)
    for name, condition in run(connection, place).all():
        if _is_refused(connection, f"{rows} SELECT EXISTS (SELECT 1 FROM asked WHERE ({condition}) IS FALSE)"):
            why = f"is NULL for a moment in a row of a new application, which the CHECK '{name}' refuses"
            yield f"{why}: drop it first, and add it again under the new name in a later version"


def _is_refused(connection: Connection, asking: str) -> bool:
    """A CHECK that raises refuses the row, too."""
    try:
        with all_or_nothing(connection):
            return bool(run(connection, asking).scalar_one())
    except DBAPIError:
        return True


_ASKED = 1000
"""How many rows are looked at."""
_WITHOUT = """
WITH nothing AS (SELECT t.* FROM (VALUES (1)) AS one (n) LEFT JOIN {table} AS t ON false),
  asked AS (SELECT * FROM nothing UNION ALL SELECT {some}
    FROM (SELECT * FROM {table} LIMIT {asked}) AS given CROSS JOIN nothing)
"""
"""A row of nothing but NULL, which no domain refuses to a join, and rows with NULL in the one column."""
_NEEDED = """
SELECT k.conname::text, pg_catalog.pg_get_expr(k.conbin, k.conrelid)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.conrelid = {table} AND k.contype = 'c' AND cardinality(k.conkey) > 1 AND a.attname = {column}
ORDER BY 1
"""


def key_obstacles(connection: Connection, table: str, column: str) -> tuple[str, ...]:
    """What prevents the primary key from moving from this column to another, each as the end of a sentence."""
    return tuple(_key_obstacles(connection, table, column))


def _key_obstacles(connection: Connection, table: str, column: str) -> Iterator[str]:
    there = columns(connection, table)
    found = next((one for one in there if one.name == column), None)
    if found is None:
        return
    yield from _of_itself(connection, table, found)
    for parted, deferrable in run(connection, _KEY.format(table=oid(connection, table))):
        if parted:
            yield "is in the key of a partitioned table, and PostgreSQL makes no key from an existing index there"
        if deferrable:
            yield "is a key that is DEFERRABLE, which cannot identify rows while they are written"


_KEY = """
SELECT c.relkind = 'p', k.condeferrable
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
WHERE k.conrelid = {table} AND k.contype = 'p'
"""


def _of_itself(connection: Connection, table: str, found: Column) -> Iterator[str]:
    column = found.name
    if found.generated:
        yield "is a generated column, which cannot be written"
    if any(name in (found.default or "") for name in _UNIQUE_DEFAULTS):
        yield f"has a default that differs each time ({found.default}): it cannot be told from a given value"
    place = _PLACE.format(table=oid(connection, table), column=literal(column))
    parted, inherited, full, identity = run(connection, place).one()
    if full is not None:
        why = f"is NULL for a moment in a row of a new application, which foreign key '{full}' (MATCH FULL) refuses"
        yield f"{why}: make it MATCH SIMPLE first"
    if parted:
        yield "is part of the table's partition key"
    if inherited:
        yield "comes from a parent table"
    if identity is not None:
        yield f"is part of index '{identity}', {IDENTITY}"


_PLACE = """
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = a.attrelid AND (
    a.attnum = ANY (p.partattrs::int2[]) OR EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = a.attrelid AND d.objsubid = a.attnum
        AND d.refclassid = d.classid AND d.refobjid = a.attrelid AND d.refobjsubid = 0 AND d.deptype = 'i'))),
  a.attinhcount > 0,
  (SELECT min(k.conname::text) FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'f'
    AND k.confmatchtype = 'f' AND cardinality(k.conkey) > 1 AND a.attnum = ANY (k.conkey)),
  (SELECT min(i.indexrelid::regclass::text) FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid
    AND i.indisreplident AND a.attnum = ANY (i.indkey::int2[]))
FROM pg_catalog.pg_attribute a WHERE a.attrelid = {table} AND a.attname = {column}
"""


def hindrances(connection: Connection, table: str) -> tuple[str, ...]:
    """What prevents triggers from keeping anything in step on this table, each a sentence."""
    return tuple(_hindrances(connection, table))


def _hindrances(connection: Connection, table: str) -> Iterator[str]:
    number = oid(connection, table)
    parent, is_partition, is_parent, is_ours, hides_rows = run(connection, _STANDING.format(table=number)).one()
    if is_partition:
        yield f"'{table}' is a partition of '{parent}': stage that table"
    elif parent is not None:
        yield f"'{table}' inherits from '{parent}': triggers and columns of the two would conflict"
    if is_parent:
        yield f"other tables inherit from '{table}': triggers of '{table}' do not see what is written to these"
    if not is_ours:
        yield f"'{table}' is not owned by the user that contractctl connects as, who therefore cannot change it"
    if hides_rows:
        yield f"row-level security hides rows of '{table}' from contractctl: run it as a user with BYPASSRLS"
    for name in run(connection, _LATE.format(family=family(number), last=literal(LAST))).scalars():
        yield (
            f"trigger '{name}' of '{table}' would change rows after contractctl's triggers: rename it so that it"
            " begins with a letter"
        )


_STANDING = """
SELECT (SELECT i.inhparent::regclass::text FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid LIMIT 1),
  c.relispartition,
  c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid),
  pg_catalog.pg_has_role(c.relowner, 'USAGE'),
  c.relrowsecurity AND (c.relforcerowsecurity OR NOT pg_catalog.pg_has_role(c.relowner, 'USAGE'))
    AND NOT (SELECT r.rolsuper OR r.rolbypassrls FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
FROM pg_catalog.pg_class c WHERE c.oid = {table}
"""

_LATE = """
SELECT DISTINCT t.tgname::text FROM pg_catalog.pg_trigger t
WHERE t.tgrelid IN ({family}) AND NOT t.tgisinternal AND t.tgtype & 3 = 3
  AND convert_to(t.tgname::text, 'UTF8') > convert_to({last}, 'UTF8') AND NOT starts_with(t.tgname::text, {last})
ORDER BY 1
"""
"""Row triggers that fire BEFORE, in the order of their names' bytes: pg_trigger.tgtype's first two bits."""


def notes(connection: Connection, table: str) -> tuple[str, ...]:
    """Which triggers the backfill will fire, each a sentence: none where this user may disable triggers for itself."""
    if may_be_unseen(connection):
        return ()
    names = run(connection, _AWAKE.format(family=family(oid(connection, table)), ours=literal(OURS))).scalars()
    return tuple(
        f"trigger '{name}' of '{table}' will see every row that the backfill writes: make it ignore them, or grant"
        " contractctl's user SET ON PARAMETER session_replication_role"
        for name in names
    )


_AWAKE = """
SELECT DISTINCT t.tgname::text FROM pg_catalog.pg_trigger t
WHERE t.tgrelid IN ({family}) AND NOT t.tgisinternal AND t.tgtype & 16 = 16 AND t.tgenabled IN ('O', 'A')
  AND t.tgname::text !~ {ours}
ORDER BY 1
"""
"""Triggers on UPDATE: pg_trigger.tgtype's bit 16."""

"""What does the database hold: a table's columns and key, and what finds its rows?"""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from contractctl.databases import Column, run
from contractctl.databases.postgresql import types
from contractctl.databases.postgresql.names import literal
from contractctl.databases.postgresql.names import table as table_name
from contractctl.databases.postgresql.tokens import Sort, spoken
from contractctl.errors import ContractctlError

_ORDINARY = ("r", "p")
"""Tables and partitioned tables: https://www.postgresql.org/docs/current/catalog-pg-class.html."""
_KINDS = {"v": "view", "m": "materialized view", "f": "foreign table", "S": "sequence", "c": "composite type"}
_ITSELF = "@"
"""Stands for the column in the text of what guards it, so that the guards of two columns can be compared."""
COUNTED = "nextval('contractctl: counted'::regclass)"
"""The default of a column that is counted up, until it can be asked by which sequence."""
_NEVER_NULL = f"CHECK ({_ITSELF} IS NOT NULL)"


def oid(connection: Connection, table: str) -> int:
    """The table's number. Raise ContractctlError where there is no such ordinary table."""
    found = _look_up(connection, table)
    if found is None:
        raise ContractctlError(
            f"the database has no table '{table}'",
            hint="is this the right database, and its schema in search_path? write schema.table where it is not",
        )
    number, kind = found
    if kind not in _ORDINARY:
        raise ContractctlError(
            f"'{table}' is a {_KINDS.get(kind, 'relation')}, and only tables can be staged",
            hint="name the table that holds the rows",
        )
    return number


def _look_up(connection: Connection, table: str) -> tuple[int, str] | None:
    name = literal(table_name(table))
    query = f"SELECT oid::int8, relkind::text FROM pg_catalog.pg_class WHERE oid = to_regclass({name})"
    row = run(connection, query).first()
    return None if row is None else (int(row[0]), str(row[1]))


def exists(connection: Connection, table: str) -> bool:
    """Whether there is a table of that name, in the schema that it names or in search_path."""
    found = _look_up(connection, table)
    return found is not None and found[1] in _ORDINARY


def family(table: int) -> str:
    """SQL: the numbers of the table and of its partitions, which have indexes and dependents of their own."""
    return f"SELECT {table}::oid UNION SELECT relid FROM pg_catalog.pg_partition_tree({table}::oid::regclass)"


def checked_by_triggers(tables: str, names: Iterable[str]) -> str:
    """SQL: whether a constraint of these columns looks at them by triggers of its own, which sleep in a replica.

    tables: their numbers in SQL.
    """
    return _CHECKED.format(tables=tables, names=", ".join(map(literal, names)))


_CHECKED = """EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_constraint k ON k.oid = t.tgconstraint AND (k.contype = 'f' OR k.condeferrable)
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.tgrelid
  AND (a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) OR a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey))
WHERE t.tgrelid IN ({tables}) AND a.attname IN ({names}))
"""


def columns(connection: Connection, table: str) -> tuple[Column, ...]:
    """The table's columns, in order."""
    number = oid(connection, table)
    guards = _guards(connection, number)
    rows = run(connection, _COLUMNS.format(table=number)).all()
    return tuple(
        Column(
            name=name,
            type=type_,
            not_null=not_null,
            default=default,
            key_place=place or 0,
            generated=generated,
            collation=collation,
            guards=tuple(sorted(guard for guard in guards.get(name, ()) if guard != _NEVER_NULL)),
            never_null=not_null or _NEVER_NULL in guards.get(name, ()),
        )
        for name, type_, not_null, default, place, generated, collation in rows
    )


def as_shown(column: Column, *, counted: bool) -> Column:
    """A column of which only a plan tells, as `columns` would show it but for its sequence's name."""
    return replace(column, type=types.spelled(column.type), default=COUNTED if counted else column.default)


def asking_default(table: str, column: str) -> str:
    """SQL: the default of a column of ours, as `columns` shows it."""
    return f"""SELECT {_DEFAULT}
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = to_regclass({literal(table_name(table))}) AND a.attname = {literal(column)}"""


_DEFAULT = """CASE
    WHEN a.attidentity <> '' THEN
      format('nextval(%L::regclass)', pg_catalog.pg_get_serial_sequence(a.attrelid::regclass::text, a.attname))
    WHEN a.attgenerated = '' THEN coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid),
      (SELECT p.typdefault FROM pg_catalog.pg_type p WHERE p.oid = a.atttypid AND p.typtype = 'd'))
  END"""

_COLUMNS = f"""
SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
  {_DEFAULT},
  array_position(k.conkey::int2[], a.attnum), a.attgenerated <> '',
  (SELECT CASE WHEN pg_catalog.pg_collation_is_visible(c.oid) THEN '' ELSE n.nspname || '.' END || c.collname
    FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
    WHERE c.oid = a.attcollation AND a.attcollation <> t.typcollation)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
WHERE a.attrelid = {{table}} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""


def _guards(connection: Connection, table: int) -> dict[str, set[str]]:
    """By column: what may refuse a value in it, the column itself written as @. Partitions count, too."""
    found: dict[str, set[str]] = {}
    for name, text in run(connection, _GUARDS.format(family=family(table))):
        found.setdefault(name, set()).add(_without_name(text, name))
    return found


_GUARDS = """
SELECT DISTINCT a.attname::text, CASE
    WHEN i.indexrelid IS NOT NULL THEN
      'UNIQUE ' || substring(pg_catalog.pg_get_indexdef(i.indexrelid) FROM ' USING .*')
      || CASE WHEN i.indimmediate THEN '' ELSE ' DEFERRABLE' END
    WHEN k.conrelid IN ({family}) THEN regexp_replace(pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', '')
    ELSE format('REFERENCED BY %s: %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid))
  END
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objid
  AND k.contype IN ('c', 'f', 'p', 'u', 'x')
LEFT JOIN pg_catalog.pg_index i ON (i.indisunique OR k.contype = 'x') AND i.indexrelid = CASE
  WHEN d.classid = 'pg_catalog.pg_class'::regclass THEN d.objid
  WHEN k.contype IN ('p', 'u', 'x') THEN k.conindid END
WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid IN ({family})
  AND (k.oid IS NOT NULL OR i.indexrelid IS NOT NULL)
"""


def _without_name(text: str, column: str) -> str:
    """The definition's tokens with the column as @, and as few parentheses as the server may write or leave out.

    The names after REFERENCES are another table's.
    """
    own, references, theirs = text.partition(" REFERENCES ")
    parts = (
        _ITSELF if token.sort in (Sort.WORD, Sort.QUOTED) and token.name == column else token.text
        for token in spoken(own)
    )
    written = " ".join(parts).replace("( ( ", "( ").replace(" ) )", " )").replace("( ", "(").replace(" )", ")")
    return written + references + theirs


def key_columns(connection: Connection, table: str) -> tuple[Column, ...]:
    """What finds a row: the primary key's columns in their order, or those of a unique index that holds no NULL."""
    found = columns(connection, table)
    keyed = sorted((column for column in found if column.key_place), key=lambda column: column.key_place)
    if keyed:
        return tuple(keyed)
    query = _UNIQUE_INDEX.format(table=oid(connection, table))
    names: list[str] = run(connection, query).scalars().first() or []
    if not names:
        raise ContractctlError(
            f"the rows of '{table}' cannot be identified: it has no primary key,"
            " and no unique index over columns that are NOT NULL",
            hint="give the table a primary key first",
        )
    by_name = {column.name: column for column in found}
    return tuple(by_name[name] for name in names)


_UNIQUE_INDEX = """
SELECT array_agg(a.attname::text ORDER BY k.place)
FROM pg_catalog.pg_index i
CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indoption::int2[], i.indcollation::oid[])
  WITH ORDINALITY AS k (attnum, direction, collated, place)
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = {table} AND i.indisunique AND i.indisvalid AND i.indimmediate
  AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
GROUP BY i.indexrelid
HAVING bool_and(a.attnotnull AND k.direction = 0 AND k.collated = a.attcollation)
ORDER BY count(*), i.indexrelid
LIMIT 1
"""

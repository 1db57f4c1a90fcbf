"""What is said of a column besides its definition? Its comment, and how its values are counted and stored.

https://www.postgresql.org/docs/current/catalog-pg-attribute.html
"""

import json

from contractctl.databases.catalog import Catalog
from contractctl.databases.postgresql.names import literal, quote
from contractctl.databases.postgresql.names import table as of_table


def describing(catalog: Catalog, table: str, old: str, new: str, type_: str) -> tuple[str, ...]:
    """The statements that say the same of the new column, which is of that type; another type is stored in its way."""
    here, column = of_table(table), quote(new)
    query = _SAID.format(
        comment=literal(f"COMMENT ON COLUMN {here}.{column} IS %L"),
        alter=literal(f"ALTER TABLE {here} ALTER COLUMN {column} SET %s"),
        type=literal(type_),
        table=literal(here),
        old=literal(old),
    )
    return tuple(json.loads(catalog.ask(query, "[]")))


_SAID = """SELECT coalesce(json_agg(statement ORDER BY place), '[]')::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
CROSS JOIN LATERAL (VALUES
  (1, format({comment}, pg_catalog.col_description(a.attrelid, a.attnum)),
    pg_catalog.col_description(a.attrelid, a.attnum) IS NOT NULL),
  (2, format({alter}, 'STATISTICS ' || a.attstattarget), a.attstattarget >= 0),
  (3, format({alter}, '(' || array_to_string(a.attoptions, ', ') || ')'), a.attoptions IS NOT NULL),
  (4, format({alter}, 'STORAGE ' || CASE a.attstorage
      WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END),
    a.attstorage <> t.typstorage AND a.atttypid = to_regtype({type})),
  (5, format({alter}, 'COMPRESSION ' || CASE a.attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END),
    a.attcompression <> '' AND a.atttypid = to_regtype({type}))
) AS said (place, statement, is_said)
WHERE a.attrelid = to_regclass({table}) AND a.attname = {old} AND is_said"""

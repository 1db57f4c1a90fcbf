"""Who may use what takes another's place? The statements that grant it, one a line."""

from contractctl.databases.catalog import Catalog
from contractctl.databases.postgresql.names import literal, quote
from contractctl.databases.postgresql.names import table as of_table

_GRANT = "'GRANT %s ON %s TO %s%s'"
_WHOM = """CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
    CASE WHEN bool_and(g.is_grantable) THEN ' WITH GRANT OPTION' ELSE '' END"""


def granting(of: str, to: str, privileges: tuple[str, ...]) -> str:
    """SQL: the statements that let those use the one, `to`, who may use the other, whose name is SQL."""
    return f"""SELECT coalesce(string_agg(statement, E'\\n' ORDER BY statement), '') FROM (
  SELECT format({_GRANT}, g.privilege_type, {literal(to)}, {_WHOM}) AS statement
  FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) g
  WHERE c.oid = to_regclass({of}) AND g.grantee <> c.relowner
    AND g.privilege_type IN ({", ".join(map(literal, privileges))})
  GROUP BY g.privilege_type, g.grantee) AS grants"""


def sharing_column(catalog: Catalog, table: str, olds: tuple[str, ...], new: str) -> tuple[str, ...]:
    """Those who may use each of the old columns by its name may use the new one."""
    query = _OF_COLUMNS.format(
        column=literal(f"({quote(new)})"),
        to=literal(of_table(table)),
        table=literal(of_table(table)),
        which=f"a.attname IN ({', '.join(map(literal, olds))})",
        together=f" HAVING count(DISTINCT a.attnum) = {len(olds)}",
    )
    return tuple(catalog.ask(query, "").splitlines()) if olds else ()


def sharing_columns(catalog: Catalog, table: str, view: str) -> tuple[str, ...]:
    """Those who may use columns of the table by their names may use these in a view of it."""
    query = _OF_COLUMNS.format(
        column="format('(%I)', a.attname)",
        to=literal(of_table(view)),
        table=literal(of_table(table)),
        which="true",
        together=", a.attname",
    )
    return tuple(catalog.ask(query, "").splitlines())


_OF_COLUMNS = f"""SELECT coalesce(string_agg(statement, E'\\n' ORDER BY statement), '') FROM (
  SELECT format({_GRANT}, g.privilege_type || ' ' || {{column}}, {{to}}, {_WHOM}) AS statement
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN LATERAL aclexplode(a.attacl) g
  WHERE c.oid = to_regclass({{table}}) AND g.grantee <> c.relowner AND {{which}}
  GROUP BY g.privilege_type, g.grantee{{together}}) AS grants"""

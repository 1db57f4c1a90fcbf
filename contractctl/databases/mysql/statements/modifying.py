"""How is a column written anew with one thing changed? In all the rest it stays as the server says that it is."""

from dataclasses import dataclass

from contractctl.databases import Column, Statement, Work
from contractctl.databases.catalog import Catalog, UntoldError
from contractctl.databases.mysql.names import literal, quote
from contractctl.databases.mysql.names import table as table_name
from contractctl.databases.mysql.statements.blocking import (
    demand_known_default,
    demand_online,
    lost_default,
    of_column,
    untold_default,
)

_SAID = "@contractctl_said"


@dataclass(frozen=True, slots=True)
class Changed:
    """What becomes of a column. None: that stays as it is."""

    type: str | None = None
    nullable: bool | None = None
    check: str | None = None
    """Its own condition, as SQL; empty: none."""
    on_update: str | None = None
    """What it becomes by itself when its row is updated."""


def modify(
    catalog: Catalog, table: str, column: str, changed: Changed, work: Work = Work.NONE
) -> tuple[Statement, ...]:
    """The statement that does it, where rows are written anew while applications read and write.

    A script asks the server itself how the column is.
    """
    instant = work is not Work.REWRITE
    if not instant:
        demand_online(catalog, table)
    head = f"ALTER TABLE {table_name(table)} MODIFY COLUMN {quote(column)} "
    how = f", ALGORITHM={'INSTANT' if instant else 'INPLACE'}, LOCK=NONE"
    try:
        sql = f"{head}{definition(catalog, table, column, changed)}{how}"
    except UntoldError:
        told = f"concat({literal(head)}, ({_query(table, column, changed)}), {literal(how)})"
        refusal = literal(f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {literal(lost_default(table, column))}")
        unknown = untold_default(table, column)
        asked = Statement(f"SET {_SAID} = if(EXISTS ({unknown}), {refusal}, {told})", "none")
        return (asked, Statement(f"EXECUTE IMMEDIATE {_SAID}", "LOCK=NONE", work, transactional=False, instant=instant))
    return (Statement(sql, "LOCK=NONE", work, transactional=False, instant=instant),)


def definition(catalog: Catalog, table: str, column: str, changed: Changed) -> str:
    """What stands behind the column's name then: what the server says of it, or what the plan does where it is to come.

    Raise UntoldError where neither does.
    """
    coming = catalog.coming(table, column)
    if coming is not None:
        return _told(coming, changed)
    demand_known_default(catalog, table, column)
    return catalog.ask(_query(table, column, changed))


def comment_of(catalog: Catalog, table: str, column: str) -> str:
    """The clause that says the column's comment; empty where it has none, or a script does not know."""
    query = f"SELECT {_COMMENT} FROM information_schema.COLUMNS c WHERE {of_column(table, column)}"
    return catalog.ask(query, "").strip()


def _told(column: Column, changed: Changed) -> str:
    nullable = not column.not_null if changed.nullable is None else changed.nullable
    parts = (
        column.type,
        "NULL" if nullable else "NOT NULL",
        f"ON UPDATE {changed.on_update}" if changed.on_update else "",
        f"CHECK ({changed.check})" if changed.check else "",
    )
    return " ".join(part for part in parts if part)


def _query(table: str, column: str, changed: Changed) -> str:
    """SQL that gives the column's new definition."""
    type_, nullable, check, on_update = _TYPE, _NULLABLE, _CHECK, _ON_UPDATE
    if changed.nullable is not None:
        nullable = literal(" NULL" if changed.nullable else " NOT NULL")
    if changed.type is not None:
        type_ = literal(changed.type)
    elif changed.check is None:
        type_, check = f"if({_IS_JSON}, 'json', {_TYPE})", f"if({_IS_JSON}, '', {_CHECK})"
    if changed.check is not None:
        check = literal(f" CHECK ({changed.check})" if changed.check else "")
    if changed.on_update is not None:
        on_update = literal(f" ON UPDATE {changed.on_update}")
    parts = {"type": type_, "nullable": nullable, "on_update": on_update, "comment": _COMMENT, "check": check}
    return f"SELECT {_DEFINITION.format(**parts)}\nFROM information_schema.COLUMNS c WHERE {of_column(table, column)}"


_TYPE = """concat(c.COLUMN_TYPE, if(c.CHARACTER_SET_NAME IS NULL, '',
    concat(' CHARACTER SET ', c.CHARACTER_SET_NAME, ' COLLATE ', c.COLLATION_NAME)))"""
_IS_JSON = """c.COLUMN_TYPE = 'longtext' AND c.COLLATION_NAME = 'utf8mb4_bin' AND EXISTS (
    SELECT 1 FROM information_schema.CHECK_CONSTRAINTS k
    WHERE k.CONSTRAINT_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME AND k.LEVEL = 'Column'
      AND k.CHECK_CLAUSE = concat('json_valid(`', replace(c.COLUMN_NAME, '`', '``'), '`)'))"""
"""A text with just this CHECK has a type of its own, and would get another one where it is written as what it is."""
_NULLABLE = "if(c.IS_NULLABLE = 'YES', ' NULL', ' NOT NULL')"
_ON_UPDATE = """if(c.EXTRA LIKE '%on update%',
    concat(' ON UPDATE ', regexp_substr(c.EXTRA, '(?i)current_timestamp[(][0-9]*[)]')), '')"""
_CHECK = """coalesce((SELECT concat(' CHECK (', k.CHECK_CLAUSE, ')') FROM information_schema.CHECK_CONSTRAINTS k
    WHERE k.CONSTRAINT_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME AND k.LEVEL = 'Column'
      AND locate(concat('`', replace(c.COLUMN_NAME, '`', '``'), '`'), k.CHECK_CLAUSE) > 0
      AND (k.CONSTRAINT_NAME = c.COLUMN_NAME OR NOT EXISTS (SELECT 1 FROM information_schema.COLUMNS o
        WHERE o.TABLE_SCHEMA = c.TABLE_SCHEMA AND o.TABLE_NAME = c.TABLE_NAME AND o.COLUMN_NAME = k.CONSTRAINT_NAME))
    ORDER BY k.CONSTRAINT_NAME = c.COLUMN_NAME DESC LIMIT 1), '')"""
"""The column's own. It keeps the name that the column had at first."""
_COMMENT = "if(c.COLUMN_COMMENT = '', '', concat(' COMMENT ', quote(c.COLUMN_COMMENT)))"
_DEFINITION = """concat({type},
  {nullable},
  if(c.EXTRA LIKE '%auto_increment%', ' AUTO_INCREMENT', ''),
  if(c.COLUMN_DEFAULT IS NULL OR c.COLUMN_DEFAULT = 'NULL', '', concat(' DEFAULT ', c.COLUMN_DEFAULT)),
  {on_update},
  if(c.EXTRA LIKE '%INVISIBLE%', ' INVISIBLE', ''),
  {comment},
  {check})"""

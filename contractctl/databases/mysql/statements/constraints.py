"""How does a MariaDB table get its indexes and constraints, and lose them, while everybody reads and writes?"""

from dataclasses import replace

from contractctl.databases import Statement, Work
from contractctl.databases.catalog import Catalog
from contractctl.databases.ddl import BlockingError, ForeignKey, Index, foreign_key
from contractctl.databases.mysql.names import literal, quote, quotes
from contractctl.databases.mysql.names import table as table_name
from contractctl.databases.mysql.statements import checks
from contractctl.databases.mysql.statements.altering import alter
from contractctl.databases.mysql.statements.renaming import both_at_once
from contractctl.databases.mysql.tables import of_table


def add_check(catalog: Catalog, table: str, _name: str, condition: str) -> tuple[Statement, ...]:
    """Let a column's definition hold the condition; see `checks`. Nothing where it stands."""
    return checks.add(catalog, table, condition)


def add_foreign_key(catalog: Catalog, table: str, key: ForeignKey, _at_once: bool) -> tuple[Statement, ...]:
    """Add a foreign key: its index first, then the key itself, for what is written from now on.

    MariaDB holds it against no row that is there where it does not copy the table: whoever adds it has looked, and
    looks again. Nothing where it stands.
    """
    if catalog.ask(_has(table, "REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", key.name), "0") != "0":
        return ()
    clause = foreign_key(replace(key, timing=""), quotes, table_name)  # of MariaDB there is none
    add = f"ADD CONSTRAINT {quote(key.name)} {clause}"
    return (*index_foreign_key(catalog, table, key.name, key.columns), unchecked(alter(table, add)))


def index_foreign_key(catalog: Catalog, table: str, name: str, columns: tuple[str, ...]) -> tuple[Statement, ...]:
    """Build the index that a foreign key needs. Nothing where one begins with these columns."""
    if catalog.ask(_is_indexed(table, columns), "0") != "0":
        return ()
    return build_index(catalog, table, Index(name, quotes(columns)), at_once=False)


def add_unique(_catalog: Catalog, _table: str, _name: str, _columns: tuple[str, ...]) -> tuple[Statement, ...]:
    """Nothing: a unique index is all there is."""
    return ()


def drop_constraint(catalog: Catalog, table: str, sort: str, name: str, says: str) -> tuple[Statement, ...]:
    """Drop a constraint, if it is there."""
    match sort:
        case "unique":
            return drop_index(table, name)
        case "check":
            return checks.drop(catalog, table, name, says)
        case _:
            return (alter(table, f"DROP FOREIGN KEY IF EXISTS {quote(name)}"),)


def drop_references(catalog: Catalog, table: str, to: str) -> tuple[Statement, ...]:
    """Drop the foreign keys by which one table refers to another, while nobody else has either. Nothing without any."""
    ends = of_table(table, "CONSTRAINT_SCHEMA"), of_table(to, "UNIQUE_CONSTRAINT_SCHEMA", "REFERENCED_TABLE_NAME")
    names = catalog.ask(_REFERRING.format(ends=" AND ".join(ends)), "")
    drops = ", ".join(f"DROP FOREIGN KEY {quote(name)}" for name in names.splitlines())
    if not drops:
        return ()
    alter = f"ALTER TABLE {table_name(table)} {drops}, ALGORITHM=INSTANT, LOCK=NONE"
    return both_at_once(table, to, (alter,))


def rename_constraint(catalog: Catalog, table: str, sort: str, name: str, new: str) -> tuple[Statement, ...]:
    """Give an index another name; a foreign key is made again under it at once, and its index goes along."""
    match sort:
        case "check":
            return ()  # it stands in a column's definition, and has no name
        case "foreign-key":
            of = (
                of_table(table, "k.TABLE_SCHEMA", "k.TABLE_NAME"),
                of_table(table, "r.CONSTRAINT_SCHEMA", "r.TABLE_NAME"),
            )
            add = catalog.ask(_REFERENCE.format(of=" AND ".join(of), name=literal(name), rules=RULES))
            indexed = catalog.ask(_has(table, "STATISTICS", "TABLE_SCHEMA", name, "INDEX_NAME"), "0") != "0"
            index = alter(table, f"RENAME INDEX {quote(name)} TO {quote(new)}")
            key = unchecked(alter(table, f"DROP FOREIGN KEY {quote(name)}, ADD CONSTRAINT {quote(new)} {add}"))
            return (*((index,) if indexed else ()), key)
        case _:
            return (alter(table, f"RENAME INDEX {quote(name)} TO {quote(new)}"),)


def build_index(catalog: Catalog, table: str, index: Index, at_once: bool) -> tuple[Statement, ...]:
    """Build an index while applications read and write. Nothing where it stands."""
    if catalog.ask(_has(table, "STATISTICS", "TABLE_SCHEMA", index.name, "INDEX_NAME"), "0") != "0":
        return ()
    if index.sort and not at_once:
        raise BlockingError(
            f"MariaDB builds the {index.sort} index '{index.name}' of '{table}' only while nobody else writes",
            hint="build it at a time without writes, in a revision of your own, and release the contract with it",
        )
    sort = index.sort or ("UNIQUE" if index.unique else "")
    parts = ("ADD", sort, "INDEX", quote(index.name), f"USING {index.using}" if index.using else "")
    action = f"{' '.join(part for part in parts if part)} ({index.columns}) {index.rest}".rstrip()
    if index.sort:
        sql = f"ALTER TABLE {table_name(table)} {action}, ALGORITHM=INPLACE, LOCK=SHARED"
        return (Statement(sql, "LOCK=SHARED", Work.SCAN, transactional=False),)
    return (alter(table, action, "NOCOPY", Work.SCAN),)


def drop_index(table: str, name: str, _beside: bool = True) -> tuple[Statement, ...]:
    """Drop an index, if it is there."""
    return (alter(table, f"DROP INDEX IF EXISTS {quote(name)}", "NOCOPY"),)


def unchecked(statement: Statement) -> Statement:
    """A foreign key that is held against no row that is there: MariaDB would copy the table for that."""
    return replace(statement, sql=f"SET STATEMENT foreign_key_checks = 0 FOR {statement.sql}")


def _has(table: str, view: str, schema: str, name: str, column: str = "CONSTRAINT_NAME") -> str:
    where = of_table(table, schema)
    return f"SELECT count(*) FROM information_schema.{view} WHERE {where} AND {column} = {literal(name)}"


def _is_indexed(table: str, columns: tuple[str, ...]) -> str:
    """SQL: how many indexes begin with these columns."""
    first = " OR ".join(
        f"(COLUMN_NAME = {literal(column)} AND SEQ_IN_INDEX = {place})" for place, column in enumerate(columns, 1)
    )
    counted = f"SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE {of_table(table)} AND ({first})"
    return f"SELECT count(*) FROM ({counted} GROUP BY INDEX_NAME HAVING count(*) = {len(columns)}) AS found"


RULES = """concat(if(r.DELETE_RULE = 'RESTRICT', '', concat(' ON DELETE ', r.DELETE_RULE)),
  if(r.UPDATE_RULE = 'RESTRICT', '', concat(' ON UPDATE ', r.UPDATE_RULE)))"""
"""SQL: what a foreign key does. To say that it restricts, which it does by itself, MariaDB writes as NO ACTION."""
_REFERENCE = """
SELECT concat('FOREIGN KEY (', group_concat('`', replace(k.COLUMN_NAME, '`', '``'), '`' ORDER BY k.ORDINAL_POSITION),
  ') REFERENCES `', replace(k.REFERENCED_TABLE_SCHEMA, '`', '``'), '`.`', replace(k.REFERENCED_TABLE_NAME, '`', '``'),
  '` (', group_concat('`', replace(k.REFERENCED_COLUMN_NAME, '`', '``'), '`' ORDER BY k.ORDINAL_POSITION),
  ')', {rules})
FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
  ON r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
WHERE {of} AND k.CONSTRAINT_NAME = {name}
GROUP BY r.DELETE_RULE, r.UPDATE_RULE, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME
"""


_REFERRING = """
SELECT coalesce(group_concat(CONSTRAINT_NAME SEPARATOR '\\n'), '') FROM information_schema.REFERENTIAL_CONSTRAINTS
WHERE {ends}
"""

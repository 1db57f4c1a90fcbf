"""How is a MariaDB table changed, so that nobody waits for it? https://mariadb.com/kb/en/innodb-online-ddl-overview/.

Every statement commits by itself, and says which ALGORITHM and LOCK it needs: where the server would copy the table,
it refuses instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import LOCK_SECONDS, Column, Statement, Synchronisation, Work, run
from contractctl.databases.ddl import BlockingError, ForeignKey, Index
from contractctl.databases.looks import Called, Look
from contractctl.databases.mysql import across, checks
from contractctl.databases.mysql.blocking import demand_no_moment, demand_online, demand_way_back
from contractctl.databases.mysql.modifying import Changed, modify
from contractctl.databases.mysql.names import literal, quote, quotes
from contractctl.databases.mysql.names import table as table_name
from contractctl.databases.mysql.renaming import both_at_once, drop_in_step, rename_in_step
from contractctl.databases.mysql.tables import of_table
from contractctl.databases.mysql.triggers import create, drop_triggers
from contractctl.databases.mysql.trying import create_functions
from contractctl.databases.mysql.types import Family, read

promises = False
relaxes_given = False
reads_what_triggers_write = False
keys_bring_indexes = True
sequences = False
carries_checks = True
_WAIT = int(LOCK_SECONDS)
_NOT_ONLINE = (1845, 1846)
"""ER_ALTER_OPERATION_NOT_SUPPORTED, with and without a reason: https://mariadb.com/kb/en/mariadb-error-code-reference/."""
_NOT_FREE = 1205
"""ER_LOCK_WAIT_TIMEOUT."""
_UNKNOWN_COLUMN = 1054
"""ER_BAD_FIELD_ERROR."""
_ATTEMPTS = 100
_UNLOCK = "UNLOCK TABLES"
_EXCLUSIVE = "EXCLUSIVE, for an instant"
_FUNCTION = "DROP FUNCTION"
_GONE = "contractctl_gone_"
_CREATE_VIEW = "CREATE OR REPLACE SQL SECURITY INVOKER VIEW"


def patience() -> tuple[Statement, ...]:
    """Nothing waits for a lock for long, so that nobody queues behind it for long."""
    limits = ("lock_wait_timeout", "innodb_lock_wait_timeout")
    return (Statement(f"SET SESSION {', '.join(f'{name} = {_WAIT}' for name in limits)}", "none"),)


def add_column(_look: Look, table: str, column: Column) -> tuple[Statement, ...]:
    """Add a column behind the others. MariaDB itself refuses to do that at once with a default of another kind.

    Before 10.10 a TIMESTAMP that does not say NULL is NOT NULL, and a clock.
    """
    parts = (
        quote(column.name),
        column.type,
        f"COLLATE {column.collation}" if column.collation else "",
        "NOT NULL" if column.not_null else "NULL" if read(column.type).family is Family.TIMESTAMP else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
    )
    return (_alter(table, f"ADD COLUMN {' '.join(part for part in parts if part)}"),)


def drop_column(table: str, column: str) -> tuple[Statement, ...]:
    """Drop a column; its values stay in the rows until these are written anew."""
    return (_alter(table, f"DROP COLUMN {quote(column)}"),)


def hold(_tables: tuple[str, ...]) -> tuple[Statement, ...]:
    """Nothing: each statement commits by itself."""
    return ()


def rename_columns(table: str, names: Mapping[str, str], sync: Synchronisation | None) -> tuple[Statement, ...]:
    """Rename columns, and the triggers follow; nobody sees them in between."""
    return rename_in_step(table, names, sync, _WAIT)


def keep_in_step(sync: Synchronisation) -> tuple[Statement, ...]:
    """Create the triggers, each at once in the place of one that is there."""
    if sync.across is not None:
        return both_at_once(sync.table, sync.across.table, across.create(sync))
    functions = (Statement(sql, "none") for sql in create_functions(sync))
    return (*functions, *(Statement(sql, "LOCK=SHARED, for an instant") for sql in create(sync, anew=True).values()))


def stop_keeping(sync: Synchronisation, columns: tuple[str, ...] = ()) -> tuple[Statement, ...]:
    """Drop them, whether or not they are there; first those that would mark what the others no longer keep in step.

    Columns go with them, while the table is locked: between the two nobody would give them a value.
    """
    drops = drop_triggers(sync)
    if sync.across is not None:
        return both_at_once(sync.table, sync.across.table, drops)
    functions = tuple(Statement(sql, "none") for sql in drops if sql.startswith(_FUNCTION))
    own = tuple(sql for sql in reversed(drops) if not sql.startswith(_FUNCTION))
    if columns:
        return (*drop_in_step(sync.table, own, columns, _WAIT), *functions)
    return (*(Statement(sql, "LOCK=SHARED, for an instant") for sql in own), *functions)


def relax_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL: the table is written anew, beside everybody's reads and writes."""
    demand_way_back(look, table, column)
    return _modified(look, table, column, nullable=True)


def gives_at_once(_sync: Synchronisation, _column: str) -> bool:
    """Yes: BEFORE triggers give it."""
    return True


def promise_not_null(_look: Look, _table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing: NOT NULL itself is made beside everybody's reads and writes."""
    return ()


def give_up_not_null(_table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing was promised."""
    return ()


def require_not_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Forbid NULL in a column that has none: the table is written anew, beside everybody's reads and writes."""
    demand_no_moment(look, table, column)
    return _modified(look, table, column, nullable=False)


def allow_null(look: Look, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL for good."""
    return _modified(look, table, column, nullable=True)


def set_default(_look: Look, table: str, column: str, default: str | None) -> tuple[Statement, ...]:
    """Give the column this default, or none; rows that are there keep what they have."""
    action = "DROP DEFAULT" if default is None else f"SET DEFAULT {default}"
    return (_alter(table, f"ALTER COLUMN {quote(column)} {action}"),)


def add_check(look: Look, table: str, _name: str, condition: str) -> tuple[Statement, ...]:
    """Let a column's definition hold the condition; see `checks`. Nothing where it stands."""
    return checks.add(look, table, condition)


def add_foreign_key(look: Look, table: str, key: ForeignKey, _at_once: bool) -> tuple[Statement, ...]:
    """Add a foreign key: its index first, then the key itself, for what is written from now on.

    MariaDB holds it against no row that is there where it does not copy the table: whoever adds it has looked, and
    looks again. Nothing where it stands.
    """
    if look.ask(_has(table, "REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", key.name), "0") != "0":
        return ()
    add = f"ADD CONSTRAINT {quote(key.name)} {_foreign_key(key)}"
    index = Index(key.name, quotes(key.columns))
    indexed = look.ask(_is_indexed(table, key.columns), "0") != "0"
    return (*(() if indexed else build_index(look, table, index, at_once=False)), _unchecked(_alter(table, add)))


def add_unique(_look: Look, _table: str, _name: str, _columns: tuple[str, ...]) -> tuple[Statement, ...]:
    """Nothing: a unique index is all there is."""
    return ()


def drop_constraint(look: Look, table: str, sort: str, name: str, says: str) -> tuple[Statement, ...]:
    """Drop a constraint, if it is there."""
    match sort:
        case "unique":
            return drop_index(table, name)
        case "check":
            return checks.drop(look, table, name, says)
        case _:
            return (_alter(table, f"DROP FOREIGN KEY IF EXISTS {quote(name)}"),)


def drop_references(look: Look, table: str, to: str) -> tuple[Statement, ...]:
    """Drop the foreign keys by which one table refers to another, while nobody else has either. Nothing without any."""
    ends = of_table(table, "CONSTRAINT_SCHEMA"), of_table(to, "UNIQUE_CONSTRAINT_SCHEMA", "REFERENCED_TABLE_NAME")
    names = look.ask(_REFERRING.format(ends=" AND ".join(ends)), "")
    drops = ", ".join(f"DROP FOREIGN KEY {quote(name)}" for name in names.splitlines())
    if not drops:
        return ()
    alter = f"ALTER TABLE {table_name(table)} {drops}, ALGORITHM=INSTANT, LOCK=NONE"
    return both_at_once(table, to, (alter,))


def rename_constraint(look: Look, table: str, sort: str, name: str, new: str) -> tuple[Statement, ...]:
    """Give an index another name; a foreign key is made again under it at once, and its index goes along."""
    match sort:
        case "check":
            return ()  # it stands in a column's definition, and has no name
        case "foreign-key":
            add = look.ask(_REFERENCE.format(of=of_table(table, "k.TABLE_SCHEMA", "k.TABLE_NAME"), name=literal(name)))
            indexed = look.ask(_has(table, "STATISTICS", "TABLE_SCHEMA", name, "INDEX_NAME"), "0") != "0"
            index = _alter(table, f"RENAME INDEX {quote(name)} TO {quote(new)}")
            key = _unchecked(_alter(table, f"DROP FOREIGN KEY {quote(name)}, ADD CONSTRAINT {quote(new)} {add}"))
            return (*((index,) if indexed else ()), key)
        case _:
            return (_alter(table, f"RENAME INDEX {quote(name)} TO {quote(new)}"),)


def build_index(look: Look, table: str, index: Index, at_once: bool) -> tuple[Statement, ...]:
    """Build an index beside everybody's reads and writes. Nothing where it stands."""
    if look.ask(_has(table, "STATISTICS", "TABLE_SCHEMA", index.name, "INDEX_NAME"), "0") != "0":
        return ()
    if index.sort and not at_once:
        raise BlockingError(
            f"MariaDB builds the {index.sort} index '{index.name}' of '{table}' only while nobody else writes",
            hint="build it when nobody has to write, in a revision of your own, and release the contract with it",
        )
    sort = index.sort or ("UNIQUE" if index.unique else "")
    parts = ("ADD", sort, "INDEX", quote(index.name), f"USING {index.using}" if index.using else "")
    action = f"{' '.join(part for part in parts if part)} ({index.columns}) {index.rest}".rstrip()
    if index.sort:
        sql = f"ALTER TABLE {table_name(table)} WAIT {_WAIT} {action}, ALGORITHM=INPLACE, LOCK=SHARED"
        return (Statement(sql, "LOCK=SHARED", transactional=False),)
    return (_alter(table, action, "NOCOPY", Work.SCAN),)


def drop_index(table: str, name: str, _beside: bool = True) -> tuple[Statement, ...]:
    """Drop an index, if it is there."""
    return (_alter(table, f"DROP INDEX IF EXISTS {quote(name)}", "NOCOPY"),)


def move_key(look: Look, table: str, _old: str, new: str, index: str) -> tuple[Statement, ...]:
    """Keep the rows by another key: every row is written anew, beside everybody's reads and writes."""
    demand_online(look, table)
    demand_no_moment(look, table, new)
    action = f"DROP PRIMARY KEY, ADD PRIMARY KEY ({quote(new)}), DROP INDEX {quote(index)}"
    return (_alter(table, action, "INPLACE", Work.REWRITE),)


def hand_over(_look: Look, _table: str, _old: str, _new: str, _type: str = "") -> tuple[Statement, ...]:
    """Nothing: only a key's AUTO_INCREMENT counts up."""
    return ()


def create_table(create: str) -> tuple[Statement, ...]:
    """Make a table by its CREATE TABLE."""
    return (Statement(create, "none", transactional=False),)


def stand_in(look: Look, table: str, name: str) -> tuple[Statement, ...]:
    """A view that MariaDB itself reads and writes as the table, for those who may read and write the table."""
    columns = quotes(column.name for column in look.columns(table)) if look.live else "*"
    select = f"SELECT {columns} FROM {table_name(table)}"
    grants = look.ask(_GRANTS.format(of=of_table(table), name=literal(table_name(name))), "")
    return (
        Statement(
            f"CREATE OR REPLACE SQL SECURITY INVOKER VIEW {table_name(name)} AS {select}", "none", transactional=False
        ),
        *(Statement(grant, "none", transactional=False) for grant in grants.splitlines()),
    )


def drop_stand_in(name: str) -> tuple[Statement, ...]:
    """Take it away."""
    return (Statement(f"DROP VIEW IF EXISTS {table_name(name)}", "none", transactional=False),)


def take_name(table: str, name: str) -> tuple[Statement, ...]:
    """Let the table take the view's place: one statement, which goes on where the client dies in the middle."""
    place, _, bare = name.rpartition(".")
    gone = table_name(f"{place}.{_GONE}{bare}" if place else f"{_GONE}{bare}")
    rename = f"RENAME TABLE {table_name(name)} TO {gone}, {table_name(table)} TO {table_name(name)}"
    compound = f"BEGIN NOT ATOMIC\n{rename};\nDROP VIEW {gone};\nEND"
    return (Statement(compound, _EXCLUSIVE, transactional=False),)


def give_name_back(look: Look, table: str, name: str) -> tuple[Statement, ...]:
    """The table has its old name again, and the view stands in for the new one: for some milliseconds nothing does."""
    view, *grants = stand_in(Called(look, table, name), table, name)
    rename = f"RENAME TABLE {table_name(name)} TO {table_name(table)}"
    compound = f"BEGIN NOT ATOMIC\n{rename};\n{view.sql};\nEND"
    return (Statement(compound, _EXCLUSIVE, transactional=False), *grants)


def drop_table(table: str) -> tuple[Statement, ...]:
    """Drop a table. MariaDB refuses while a foreign key refers to it."""
    return (Statement(f"DROP TABLE IF EXISTS {table_name(table)} WAIT {_WAIT}", _EXCLUSIVE, transactional=False),)


def rename_table(table: str, new: str) -> tuple[Statement, ...]:
    """Give a table another name."""
    rename = f"RENAME TABLE {table_name(table)} WAIT {_WAIT} TO {table_name(new)}"
    return (Statement(rename, _EXCLUSIVE, transactional=False),)


def carry_out(connection: Connection, statements: Iterable[Statement]) -> None:
    """Execute them, one after the other; no table stays locked, whatever happens: a lost session has let go."""
    given = tuple(statements)
    locked = any(statement.sql == _UNLOCK for statement in given)
    try:
        _execute_all(connection, given)
    except DBAPIError as error:
        if not locked or connection.invalidated or not _is_of_names_before(error):
            raise
        run(connection, _UNLOCK)
        _execute_all(connection, given)
    finally:
        if locked and not connection.invalidated:
            run(connection, _UNLOCK)


def _execute_all(connection: Connection, statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        _execute(connection, statement)


def _is_of_names_before(error: DBAPIError) -> bool:
    """Whether MariaDB still knew a CHECK's column by the name that it had before it was renamed: then nothing was done.

    It says so of a table that has stood open since, and then opens it anew.
    """
    code, said = (*getattr(error.orig, "args", ()), 0, "")[:2]
    return code == _UNKNOWN_COLUMN and "'CHECK'" in str(said)


def _execute(connection: Connection, statement: Statement) -> None:
    try:
        _try(connection, statement)
    except DBAPIError as error:
        code, said = (*getattr(error.orig, "args", ()), 0, "")[:2]
        if code not in _NOT_ONLINE:
            raise
        raise BlockingError(
            f"MariaDB would copy the table, and hold everybody up meanwhile: {said}",
            hint=f"the statement is: {statement.sql}",
        ) from error


def _try(connection: Connection, statement: Statement) -> None:
    """At once; what does not wait by itself is tried again for as long as others would."""
    for _ in range(_ATTEMPTS if statement.sql.endswith(" NOWAIT") else 0):
        try:
            run(connection, statement.sql)
        except DBAPIError as error:
            if getattr(error.orig, "args", (0,))[0] != _NOT_FREE:
                raise
            run(connection, f"DO SLEEP({LOCK_SECONDS / _ATTEMPTS})")
        else:
            return
    run(connection, statement.sql)


def _alter(table: str, action: str, algorithm: str = "INSTANT", work: Work = Work.NONE) -> Statement:
    how = f"ALGORITHM={algorithm}, LOCK=NONE"
    sql = f"ALTER TABLE {table_name(table)} WAIT {_WAIT} {action}, {how}"
    return Statement(sql, "LOCK=NONE", work, transactional=False)


def _unchecked(statement: Statement) -> Statement:
    """A foreign key that is held against no row that is there: MariaDB would copy the table for that."""
    return replace(statement, sql=f"SET STATEMENT foreign_key_checks = 0 FOR {statement.sql}")


def _foreign_key(key: ForeignKey) -> str:
    referred = f" ({quotes(key.referred)})" if key.referred else ""
    parts = (
        f"FOREIGN KEY ({quotes(key.columns)}) REFERENCES {table_name(key.references)}{referred}",
        f"ON DELETE {key.on_delete}" if key.on_delete else "",
        f"ON UPDATE {key.on_update}" if key.on_update else "",
    )
    return " ".join(part for part in parts if part)


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


def _modified(look: Look, table: str, column: str, *, nullable: bool) -> tuple[Statement, ...]:
    """The column as it is, but for its NOT NULL."""
    return modify(look, table, column, Changed(nullable=nullable), Work.REWRITE)


_REFERENCE = """
SELECT concat('FOREIGN KEY (', group_concat('`', replace(k.COLUMN_NAME, '`', '``'), '`' ORDER BY k.ORDINAL_POSITION),
  ') REFERENCES `', replace(k.REFERENCED_TABLE_SCHEMA, '`', '``'), '`.`', replace(k.REFERENCED_TABLE_NAME, '`', '``'),
  '` (', group_concat('`', replace(k.REFERENCED_COLUMN_NAME, '`', '``'), '`' ORDER BY k.ORDINAL_POSITION),
  ') ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE)
FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
  ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
WHERE {of} AND k.CONSTRAINT_NAME = {name}
GROUP BY r.DELETE_RULE, r.UPDATE_RULE, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME
"""

_REFERRING = """
SELECT coalesce(group_concat(CONSTRAINT_NAME SEPARATOR '\\n'), '') FROM information_schema.REFERENTIAL_CONSTRAINTS
WHERE {ends}
"""

_GRANTS = """
SELECT coalesce(group_concat('GRANT ', PRIVILEGE_TYPE, ' ON ', {name}, ' TO ', GRANTEE SEPARATOR '\\n'), '')
FROM information_schema.TABLE_PRIVILEGES
WHERE {of} AND PRIVILEGE_TYPE IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
"""

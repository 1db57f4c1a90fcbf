"""How is a MariaDB table changed, so that nobody waits for it? https://mariadb.com/kb/en/innodb-online-ddl-overview/.

Every statement commits by itself, and says which ALGORITHM and LOCK it needs: where the server would copy the table,
it refuses instead.
"""

from collections.abc import Mapping

from contractctl.databases import Column, Statement, Synchronisation, Work
from contractctl.databases.catalog import Catalog
from contractctl.databases.ddl import Copying
from contractctl.databases.mysql.names import quote
from contractctl.databases.mysql.statements import swapping
from contractctl.databases.mysql.statements.altering import PATIENCE, alter, of_triggers
from contractctl.databases.mysql.statements.blocking import demand_no_moment, demand_online, demand_way_back
from contractctl.databases.mysql.statements.constraints import (
    add_check,
    add_foreign_key,
    add_unique,
    build_index,
    drop_constraint,
    drop_index,
    drop_references,
    rename_constraint,
)
from contractctl.databases.mysql.statements.modifying import Changed, comment_of, modify
from contractctl.databases.mysql.statements.renaming import both_at_once, drop_in_step, rename_in_step
from contractctl.databases.mysql.statements.whole_tables import (
    create_table,
    drop_stand_in,
    drop_table,
    give_name_back,
    rename_table,
    stand_in,
    take_name,
)
from contractctl.databases.mysql.triggers import across, create, drop_triggers
from contractctl.databases.mysql.triggers.trying import create_functions
from contractctl.databases.mysql.types import Family, read

__all__ = (
    "add_check",
    "add_column",
    "add_foreign_key",
    "add_unique",
    "allow_null",
    "build_index",
    "carries_checks",
    "copying",
    "create_table",
    "drop_column",
    "drop_constraint",
    "drop_index",
    "drop_references",
    "drop_stand_in",
    "drop_table",
    "give_name_back",
    "give_up_not_null",
    "gives_at_once",
    "hand_over",
    "hold",
    "keep_in_step",
    "keys_bring_indexes",
    "move_key",
    "patience",
    "promise_not_null",
    "promises",
    "reads_what_triggers_write",
    "relax_not_null",
    "relaxes_given",
    "remembers_types",
    "rename_columns",
    "rename_constraint",
    "rename_table",
    "require_not_null",
    "sequences",
    "set_default",
    "share_column",
    "stand_in",
    "stop_keeping",
    "take_name",
)

promises = False
relaxes_given = False
reads_what_triggers_write = False
keys_bring_indexes = True
sequences = False
remembers_types = False
carries_checks = True
copying: Copying | None = swapping
_FUNCTION = "DROP FUNCTION"


def patience() -> tuple[Statement, ...]:
    """Nothing waits for a lock for long, so that nobody queues behind it for long."""
    return (Statement(PATIENCE, "none"),)


def add_column(catalog: Catalog, table: str, column: Column, old: str | None = None) -> tuple[Statement, ...]:
    """Add a column behind the others. MariaDB itself refuses to do that at once with a default of another kind.

    Before 10.10 a TIMESTAMP that does not say NULL is NOT NULL, and a clock.
    """
    parts = (
        quote(column.name),
        column.type,
        f"COLLATE {column.collation}" if column.collation else "",
        "NOT NULL" if column.not_null else "NULL" if read(column.type).family is Family.TIMESTAMP else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
        comment_of(catalog, table, old) if old is not None else "",
    )
    return (alter(table, f"ADD COLUMN {' '.join(part for part in parts if part)}"),)


def share_column(_catalog: Catalog, _table: str, _olds: tuple[str, ...], _new: str) -> tuple[Statement, ...]:
    """Nothing: whom MariaDB lets use a name, it lets use whatever column has it."""
    return ()


def drop_column(table: str, column: str) -> tuple[Statement, ...]:
    """Drop a column; its values stay in the rows until these are written anew."""
    return (alter(table, f"DROP COLUMN {quote(column)}"),)


def hold(_tables: tuple[str, ...]) -> tuple[Statement, ...]:
    """Nothing: each statement commits by itself."""
    return ()


def rename_columns(table: str, names: Mapping[str, str], sync: Synchronisation | None) -> tuple[Statement, ...]:
    """Rename columns, and the triggers follow; nobody sees them in between."""
    return rename_in_step(table, names, sync)


def keep_in_step(sync: Synchronisation) -> tuple[Statement, ...]:
    """Create the triggers, each at once in the place of one that is there."""
    if sync.across is not None and sync.across.copied is not None:
        return swapping.follow(sync)
    if sync.across is not None:
        return both_at_once(sync.table, sync.across.table, across.create(sync))
    functions = (Statement(sql, "none") for sql in create_functions(sync))
    return (*functions, *of_triggers(create(sync, anew=True).values()))


def stop_keeping(sync: Synchronisation, columns: tuple[str, ...] = ()) -> tuple[Statement, ...]:
    """Drop them, whether or not they are there; first those that would mark what the others no longer keep in step.

    Columns go with them, while the table is locked: between the two nobody would give them a value.
    """
    drops = drop_triggers(sync)
    if sync.across is not None and sync.across.copied is not None:
        return swapping.stop_following(sync, swapped=False)
    if sync.across is not None:
        return both_at_once(sync.table, sync.across.table, drops)
    functions = tuple(Statement(sql, "none") for sql in drops if sql.startswith(_FUNCTION))
    own = tuple(sql for sql in reversed(drops) if not sql.startswith(_FUNCTION))
    if columns:
        return (*drop_in_step(sync.table, own, columns), *functions)
    return (*of_triggers(own), *functions)


def relax_not_null(catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL: the table is written anew, while applications read and write."""
    demand_way_back(catalog, table, column)
    return _modified(catalog, table, column, nullable=True)


def gives_at_once(_sync: Synchronisation, _column: str) -> bool:
    """Yes: BEFORE triggers give it."""
    return True


def promise_not_null(_catalog: Catalog, _table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing: NOT NULL itself is made while applications read and write."""
    return ()


def give_up_not_null(_table: str, _column: str) -> tuple[Statement, ...]:
    """Nothing was promised."""
    return ()


def require_not_null(catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """Forbid NULL in a column that has none: the table is written anew, while applications read and write."""
    demand_no_moment(catalog, table, column)
    return _modified(catalog, table, column, nullable=False)


def allow_null(catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL for good."""
    return _modified(catalog, table, column, nullable=True)


def set_default(_catalog: Catalog, table: str, column: str, default: str | None) -> tuple[Statement, ...]:
    """Give the column this default, or none; rows that are there keep what they have."""
    action = "DROP DEFAULT" if default is None else f"SET DEFAULT {default}"
    return (alter(table, f"ALTER COLUMN {quote(column)} {action}"),)


def move_key(catalog: Catalog, table: str, columns: tuple[str, ...], index: str) -> tuple[Statement, ...]:
    """Keep the rows by another key: every row is written anew, while applications read and write."""
    demand_online(catalog, table)
    for name in columns:
        demand_no_moment(catalog, table, name)
    action = f"DROP PRIMARY KEY, ADD PRIMARY KEY ({', '.join(map(quote, columns))}), DROP INDEX {quote(index)}"
    return (alter(table, action, "INPLACE", Work.REWRITE),)


def hand_over(_catalog: Catalog, _table: str, _old: str, _new: str, _type: str = "") -> tuple[Statement, ...]:
    """Nothing: only a key's AUTO_INCREMENT counts up."""
    return ()


def _modified(catalog: Catalog, table: str, column: str, *, nullable: bool) -> tuple[Statement, ...]:
    """The column as it is, but for its NOT NULL."""
    return modify(catalog, table, column, Changed(nullable=nullable), Work.REWRITE)

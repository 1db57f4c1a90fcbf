"""How is a PostgreSQL table changed, so that nobody waits for it?

What reads or writes rows under a lock that others must wait for is never done: what it would do is done beside their
writes first.
"""

from collections.abc import Mapping

from contractctl.databases import Column, Statement, Synchronisation, Work
from contractctl.databases.catalog import Catalog
from contractctl.databases.ddl import Copying
from contractctl.databases.postgresql.names import quote
from contractctl.databases.postgresql.statements.altering import ALONE, WRITERS_OUT, alter, of_triggers
from contractctl.databases.postgresql.statements.blocking import refuse_domain, refuse_volatile
from contractctl.databases.postgresql.statements.constraints import (
    add_check,
    add_foreign_key,
    add_unique,
    build_index,
    drop_constraint,
    drop_index,
    drop_references,
    rename_constraint,
    state_of,
)
from contractctl.databases.postgresql.statements.descriptions import describing
from contractctl.databases.postgresql.statements.keys import hand_over, move_key
from contractctl.databases.postgresql.statements.rights import sharing_column
from contractctl.databases.postgresql.statements.waiting import hold, patience
from contractctl.databases.postgresql.statements.whole_tables import (
    create_table,
    drop_stand_in,
    drop_table,
    give_name_back,
    rename_table,
    stand_in,
    take_name,
)
from contractctl.databases.postgresql.triggers import drop_triggers, triggers
from contractctl.databases.postgresql.triggers.functions import is_guarded
from contractctl.databases.temporary_names import shortened

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

promises = True
relaxes_given = True
reads_what_triggers_write = True
keys_bring_indexes = False
sequences = True
remembers_types = True
carries_checks = False
copying: Copying | None = None


def add_column(catalog: Catalog, table: str, column: Column, old: str | None = None) -> tuple[Statement, ...]:
    """Add a column. A default that is the same for all rows is kept in the catalogue; any other is refused."""
    if column.default is not None:
        refuse_volatile(catalog, table, column.name, column.default)
    refuse_domain(catalog, table, column)
    parts = (
        quote(column.name),
        column.type,
        f"COLLATE {'.'.join(map(quote, column.collation.split('.')))}" if column.collation else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
        "NOT NULL" if column.not_null else "",
    )
    said = describing(catalog, table, old, column.name, column.type) if old is not None else ()
    add = alter(table, f"ADD COLUMN {' '.join(part for part in parts if part)}")
    return (add, *(Statement(statement, "none") for statement in said))


def share_column(catalog: Catalog, table: str, olds: tuple[str, ...], new: str) -> tuple[Statement, ...]:
    """Privileges on a column stay with it when it is renamed: the new column gets those of the old ones."""
    return tuple(Statement(grant, "none") for grant in sharing_column(catalog, table, olds, new))


def drop_column(table: str, column: str) -> tuple[Statement, ...]:
    """Drop a column; its values stay in the rows until these are rewritten."""
    return (alter(table, f"DROP COLUMN {quote(column)}"),)


def rename_columns(table: str, names: Mapping[str, str], sync: Synchronisation | None) -> tuple[Statement, ...]:
    """Rename columns, and the triggers follow: they know the columns by name."""
    renames = tuple(alter(table, f"RENAME COLUMN {quote(old)} TO {quote(new)}") for old, new in names.items())
    return (*(_both(sync) if sync is not None else ()), *renames, *(keep_in_step(sync) if sync is not None else ()))


def keep_in_step(sync: Synchronisation) -> tuple[Statement, ...]:
    """Create the triggers, replacing any existing ones."""
    return (*stop_keeping(sync), *of_triggers(triggers(sync), WRITERS_OUT))


def stop_keeping(sync: Synchronisation, _columns: tuple[str, ...] = ()) -> tuple[Statement, ...]:
    """Drop them, whether or not they are there."""
    return (*_both(sync), *of_triggers(drop_triggers(sync), ALONE))


def _both(sync: Synchronisation) -> tuple[Statement, ...]:
    return () if sync.across is None else hold((sync.table, sync.across.table))


def relax_not_null(_catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL."""
    return (alter(table, f"ALTER COLUMN {quote(column)} DROP NOT NULL"),)


def gives_at_once(sync: Synchronisation, column: str) -> bool:
    """Not where a constraint of one side may refuse what is made for it: an AFTER trigger tries that alone."""
    pair = next((pair for pair in sync.columns if any(one.name == column for one in (*pair.old, *pair.new))), None)
    return pair is None or not is_guarded(pair)


def promise_not_null(catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """A CHECK that says the same. Nothing where it exists."""
    name = _promise(column)
    return add_check(catalog, table, name, f"{quote(column)} IS NOT NULL")


def give_up_not_null(table: str, column: str) -> tuple[Statement, ...]:
    """Drop the CHECK, whether or not it exists."""
    return (alter(table, f"DROP CONSTRAINT IF EXISTS {quote(_promise(column))}"),)


def require_not_null(catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """Forbid NULL. Where a CHECK has proven that there is none no row is read: PostgreSQL 12 and later trust it."""
    promised = catalog.ask(_is_promised(table, _promise(column)), "True") == "True"
    require = alter(table, f"ALTER COLUMN {quote(column)} SET NOT NULL", Work.NONE if promised else Work.SCAN)
    return (require, *(give_up_not_null(table, column) if promised else ()))


def allow_null(_catalog: Catalog, table: str, column: str) -> tuple[Statement, ...]:
    """Let the column be NULL for good."""
    return (alter(table, f"ALTER COLUMN {quote(column)} DROP NOT NULL"),)


def set_default(_catalog: Catalog, table: str, column: str, default: str | None) -> tuple[Statement, ...]:
    """Give the column this default, or none."""
    action = "DROP DEFAULT" if default is None else f"SET DEFAULT {default}"
    return (alter(table, f"ALTER COLUMN {quote(column)} {action}"),)


def _promise(column: str) -> str:
    """The name of the CHECK: constraints of different tables may share one."""
    return shortened(f"contractctl_{column}_not_null")


def _is_promised(table: str, name: str) -> str:
    return f"SELECT ({state_of(table, name)}) = 'valid'"

"""When are columns of two tables in step? Rows that hold the same key belong together.

In step is a row of the old side's table where each of its columns holds what the other table's row holds, and `absent`
where that is NULL or there is no such row. So an extracted table needs no row where there is nothing to say, and new
applications write their own. A moved value whose row is not there has no place: it is set aside, and counted.
"""

from collections.abc import Iterable

from contractctl.databases import Across, Copied, Crossed, Database, Synchronisation

HERE, THERE = "contractctl_here", "contractctl_there"
"""The aliases of the old side's rows and the other table's in a query."""
MOVING = "(row)"
"""In place of a column's name in marks: a row is deleted or gets another key, and what belongs to it follows."""


def across_of(sync: Synchronisation) -> Across:
    """The other side."""
    assert sync.across is not None  # noqa: S101 - callers have looked
    return sync.across


def copied_of(sync: Synchronisation) -> Copied:
    """How the table differs from its copy."""
    copied = across_of(sync).copied
    assert copied is not None  # noqa: S101 - callers have looked
    return copied


def other(sync: Synchronisation) -> Synchronisation:
    """The plan's name in the other table, for what is named after plan and table."""
    across = across_of(sync)
    return Synchronisation(sync.plan, across.table, across.there, (), across.key_types)


def rows_here(database: Database, sync: Synchronisation, where: str) -> str:
    """The old side's rows with the needed columns: `SELECT *` would leave out INVISIBLE ones on MariaDB."""
    across, names = across_of(sync), list[str]()
    for name in (*sync.key, *across.here, *(one.old for one in across.columns)):
        if not any(database.same(name, other) for other in names):
            names.append(name)
    return f"SELECT {', '.join(map(database.quote, names))} FROM {database.table(sync.table)} WHERE {where}"


def together(database: Database, sync: Synchronisation, here: str, there: str) -> str:
    """Whether two rows belong together; each is a table's alias, NEW or OLD, or empty for the statement's own."""
    across = across_of(sync)
    pairs = zip(across.here, across.there, strict=True)
    return " AND ".join(f"{of_row(database, there, two)} = {of_row(database, here, one)}" for one, two in pairs)


def is_alone(database: Database, sync: Synchronisation) -> str:
    """Whether a row of this side, left-joined with the other table, found none there."""
    return f"{THERE}.{database.quote(across_of(sync).there[0])} IS NULL"


def of_row(database: Database, row: str, name: str) -> str:
    """A column of a row."""
    return f"{row}.{database.quote(name)}" if row else database.quote(name)


def is_absent(database: Database, columns: Iterable[Crossed], here: str = "") -> str:
    """Whether the old side holds no value."""
    return f"({' AND '.join(_is_absent(database, one, of_row(database, here, one.old)) for one in columns)})"


def is_null(database: Database, columns: Iterable[Crossed], there: str) -> str:
    """Whether the other table's row holds no value."""
    return f"({' AND '.join(f'{of_row(database, there, one.new)} IS NULL' for one in columns)})"


def held(database: Database, one: Crossed, there: str) -> str:
    """What the old column should hold, given a row of the other table."""
    value = of_row(database, there, one.new)
    return value if one.absent == "NULL" else f"coalesce({value}, {one.absent})"


def apart(database: Database, columns: Iterable[Crossed], here: str, there: str) -> str:
    """Whether two rows that belong together hold different values."""
    found = (database.differs(of_row(database, here, one.old), held(database, one, there), one.type) for one in columns)
    return f"({' OR '.join(found)})"


def changed(database: Database, names: Iterable[str], types: Iterable[str]) -> str:
    """Whether an UPDATE changed one of these columns: for a trigger."""
    pairs = zip(names, types, strict=True)
    found = (
        database.differs(f"NEW.{database.quote(name)}", f"OLD.{database.quote(name)}", kind) for name, kind in pairs
    )
    return f"({' OR '.join(found)})"


def rekeyed_here(database: Database, sync: Synchronisation) -> str:
    """Whether an UPDATE gave a row another partner: for a trigger."""
    return changed(database, across_of(sync).here, across_of(sync).key_types)


def written_here(database: Database, sync: Synchronisation) -> str:
    """Whether an UPDATE changed what a row holds."""
    columns = across_of(sync).columns
    return changed(database, (one.old for one in columns), (one.type for one in columns))


def rekeyed_there(database: Database, sync: Synchronisation) -> str:
    """As `rekeyed_here`, in the other table."""
    return changed(database, across_of(sync).there, across_of(sync).key_types)


def written_there(database: Database, sync: Synchronisation) -> str:
    """As `written_here`, in the other table."""
    columns = across_of(sync).columns
    return changed(database, (one.new for one in columns), (one.type for one in columns))


def given_here(database: Database, sync: Synchronisation, one: Crossed, *, inserted: bool) -> str:
    """Whether a trigger's new row says what the new column should hold; column by column, as in `given_there`."""
    if inserted:
        return f"NOT {is_absent(database, (one,), 'NEW')}"
    return f"({changed(database, (one.old,), (one.type,))} OR {rekeyed_here(database, sync)})"


def given_there(database: Database, sync: Synchronisation, one: Crossed, *, inserted: bool) -> str:
    """Whether a trigger's new row of the other table says what the old column should hold.

    Column by column: writing one says nothing about another that is not filled yet.
    """
    something = f"NEW.{database.quote(one.new)} IS NOT NULL"
    if inserted:
        return something
    return f"({changed(database, (one.new,), (one.type,))} OR {rekeyed_there(database, sync)} AND {something})"


def marked(
    database: Database, sync: Synchronisation, row: str, names: Iterable[str], what: str
) -> tuple[str, str, str, str]:
    """Plan, table, key and column of a mark, as SQL over a row that is found by these columns."""
    parts = zip((of_row(database, row, name) for name in names), across_of(sync).key_types, strict=True)
    key = database.json_array(parts)
    return database.literal(sync.plan), database.literal(sync.table), key, database.literal(what)


def is_marked(database: Database, mark: tuple[str, str, str, str]) -> str:
    """The condition that finds it."""
    plan, of, key, column = mark
    return f"plan = {plan} AND table_name = {of} AND {database.quote('key')} = {key} AND column_name = {column}"


def moving(database: Database, sync: Synchronisation, names: Iterable[str]) -> tuple[str, str, str, str]:
    """The mark on a row that others follow, over that row, OLD, or one of these."""
    return marked(database, sync, "OLD", names, MOVING)


def is_moving(database: Database, sync: Synchronisation, names: Iterable[str]) -> str:
    """The condition that finds that mark."""
    return is_marked(database, moving(database, sync, names))


def _is_absent(database: Database, one: Crossed, value: str) -> str:
    nothing = f"{value} IS NULL"
    return nothing if one.absent == "NULL" else f"({nothing} OR {database.agrees(value, one.absent, one.type)})"
